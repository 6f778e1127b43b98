"""Cohorts and the places in them: who may what, the way through, the words for the public."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from portal import clock
from portal.choices import ReminderState, Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage, Reminder
from portal.registry import registry
from portal.workflow import StepRefused
from startups.actions.cohort import change_public_text, invite, offer_reminding
from startups.choices import TOOK_PART, CohortState, MemberRole, PlaceState
from startups.models import Cohort, Group, Place
from startups.panels.cohort import offers_to_answer, offers_unanswered, offers_under_way
from startups.workflow.cohort import cohort_workflow
from startups.workflow.place import place_workflow
from tests.factories.cohorts import make_cohort, make_mentoring, make_place
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup
from tests.startups.test_rules import TEAM, agree, cast

pytestmark = pytest.mark.django_db

READERS = {"manager", "coordinator", "approver", "procurement", "compliance"}


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def manager(programme):
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def cohort(programme):
    return make_cohort(programme, starts_on=timezone.localdate() + timedelta(days=30),
                       ends_on=timezone.localdate() + timedelta(days=90), places=2)  # fmt: skip


def offered(cohort: Cohort, by: Any, days: float = 10, **startup: Any) -> Place:
    """A place that was just offered, with its letter and reminders."""
    answer_by = clock.database_now() + timedelta(days=days)
    return invite(cohort=cohort, startup=make_startup(**startup), answer_by=answer_by, by=by)


def owner_of(place: Place) -> Any:
    return place.startup.owners()[0]


def confirm(place: Place, by: Any = None, version: str = "1") -> Any:
    return place_workflow.perform(
        place, "confirm", actor=by or owner_of(place), data={"terms_version": version}
    )


# -- who --------------------------------------------------------------------------------------


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


# -- the cohort's life ---------------------------------------------------------------------------


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


# -- the offer -----------------------------------------------------------------------------------


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


# -- reminders -----------------------------------------------------------------------------------


def due(place: Place, kind: str) -> None:
    Reminder.objects.about(place).filter(kind=kind).update(
        due_at=timezone.now() - timedelta(minutes=1)
    )


def letters(notice: str) -> int:
    return OutboxMessage.objects.filter(notice=notice).count()


def test_unanswered_offer_is_reminded_once(cohort, manager):
    place = offered(cohort, manager)
    due(place, "offer_3_days")
    assert offer_reminding.write_due() == 1
    assert offer_reminding.write_due() == 0
    letter = OutboxMessage.objects.get(notice="offer_reminded")
    assert (letter.recipient, "left" in letter.subject) == (owner_of(place), True)


@pytest.mark.parametrize("change", ["answered", "moved", "no owner any more"])
def test_reminder_that_is_outdated_is_not_written(cohort, manager, change):
    place = offered(cohort, manager)
    row = Reminder.objects.about(place).get(kind="offer_3_days")
    if change == "answered":
        Place.objects.filter(pk=place.pk).update(state=PlaceState.REFUSED)
    elif change == "moved":
        Place.objects.filter(pk=place.pk).update(answer_version=2)
    else:
        place.startup.memberships.update(role=MemberRole.VIEWER)
    due(place, "offer_3_days")
    offer_reminding.write_due()
    row.refresh_from_db()
    assert row.state == ReminderState.CANCELLED
    assert not letters("offer_reminded")


def test_moving_the_answer_date_plans_anew(cohort, manager):
    place = offered(cohort, manager)
    later = place.answer_by + timedelta(days=5)
    place_workflow.perform(place, "move-answer-date", actor=manager, data={"answer_by": later})
    place.refresh_from_db()
    assert place.answer_version == 2
    planned = Reminder.objects.about(place).filter(state=ReminderState.PLANNED)
    assert set(planned.values_list("version", flat=True)) == {2}
    assert planned.get(kind="offer_unanswered").due_at == later
    assert letters("answer_date_moved") == 1


def test_offer_that_nobody_answers_waits_for_staff_and_ends_not_by_itself(cohort, manager):
    place = offered(cohort, manager)
    Place.objects.filter(pk=place.pk).update(answer_by=clock.database_now())
    due(place, "offer_unanswered")
    offer_reminding.write_due()
    assert OutboxMessage.objects.get(notice="offer_unanswered").recipient == manager
    place.refresh_from_db()
    assert place.state == PlaceState.INVITED
    waits = list(offers_unanswered(manager))
    assert place.startup.name in waits[0].object
    assert not list(offers_to_answer(owner_of(place)))
    assert not list(offers_unanswered(make_staff(make_programme(), Role.MANAGER)))


def test_open_offer_waits_for_its_owner_alone(client, cohort, manager):
    place = offered(cohort, manager)
    editor = add_member(place.startup)
    assert [one.url for one in offers_to_answer(owner_of(place))] == [place.get_absolute_url()]
    assert not list(offers_to_answer(editor))
    offered(cohort, manager, days=20)
    (under_way,) = offers_under_way(manager)
    assert "2 offers without an answer" in under_way.object
    assert clock.in_words(place.answer_by, cohort.time_zone) in under_way.when
    client.force_login(manager)
    assert place.startup.name in client.get(under_way.url).content.decode()


# -- the organisation's page ----------------------------------------------------------------------


def test_owner_accepts_on_the_page(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(owner_of(place))
    page = client.get(place.get_absolute_url()).content.decode()
    assert "Come to every workshop." in page
    assert "JST" in page
    refused = client.post(place.get_absolute_url(), {"answer": "accept", "terms_version": "1"})
    assert refused.status_code == 409
    assert "accept the terms" in refused.content.decode()
    data = {"answer": "accept", "terms_version": "1", "accept_terms": "on"}
    assert client.post(place.get_absolute_url(), data).status_code == 302
    page = client.get(place.get_absolute_url()).content.decode()
    assert "You take part in" in page


def test_owner_refuses_on_the_page(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(owner_of(place))
    client.post(place.get_absolute_url(), {"answer": "refuse", "reason": "No time."})
    place.refresh_from_db()
    assert (place.state, place.reason) == (PlaceState.REFUSED, "No time.")
    assert "You refused this offer" in client.get(place.get_absolute_url()).content.decode()


def test_editor_sees_who_answers_and_no_button(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(add_member(place.startup))
    page = client.get(place.get_absolute_url()).content.decode()
    assert "An owner answers" in page
    assert 'value="accept"' not in page
    assert client.post(place.get_absolute_url(), {"answer": "refuse"}).status_code == 404


def test_text_is_public_as_approved_and_taken_off_when_changed(client, cohort):
    place = make_place(cohort)
    client.force_login(owner_of(place))
    url, public = reverse("startups:place-text", args=[place.pk]), cohort.get_absolute_url()
    client.post(url, {"public_text": "Sensors for wells."})
    assert "Sensors for wells." not in client.get(public).content.decode()
    client.post(url, {"public_text": "Sensors for wells.", "approve": "1"})
    assert "Sensors for wells." in client.get(public).content.decode()
    client.post(url, {"public_text": "Sensors for all."})
    page = client.get(public).content.decode()
    assert "Sensors" not in page
    assert place.startup.name not in page
    assert AuditEntry.objects.about(place).filter(verb="approve-text").count() == 1
    empty = client.post(url, {"public_text": " ", "approve": "1"})
    assert empty.status_code == 409
    assert "Write the text first" in empty.content.decode()


@pytest.mark.parametrize("state", PlaceState)
@pytest.mark.parametrize("approved", [True, False])
def test_public_page_shows_only_who_took_part_and_approved(client, cohort, state, approved):
    at = timezone.now() if approved else None
    place = make_place(cohort, state=state, public_text="Canary text", public_text_approved_at=at)
    page = client.get(cohort.get_absolute_url()).content.decode()
    shown = approved and state in TOOK_PART
    assert ("Canary text" in page) == shown
    assert (place.startup.name in page) == shown


def test_draft_cohort_has_no_public_page(client, programme):
    cohort = make_cohort(programme, state=CohortState.DRAFT, published_at=None)
    assert client.get(cohort.get_absolute_url()).status_code == 404
    addresses = {url for ask in registry.sitemap for url in ask()}
    assert cohort.get_absolute_url() not in addresses
    assert make_cohort(programme).get_absolute_url() in {
        url for ask in registry.sitemap for url in ask()
    }


def test_text_is_the_members_to_write(cohort, manager):
    place = make_place(cohort)
    with pytest.raises(StepRefused) as refused:
        change_public_text(place=place, text="By staff.", approve=True, by=manager)
    assert refused.value.permission


@pytest.mark.parametrize("count", [1, 3])
def test_public_page_query_count(client, cohort, count, django_assert_num_queries):
    Group.objects.create(cohort=cohort, name="East", time_zone="Asia/Tokyo")
    cohort.places = 3
    cohort.save(update_fields=["places"])
    for _number in range(count):
        make_place(cohort, public_text="We.", public_text_approved_at=timezone.now())
    with django_assert_num_queries(3):
        client.get(cohort.get_absolute_url())


# -- staff ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("model", ["place", "cohort"])
def test_admin_list_query_count(
    client, programme, manager, model, count, django_assert_num_queries
):
    for _number in range(count):
        cohort = make_cohort(programme)
        group = Group.objects.create(cohort=cohort, name="East", time_zone="Asia/Tokyo")
        make_place(cohort, group=group)
    client.force_login(manager)
    url = reverse(f"admin:startups_{model}_changelist")
    client.get(url)
    with django_assert_num_queries(QUERIES[model]):
        assert client.get(url).status_code == 200


QUERIES = {"place": 9, "cohort": 8}


def test_mentor_and_member_find_no_places_in_the_admin(client, cohort):
    mentoring = make_mentoring(make_place(cohort))
    client.force_login(mentoring.mentor.user)
    url = reverse("admin:startups_place_change", args=[mentoring.place.pk])
    assert client.get(url).status_code in {302, 403, 404}
    assert client.get(reverse("admin:startups_place_changelist")).status_code == 403


def test_manager_sets_the_group_and_sees_only_the_cohorts_own(client, cohort, manager):
    place = make_place(cohort)
    group = Group.objects.create(cohort=cohort, name="East", time_zone="Asia/Tokyo")
    other = Group.objects.create(cohort=make_cohort(), name="Foreign", time_zone="Asia/Tokyo")
    client.force_login(manager)
    url = reverse("admin:startups_place_change", args=[place.pk])
    page = client.get(url).content.decode()
    assert str(group.pk) in page
    assert str(other.pk) not in page
    assert client.post(url, {"group": other.pk}).status_code == 200
    assert client.post(url, {"group": group.pk}).status_code == 302
    place.refresh_from_db()
    assert place.group == group
    assert AuditEntry.objects.about(place).filter(verb="set-group").exists()


def test_manager_writes_a_cohort_with_groups(client, programme, manager):
    client.force_login(manager)
    url = reverse("admin:startups_cohort_add")
    data = {
        "programme": programme.pk,
        "kind": "accelerator",
        "name": "Batch Nine",
        "slug": "batch-nine",
        "mode": "online",
        "starts_on": timezone.localdate(),
        "ends_on": timezone.localdate() + timedelta(days=30),
        "places": "5",
        "terms": "Come.",
        "terms_version": "1",
        "groups-TOTAL_FORMS": "1",
        "groups-INITIAL_FORMS": "0",
        "groups-0-name": "East",
        "groups-0-time_zone": "Asia/Tokyo",
    }
    assert client.post(url, data).status_code == 302
    cohort = Cohort.objects.get(slug="batch-nine")
    assert cohort.time_zone == programme.time_zone
    assert [group.name for group in cohort.groups.all()] == ["East"]
    make_place(cohort)
    change = reverse("admin:startups_cohort_change", args=[cohort.pk])
    group = {"groups-INITIAL_FORMS": "1", "groups-0-id": cohort.groups.get().pk,
             "groups-0-cohort": cohort.pk}  # fmt: skip
    said = client.post(change, data | group | {"terms": "Come always."}).content.decode()
    assert "Give the new terms another" in said
    said = client.post(change, data | group | {"places": "0"}).content.decode()
    assert "errorlist" in said
    cohort.refresh_from_db()
    assert (cohort.terms, cohort.places) == ("Come.", 5)


def test_manager_offers_without_a_call(client, cohort, manager):
    startup = make_startup()
    startup.acquaintances.create(programme=cohort.programme)
    client.force_login(manager)
    url = reverse("admin:startups_cohort_invite", args=[cohort.pk])
    assert startup.name in client.get(url).content.decode()
    late = {"startup": startup.pk, "answer_by": "2020-01-01T12:00"}
    assert client.post(url, late).status_code == 422
    when = (timezone.now() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    assert client.post(url, {"startup": startup.pk, "answer_by": when}).status_code == 302
    assert Place.objects.get(cohort=cohort).startup == startup
    again = client.post(url, {"startup": startup.pk, "answer_by": when})
    assert again.status_code == 422


def test_manager_moves_the_answer_date_and_ends_the_offer(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(manager)
    url = reverse("admin:startups_place_move_answer_date", args=[place.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"answer_by": "2020-01-01T12:00"}).status_code == 422
    when = (timezone.now() + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
    assert client.post(url, {"answer_by": when}).status_code == 302
    step = reverse("admin:startups_place_step", args=[place.pk, "end-offer"])
    client.post(step, {"reason": "We cannot wait."})
    place.refresh_from_db()
    assert (place.state, place.answer_version) == (PlaceState.ENDED, 2)
    assert "We cannot wait." in OutboxMessage.objects.get(notice="offer_ended").text


def test_startups_page_tells_of_its_cohorts(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(owner_of(place))
    page = client.get(place.startup.get_absolute_url()).content.decode()
    assert cohort.name in page
    assert place.get_absolute_url() in page
    stranger = make_user()
    client.force_login(stranger)
    assert client.get(place.get_absolute_url()).status_code == 404
