"""What is sent while somebody else changes what it belongs to: nothing is lost or deadlocks."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from challenges.actions.application import start_application
from challenges.actions.extension import grant_extension
from challenges.actions.form import change_question
from challenges.actions.form_version import publish_version
from challenges.actions.form_words import correct_wording
from challenges.actions.news import move_news, remind_of_news
from challenges.actions.question import answer_question, ask_question
from challenges.choices import ApplicationState, ClarificationState, QuestionKind
from challenges.models import Application, Call, Question, RefusedAttempt
from challenges.workflow.call import call_workflow
from challenges.workflow.extension import extension_workflow
from challenges.workflow.news import NEWS, plan_news
from portal import clock
from portal.choices import ReminderState, Role
from portal.documents import pieces
from portal.models import OutboxMessage, Reminder, Upload
from portal.workflow import StepRefused, lock_in_turn, lock_row
from tests.factories import files
from tests.factories.challenges import make_application, make_call
from tests.factories.deadlines import HOUR, give_time, make_late_draft
from tests.factories.forms import make_submitted_call, make_version, of
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import make_startup
from tests.factories.talk import make_question

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)


def until_waiting(count: int) -> None:
    """Until so many sessions of this database wait for a lock."""
    ends = time.monotonic() + 15
    while time.monotonic() < ends:
        with connection.cursor() as cursor:
            # Within a transaction this view stays as it was read first.
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity"
                " WHERE datname = current_database() AND wait_event_type = 'Lock'"
            )
            if cursor.fetchone()[0] >= count:
                return
    raise AssertionError("nobody waits for a lock")


def meanwhile(hold: Callable[[], Any], *works: Callable[[], Any]) -> list[Any]:
    """Run the works while ``hold`` is done and not committed, each once the one before it waits.

    Committed is when all of them wait.
    """

    def run(work: Callable[[], Any]) -> Any:
        try:
            return work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as pool:
        running = []
        with transaction.atomic():
            hold()
            for number, work in enumerate(works, start=1):
                running.append(pool.submit(run, work))
                until_waiting(number)
        return [one.result(timeout=20) for one in running]


# -- the form moves while its page is saved -------------------------------------------------------


@pytest.fixture
def moving():
    """A draft with its page, and a version that asks “Title” as “Name”, not in force yet."""
    programme = make_programme()
    manager = make_staff(programme, Role.MANAGER)
    call = make_submitted_call(programme)
    deck = Question.objects.create(
        call=call, order=9, section="Solution", label="Deck", kind=QuestionKind.FILE, required=False
    )
    draft = make_application(call, complete=True)
    draft.answers.filter(question=deck).delete()
    version = make_version(call, manager)
    title = call.questions.get(label="Title")
    change_question(call=call, question=title, content=of(title, label="Name"), by=manager)
    client = Client()
    client.force_login(draft.started_by)
    return draft, title, client, lambda: publish_version(version=version, by=manager)


def page_of(draft: Application) -> str:
    return reverse("challenges:application-edit", args=[draft.pk, 1])


def typed(client: Client, draft: Application, title: Question, text: str) -> dict[str, str]:
    form = client.get(page_of(draft)).context["form"]
    shown = {bound.html_name: bound.value() for bound in form if bound.value() is not None}
    return shown | {title.field: text}


def kept(draft: Application) -> str:
    return draft.answers.get(question__label="Name").value


def test_save_in_the_background_reaches_the_new_version(moving):
    draft, title, client, publish = moving
    data = typed(client, draft, title, "Typed as it moved") | {"touched": title.field}
    [answer] = meanwhile(
        publish, lambda: client.post(page_of(draft), data, headers={"X-Autosave": "1"})
    )
    said = answer.json()
    assert said["fields"][title.field]["v"] == 2
    assert (said["refusal"], said["conflicts"], said["gone"]) == ("", [], [])
    assert kept(draft) == "Typed as it moved"
    # It was no refusal that a team could be asked about.
    assert not RefusedAttempt.objects.exists()


def test_button_reaches_the_new_version_with_a_file(moving):
    draft, title, client, publish = moving
    deck = draft.call.questions.get(label="Deck")
    upload = SimpleUploadedFile("deck.pdf", files.make_pdf())
    data = typed(client, draft, title, "Sent as it moved") | {deck.field: upload}
    [answer] = meanwhile(publish, lambda: client.post(page_of(draft), data))
    assert answer.status_code == 302
    assert kept(draft) == "Sent as it moved"
    assert draft.answers.get(question=deck).document.name == "deck.pdf"


def test_note_typed_on_the_old_page_stands_beside_the_new_question(moving):
    draft, title, client, publish = moving
    publish()
    noted = {f"n_{title.pk.hex}": "Ask Ken", "note": title.pk.hex}
    assert client.post(page_of(draft), noted).status_code == 302
    assert draft.answer_notes.get(question__label="Name").text == "Ask Ken"


def test_new_version_takes_its_turn_among_those_who_read_the_call(moving):
    """Readers join those before them: in a stream of them the version would never come."""
    draft, _title, _client, publish = moving
    seen = []

    def read() -> None:
        with transaction.atomic():
            lock_in_turn(Call, draft.call_id)
            seen.append(Call.objects.get(pk=draft.call_id).form_version)

    meanwhile(lambda: lock_in_turn(Call, draft.call_id), publish, read)
    assert seen == [2]


def test_option_is_reworded_while_a_draft_with_both_its_questions_is_saved():
    programme = make_programme()
    manager = make_staff(programme, Role.MANAGER)
    call = make_submitted_call(programme)
    draft = make_application(call, complete=True)
    version = make_version(call, manager)
    theme = call.questions.get(label="Theme")
    change_question(call=call, question=theme, content=of(theme, label="Topic"), by=manager)
    publish_version(version=version, by=manager)
    topic = call.questions.get(label="Topic")
    answers = draft.answers.filter(question__in=[theme, topic])

    def correct() -> None:
        try:
            correct_wording(
                call=call,
                question=topic,
                label="Topic",
                help_text="",
                options=["Waters", "Energy"],
                by=manager,
            )
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            # As a save has it: the application, then its answers, whichever comes first.
            list(Application.objects.filter(pk=draft.pk).select_for_update(no_key=True))
            list(answers.filter(question=theme).select_for_update())
            corrected = pool.submit(correct)
            until_waiting(1)
            list(answers.filter(question=topic).select_for_update())
        corrected.result(timeout=20)
    assert set(answers.values_list("value", flat=True)) == {"Waters"}


# -- the call is taken back while somebody begins -------------------------------------------------


def test_draft_is_not_begun_in_a_call_that_is_just_taken_back():
    programme = make_programme()
    manager = make_staff(programme, Role.MANAGER)
    call, startup = make_call(programme), make_startup()
    found = Call.objects.select_related("programme").get(pk=call.pk)

    def begin() -> str:
        try:
            start_application(call=found, startup=startup, by=startup.owners()[0])
        except StepRefused as refusal:
            return str(refusal)
        return "begun"

    said = meanwhile(
        lambda: call_workflow.perform(call, "unpublish", actor=manager, reason="A slip."), begin
    )
    assert said == ["This call is not open."]
    assert not Application.objects.exists()


def test_draft_does_not_join_more_time_that_is_just_ended():
    programme = make_programme()
    manager, second = (make_staff(programme, role) for role in (Role.MANAGER, Role.APPROVER))
    call = make_call(programme)
    one, other = (make_startup(country="KE") for _number in range(2))
    draft = make_application(call, one)
    extension = grant_extension(
        call=call, country="KE", until=call.closes_at + HOUR, reason="A power cut.", by=manager
    )

    def begin() -> Any:
        application = start_application(call=call, startup=other, by=other.owners()[0])
        return Application.objects.get(pk=application.pk).extended_until

    def end() -> None:
        extension_workflow.perform(extension, "end", actor=second, reason="It came back.")

    assert meanwhile(end, begin) == [None]
    draft.refresh_from_db()
    assert draft.extended_until is None


# -- the button is pressed twice ------------------------------------------------------------------


def test_time_given_twice_by_one_person_is_one_extension():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    make_staff(draft.call.programme, Role.APPROVER)
    until = clock.database_now() + timedelta(hours=5)
    given = [give_time(draft, by=manager, until=until) for _time in range(2)]
    assert given[0] == given[1]
    assert OutboxMessage.objects.filter(notice="confirmation_requested").count() == 1
    assert give_time(draft, by=manager, until=until + timedelta(hours=1)) != given[0]


def test_question_sent_twice_is_asked_once():
    call, asker = make_call(), make_user()
    rows = [ask_question(call=call, text="May we?", private=False, by=asker) for _time in range(2)]
    assert rows[0] == rows[1]
    answer_question(
        question=rows[0], answer="Yes.", for_everybody=False, by=make_staff(call.programme)
    )
    assert ask_question(call=call, text="May we?", private=False, by=asker) != rows[0]


# -- staff at the same time -----------------------------------------------------------------------


def test_two_who_answer_the_same_questions_crosswise_do_not_deadlock():
    call = make_call()
    colleagues = [make_staff(call.programme, role) for role in (Role.MANAGER, Role.COORDINATOR)]
    one, other = sorted((make_question(call), make_question(call)), key=lambda row: row.pk)

    def answer(number: int) -> Any:
        first, second = (one, other) if number == 0 else (other, one)
        try:
            answer_question(
                question=first,
                alike=[second.pk],
                answer=f"Answer {number}",
                for_everybody=False,
                by=colleagues[number],
            )
        except Exception as error:  # noqa: BLE001 -- which one it is, is what is asked
            return type(error).__name__
        return "answered"

    said = meanwhile(
        lambda: lock_row(type(one), one.pk, "NO KEY UPDATE"), lambda: answer(0), lambda: answer(1)
    )
    assert sorted(said) == ["StepRefused", "answered"]
    for row in (one, other):
        row.refresh_from_db()
    assert one.state == other.state == ClarificationState.ANSWERED
    assert one.answer == other.answer


def test_day_of_the_news_moves_while_its_reminder_is_written():
    programme = make_programme()
    manager = make_staff(programme, Role.MANAGER)
    today = timezone.now()
    call = make_call(
        programme,
        opens_at=today - timedelta(days=9),
        closes_at=today - timedelta(days=1),
        next_news_on=(today + timedelta(days=1)).date(),
    )
    make_application(call, state=ApplicationState.SUBMITTED)
    with transaction.atomic():
        plan_news(call, now=clock.database_now())
    rows = Reminder.objects.about(call).filter(kind=NEWS)
    rows.update(due_at=today - timedelta(minutes=1))

    def move() -> str:
        try:
            day = (today + timedelta(days=9)).date()
            move_news(call=call, day=day, reason="The jury is ill.", by=manager)
        finally:
            connections.close_all()
        return "moved"

    # A scheduler holds the row and asks for the call next: who waited for it would wait for ever.
    with ThreadPoolExecutor(1) as pool, transaction.atomic():
        list(rows.select_for_update())
        assert pool.submit(move).result(timeout=20) == "moved"
    remind_of_news()
    assert list(rows.order_by("version").values_list("version", "state")) == [
        (1, ReminderState.CANCELLED),
        (2, ReminderState.PLANNED),
    ]


# -- a file that is given up ----------------------------------------------------------------------


def test_piece_that_comes_as_its_file_is_given_up_is_answered(moving):
    draft, _title, client, _publish = moving
    deck = draft.call.questions.get(label="Deck")
    begin = reverse("challenges:upload-begin", args=[draft.pk])
    content = files.make_pdf().ljust(pieces.SMALLEST_PIECE, b"\n")
    facts = {"purpose": deck.field, "name": "deck.pdf", "size": 2 * len(content)}
    key = client.post(begin, facts, headers={"X-Upload": "1"}).json()["id"]
    answers = meanwhile(
        lambda: pieces.stop(Upload.objects.get(pk=key)),
        lambda: client.post(
            f"{begin}{key}/?at=0",
            content,
            content_type="application/octet-stream",
            headers={"X-Upload": "1"},
        ),
    )
    assert [(one.status_code, one.json()) for one in answers] == [(409, {"received": 0})]
