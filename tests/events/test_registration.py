"""Guests: register, wait, come, do not come; who takes the last place; who sees whom."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from events.actions.registration import give_up_places, register
from events.choices import EventState, RegistrationState as State
from events.models import Event, Registration
from events.workflow import registration_workflow
from portal.choices import Role
from portal.models import AuditEntry, OutboxMessage, Programme, User
from portal.workflow import StepRefused
from tests.factories.events import make_event, make_registration
from tests.factories.portal import make_programme, make_staff, make_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def manager(programme: Programme) -> User:
    return make_staff(programme, Role.MANAGER)


def ask(event: Event, user: User | None = None, **said: str) -> Registration:
    return register(event=event, user=user or make_user(), **({"kind": "guest"} | said))


def letters() -> list[str]:
    return list(OutboxMessage.objects.order_by("created_at").values_list("notice", flat=True))


def test_guest_waits_is_approved_and_gets_the_calendar_entry(programme, manager):
    event = make_event(programme)
    guest = make_user()
    registration = ask(event, guest, kind="investor", organisation="Umi Capital", interest="Water")
    assert registration.state == State.ASKED
    assert letters() == ["registration_received"]
    assert ask(event, guest) == registration, "pressed twice is once"
    step = registration_workflow.perform(registration, "approve", actor=manager)
    assert (step.record.state, step.record.answered_by) == (State.APPROVED, manager)
    assert letters() == ["registration_received", "registration_approved"]
    letter = OutboxMessage.objects.get(notice="registration_approved")
    assert "STATUS:CONFIRMED" in letter.calendar
    assert event.join_link in letter.calendar.replace("\r\n ", "")
    assert event.join_link not in letter.text
    verbs = AuditEntry.objects.about(registration).order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["register", "approve"]
    assert "Umi" not in str(AuditEntry.objects.about(registration).values_list("facts"))


def test_without_approval_the_guest_comes_at_once(programme):
    registration = ask(make_event(programme, needs_approval=False))
    assert registration.state == State.APPROVED
    assert letters() == ["registration_approved"]


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"state": EventState.CANCELLED}, "cancelled"),
        ({"registration_until": timezone.now() - timedelta(minutes=1)}, "Registration is closed"),
        ({"starts_at": timezone.now() - timedelta(hours=5)}, "over"),
        ({"capacity": 0}, "All places are taken"),
    ],
    ids=["cancelled", "late", "over", "full"],
)
def test_nobody_registers_when_it_is_closed(programme, fields, refusal):
    with pytest.raises(StepRefused, match=refusal):
        ask(make_event(programme, **fields))
    assert letters() == []


def test_draft_takes_nobody(programme):
    with pytest.raises(StepRefused) as refused:
        ask(make_event(programme, state=EventState.DRAFT))
    assert refused.value.permission


@pytest.mark.parametrize("reason", ["The room is small.", ""])
def test_declined_guest_reads_the_reason_or_none(programme, manager, reason):
    registration = ask(make_event(programme))
    registration_workflow.perform(registration, "decline", actor=manager, reason=reason)
    letter = OutboxMessage.objects.get(notice="registration_declined")
    assert ("Reason: The room is small." in letter.text) == bool(reason)
    assert letter.calendar == ""
    with pytest.raises(StepRefused, match="answered already"):
        ask(registration.event, registration.user)


def test_guest_cancels_and_can_register_again(programme, manager):
    event = make_event(programme)
    registration = make_registration(event)
    guest = registration.user
    registration_workflow.perform(registration, "cancel", actor=guest)
    letter = OutboxMessage.objects.get(notice="registration_cancelled")
    assert "STATUS:CANCELLED" in letter.calendar
    again = ask(event, guest, kind="press")
    assert (again.pk, again.state, again.kind) == (registration.pk, State.ASKED, "press")
    assert letters() == ["registration_cancelled", "registration_received"]


def test_nobody_else_cancels_and_guests_do_not_approve_themselves(programme, manager):
    registration = make_registration(make_event(programme), state=State.ASKED)
    for name, who in (
        ("cancel", manager),
        ("approve", registration.user),
        ("decline", make_user()),
    ):
        with pytest.raises(StepRefused) as refused:
            registration_workflow.perform(registration, name, actor=who)
        assert refused.value.permission


def test_staff_approve_no_more_than_there_are_places(programme, manager):
    event = make_event(programme, capacity=1)
    first, second = (make_registration(event, state=State.ASKED) for _ in range(2))
    registration_workflow.perform(first, "approve", actor=manager)
    with pytest.raises(StepRefused, match="All 1 places are taken"):
        registration_workflow.perform(second, "approve", actor=manager)


def test_end_of_an_account_frees_the_place(programme):
    ahead = make_registration(make_event(programme))
    past = make_registration(
        make_event(programme, starts_at=timezone.now() - timedelta(days=3)), ahead.user
    )
    with transaction.atomic():
        give_up_places(ahead.user)
    ahead.refresh_from_db()
    past.refresh_from_db()
    assert (ahead.state, past.state) == (State.CANCELLED, State.APPROVED)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("approval", [False, True])
def test_last_place_is_taken_by_one(approval):
    """Eight at once: by registering, or by eight approvals."""
    programme = make_programme()
    manager = make_staff(programme)
    event = make_event(programme, capacity=1, needs_approval=approval)
    people = [make_user() for _ in range(8)]
    asked = [make_registration(event, who, state=State.ASKED) for who in people if approval]
    start, refusals, broken = threading.Barrier(8), [], []

    def run(number: int) -> None:
        try:
            start.wait()
            if approval:
                registration_workflow.perform(asked[number], "approve", actor=manager)
            else:
                ask(event, people[number])
        except StepRefused as refusal:
            refusals.append(str(refusal))
        except Exception as error:  # noqa: BLE001 -- shown by the test
            broken.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []
    assert event.registrations.approved().count() == 1
    assert len(refusals) == 7
    assert all("places are taken" in refusal for refusal in refusals)
    assert OutboxMessage.objects.filter(notice="registration_approved").count() == 1


def everybody(programme: Programme, guest: User) -> dict[str, User]:
    people: dict[str, User] = {role.value: make_staff(programme, role) for role in Role}
    return people | {
        "guest": guest,
        "stranger": make_user(),
        "elsewhere": make_staff(),
        "administrator": make_user(is_superuser=True),
    }


def test_listed_is_permitted(programme):
    mine = make_registration(make_event(programme))
    draft = make_event(programme, state=EventState.DRAFT)
    rows: list[Any] = [mine, make_registration(make_event())]
    events = [mine.event, draft, rows[1].event]
    for name, user in everybody(programme, mine.user).items():
        listed = set(Registration.objects.visible_to(user))
        assert listed == {row for row in rows if user.has_perm("events.view_registration", row)}, (
            name
        )
        listed_events = set(Event.objects.visible_to(user))
        permitted = {event for event in events if user.has_perm("events.view_event", event)}
        assert listed_events == permitted, name
