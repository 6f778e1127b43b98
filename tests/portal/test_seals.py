"""Seals over the trail: nobody changes, removes or slips in an entry unseen."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from portal import actions, audit, seals
from portal.actions.sealing import seal_trail
from portal.choices import Role
from portal.models import AuditEntry, AuditSeal, OutboxMessage, ProgrammeStaffEvent
from tests.database import act_as, owner
from tests.factories.portal import make_programme, make_staff

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db(transaction=True)


def write(count: int = 3) -> list[AuditEntry]:
    """So many entries, each committed."""
    programme = make_programme()
    made = []
    for _ in range(count):
        with transaction.atomic():
            made.append(audit.record(programme, "rename", actor=None))
    return made


@contextmanager
def tampering() -> Iterator[Any]:
    """The owner of the database with every trigger off: who could change anything."""
    before = act_as(owner())
    tables = ("portal_auditentry", "portal_auditseal", "portal_programmestaffevent")
    try:
        with connection.cursor() as cursor:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
            yield cursor
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    finally:
        act_as(before)


def verify(*arguments: str) -> str:
    """What the command says."""
    out = StringIO()
    call_command("verify_audit", *arguments, stdout=out, stderr=StringIO())
    return out.getvalue()


def test_untouched_trail_is_proved():
    write(3)
    made = seals.seal()
    assert [(one.label, one.count) for one in made] == [("portal.auditentry", 3)]
    assert "nothing was changed" in verify()
    assert "Last print: " + made[-1].hash in verify()


def test_sealing_twice_seals_once():
    write(2)
    assert seals.seal()
    assert not seals.seal()
    write(1)
    (third,) = seals.seal()
    first = AuditSeal.objects.get(pk__lt=third.pk)
    assert third.previous == first.hash
    assert "nothing was changed" in verify()


def test_sweep_seals_every_minute(settings):
    write(1)
    assert seals.seal_if_due() == 1
    write(1)
    assert seals.seal_if_due() == 0
    settings.AUDIT_SEAL_SECONDS = 0
    assert seals.seal_if_due() == 1


def test_compliance_officer_gets_the_print_once_a_week(settings):
    settings.AUDIT_SEAL_SECONDS = 0
    officer = make_staff(make_programme(), Role.COMPLIANCE)
    make_staff(make_programme(), Role.MANAGER)
    for _minute in range(2):
        write(1)
        assert seal_trail()
    letter = OutboxMessage.objects.get(notice="audit_print")
    assert letter.recipient == officer
    kept = AuditSeal.objects.order_by("-id")[1].hash
    assert kept in letter.text
    assert "nothing was changed" in verify("--since-seal", kept)


def test_batches_chain(monkeypatch):
    monkeypatch.setattr(seals, "BATCH", 2)
    write(5)
    assert [one.count for one in seals.seal()] == [2, 2, 1]
    assert "nothing was changed" in verify()


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        ("UPDATE portal_auditentry SET reason = 'x' WHERE id = %s", "was changed"),
        ("UPDATE portal_auditentry SET at = at - interval '1 hour' WHERE id = %s", "was changed"),
        ("UPDATE portal_auditentry SET facts = '{\"a\": 1}' WHERE id = %s", "was changed"),
        ("DELETE FROM portal_auditentry WHERE id = %s", "was removed"),
    ],
)
def test_tampering_by_the_owner_is_found(sql, what):
    entries = write(3)
    seals.seal()
    with tampering() as cursor:
        cursor.execute(sql, [entries[1].pk])
    with pytest.raises(CommandError, match=f"portal.auditentry {entries[1].pk}: {what}"):
        verify()


def test_slipping_in_between_is_found():
    entries = write(3)
    with transaction.atomic():
        gap = audit.record(make_programme(), "rename", actor=None)
        transaction.set_rollback(True)
    write(1)
    seals.seal()
    with tampering() as cursor:
        cursor.execute(
            "INSERT INTO portal_auditentry (id, at, verb, subject_type, subject_id, from_state, "
            "to_state, reason, facts) SELECT %s, at, verb, subject_type, subject_id, from_state, "
            "to_state, reason, facts FROM portal_auditentry WHERE id = %s",
            [gap.pk, entries[0].pk],
        )
    with pytest.raises(CommandError, match=f"{gap.pk}: was added after it was sealed"):
        verify()


def test_first_of_several_is_named():
    entries = write(4)
    seals.seal()
    with tampering() as cursor:
        cursor.execute("DELETE FROM portal_auditentry WHERE id >= %s", [entries[2].pk])
        cursor.execute("UPDATE portal_auditentry SET verb = 'x' WHERE id = %s", [entries[1].pk])
    with pytest.raises(
        CommandError, match=f"First: portal.auditentry {entries[1].pk}: was changed"
    ):
        verify()


def test_event_of_a_watched_row_is_sealed_too():
    programme = make_programme()
    make_staff(programme)
    (made,) = [one for one in seals.seal() if one.label == ProgrammeStaffEvent._meta.label_lower]
    with tampering() as cursor:
        cursor.execute("UPDATE portal_programmestaffevent SET role = 'chair'")
    with pytest.raises(CommandError, match=f"programmestaffevent {made.last_id}: was changed"):
        verify()


def test_changed_or_missing_seal_is_found():
    write(1)
    first = seals.seal()[0]
    write(1)
    seals.seal()
    with tampering() as cursor:
        cursor.execute("UPDATE portal_auditseal SET at = at, count = 7 WHERE id = %s", [first.pk])
    with pytest.raises(CommandError, match="the seal itself was changed"):
        verify()
    with tampering() as cursor:
        cursor.execute("DELETE FROM portal_auditseal WHERE id = %s", [first.pk])
    with pytest.raises(CommandError, match="a seal before this one is missing"):
        verify()


def test_trail_and_seals_made_anew_are_found_by_a_print_kept_elsewhere():
    entries = write(2)
    kept = seals.seal()[-1].hash
    assert "nothing was changed" in verify("--since-seal", kept)
    with tampering() as cursor:
        cursor.execute("UPDATE portal_auditentry SET verb = 'x' WHERE id = %s", [entries[0].pk])
        cursor.execute("DELETE FROM portal_auditseal")
    seals.seal()
    assert "nothing was changed" in verify()  # by itself it cannot know
    with pytest.raises(CommandError, match="kept elsewhere is not in the chain"):
        verify("--since-seal", kept)


def test_key_that_the_database_does_not_have_is_needed_for_a_seal(settings):
    settings.AUDIT_SEAL_KEY = "of the portal alone"
    write(1)
    seals.seal()
    assert "nothing was changed" in verify()
    settings.AUDIT_SEAL_KEY = "another"
    with pytest.raises(CommandError, match="the seal itself was changed"):
        verify()


def test_entry_that_commits_late_is_neither_missed_nor_breaks_a_seal():
    write(1)
    programme = make_programme()
    written, commit = threading.Event(), threading.Event()
    late: list[AuditEntry] = []

    def slow() -> None:
        try:
            with transaction.atomic():
                late.append(audit.record(programme, "rename", actor=None))
                written.set()
                assert commit.wait(60)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(60)
    early = write(1)[0]
    assert early.pk > late[0].pk  # the smaller key is not there yet
    assert not seals.seal(patience=0.1)
    commit.set()
    thread.join(60)
    (made,) = seals.seal()
    assert made.count == 3
    assert "nothing was changed" in verify()
    assert "0 entries wait" in verify()


def test_columns_of_a_later_version_do_not_break_older_seals():
    write(2)
    seals.seal()
    before = act_as(owner())
    try:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE portal_auditentry ADD COLUMN later text DEFAULT 'x'")
            try:
                assert "nothing was changed" in verify()
            finally:
                cursor.execute("ALTER TABLE portal_auditentry DROP COLUMN later")
    finally:
        act_as(before)


@pytest.mark.parametrize("verb", ["update", "delete"])
def test_seal_cannot_be_changed_by_the_application(verb):
    write(1)
    seals.seal()
    rows = AuditSeal.objects.all()
    attempt = rows.delete if verb == "delete" else lambda: rows.update(count=0)
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        attempt()


def test_writing_an_entry_waits_for_nobody():
    """Sealing takes no lock that a writer of the trail would wait for."""
    write(2)
    with transaction.atomic():
        seals.seal()
        done: list[bool] = []

        def other() -> None:
            try:
                with connection.cursor() as cursor:
                    cursor.execute("SET lock_timeout = '500ms'")
                write(1)
                done.append(True)
            finally:
                connection.close()

        thread = threading.Thread(target=other)
        thread.start()
        thread.join(60)
        assert done


def test_role_given_by_an_action_is_seen_field_by_field():
    programme = make_programme()
    person = make_staff(programme)
    held = person.staff_roles.get()
    assert [event.pgh_label for event in ProgrammeStaffEvent.objects.filter(pgh_obj=held)] == [
        "insert"
    ]
    actions.give_role(programme=programme, user=person, role=Role.CHAIR, by=None)
    assert ProgrammeStaffEvent.objects.filter(user=person, role=Role.CHAIR).count() == 1
