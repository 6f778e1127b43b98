"""More time, and everybody at once: real commits, real locks, several sessions."""

from __future__ import annotations

import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections
from django.test import Client
from django.urls import reverse

from challenges.actions.application import submit_application
from challenges.actions.call import move_deadline
from challenges.actions.extension import ask_more_time, lapse_due
from challenges.choices import ApplicationState, AttemptKind, ExtensionState
from challenges.models import (
    Application,
    Call,
    Extension,
    MoreTimeRequest,
    Question,
    RefusedAttempt,
)
from challenges.workflow.extension import extension_workflow
from portal import clock
from portal.choices import ReminderState, Role
from portal.models import AuditEntry, OutboxMessage, Reminder
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.deadlines import HOUR, give_time, make_late_draft
from tests.factories.portal import make_staff

pytestmark = pytest.mark.django_db(transaction=True)


def together(*works):
    """Run all at once, each with a session of its own; what each answered or refused with."""
    barrier = Barrier(len(works))

    def run(work):
        try:
            barrier.wait(60)
            return work()
        except StepRefused as refusal:
            return str(refusal)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        return [one.result(timeout=60) for one in [pool.submit(run, work) for work in works]]


def submit(application):
    return submit_application(
        application=Application.objects.get(pk=application.pk),
        key=uuid.uuid4(),
        terms_version=application.call.terms_version,
        by=application.started_by,
    )


@pytest.mark.parametrize("_time", range(4))
def test_confirming_and_lapsing_at_the_same_instant_agree(_time):
    draft = make_late_draft()
    extension = give_time(draft)
    second = make_staff(draft.call.programme, Role.APPROVER)
    ends = clock.database_now() + timedelta(milliseconds=120)
    Extension.objects.filter(pk=extension.pk).update(confirm_by=ends)

    def confirm():
        time.sleep(0.1)
        return extension_workflow.perform(extension, "confirm", actor=second).entry.verb

    def sweep():
        found = 0
        while clock.database_now() < ends + timedelta(milliseconds=200):
            found += lapse_due()
        return found

    said, swept, again = together(confirm, sweep, sweep)
    extension.refresh_from_db()
    draft.refresh_from_db()
    verbs = set(AuditEntry.objects.about(extension).values_list("verb", flat=True)) - {"grant"}
    if said == "confirm":
        assert (extension.state, swept + again) == (ExtensionState.CONFIRMED, 0)
        assert draft.extended_until == extension.until
        assert verbs == {"confirm"}
    else:
        assert (extension.state, swept + again) == (ExtensionState.ENDED, 1)
        assert draft.extended_until is None
        assert verbs == {"lapse"}
        assert OutboxMessage.objects.filter(notice="extension_ended").count() == 1


@pytest.mark.parametrize("_time", range(3))
def test_granting_while_the_team_submits_is_one_or_the_other(_time):
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    assert draft.call.terms_version
    said, extension = together(lambda: submit(draft), lambda: give_time(draft, by=manager))
    draft.refresh_from_db()
    assert draft.extended_until == extension.until
    if isinstance(said, str):
        assert said.startswith("The deadline passed")
        assert (draft.state, draft.submitted_at) == (ApplicationState.DRAFT, None)
    else:
        assert draft.submitted_at < draft.deadline == extension.until


@pytest.mark.parametrize("_time", range(3))
def test_ending_while_the_team_submits_is_one_or_the_other(_time):
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    extension = give_time(draft, by=manager)
    assert draft.call.terms_version

    def end():
        extension_workflow.perform(extension, "end", actor=manager, reason="The wrong team.")

    said, _ended = together(lambda: submit(draft), end)
    draft.refresh_from_db()
    assert draft.extended_until is None
    if isinstance(said, str):
        assert (draft.state, draft.revision_count) == (ApplicationState.DRAFT, 0)
    else:
        assert draft.state == ApplicationState.SUBMITTED
        assert draft.deadline == extension.until, "what was submitted under it stands"


