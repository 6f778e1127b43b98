"""The engine: all of a step or nothing, one winner, the reason for whoever is refused."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from challenges.choices import CallState
from challenges.models import Call
from challenges.workflow.call import call_workflow
from portal.actions.telling import tell_due
from portal.choices import Role
from portal.models import AuditEntry, OutboxMessage
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user


@pytest.fixture
def programme():
    return make_programme()


@pytest.mark.django_db
def test_step_changes_state_and_writes_who_and_why(programme):
    manager, call = make_staff(programme), make_call(programme)
    application = make_application(call)
    step = call_workflow.perform(call, "cancel", actor=manager, reason=" Money is gone. ")
    call.refresh_from_db()
    assert call.state == CallState.CANCELLED
    entry = AuditEntry.objects.about(call).get()
    assert entry == step.entry
    assert (entry.from_state, entry.to_state, entry.reason) == (
        "published", "cancelled", "Money is gone.",
    )  # fmt: skip
    tell_due()
    letter = OutboxMessage.objects.get(notice="call_cancelled")
    assert letter.recipient == application.startup.owners()[0]
    assert "Money is gone." in letter.text


@pytest.mark.django_db
def test_step_without_the_reason_it_needs_is_refused(programme):
    call = make_call(programme)
    with pytest.raises(StepRefused, match="a reason is needed"):
        call_workflow.perform(call, "cancel", actor=make_staff(programme), reason="  ")
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_step_is_refused_to_whoever_may_not(programme):
    call = make_call(programme)
    for person in (
        make_user(),
        make_staff(programme, Role.COORDINATOR),
        make_staff(make_programme()),
    ):
        with pytest.raises(StepRefused) as refusal:
            call_workflow.perform(call, "cancel", actor=person, reason="x")
        assert refusal.value.permission


@pytest.mark.django_db
def test_second_of_two_is_told_the_state_has_changed(programme):
    manager, call = make_staff(programme), make_call(programme)
    elsewhere = Call.objects.get(pk=call.pk)
    call_workflow.perform(call, "cancel", actor=manager, reason="x")
    with pytest.raises(StepRefused, match="the state is now “Cancelled”"):
        call_workflow.perform(elsewhere, "cancel", actor=manager, reason="x")


@pytest.mark.django_db
def test_failing_letter_undoes_the_step(programme, monkeypatch):
    manager, call = make_staff(programme), make_call(programme)
    make_application(call)
    notice = call_workflow.transitions["cancel"].notices[0]
    monkeypatch.setattr(type(notice), "recipients", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        call_workflow.perform(call, "cancel", actor=manager, reason="x")
    call.refresh_from_db()
    assert call.state == CallState.PUBLISHED
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_of_ten_who_step_at_once_one_succeeds(programme):
    manager, call = make_staff(programme), make_call(programme)
    done, refused = [], []

    def step():
        try:
            call_workflow.perform(call, "cancel", actor=manager, reason="x")
            done.append(1)
        except StepRefused:
            refused.append(1)
        finally:
            connection.close()

    threads = [threading.Thread(target=step) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(done), len(refused)) == (1, 9)
    assert AuditEntry.objects.about(call).count() == 1


@pytest.mark.django_db
def test_buttons_are_what_the_person_may_do_with_the_reason_why_not(programme):
    call = make_call(programme, bare=True, state=CallState.DRAFT, not_applicable=[])
    offers = {
        offer.name: offer.refusal for offer in call_workflow.offered_to(make_staff(programme), call)
    }
    assert set(offers) == {"publish"}
    assert "What is given" in offers["publish"]
    assert call_workflow.offered_to(make_staff(programme, Role.PARTNER), call) == []
