"""Reminders keep out of their readers' nights."""

from __future__ import annotations

from datetime import time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.actions.reminding import remind_due
from portal import clock
from portal.choices import ReminderState
from portal.models import InboxNotice, OutboxMessage, Reminder
from tests.challenges.due import draft_of, due
from tests.factories.challenges import make_call
from tests.factories.portal import make_user
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db

PLANNED, SENT, CANCELLED = ReminderState.PLANNED, ReminderState.SENT, ReminderState.CANCELLED


@pytest.fixture
def call(programme):
    return make_call(programme, closes_at=timezone.now() + timedelta(days=20))


@pytest.fixture
def _nights(settings):
    settings.QUIET_FROM, settings.QUIET_UNTIL = time(21), time(8)


def tokyo(days):
    """23:59 in Tokyo, so many days from now."""
    there = timezone.now().astimezone(ZoneInfo("Asia/Tokyo")) + timedelta(days=days)
    return there.replace(hour=23, minute=59, second=0, microsecond=0)


@pytest.mark.usefixtures("_nights")
def test_last_hours_go_the_evening_before_where_the_morning_is_too_late(programme):
    call = make_call(programme, closes_at=tokyo(20))
    startup = make_startup(make_user(time_zone="America/Los_Angeles"))
    application = draft_of(call, startup=startup)
    there = ZoneInfo("America/Los_Angeles")
    rows = {row.kind: row.due_at.astimezone(there) for row in Reminder.objects.about(application)}
    assert rows["draft_3_hours"].time() == rows["draft_1_hour"].time() == time(20, 45)
    assert all(time(8) <= at.time() < time(21) for at in rows.values())
    assert rows["draft_3_hours"] < call.closes_at - timedelta(hours=10)


@pytest.mark.usefixtures("_nights")
def test_who_moves_house_is_reminded_outside_of_their_new_nights(programme, client):
    call = make_call(programme, closes_at=tokyo(20))
    reader = make_user(time_zone="Asia/Tokyo")
    application = draft_of(call, startup=make_startup(reader))
    rows = Reminder.objects.about(application)
    before = rows.get(kind="draft_3_hours").due_at
    client.force_login(reader)
    answer = client.post(
        reverse("profile-edit"),
        {
            "given_name": "W", "family_name": "", "display_name": "", "language": "en-gb",
            "time_zone": "America/Los_Angeles",
        },
    )  # fmt: skip
    assert answer.status_code == 302, answer.status_code
    moved = rows.get(kind="draft_3_hours").due_at
    assert moved != before
    assert moved.astimezone(ZoneInfo("America/Los_Angeles")).time() == time(20, 45)
    assert rows.count() == 6


@pytest.mark.usefixtures("_nights")
def test_late_scheduler_holds_a_reminder_until_the_morning(call):
    now = timezone.now()
    # Somewhere it is two at night.
    zone = f"Etc/GMT{(now.hour - 2) % 24 - (24 if (now.hour - 2) % 24 > 12 else 0):+d}"
    startup = make_startup(make_user(time_zone=zone))
    application = draft_of(call, startup=startup)
    due("draft_7_days")
    assert remind_due() == 1
    row = Reminder.objects.about(application).get(kind="draft_7_days")
    assert row.state == PLANNED
    assert row.due_at.astimezone(ZoneInfo(zone)).time() == time(8)
    assert not InboxNotice.objects.exists()
    # Too near the deadline to wait: it goes at night.
    soon = now + timedelta(hours=4)
    type(call).objects.filter(pk=call.pk).update(closes_at=soon, accepts_until=soon)
    due("draft_7_days")
    remind_due()
    assert OutboxMessage.objects.get().available_at <= clock.database_now()
