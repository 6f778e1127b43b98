"""Reminders of an offer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal import clock
from portal.choices import ReminderState, Role
from portal.models import OutboxMessage, Reminder
from startups.actions.cohort import offer_reminding
from startups.choices import MemberRole, PlaceState
from startups.models import Place
from startups.panels.cohort import offers_to_answer, offers_unanswered, offers_under_way
from startups.workflow.place import place_workflow
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import add_member
from tests.startups.cohort.steps import offered, owner_of

pytestmark = pytest.mark.django_db


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
