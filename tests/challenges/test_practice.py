"""The practice run: every step and letter of a call, and no trace of it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.urls import reverse
from django.utils import timezone

from challenges.actions.practice import practise, sample
from challenges.actions.wording import word_letter
from challenges.answers import problem_with
from challenges.choices import LimitUnit, QuestionKind as Kind
from challenges.models import Question, Wording
from challenges.notices.wording import LETTERS, Own
from portal.choices import Role
from portal.workflow import StepRefused
from tests.factories.challenges import make_call
from tests.factories.cohorts import make_cohort
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def manager(programme):
    return make_staff(programme)


@pytest.fixture
def call(programme, manager):
    """A call that asks one question of each kind, some only after others."""
    call = make_call(programme, reviewers_wanted=2)
    theme = call.questions.get(label="Theme")
    for order, kind in enumerate(Kind.values, start=10):
        options = ["One", "Two", "Three"] if kind in {Kind.CHOICE, Kind.CHOICES} else []
        Question.objects.create(
            call=call, order=order, section="All", label=kind, kind=kind, options=options
        )
    Question.objects.create(
        call=call,
        order=40,
        section="All",
        label="River",
        shown_if=theme,
        shown_if_values=["Water"],
        limit=1,
        limit_unit=LimitUnit.WORDS,
    )
    Question.objects.create(
        call=call, order=41, section="All", label="Table", kind=Kind.FILE, file_kinds=["csv"]
    )
    Wording.objects.create(
        call=call,
        notice="application_received",
        language=manager.language,
        subject="Thank you from all of us",
        text="In our own words.",
        written_by=manager,
    )
    return call


def rows() -> dict[str, int]:
    """How many rows each table has."""
    return {
        model._meta.label: model._default_manager.count()
        for model in apps.get_models()
        if model._meta.managed and not model._meta.proxy
    }


def files() -> list[str]:
    found: list[str] = []
    folders = [""]
    while folders:
        folder = folders.pop()
        try:
            inside, names = default_storage.listdir(folder)
        except FileNotFoundError:
            continue
        found += [f"{folder}/{name}" for name in names]
        folders += [f"{folder}/{name}".lstrip("/") for name in inside]
    return sorted(found)


def test_every_step_and_letter_and_no_trace(call, manager, django_capture_on_commit_callbacks):
    before, stored = rows(), files()
    with django_capture_on_commit_callbacks() as callbacks:
        steps = practise(call=call, by=manager)
    assert [step.refusal for step in steps] == [""] * 12
    assert rows() == before
    assert files() == stored
    assert callbacks == []
    subjects = " ".join(letter.subject for step in steps for letter in step.letters)
    assert subjects.count("Thank you from all of us") == 3
    for words in ("New version received", "Withdrawn", "It counts again", "deadline"):
        assert words in subjects
    assert all(letter.text for step in steps for letter in step.letters)
    by_step = [len(step.letters) for step in steps]
    # Seven reminders to teams, three receipts, three letters of a moved deadline, three to staff,
    # one to each juror, three results.
    assert by_step[2:-1] == [7, 3, 3, 3, 3, 2, 0, 3, 1]


def test_letters_that_no_step_wrote_stand_at_the_end_in_our_own_words(call, manager):
    own = Own("Your question to {call}", "You asked: {question}\n\nWe say: {answer}")
    word_letter(call=call, name="question_answered", language="en-gb", own=own, by=manager)
    last = practise(call=call, by=manager)[-1]
    written = {
        *("application_received", "application_amended", "application_withdrawn"),
        *("application_restored", "application_selected", "application_reserved"),
        *("application_not_selected", "draft_reminded", "complete_draft_reminded"),
        *("deadline_moved", "call_cancelled", "reviews_assigned"),
    }
    rest = {str(one.label) for name, one in LETTERS.items() if name not in written}
    assert {letter.to for letter in last.letters} == rest
    [answered] = [one for one in last.letters if one.to == "Question answered"]
    assert answered.subject == f"Your question to {call.title}"
    assert "We say: Yes, until the deadline." in answered.text


def test_each_reminder_reads_as_on_its_day(call, manager):
    steps = practise(call=call, by=manager)
    [teams] = [step for step in steps if "teams are reminded" in step.label]
    said = [(letter.subject, letter.text) for letter in teams.letters]
    complete = [text for subject, text in said if "NOT" in subject]
    assert len(complete) == 2
    for left, text in zip(("3 h", "1 h"), complete, strict=True):
        assert left in text
    drafts = [text for subject, text in said if "NOT" not in subject]
    for left, text in zip(("14 days", "7 days", "3 days", "24 h", "3 h"), drafts, strict=True):
        assert left in text
        assert "50" in text
    [staff] = [step for step in steps if "those who run it" in step.label]
    assert [letter.to for letter in staff.letters] == ["Manager (practice)"] * 3
    assert all("3" in letter.text for letter in staff.letters)


def test_offer_of_a_place_is_part_of_it_where_the_call_selects_for_a_cohort(call, manager):
    cohort = make_cohort(call.programme)
    call.feeds = cohort
    call.save(update_fields=["feeds"])
    before = rows()
    steps = practise(call=call, by=manager)
    assert [step.refusal for step in steps] == [""] * 13
    [letter] = steps[-2].letters
    assert cohort.name in letter.text
    assert rows() == before
    cohort.refresh_from_db()
    assert cohort.held_places.count() == 0


def test_cohort_that_takes_nobody_any_more_says_why(call, manager):
    tomorrow = timezone.localdate() + timedelta(days=1)
    call.feeds = make_cohort(call.programme, ends_on=tomorrow)
    call.save(update_fields=["feeds"])
    steps = practise(call=call, by=manager)
    assert "The cohort ends on" in steps[-1].refusal
    assert not any(step.refusal for step in steps[:-1])


def test_what_is_missing_stops_it_with_the_sentence(call, manager):
    call.criteria.all().delete()
    steps = practise(call=call, by=manager)
    assert len(steps) == 1
    assert "no evaluation criteria" in steps[0].refusal


def test_only_who_runs_the_call_practises(call, programme):
    with pytest.raises(StepRefused):
        practise(call=call, by=make_staff(programme, Role.CHAIR))


def test_manager_reads_every_letter_on_the_page(client, call, manager):
    client.force_login(manager)
    address = reverse("admin:challenges_call_practice", args=[call.pk])
    assert "<pre" not in client.get(address).content.decode()
    said = client.post(address).content.decode()
    assert "Every step works" in said
    assert "In our own words." in said
    assert "@practice.invalid" not in said


@pytest.mark.parametrize("kind", [kind for kind in Kind.values if kind != Kind.FILE])
def test_samples_fit_their_questions(kind):
    question = Question(kind=kind, options=["A", "B"], most=2, minimum=5, maximum=6, limit=9)
    assert problem_with(question, sample(question, 1)) is None
