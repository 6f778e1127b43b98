"""After a restore no letter leaves that left long ago; somebody lets the rest go."""

from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import actions, delivery, outbox
from portal.actions.closing import close_again
from portal.actions.holding import hold_letters, release_letters
from portal.choices import HoldCause, Lane, OutboxState, WhyNot
from portal.delivery import database_mark, deliver_due
from portal.models import AuditEntry, Closing, Dispatch, OutboxMessage, User
from portal.notices import Letter
from portal.staff.telling import sentence_for
from portal.workflow import StepRefused
from tests.factories.portal import make_user

pytestmark = pytest.mark.django_db


def write(number=1, *, lane=Lane.NEWS):
    with transaction.atomic():
        return outbox.post(
            Letter(subject=f"Letter {number}", heading="Heading", paragraphs=["One."]),
            to=f"reader{number}@example.org",
            dedup_key=f"key:{number}",
            lane=lane,
            notice="test",
        )


def write_earlier(number, age):
    return OutboxMessage.objects.create(
        dedup_key=f"early:{number}",
        lane=Lane.NEWS,
        notice="test",
        to_address=f"reader{number}@example.org",
        subject="Early",
        text="One.",
        html="",
        created_at=timezone.now() - age,
        available_at=timezone.now() - age,
    )


def restore():
    """What a restore leaves behind: the row knows another line of time than the server has."""
    Dispatch.objects.update(mark="1/00000001")


def told(name, *words):
    said = StringIO()
    call_command(name, *words, stdout=said)
    return said.getvalue()


def test_first_delivery_notes_the_database_and_holds_nothing():
    write()
    assert deliver_due() == 1
    noted = Dispatch.objects.get()
    assert noted.mark == database_mark()
    assert noted.held_since is None


def test_mark_names_the_cluster_and_its_line_of_time():
    number, _slash, line = database_mark().partition("/")
    assert number.isdigit()
    assert len(line) == 8


def test_restored_database_holds_what_waited():
    write(1)
    deliver_due()
    write(2)
    restore()
    assert deliver_due() == 0
    assert [sent.subject for sent in mail.outbox] == ["Letter 1"]
    hold = Dispatch.objects.get()
    assert hold.cause == HoldCause.RESTORED
    assert hold.mark == database_mark()
    entry = AuditEntry.objects.get(verb="hold-letters")
    assert entry.actor_id is None
    assert "held the letters" in str(sentence_for(entry).text)


def test_restore_is_noticed_once():
    deliver_due()
    restore()
    deliver_due()
    since = Dispatch.objects.get().held_since
    deliver_due()
    assert Dispatch.objects.get().held_since == since
    assert AuditEntry.objects.filter(verb="hold-letters").count() == 1


def test_while_held_only_new_codes_leave():
    write(1, lane=Lane.CODE)
    deliver_due(limit=0)
    hold_letters(reason="A drill.")
    write(2, lane=Lane.CODE)
    write(3)
    assert deliver_due() == 1
    assert [sent.subject for sent in mail.outbox] == ["Letter 2"]


def test_servers_that_take_over_by_themselves_need_no_release(settings):
    deliver_due()
    restore()
    write()
    settings.HOLD_AFTER_RESTORE = False
    assert deliver_due() == 1
    settings.HOLD_AFTER_RESTORE = True
    write(2)
    assert deliver_due() == 1  # the mark was noted all the same


def test_database_that_hides_its_mark_delivers(monkeypatch, caplog):
    monkeypatch.setattr(delivery, "MARK", "SELECT no_such_function()")
    write()
    assert deliver_due() == 1
    assert "cannot be read" in caplog.text


def test_released_letters_leave_and_those_that_had_left_stay():
    first, second = write(1), write(2)
    hold_letters(reason="A drill.")
    found = release_letters(reason="Looked at.", left_before={first.pk})
    assert (found.released, found.given_up, found.left) == (1, 0, 1)
    assert deliver_due() == 1
    assert [sent.subject for sent in mail.outbox] == ["Letter 2"]
    first.refresh_from_db()
    assert (first.state, first.why_not) == (OutboxState.HELD_BACK, WhyNot.RESTORED)
    second.refresh_from_db()
    assert second.state == OutboxState.SENT
    entry = AuditEntry.objects.get(verb="release-letters")
    assert entry.facts == {"released": 1, "given_up": 0, "left": 1}
    assert entry.reason == "Looked at."