def test_deadline_moved_while_time_is_given_leaves_one_set_of_reminders():
    call = make_call(closes_at=clock.database_now() + timedelta(days=6))
    draft = make_application(call, complete=True)
    manager = make_staff(call.programme, Role.MANAGER)
    other = make_staff(call.programme, Role.MANAGER)
    until = call.closes_at + timedelta(days=20)

    def move():
        later = call.closes_at + timedelta(days=3)
        move_deadline(call=call, closes_at=later, accepts_until=None, reason="Why.", by=manager)
        return ""

    moved, extension = together(move, lambda: give_time(draft, until=until, by=other))
    assert moved == ""
    assert isinstance(extension, Extension), extension
    draft = Application.objects.select_related("call").get(pk=draft.pk)
    assert (draft.call.deadline_version, draft.extension_version) == (2, 1)
    assert draft.ends == until
    planned = Reminder.objects.about(draft).filter(state=ReminderState.PLANNED)
    assert {row.version for row in planned} == {draft.deadline_mark}
    assert max(row.due_at for row in planned) > draft.call.closes_at


def test_two_who_grant_overlapping_lists_neither_deadlock_nor_lose_one():
    call = make_call(closes_at=clock.database_now() - HOUR)
    drafts = [make_late_draft(call) for _one in range(6)]
    people = [make_staff(call.programme, Role.MANAGER) for _one in range(4)]
    now = clock.database_now()
    given = together(
        *(
            lambda number=number, by=by: give_time(
                *(drafts if number % 2 else drafts[::-1]), until=now + (number + 1) * HOUR, by=by
            )
            for number, by in enumerate(people)
        )
    )
    assert all(isinstance(one, Extension) for one in given), given
    for draft in drafts:
        draft.refresh_from_db()
        assert draft.extended_until == now + 4 * HOUR


def test_two_of_a_team_ask_at_once_and_it_is_asked_once():
    draft = make_late_draft()

    def ask():
        ask_more_time(
            application=Application.objects.get(pk=draft.pk), reason="Why.", by=draft.started_by
        )
        return ""

    said = sorted(together(ask, ask, ask))
    assert said[0] == ""
    assert all("has asked already" in one for one in said[1:])
    assert MoreTimeRequest.objects.count() == 1


def test_refused_attempts_are_kept_although_the_step_was_undone():
    draft = make_late_draft()
    browser = Client()
    browser.force_login(draft.started_by)
    check = reverse("challenges:application-check", args=[draft.pk])
    form = {
        "key": str(uuid.uuid4()),
        "terms_version": draft.call.terms_version,
        "accept_terms": "on",
    }
    before = clock.database_now()
    for _time in range(3):
        browser.post(check, form)
    edit = reverse("challenges:application-edit", args=[draft.pk, 1])
    title = draft.call.questions.get(label="Title").pk.hex
    browser.post(edit, {f"q_{title}": "Written at 23:59"}, headers={"X-Autosave": "1"})
    tried = {attempt.kind: attempt for attempt in RefusedAttempt.objects.all()}
    assert set(tried) == {AttemptKind.SUBMIT, AttemptKind.SAVE}
    submitted = tried[AttemptKind.SUBMIT]
    # Counted once a second at most, however hard the button is hammered.
    assert submitted.count == len(submitted.instants) == 1
    assert before < submitted.instants[0] < clock.database_now()
    RefusedAttempt.objects.update(last_at=before - timedelta(minutes=1))
    browser.post(check, form)
    submitted.refresh_from_db()
    assert (submitted.count, len(submitted.instants)) == (2, 2)
    draft.refresh_from_db()
    assert draft.state == ApplicationState.DRAFT


def test_file_that_is_begun_too_late_is_noted_too():
    draft = make_late_draft()
    question = Question.objects.create(
        call=draft.call, order=9, section="Team", label="Deck", kind="file", required=False
    )
    browser = Client()
    browser.force_login(draft.started_by)
    response = browser.post(
        reverse("challenges:upload-begin", args=[draft.pk]),
        {"purpose": f"q_{question.pk.hex}", "name": "deck.pdf", "size": "1000"},
        headers={"X-Upload": "1"},
    )
    assert response.status_code == 409, response.content
    assert RefusedAttempt.objects.get().kind == AttemptKind.FILE


def test_attempts_keep_room_for_the_first_twenty_instants_only():
    draft = make_late_draft()
    from challenges.actions.attempts import KEPT, note_refusal  # noqa: PLC0415 -- one test's own

    for _time in range(KEPT + 5):
        note_refusal(application=draft, by=draft.started_by, kind=AttemptKind.SAVE)
        RefusedAttempt.objects.update(last_at=clock.database_now() - timedelta(seconds=9))
    noted = RefusedAttempt.objects.get()
    assert (noted.count, len(noted.instants)) == (KEPT + 5, KEPT)
    assert Call.objects.filter(pk=draft.call_id).exists()
