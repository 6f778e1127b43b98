"""The calendar of a person at a secret address, and the entry that comes with a letter."""

from __future__ import annotations

import email
import email.policy
import io
import json
import logging
import re
from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from django.core import mail
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import actions, logs, mailbox, outbox
from portal.actions import calendar, closing
from portal.choices import Lane, OutboxState, Role
from portal.delivery import as_mail, deliver_due
from portal.models import CalendarFeed, OutboxMessage
from portal.notices import Letter
from portal.registry import CalendarEntry, registry
from tests.factories.portal import make_programme, make_staff, make_user

pytestmark = pytest.mark.django_db
STARTS = datetime(2026, 11, 12, 9, tzinfo=UTC)


def entry(**fields):
    return CalendarEntry(
        **{
            "uid": "event-1",
            "sequence": 1,
            "summary": "Demo Day",
            "starts_at": STARTS,
            "ends_at": STARTS + timedelta(hours=2),
            "zone": "Asia/Tokyo",
            "changed_at": STARTS,
        }
        | fields
    )


@pytest.fixture
def entries(monkeypatch):
    """What stands in everybody's calendar."""
    found = [entry()]
    monkeypatch.setattr(registry, "calendar", [lambda _user: list(found)])
    return found


@pytest.fixture
def person():
    return make_user(time_zone="Africa/Nairobi")


def read(answer):
    return icalendar.Calendar.from_ical(answer.content)


def address_of(token):
    return reverse("calendar-feed", args=[token])


def test_feed_is_read_without_signing_in_and_keeps_itself_right(entries, person):
    token = calendar.make_feed(user=person)
    stranger = Client()
    answer = stranger.get(address_of(token))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert not answer.cookies
    assert "private" in answer["Cache-Control"]
    assert "public" not in answer["Cache-Control"]
    assert answer["X-Robots-Tag"] == "noindex"
    same = stranger.get(address_of(token), headers={"if-none-match": answer["ETag"]})
    assert (same.status_code, same.content) == (304, b"")
    entries[:] = [entry(sequence=2, starts_at=STARTS + timedelta(days=1), ends_at=None)]
    changed = stranger.get(address_of(token), headers={"if-none-match": answer["ETag"]})
    assert changed.status_code == 200
    before, after = read(answer).events[0], read(changed).events[0]
    assert before["uid"] == after["uid"]
    assert (before["sequence"], after["sequence"]) == (1, 2)


def test_secret_is_kept_as_a_hash_and_shown_once(entries, person, client):
    client.force_login(person)
    page = client.get(reverse("calendar-address"))
    assert "Make an address" in page.content.decode()
    shown = client.post(reverse("calendar-make"), follow=True).content.decode()
    (token,) = set(re.findall(r"calendar/([\w-]{43})\.ics", shown))
    assert f"webcal://localhost:8000/calendar/{token}.ics" in shown
    assert token not in client.get(reverse("calendar-address")).content.decode()
    assert token not in json.dumps(list(CalendarFeed.objects.values()), default=str)
    assert token not in json.dumps(dict(client.session))
    assert Client().get(address_of(token)).status_code == 200
    assert "not yet" not in client.get(reverse("calendar-address")).content.decode()


def test_new_address_ends_the_old_one_and_either_can_be_ended(entries, person, client):
    first = calendar.make_feed(user=person)
    second = calendar.make_feed(user=person)
    others = calendar.make_feed(user=make_user())
    assert client.get(address_of(first)).status_code == 404
    assert client.get(address_of(second)).status_code == 200
    client.force_login(person)
    client.post(reverse("calendar-end"))
    assert client.get(address_of(second)).status_code == 404
    assert client.get(address_of(others)).status_code == 200


@pytest.mark.parametrize("token", ["x" * 43, "x", "é", "a.ics"])
def test_wrong_address_is_not_there(entries, person, token):
    calendar.make_feed(user=person)
    hashed = CalendarFeed.objects.get().token_hash
    assert Client().get(address_of(token)).status_code == 404
    assert Client().get(address_of(hashed)).status_code == 404


def test_closing_the_account_ends_it(entries, person, client):
    token = calendar.make_feed(user=person)
    closed = closing.close_account(user=person)
    assert client.get(address_of(token)).status_code == 404
    administrator = make_user(is_superuser=True)
    closing.reopen_account(closing=closed, by=administrator, reason="A mistake.")
    assert client.get(address_of(token)).status_code == 404


def test_account_that_may_not_sign_in_has_no_calendar(entries, person, client):
    token = calendar.make_feed(user=person)
    person.is_active = False
    person.save(update_fields=["is_active"])
    assert client.get(address_of(token)).status_code == 404