def test_old_letters_are_given_up_and_staff_can_send_them_again():
    old = write_earlier(1, timedelta(hours=5))
    write_earlier(2, timedelta(hours=1))
    hold_letters(reason="A drill.")
    release_letters(reason="Old.", give_up_before=timezone.now() - timedelta(hours=2))
    assert deliver_due() == 1
    old.refresh_from_db()
    assert (old.state, old.why_not) == (OutboxState.HELD_BACK, WhyNot.GIVEN_UP)
    actions.resend_letter(message=old, by=make_user(is_superuser=True))
    assert deliver_due() == 1


def test_release_needs_a_hold_and_a_reason():
    with pytest.raises(StepRefused):
        release_letters(reason="Nothing is held.")
    hold_letters(reason="A drill.")
    with pytest.raises(StepRefused):
        release_letters(reason=" ")
    with pytest.raises(StepRefused):
        hold_letters(reason="Again.")
    assert Dispatch.objects.held().exists()


def test_commands_say_what_is_held_and_let_it_go(tmp_path):
    first = write(1)
    write(2)
    assert "No letters are held" in told("release_letters")
    told("hold_letters", "--reason", "A drill.")
    said = told("release_letters")
    assert "2 letters wait" in said
    assert "2 test" in said
    log = tmp_path / "mail.log"
    gone = "00000000-1111-4222-8333-444444444444"
    log.write_text(f"x <{first.pk}@example.org> 250\ny <{gone}@example.org> 250\n")
    said = told("release_letters", "--all", "--already-sent", str(log), "--reason", "Drill over.")
    assert "1 letters leave now, 0 were given up, 1 had left" in said
    assert "1 letters of that log are not known here" in said
    assert gone in said
    assert deliver_due() == 1


def test_command_gives_up_what_is_older():
    write_earlier(1, timedelta(hours=5))
    write_earlier(2, timedelta(minutes=10))
    told("hold_letters", "--reason", "A drill.")
    said = told("release_letters", "--discard", "--older-than", "3h", "--reason", "Old.")
    assert "1 letters leave now, 1 were given up" in said


@pytest.mark.parametrize(
    "words",
    [
        ["--all", "--older-than", "3h", "--reason", "x"],
        ["--discard", "--older-than", "yesterday", "--reason", "x"],
        ["--all", "--already-sent", "/nowhere/mail.log", "--reason", "x"],
        ["--all"],
    ],
)
def test_command_refuses_words_that_do_not_fit(words):
    hold_letters(reason="A drill.")
    with pytest.raises(CommandError):
        told("release_letters", *words)
    assert Dispatch.objects.held().exists()


def test_alarm_and_administrator_see_the_hold(settings):
    settings.READY_DISK_FREE_MB = 1
    actions.sweep()
    assert Client().get("/readyz").status_code == 200
    hold_letters(reason="A drill.")
    answer = Client().get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["letters"]["held"] is True
    client = Client()
    client.force_login(make_user(is_superuser=True))
    page = client.get(reverse("admin:index")).content.decode()
    assert "Let the letters go" in page
    assert "release_letters" in page
    client.force_login(make_user())
    assert "release_letters" not in client.get(reverse("home")).content.decode()


def test_ledger_erases_again_whom_a_restore_brought_back(tmp_path):
    person = make_user(given_name="Amina")
    ledger = tmp_path / "closed"
    savepoint = transaction.savepoint()
    close_again(key=person.pk, erase_from=timezone.now() - timedelta(days=1))
    assert "1 closed accounts" in told("closed_accounts", "--export", str(ledger))
    assert "Amina" not in ledger.read_text()
    transaction.savepoint_rollback(savepoint)  # the restore
    assert User.objects.get(pk=person.pk).is_active
    assert "1 closed again, 1 erased again" in told("closed_accounts", "--again", str(ledger))
    person.refresh_from_db()
    assert not person.is_active
    assert person.given_name != "Amina"
    assert "0 closed again, 0 erased again" in told("closed_accounts", "--again", str(ledger))
    assert Closing.objects.count() == 1
    assert not OutboxMessage.objects.exists()


def test_ledger_that_is_none_is_refused(tmp_path):
    ledger = tmp_path / "closed"
    ledger.write_text("not a ledger\n")
    with pytest.raises(CommandError, match="no ledger"):
        told("closed_accounts", "--again", str(ledger))
