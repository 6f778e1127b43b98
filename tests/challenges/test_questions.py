"""Questions and answers about a call: who asks until when, who reads what, who is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from challenges.actions.question import (
    IN_AN_HOUR,
    answer_question,
    ask_question,
    correct_answer,
    tell_of_answers,
)
from challenges.choices import ClarificationState
from challenges.models import Application, Clarification, FaqEntry
from challenges.panels.questions import questions_to_answer
from challenges.workflow.clarification import clarification_workflow
from portal.choices import Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage, Reminder
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup
from tests.factories.talk import make_question

pytestmark = pytest.mark.django_db
SECRET = "Zanzibar-Desalinator"


@pytest.fixture
def call(programme):
    return make_call(programme, answers_within=3)


@pytest.fixture
def asker():
    return make_user(given_name="Wanjiku", family_name="Kamau-Njoroge")


def listed(call):
    return reverse("challenges:clarification-list", args=[call.slug])


def asking(call):
    return reverse("challenges:clarification-create", args=[call.slug])


def answering(question):
    return reverse("admin:challenges_clarification_answer", args=[question.pk])


# -- asking ---------------------------------------------------------------------------------------


def test_question_is_asked_and_stands_on_the_managers_home(client, call, manager, asker):
    client.force_login(asker)
    sent = client.post(asking(call), {"text": "Is travel paid?", "answer_to": "everybody"})
    assert sent.status_code == 302
    question = Clarification.objects.get()
    assert (question.asked_by, question.private, question.state) == (asker, False, "asked")
    page = client.get(listed(call)).content.decode()
    assert "Is travel paid?" in page
    assert "within 3 days" in page
    [waiting] = questions_to_answer(manager)
    assert "Is travel paid?" in waiting.object
    assert waiting.when == "asked today"
    assert waiting.note == "promised within 3 days"
    # Others learn neither that it was asked nor by whom.
    client.logout()
    assert "Is travel paid?" not in client.get(listed(call)).content.decode()


def test_questions_stand_by_age_and_turn_late(call, manager):
    young = make_question(call, text="Young")
    old = make_question(call, text="Old")
    Clarification.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=4))
    rows = sorted(questions_to_answer(manager), key=lambda row: row.urgency)
    assert [row.object.rsplit(": ")[1] for row in rows] == ["Old", "Young"]
    assert [row.tone for row in rows] == ["lamp", "amber"]
    assert rows[0].when == "asked 4 days ago"
    assert list(questions_to_answer(make_staff(make_programme(), Role.MANAGER))) == []
    assert list(questions_to_answer(make_staff(call.programme, Role.REVIEWER))) == []
    assert young.state == ClarificationState.ASKED


@pytest.mark.parametrize(
    ("moment", "may"), [(timedelta(minutes=1), True), (timedelta(minutes=-1), False)]
)
def test_questions_are_taken_until_their_hour(client, call, asker, moment, may):
    call.questions_until = timezone.now() + moment
    call.save(update_fields=["questions_until"])
    client.force_login(asker)
    client.post(asking(call), {"text": "Late?", "answer_to": "everybody"})
    assert Clarification.objects.exists() is may
    page = client.get(asking(call)).content.decode()
    assert ("Questions could be asked until" in page) is not may
    assert ("desk@example.org" in page) is not may
    assert ("<textarea" in page) is may


def test_refused_question_is_kept_on_the_page(client, call, asker):
    call.questions_until = timezone.now() - timedelta(minutes=1)
    call.save(update_fields=["questions_until"])
    client.force_login(asker)
    page = client.post(asking(call), {"text": "A long question", "answer_to": "asker"})
    assert "A long question" in page.content.decode()


def test_one_account_asks_only_so_often(call, asker):
    cache.clear()
    for number in range(IN_AN_HOUR.amount):
        ask_question(call=call, text=f"Question {number}", private=False, by=asker)
    with pytest.raises(StepRefused, match="enough for now"):
        ask_question(call=call, text="One more", private=False, by=asker)
    ask_question(call=call, text="Of somebody else", private=False, by=make_user())


@pytest.mark.parametrize("state", ["draft", "cancelled", "archived"])
def test_call_that_takes_none_is_not_asked(call, asker, state):
    call.state = state
    call.save(update_fields=["state"])
    with pytest.raises(StepRefused):
        ask_question(call=call, text="Hello?", private=False, by=asker)


# -- answering ------------------------------------------------------------------------------------


def test_answer_for_everybody_is_shown_without_a_name(client, call, manager, asker):
    startup = make_startup(asker, legal_name=SECRET)
    question = make_question(call, by=asker, text=f"May {SECRET} use a subcontractor?")
    client.force_login(manager)
    words = {
        "answer": "Yes, if it is named.",
        "answer_to": "everybody",
        "published_text": f"May {SECRET} use a subcontractor?",
        "send": "1",
    }
    page = client.post(answering(question), words).content.decode()
    assert "This may tell who asked" in page
    question.refresh_from_db()
    assert question.state == "asked"
    words["published_text"] = "May we use a subcontractor?"
    assert client.post(answering(question), words).status_code == 302
    client.logout()
    for address in (listed(call), call.get_absolute_url(), f"{listed(call)}?q=subcontractor"):
        page = client.get(address).content.decode()
        assert "May we use a subcontractor?" in page
        assert "Yes, if it is named." in page
        for name in (SECRET, asker.given_name, asker.family_name, asker.email, startup.legal_name):
            assert name not in page
    letter = OutboxMessage.objects.get(notice="question_answered")
    assert letter.to_address == asker.email
    assert "Yes, if it is named." in letter.text
    assert "without a name" in letter.text


def test_look_before_sends_nothing(client, call, manager):
    question = make_question(call)
    client.force_login(manager)
    words = {"answer": "Look at me", "answer_to": "asker", "look": "1"}
    page = client.post(answering(question), words).content.decode()
    assert "As it will read" in page
    question.refresh_from_db()
    assert question.state == "asked"
    assert not OutboxMessage.objects.exists()


def test_private_question_stays_private_for_ever(client, call, manager, asker):
    question = make_question(call, by=asker, private=True, text=SECRET)
    with pytest.raises(StepRefused, match="in private"):
        answer_question(
            question=question, answer="No.", for_everybody=True, published_text="X", by=manager
        )
    client.force_login(manager)
    page = client.get(answering(question)).content.decode()
    assert 'name="published_text"' not in page
    assert 'value="everybody"' not in page
    forced = {"answer": "No.", "answer_to": "everybody", "published_text": "X", "send": "1"}
    client.post(answering(question), forced)
    question.refresh_from_db()
    assert (question.state, question.published_at) == ("answered", None)
    with transaction.atomic(), pytest.raises(IntegrityError):
        Clarification.objects.filter(pk=question.pk).update(published_at=timezone.now())


def test_several_alike_are_answered_together_each_with_their_own_words(call, manager):
    first = make_question(call, text="Is travel paid?")
    public = make_question(call, text="Who pays the flight?")
    private = make_question(call, text=f"Do you pay {SECRET} a flight?", private=True)
    elsewhere = make_question(text="Another call")
    answer_question(
        question=first,
        answer="Travel is not paid.",
        for_everybody=True,
        published_text="Is travel paid?",
        alike=[public.pk, private.pk, elsewhere.pk],
        by=manager,
    )
    states = dict(Clarification.objects.values_list("pk", "state"))
    assert states == {
        first.pk: "answered",
        public.pk: "answered",
        private.pk: "answered",
        elsewhere.pk: "asked",
    }
    assert [one.pk for one in Clarification.objects.published()] == [first.pk]
    letters = {
        letter.to_address: letter.text
        for letter in OutboxMessage.objects.filter(notice="question_answered")
    }
    assert set(letters) == {one.asked_by.email for one in (first, public, private)}
    for own in (first, public, private):
        text = letters[own.asked_by.email]
        assert "Travel is not paid." in text
        assert [one.text in text for one in (first, public, private)].count(True) == 1
        assert own.text in text
    public.refresh_from_db()
    private.refresh_from_db()
    assert (public.is_shown, private.is_shown) == (True, False)


def test_correction_is_told_to_all_who_got_the_answer(call, manager):
    first, other = make_question(call), make_question(call, text="The same in other words")
    answer_question(
        question=first,
        answer="Tuesday",
        for_everybody=True,
        published_text="When?",
        alike=[other.pk],
        by=manager,
    )
    first.refresh_from_db()
    correct_answer(question=first, answer="Wednesday", published_text="On which day?", by=manager)
    for one in (first, other):
        one.refresh_from_db()
        assert one.answer == "Wednesday"
    assert first.published_text == "On which day?"
    assert other.published_at is None
    letters = OutboxMessage.objects.filter(notice="answer_corrected")
    assert {letter.to_address for letter in letters} == {
        first.asked_by.email,
        other.asked_by.email,
    }


def test_closing_without_an_answer_needs_a_reason_and_says_it(client, call, manager):
    question = make_question(call)
    with pytest.raises(StepRefused):
        clarification_workflow.perform(question, "set-aside", actor=manager)
    clarification_workflow.perform(question, "set-aside", actor=manager, reason="Asked twice.")
    letter = OutboxMessage.objects.get(notice="question_closed")
    assert "Asked twice." in letter.text
    assert list(questions_to_answer(manager)) == []


@pytest.mark.parametrize(
    "role", [Role.REVIEWER, Role.CHAIR, Role.PARTNER, Role.APPROVER, Role.COMPLIANCE]
)
def test_other_roles_neither_read_nor_answer(client, call, role):
    question = make_question(call, text=SECRET)
    person = make_staff(call.programme, role)
    with pytest.raises(StepRefused):
        answer_question(question=question, answer="Yes", for_everybody=False, by=person)
    client.force_login(person)
    assert client.get(answering(question)).status_code in {403, 404}
    assert SECRET not in client.get(listed(call)).content.decode()


def test_second_paths_say_no_names(client, call, manager, asker):
    """The trail keeps neither words nor names; who asked is veiled from those who do not answer."""
    with transaction.atomic():
        question = ask_question(call=call, text=SECRET, private=True, by=asker)
    answer_question(question=question, answer="For you alone", for_everybody=False, by=manager)
    for entry in AuditEntry.objects.filter(subject_id=question.pk):
        assert SECRET not in str(entry.facts) + entry.reason
    compliance = make_staff(call.programme, Role.COMPLIANCE)
    client.force_login(compliance)
    trail = client.get(reverse("admin:portal_auditentry_changelist")).content.decode()
    assert "A question was asked" in trail
    assert asker.family_name not in trail
    client.force_login(make_user())
    assert "For you alone" not in client.get(listed(call)).content.decode()
    assert set(InboxNotice.objects.values_list("recipient", flat=True)) == {asker.pk}


def test_colleague_of_the_asker_does_not_read_a_private_answer(client, call, manager, asker):
    colleague = add_member(make_startup(asker))
    question = make_question(call, by=asker, private=True, text=SECRET, answered="Secret too")
    client.force_login(colleague)
    page = client.get(listed(call)).content.decode()
    assert SECRET not in page
    assert "Secret too" not in page
    client.force_login(asker)
    assert "Secret too" in client.get(listed(call)).content.decode()
    assert question.is_shown is False


# -- telling who writes ---------------------------------------------------------------------------


def test_who_writes_is_told_once_a_day(call, manager):
    writer = make_user()
    make_application(call, make_startup(writer))
    make_application(call, make_startup(), state="submitted")
    for number in range(3):
        answer_question(
            question=make_question(call),
            answer=f"Answer {number}",
            for_everybody=True,
            published_text=f"Question {number}",
            by=manager,
        )
    answer_question(question=make_question(call), answer="Alone", for_everybody=False, by=manager)
    [planned] = Reminder.objects.filter(kind="answers_published")
    assert planned.recipient == writer
    assert planned.due_at - timezone.now() <= timedelta(days=1)
    assert tell_of_answers() == 0
    Reminder.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    assert tell_of_answers() == 1
    letter = OutboxMessage.objects.get(notice="answers_published")
    assert letter.to_address == writer.email
    assert "3 new answers to questions" in letter.text


def test_who_has_submitted_or_left_meanwhile_is_not_told(call, manager):
    stays, submits, leaves = make_user(), make_user(), make_user()
    make_application(call, make_startup(stays))
    submitted = make_application(call, make_startup(submits))
    left = make_startup(make_user())
    add_member(left, leaves)
    make_application(call, left)
    answer_question(
        question=make_question(call),
        answer="Yes.",
        for_everybody=True,
        published_text="May we?",
        by=manager,
    )
    assert Reminder.objects.filter(kind="answers_published").count() == 4
    Application.objects.filter(pk=submitted.pk).update(state="withdrawn")
    left.memberships.filter(user=leaves).delete()
    Reminder.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    tell_of_answers()
    letters = OutboxMessage.objects.filter(notice="answers_published")
    assert set(letters.values_list("to_address", flat=True)) == {
        stays.email,
        left.owners()[0].email,
    }


def test_nobody_is_told_of_answers_after_the_deadline(call, manager):
    make_application(call)
    answer_question(
        question=make_question(call), answer="A", for_everybody=True, published_text="Q", by=manager
    )
    Reminder.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    call.closes_at = call.accepts_until = timezone.now() - timedelta(seconds=1)
    call.save(update_fields=["closes_at", "accepts_until"])
    tell_of_answers()
    assert not OutboxMessage.objects.filter(notice="answers_published").exists()
    assert Reminder.objects.get().state == "cancelled"


def test_after_the_deadline_only_who_has_more_time_is_told_of_answers(call, manager):
    late, extended = make_application(call), make_application(call)
    now = timezone.now()
    call.closes_at = call.accepts_until = now - timedelta(hours=1)
    call.save(update_fields=["closes_at", "accepts_until"])
    Application.objects.filter(pk=extended.pk).update(extended_until=now + timedelta(days=1))
    answer_question(
        question=make_question(call), answer="A", for_everybody=True, published_text="Q", by=manager
    )
    Reminder.objects.update(due_at=now - timedelta(minutes=1))
    tell_of_answers()
    letter = OutboxMessage.objects.get(notice="answers_published")
    assert letter.recipient == extended.startup.owners()[0] != late.startup.owners()[0]


# -- pages ----------------------------------------------------------------------------------------


def test_faq_is_markdown_made_safe(client, call):
    FaqEntry.objects.create(
        call=call, question="Who?", answer="**All** <script>alert(1)</script> [x](javascript:1)"
    )
    for address in (call.get_absolute_url(), listed(call)):
        page = client.get(address).content.decode()
        assert "<strong>All</strong>" in page
        assert "<script>alert" not in page
        assert "javascript:1" not in page.replace("(javascript:1)", "")


def test_kept_page_changes_with_an_answer_and_with_a_frequent_question(client, call, manager):
    def tag():
        return client.get(call.get_absolute_url())["ETag"]

    first = tag()
    question = make_question(call)
    assert tag() == first, "a question that nobody answered shows nowhere"
    answer_question(
        question=question, answer="A", for_everybody=True, published_text="Q", by=manager
    )
    second = tag()
    assert second != first
    FaqEntry.objects.create(call=call, question="Who?", answer="All")
    assert tag() != second


@pytest.mark.parametrize("count", [1, 3])
def test_pages_ask_the_same_for_more(client, call, manager, count, django_assert_max_num_queries):
    asker = make_user()
    for number in range(count):
        make_question(call, text=f"Question {number}", answered="Yes", by=asker)
        make_question(call, text=f"Waiting {number}", by=asker)
        FaqEntry.objects.create(call=call, question="Who?", answer="All")
    with django_assert_max_num_queries(3):
        assert "Question 0" in client.get(call.get_absolute_url()).content.decode()
    with django_assert_max_num_queries(4):
        client.get(listed(call))
    client.force_login(asker)
    with django_assert_max_num_queries(9):
        client.get(listed(call))
    client.force_login(manager)
    client.get(reverse("admin:index"))
    with django_assert_max_num_queries(12):
        page = client.get(reverse("admin:challenges_clarification_changelist"))
    assert page.content.decode().count("Waiting") == count
