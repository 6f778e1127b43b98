"""A reminder that is written and has not left when its instant moves: it stays here."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from events.actions.reminding import guest_reminding
from events.choices import Reminded
from events.workflow import event_workflow
from portal import actions
from portal.choices import OutboxState, ReminderState, Role, WhyNot
from portal.delivery import deliver_due
from portal.models import OutboxMessage, Reminder
from portal.workflow import StepRefused
from tests.factories.events import make_event, make_registration
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return make_staff(make_programme(), Role.MANAGER)


@pytest.fixture
def event(manager):
    """A day with two guests, one of whom was reminded a moment ago."""
    programme = manager.staff_roles.get().programme
    event = make_event(programme, starts_at=timezone.now() + timedelta(days=7))
    for _number in range(2):
        guest = make_registration(event).user
        Reminder.objects.create(
            kind=Reminded.DAYS_7,
            subject_type="events.event",
            subject_id=event.pk,
            programme_id=programme.pk,
            recipient=guest,
            version=event.version,
            due_at=timezone.now() - timedelta(minutes=1),
        )
    assert guest_reminding.write_due() == 2
    return event


def move(event, manager):
    data = {name: getattr(event, name) for name in ("place", "join_link")}
    data["starts_at"] = event.starts_at + timedelta(days=10)
    data["ends_at"] = event.ends_at + timedelta(days=10)
    event_workflow.perform(event, "move", actor=manager, reason="The hall is taken.", data=data)


def reminders():
    return OutboxMessage.objects.filter(notice="guest_reminded")


def test_letter_of_the_earlier_date_does_not_leave_after_the_day_moved(event, manager):
    deliver_due(limit=1)
    gone = reminders().get(state=OutboxState.SENT)
    move(event, manager)
    kept = reminders().exclude(pk=gone.pk).get()
    assert (kept.state, kept.why_not) == (OutboxState.HELD_BACK, WhyNot.OUTDATED)
    deliver_due()
    assert set(OutboxMessage.objects.filter(state=OutboxState.SENT).values_list("notice")) == {
        ("guest_reminded",),
        ("event_moved",),
    }
    assert reminders().filter(state=OutboxState.SENT).count() == 1


def test_it_cannot_be_sent_again(event, manager):
    move(event, manager)
    with pytest.raises(StepRefused, match="moved or ended"):
        actions.resend_letter(message=reminders().first(), by=manager)


def test_letter_of_the_version_that_holds_leaves(event):
    with transaction.atomic():
        Reminder.objects.drop(event, but=event.version)
    assert reminders().filter(state=OutboxState.PENDING).count() == 2
    assert Reminder.objects.filter(state=ReminderState.SENT).count() == 2


def test_of_a_cancelled_day_nothing_leaves_but_that(event, manager):
    event_workflow.perform(event, "cancel", actor=manager, reason="Nobody can come.")
    assert not reminders().filter(state=OutboxState.PENDING).exists()
    assert OutboxMessage.objects.filter(notice="event_cancelled").count() == 2