def test_managing_roles_rest_since_no_second_factor_was_shown(monkeypatch, client):
    manager = make_staff(make_programme(), Role.MANAGER)
    seen = []
    monkeypatch.setattr(registry, "calendar", [lambda user: seen.append(dict(user.roles)) or []])
    client.get(address_of(calendar.make_feed(user=manager)))
    assert seen == [{}]


def test_reading_is_noted_at_most_every_quarter_of_an_hour(entries, person, client):
    token = calendar.make_feed(user=person)
    client.get(address_of(token))
    first = CalendarFeed.objects.get().read_at
    assert first is not None
    client.get(address_of(token))
    assert CalendarFeed.objects.get().read_at == first
    CalendarFeed.objects.update(read_at=first - timedelta(minutes=16))
    client.get(address_of(token))
    assert CalendarFeed.objects.get().read_at >= first


def test_instants_are_spoken_of_in_the_readers_zone(person, monkeypatch, client):
    said = []
    monkeypatch.setattr(
        registry,
        "calendar",
        [lambda _user: said.append(timezone.get_current_timezone_name()) or []],
    )
    client.get(address_of(calendar.make_feed(user=person)))
    assert said == ["Africa/Nairobi"]


def test_secret_stands_in_no_line_of_the_log(entries, person):
    token = calendar.make_feed(user=person)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    root = logging.getLogger()
    root.addHandler(handler)
    try:
        for path in (address_of(token), address_of(token) + "x", address_of(token[:-1] + "0")):
            Client(raise_request_exception=False).get(path)
        registry.calendar[:] = [lambda _user: 1 / 0]
        Client(raise_request_exception=False).get(address_of(token))
    finally:
        root.removeHandler(handler)
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = [line for line in lines if line["logger"] == "portal.gate"]
    assert [line["status"] for line in told] == [200, 404, 404, 500]
    assert told[0]["route"] == "calendar-feed"
    assert token[:20] not in stream.getvalue()


# -- letters ----------------------------------------------------------------------------------


def write(**fields):
    with transaction.atomic():
        return outbox.post(
            Letter(
                subject="Demo Day moved",
                heading="Demo Day moved",
                paragraphs=["It moved."],
                calendar=fields.pop("calendar", entry(sequence=4)),
            ),
            to="amina@example.org",
            dedup_key="key:1",
            lane=Lane.NEWS,
            notice="test",
            **fields,
        )


def attached_to(message):
    raw = as_mail(message).message().as_bytes()
    read_mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert read_mail.get_body(("plain",)) is not None
    assert read_mail.get_body(("html",)) is not None
    return list(read_mail.iter_attachments())


def test_letter_that_names_a_time_brings_the_entry():
    message = write()
    message.refresh_from_db()
    (part,) = attached_to(message)
    assert part.get_content_type() == "text/calendar"
    assert part["Content-Type"].params["method"] == "PUBLISH"
    assert part["Content-Type"].params["charset"] == "utf-8"
    assert part.get_filename() == "invite.ics"
    found = icalendar.Calendar.from_ical(part.get_content())
    assert found.method == "PUBLISH"
    assert found.events[0]["sequence"] == 4
    assert deliver_due() == 1
    assert len(mail.outbox[0].attachments) == 1


def test_letter_without_a_time_brings_nothing():
    message = write(calendar=None)
    assert message.calendar == ""
    assert attached_to(message) == []


def test_letter_sent_again_brings_it_again():
    programme = make_programme()
    reader = make_user(email="new@example.org")
    message = write(programme=programme, recipient=reader)
    OutboxMessage.objects.update(state=OutboxState.FAILED)
    again = actions.resend_letter(message=message, by=make_staff(programme, Role.MANAGER))
    assert again.to_address == "new@example.org"
    assert again.calendar == message.calendar
    assert len(attached_to(again)) == 1


def test_mailbox_of_the_demonstration_and_staff_see_that_it_is_attached(settings, tmp_path, client):
    settings.MAIL_DIR, settings.DEMO = str(tmp_path), True
    settings.EMAIL_BACKEND = "portal.mailbox.MaildirBackend"
    programme = make_programme()
    message = write(programme=programme)
    deliver_due()
    (caught,) = mailbox.caught()
    assert "BEGIN:VEVENT" in caught.calendar
    assert "It moved." in caught.text
    page = client.get(reverse("mailbox-detail", args=[caught.key])).content.decode()
    assert "invite.ics" in page
    client.force_login(make_staff(programme, Role.MANAGER))
    page = client.get(reverse("admin:portal_outboxmessage_change", args=[message.pk]))
    assert "an entry for the calendar" in page.content.decode()
