"""The letter of the day, and letters that wait for the end of a reader's night."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.db import transaction
from django.utils import timezone

from challenges.notices.application import ApplicationReceived
from challenges.notices.call import DeadlineMoved
from challenges.notices.reminder import DraftReminded
from portal import actions, outbox
from portal.actions.digest import DIGEST
from portal.choices import OutboxState, WhyNot
from portal.delivery import as_mail, deliver_due
from portal.models import InboxNotice, OutboxMessage
from startups.notices import MemberDeparted
from tests.factories.startups import add_member
from tests.letters import Stage


@pytest.fixture(autouse=True)
def _hours(settings):
    settings.QUIET_FROM, settings.QUIET_UNTIL = time(21), time(8)
    settings.DIGEST_AT = time(8)


@pytest.fixture
def on(db):
    return Stage()


@pytest.fixture
def reader(on):
    """Wanjiku in Stockholm, who wants one letter a day."""
    actions.choose_mail(user=on.owner, stopped=[], only_mandatory=False, in_digest=True)
    return on.owner


def at(hour):
    """Today at that hour in Stockholm."""
    there = timezone.now().astimezone(ZoneInfo("Europe/Stockholm"))
    return there.replace(hour=hour, minute=0, second=0, microsecond=0).astimezone(UTC)


def tell(on, notice, record, *, when=None, **data: Any):
    """Tell the team, at an hour of its own."""
    step = on.step(record, actor=on.editor, **data)
    step.at = when or at(12)
    with transaction.atomic():
        outbox.tell(notice, step, programme=on.programme)
    return OutboxMessage.objects.filter(notice=notice.name, recipient=on.owner).latest("created_at")


def morning(reader):
    """It is time for what waits."""
    waiting = OutboxMessage.objects.filter(recipient=reader, state=OutboxState.DIGEST, digest=None)
    waiting.update(available_at=timezone.now() - timedelta(seconds=1))
    return actions.write_digests()


# -- nights ---------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_what_can_wait_waits_for_the_morning_and_the_inbox_has_it_at_once(on):
    message = tell(on, MemberDeparted(), on.startup, when=at(23))
    morning_there = message.available_at.astimezone(ZoneInfo("Europe/Stockholm"))
    assert (message.state, morning_there.time()) == (OutboxState.PENDING, time(8))
    assert InboxNotice.objects.filter(recipient=on.owner, notice="member_departed").exists()
    by_day = tell(on, MemberDeparted(), on.startup, when=at(12))
    assert by_day.available_at <= timezone.now() + timedelta(seconds=1)


@pytest.mark.django_db
def test_receipt_and_what_would_be_too_late_come_at_night(on):
    receipt = tell(on, ApplicationReceived(), on.submitted, when=at(23))
    assert receipt.available_at <= timezone.now() + timedelta(seconds=1)
    on.draft.call.closes_at = at(23) + timedelta(hours=9)
    data = {"recipient": on.owner, "reminder": "1", "left": "9 h"}
    late = tell(on, DraftReminded(), on.draft, when=at(23), **data)
    assert late.available_at <= timezone.now() + timedelta(seconds=1)
    on.draft.call.closes_at = at(23) + timedelta(hours=10)
    held = tell(on, DraftReminded(), on.draft, when=at(23), **{**data, "reminder": "2"})
    assert held.available_at > at(23)


# -- one letter a day -----------------------------------------------------------------------------


@pytest.mark.django_db
def test_all_of_the_day_come_in_one_letter(on, reader):
    first, second = (tell(on, MemberDeparted(), on.startup) for _number in range(2))
    assert first.state == second.state == OutboxState.DIGEST
    assert first.available_at == at(8) + timedelta(days=1) or first.available_at.hour in {6, 7}
    assert InboxNotice.objects.filter(recipient=reader, notice="member_departed").count() == 2
    assert not deliver_due()
    assert actions.write_digests() == 0
    assert morning(reader) == 1
    digest = OutboxMessage.objects.get(notice=DIGEST)
    assert set(digest.told.all()) == {first, second}
    assert digest.subject.startswith("2 letters of the day")
    assert first.subject in digest.text
    assert "/startups/" in digest.text
    assert morning(reader) == 0
    mail.outbox.clear()
    deliver_due()
    assert [sent.subject for sent in mail.outbox] == [digest.subject]
    tell(on, MemberDeparted(), on.startup)
    assert morning(reader) == 1
    assert OutboxMessage.objects.filter(notice=DIGEST).count() == 2


@pytest.mark.django_db
def test_mandatory_letters_never_wait_for_it(on, reader):
    assert tell(on, ApplicationReceived(), on.submitted).state == OutboxState.PENDING


@pytest.mark.django_db
def test_reminder_whose_deadline_is_before_the_next_digest_goes_by_itself(on, reader):
    data = {"recipient": reader, "reminder": "1", "left": "3 h"}
    on.draft.call.closes_at = at(15)
    assert tell(on, DraftReminded(), on.draft, **data).state == OutboxState.PENDING
    on.draft.call.closes_at = at(12) + timedelta(days=3)
    data["reminder"] = "2"
    assert tell(on, DraftReminded(), on.draft, **data).state == OutboxState.DIGEST


@pytest.mark.django_db
def test_link_in_its_foot_stops_all_that_it_holds(on, reader, client):
    tell(on, MemberDeparted(), on.startup)
    morning(reader)
    header = as_mail(OutboxMessage.objects.get(notice=DIGEST)).extra_headers["List-Unsubscribe"]
    link = header.strip("<>").removeprefix("http://localhost:8000")
    assert "The letter of the day" in client.get(link).content.decode()
    assert actions.wants_digest(user=reader)
    waiting = tell(on, MemberDeparted(), on.startup)
    answer = client.post(link, {"List-Unsubscribe": "One-Click"})
    assert "Stopped" in answer.content.decode()
    assert actions.wants_only_mandatory(user=reader)
    assert not actions.wants_digest(user=reader)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.why_not) == (OutboxState.HELD_BACK, WhyNot.UNWANTED)


@pytest.mark.django_db
def test_one_kind_can_be_stopped_beside_the_digest(on, reader):
    actions.stop_kind(user=reader, name="member_departed")
    with transaction.atomic():
        outbox.tell(MemberDeparted(), on.step(on.startup, actor=on.editor), programme=None)
    assert not OutboxMessage.objects.filter(notice="member_departed").exists()
    assert actions.wants_digest(user=reader)


@pytest.mark.django_db
def test_what_waits_follows_the_wish_and_the_zone(on, reader):
    message = tell(on, MemberDeparted(), on.startup)
    reader.time_zone = "Pacific/Kiritimati"
    reader.save(update_fields=["time_zone"])
    actions.follow_zone(reader=reader)
    message.refresh_from_db()
    assert message.available_at.astimezone(ZoneInfo("Pacific/Kiritimati")).time() == time(8)
    actions.choose_mail(user=reader, stopped=[], only_mandatory=False)
    message.refresh_from_db()
    assert message.state == OutboxState.PENDING
    deliver_due()
    message.refresh_from_db()
    assert message.state == OutboxState.SENT


@pytest.mark.django_db
@pytest.mark.parametrize("columns", [{"is_active": False}, {"bounced_at": datetime.now(tz=UTC)}])
def test_nobody_is_written_to_who_left_or_whose_letters_come_back(on, reader, columns):
    message = tell(on, MemberDeparted(), on.startup)
    type(reader).objects.filter(pk=reader.pk).update(**columns)
    assert morning(reader) == 1
    message.refresh_from_db()
    assert message.state == OutboxState.HELD_BACK
    assert not OutboxMessage.objects.filter(notice=DIGEST).exists()


@pytest.mark.django_db
def test_many_letters_are_told_in_part_and_counted(on, reader):
    for _number in range(33):
        tell(on, MemberDeparted(), on.startup)
    morning(reader)
    digest = OutboxMessage.objects.get(notice=DIGEST)
    assert "3 more are in your inbox" in digest.text
    assert digest.told.count() == 33


# -- telling many ---------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("more", [0, 3])
def test_telling_ten_thousand_costs_as_many_statements_as_telling_two(
    on, more, django_assert_num_queries
):
    for _number in range(more):
        add_member(on.startup)
    on.editor.time_zone = "Asia/Tokyo"
    on.editor.save(update_fields=["time_zone"])
    step = on.moved()
    # The readers, the programme, notices, letters; and the savepoint, twice.
    with django_assert_num_queries(6), transaction.atomic():
        readers = list(on.call.applicants())
        outbox.tell_readers(DeadlineMoved(), step, readers, programme=on.programme)
    letters = OutboxMessage.objects.filter(notice="deadline_moved")
    assert (
        letters.count() == InboxNotice.objects.filter(notice="deadline_moved").count() == 2 + more
    )
    texts = {letter.recipient_id: letter.text for letter in letters}
    # Composed once for each zone: the call's own reads no second hour.
    assert "your time, Stockholm" in texts[on.owner.pk]
    assert "your time" not in texts[on.editor.pk]
    assert len(set(texts.values())) == 2
