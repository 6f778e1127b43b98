"""A cohort and its offers, from the letter to the alumni."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from portal import clock
from portal.choices import ReminderState, Role
from portal.models import InboxNotice, OutboxMessage, Reminder
from portal.workflow import StepRefused
from startups.actions.cohort import invite
from startups.choices import CohortState, MemberRole, PlaceState
from startups.models import Cohort, Place
from startups.workflow.cohort import cohort_workflow
from startups.workflow.place import place_workflow
from tests.factories.cohorts import make_cohort, make_mentoring, make_place
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import add_member, make_startup
from tests.startups.cohort.steps import offered, owner_of
from tests.startups.test_rules import TEAM, agree, cast

pytestmark = pytest.mark.django_db

READERS = {"manager", "coordinator", "approver", "procurement", "compliance"}


def confirm(place: Place, by: Any = None, version: str = "1") -> Any:
    return place_workflow.perform(
        place, "confirm", actor=by or owner_of(place), data={"terms_version": version}
    )


def test_cohort_listed_is_permitted(programme, cohort):
    people = cast(make_startup(), programme)
    rows = [Cohort.objects.get(pk=cohort.pk), make_cohort()]
    seen = agree(Cohort, "startups.view_cohort", people, rows)
    assert seen == {"administrator"} | {f"{role} here" for role in READERS}


@pytest.mark.parametrize("state", PlaceState)
def test_place_listed_is_permitted(programme, cohort, state):
    place = make_place(cohort, state=state)
    people = cast(place.startup, programme)
    mentoring = make_mentoring(make_place(cohort, state=PlaceState.ACTIVE))
    people["mentor of another"] = mentoring.mentor.user
    people["mentor of it"] = make_mentoring(place).mentor.user
    rows = [Place.objects.get(pk=key) for key in (place.pk, mentoring.place_id, make_place().pk)]
    seen = agree(Place, "startups.view_place", people, rows)
    assert seen == TEAM | {"administrator", "mentor of it"} | {f"{role} here" for role in READERS}


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ("startups.answer_place", {"owner"}),
        ("startups.approve_text_place", {"owner", "editor"}),
        ("startups.change_place", {"administrator", "manager here", "coordinator here"}),
        ("startups.add_place", {"administrator", "manager here", "coordinator here"}),
    ],
)
def test_who_may(programme, cohort, permission, allowed):
    place = make_place(cohort)
    people = cast(place.startup, programme)
    place = Place.objects.get(pk=place.pk)
    assert {name for name, user in people.items() if user.has_perm(permission, place)} == allowed


def test_cohort_is_published_with_terms_alone(programme, manager):
    cohort = make_cohort(programme, state=CohortState.DRAFT, published_at=None, terms="")
    with pytest.raises(StepRefused, match="terms"):
        cohort_workflow.perform(cohort, "publish", actor=manager)
    cohort.terms = "Come."
    cohort.save(update_fields=["terms"])
    cohort_workflow.perform(cohort, "publish", actor=manager)
    cohort.refresh_from_db()
    assert (cohort.state, bool(cohort.published_at)) == (CohortState.PUBLISHED, True)


def test_cohort_with_an_open_offer_is_neither_closed_nor_taken_back(cohort, manager):
    place = offered(cohort, manager)
    for step in ("close", "unpublish"):
        with pytest.raises(StepRefused, match="1 organisation has"):
            cohort_workflow.perform(cohort, step, actor=manager, reason="Why.")
    place_workflow.perform(place, "end-offer", actor=manager, reason="No more time.")
    cohort_workflow.perform(cohort, "close", actor=manager)
    with pytest.raises(StepRefused, match="closed"):
        offered(cohort, manager)


def test_offer_tells_the_team_with_terms_and_both_zones(cohort, manager):
    place = offered(cohort, manager)
    letter = OutboxMessage.objects.get(recipient=owner_of(place))
    assert cohort.name in letter.subject
    assert "Come to every workshop." in letter.text
    assert "JST" in letter.text
    assert "your time, Stockholm" in letter.text
    assert place.get_absolute_url() in letter.text
    assert place.startup.met_by == {cohort.programme_id}
    planned = Reminder.objects.about(place).filter(state=ReminderState.PLANNED)
    assert sorted(planned.values_list("kind", flat=True)) == [
        "offer_1_day",
        "offer_3_days",
        "offer_unanswered",
    ]
    three = planned.get(kind="offer_3_days")
    assert three.due_at == clock.days_before(place.answer_by, cohort.time_zone, 3)


def test_nobody_is_offered_twice_or_by_a_stranger(cohort, manager):
    place = offered(cohort, manager)
    later = clock.database_now() + timedelta(days=3)
    with pytest.raises(StepRefused, match="before"):
        invite(cohort=cohort, startup=place.startup, answer_by=later, by=manager)
    with pytest.raises(StepRefused) as refused:
        offered(cohort, make_staff(make_programme(), Role.MANAGER))
    assert refused.value.permission
    assert Place.objects.count() == 1


def test_owner_accepts_and_everybody_concerned_is_told(cohort, manager):
    place = offered(cohort, manager)
    coordinator = make_staff(cohort.programme, Role.COORDINATOR)
    confirm(place)
    place.refresh_from_db()
    assert place.state == PlaceState.CONFIRMED
    assert (place.terms_version, place.answered_by) == ("1", owner_of(place))
    told = set(InboxNotice.objects.values_list("notice", "recipient"))
    assert ("taking_part_confirmed", owner_of(place).pk) in told
    assert {("offer_accepted", manager.pk), ("offer_accepted", coordinator.pk)} <= told
    assert not Reminder.objects.about(place).filter(state=ReminderState.PLANNED).exists()


@pytest.mark.parametrize("version", ["", "0"])
def test_terms_are_accepted_as_they_stand_now(cohort, manager, version):
    place = offered(cohort, manager)
    with pytest.raises(StepRefused, match=r"terms \(version 1\)"):
        confirm(place, version=version)
    place.refresh_from_db()
    assert place.state == PlaceState.INVITED


def test_answer_date_is_decided_by_the_databases_clock(cohort, manager):
    place = offered(cohort, manager)
    Place.objects.filter(pk=place.pk).update(answer_by=clock.database_now())
    with pytest.raises(StepRefused, match="was open until"):
        confirm(place)
    later = clock.database_now() + timedelta(days=1)
    place_workflow.perform(place, "move-answer-date", actor=manager, data={"answer_by": later})
    confirm(place)


def test_editor_reads_the_offer_and_does_not_answer_it(cohort, manager):
    place = offered(cohort, manager)
    with pytest.raises(StepRefused) as refused:
        confirm(place, by=add_member(place.startup, role=MemberRole.EDITOR))
    assert refused.value.permission


def test_refusal_keeps_its_reason_and_tells_staff(cohort, manager):
    place = offered(cohort, manager)
    place_workflow.perform(place, "refuse", actor=owner_of(place), reason="Another programme.")
    place.refresh_from_db()
    assert (place.state, place.reason) == (PlaceState.REFUSED, "Another programme.")
    letter = OutboxMessage.objects.get(recipient=manager)
    assert "Another programme." in letter.text
    assert "nobody" in letter.text  # no call, so no reserve list


def test_way_through_to_the_alumni(cohort, manager):
    place = make_place(cohort, state=PlaceState.CONFIRMED)
    for step, state in (
        ("start", PlaceState.ACTIVE),
        ("complete", PlaceState.COMPLETED),
        ("make-alumni", PlaceState.ALUMNI),
    ):
        place_workflow.perform(place, step, actor=manager)
        place.refresh_from_db()
        assert place.state == state
    assert OutboxMessage.objects.filter(recipient=owner_of(place)).count() == 3


@pytest.mark.parametrize("state", [PlaceState.CONFIRMED, PlaceState.ACTIVE])
def test_dropping_out_needs_a_reason_and_gives_room(cohort, manager, state):
    place = make_place(cohort, state=state)
    with pytest.raises(StepRefused, match="reason"):
        place_workflow.perform(place, "drop-out", actor=manager)
    place_workflow.perform(place, "drop-out", actor=manager, reason="The company closed.")
    place.refresh_from_db()
    assert (place.state, place.reason) == (PlaceState.DROPPED_OUT, "The company closed.")
    assert not cohort.held_places.taken().exists()
