"""Nothing is typed twice: facts from the record, answers from the copy submitted last."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse

from challenges import carried
from challenges.actions.application import save_answers, start_application
from challenges.choices import ApplicationState, CompanyFact, QuestionKind
from challenges.models import Answer, Application, Question, Revision
from portal.models import AuditEntry
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup

if TYPE_CHECKING:
    from django.test import Client

    from challenges.models import Call
    from startups.models import Startup

pytestmark = pytest.mark.django_db

OPTIONS = ["1 person", "2 to 9", "10 to 49"]


def make_question(
    call: Call, kind: QuestionKind, fact: CompanyFact | str = "", **fields: Any
) -> Question:
    """One more question of the call."""
    fields = {"label": f"{fact or kind}?", "section": "Company", "order": 9} | fields
    return Question.objects.create(call=call, kind=kind, fact=fact, **fields)


@pytest.fixture
def startup() -> Startup:
    """With a record of some facts."""
    return make_startup(
        make_user(),
        legal_name="Maji Sensors Ltd",
        country="KE",
        founded_on=date(2021, 5, 14),
        website="https://maji.example.org",
        size_band="2-9",
        registration_number="",
    )


def begin(call: Call, startup: Startup) -> dict[str, Answer]:
    """Start, and answer what stands there, by the label of the question."""
    application = start_application(call=call, startup=startup, by=startup.owners()[0])
    return {one.question.label: one for one in application.answers.select_related("question")}


@pytest.mark.parametrize(
    ("kind", "fact", "fields", "expected"),
    [
        (QuestionKind.SHORT, CompanyFact.LEGAL_NAME, {}, "Maji Sensors Ltd"),
        (QuestionKind.COUNTRY, CompanyFact.COUNTRY, {}, "KE"),
        (QuestionKind.SHORT, CompanyFact.COUNTRY, {}, "Kenya"),
        (QuestionKind.CHOICE, CompanyFact.COUNTRY, {"options": ["Japan", "Kenya"]}, "Kenya"),
        (QuestionKind.CHOICE, CompanyFact.COUNTRY, {"options": ["Japan"]}, None),
        (QuestionKind.DATE, CompanyFact.FOUNDED, {}, "2021-05-14"),
        (QuestionKind.NUMBER, CompanyFact.FOUNDED, {}, "2021"),
        (QuestionKind.LINK, CompanyFact.WEBSITE, {}, "https://maji.example.org"),
        (QuestionKind.CHOICE, CompanyFact.TEAM_SIZE, {"options": OPTIONS}, "2 to 9"),
        (QuestionKind.NUMBER, CompanyFact.TEAM_SIZE, {}, None),
        (QuestionKind.SHORT, CompanyFact.REGISTRATION, {}, None),  # empty in the record
        (QuestionKind.FILE, CompanyFact.LEGAL_NAME, {}, None),
    ],
)
def test_fact_comes_from_the_record(
    startup: Startup, kind: QuestionKind, fact: CompanyFact, fields: Any, expected: str | None
) -> None:
    call = make_call(bare=True)
    make_question(call, kind, fact, label="Known", **fields)
    answers = begin(call, startup)
    assert (answers["Known"].value if answers else None) == expected
    if expected:
        assert answers["Known"].came_from == carried.RECORD
        assert answers["Known"].edited_by == startup.owners()[0]


def hand_in(call: Call, startup: Startup, values: dict[Question, str], day: str) -> Application:
    """An application whose submitted copy says this."""
    application = make_application(call, startup, state=ApplicationState.NOT_SELECTED)
    Revision.objects.create(
        application=application,
        number=2,
        answers=[
            {
                "question": str(question.pk),
                "section": "Company",
                "label": question.label,
                "kind": question.kind,
                "read_by": "jury",
                "unit": "",
                "value": value,
                "document": None,
            }
            for question, value in values.items()
        ],
        startup_facts=startup.snapshot(),
        fingerprint="1" * 64,
        submitted_by=startup.owners()[0],
        submitted_at=f"{day}T12:00:00+00:00",
    )
    application.revision_count = 2
    Application.objects.filter(pk=application.pk).update(revision_count=2)
    return application


@pytest.fixture
def call() -> Call:
    """This year's call, with a text and a choice."""
    made = make_call(bare=True)
    make_question(made, QuestionKind.LONG, label="What you do")
    make_question(made, QuestionKind.CHOICE, label="Theme", options=["Water", "Waste"])
    return made


def copy_of(question: Question, call: Call | None = None, **fields: Any) -> Question:
    """The same question in another call."""
    return make_question(
        call or make_call(bare=True),
        QuestionKind(question.kind),
        label=f"{question.label} (before)",
        lineage=question.lineage,
        options=question.options,
        **fields,
    )


def test_answer_comes_from_the_copy_submitted_last(call: Call, startup: Startup) -> None:
    text, theme = call.questions.order_by("created_at")
    hand_in(make_call(bare=True), startup, {}, "2026-06-01")
    older, newer = copy_of(text), copy_of(text)
    hand_in(older.call, startup, {older: "We measured wells."}, "2025-03-01")
    hand_in(newer.call, startup, {newer: "We measure wells."}, "2026-03-09")
    answers = begin(call, startup)
    assert {label: one.value for label, one in answers.items()} == {
        "What you do": "We measure wells."
    }
    assert answers["What you do"].came_from == "2026-03-09"
    assert carried.mark(answers["What you do"]) == "Unchanged since March 2026"
    del theme


def test_nobody_elses_answer_and_no_draft_is_carried(call: Call, startup: Startup) -> None:
    text = call.questions.get(label="What you do")
    foreign = copy_of(text)
    hand_in(foreign.call, make_startup(), {foreign: "Somebody else’s secret."}, "2026-03-09")
    # They themselves left it empty in the same call.
    hand_in(foreign.call, startup, {}, "2026-03-08")
    draft = copy_of(text)
    application = make_application(draft.call, startup)
    Answer.objects.create(
        application=application,
        question=draft,
        value="Not submitted.",
        edited_by=startup.owners()[0],
    )
    assert begin(call, startup) == {}


def test_choice_that_is_none_any_more_is_not_carried(call: Call, startup: Startup) -> None:
    theme = call.questions.get(label="Theme")
    before = copy_of(theme)
    hand_in(before.call, startup, {before: "Energy"}, "2026-03-09")
    assert begin(call, startup) == {}


def test_record_counts_more_than_an_earlier_answer(startup: Startup) -> None:
    call = make_call(bare=True)
    question = make_question(call, QuestionKind.SHORT, CompanyFact.LEGAL_NAME, label="Name")
    before = copy_of(question)
    hand_in(before.call, startup, {before: "Maji Ltd"}, "2026-03-09")
    assert begin(call, startup)["Name"].value == "Maji Sensors Ltd"


def test_what_is_known_counts_as_answered(startup: Startup) -> None:
    call = make_call(bare=True)
    make_question(call, QuestionKind.SHORT, CompanyFact.LEGAL_NAME)
    make_question(call, QuestionKind.LONG, label="More")
    application = start_application(call=call, startup=startup, by=startup.owners()[0])
    application.refresh_from_db()
    assert application.completeness == 50
    assert application.edited_at is None


def test_starting_twice_brings_nothing_back(startup: Startup) -> None:
    call = make_call(bare=True)
    make_question(call, QuestionKind.SHORT, CompanyFact.LEGAL_NAME, label="Name")
    owner = startup.owners()[0]
    application = start_application(call=call, startup=startup, by=owner)
    application.answers.update(value="", version=2)
    begin(call, startup)
    assert application.answers.get().value == ""


def page(client: Client, application: Application) -> str:
    """The first section of the form."""
    url = reverse("challenges:application-edit", args=[application.pk, 1])
    return client.get(url).content.decode()


def test_field_is_marked_until_it_is_edited(client: Client, startup: Startup) -> None:
    call, owner = make_call(bare=True), startup.owners()[0]
    question = make_question(call, QuestionKind.SHORT, CompanyFact.LEGAL_NAME)
    application = start_application(call=call, startup=startup, by=owner)
    client.force_login(owner)
    assert "From your record" in page(client, application)
    save_answers(
        application=application,
        values={question.pk: "Maji Sensors Limited"},
        versions={question.pk: 1},
        by=owner,
    )
    assert "From your record" not in page(client, application)


# -- the record -----------------------------------------------------------------------------------


@pytest.fixture
def changed(startup: Startup) -> Answer:
    """A team wrote another country than its record has."""
    call, owner = make_call(bare=True), startup.owners()[0]
    make_question(call, QuestionKind.COUNTRY, CompanyFact.COUNTRY, label="Country")
    application = start_application(call=call, startup=startup, by=owner)
    answer = application.answers.get()
    answer.value = "JP"
    answer.version = 2
    answer.save(update_fields=["value", "version"])
    return answer


def check_page(client: Client, answer: Answer) -> str:
    """Everything on one page."""
    url = reverse("challenges:application-check", args=[answer.application_id])
    return client.get(url).content.decode()


def test_check_page_asks_whether_to_change_the_record(
    client: Client, startup: Startup, changed: Answer
) -> None:
    owner = startup.owners()[0]
    client.force_login(owner)
    assert "Change your record too?" in check_page(client, changed)
    url = reverse("challenges:record-change", args=[changed.application_id])
    response = client.post(url, {"question": changed.question.pk.hex}, follow=True)
    assert "Your record says it too now." in response.content.decode()
    startup.refresh_from_db()
    assert startup.country == "JP"
    assert startup.version == 2
    entry = AuditEntry.objects.about(startup).get(verb="change-facts")
    assert (entry.actor, entry.facts) == (owner, {"fields": ["country"], "version": 2})
    assert "Change your record too?" not in check_page(client, changed)


def test_helper_writes_the_application_and_not_the_record(
    client: Client, startup: Startup, changed: Answer
) -> None:
    helper = make_user()
    changed.application.collaborators.create(
        email=helper.email,
        token_hash="h" * 64,
        invited_by=startup.owners()[0],
        expires_at="2030-01-01T00:00Z",
        user=helper,
    )
    viewer = add_member(startup, role=MemberRole.VIEWER)
    url = reverse("challenges:record-change", args=[changed.application_id])
    for person in (helper, viewer):
        client.force_login(person)
        assert "Change your record too?" not in check_page(client, changed)
        assert client.post(url, {"question": changed.question.pk.hex}).status_code == 404
    startup.refresh_from_db()
    assert startup.country == "KE"


@pytest.mark.parametrize(
    ("kind", "fact", "value", "said"),
    [
        (QuestionKind.SHORT, CompanyFact.WEBSITE, "our site", "The record does not take this"),
        (QuestionKind.SHORT, CompanyFact.LEGAL_NAME, "M" * 201, "The record does not take this"),
        (QuestionKind.DATE, CompanyFact.FOUNDED, "2999-01-01", "The record takes a day"),
        (QuestionKind.SHORT, CompanyFact.COUNTRY, "Atlantis", "does not say a fact"),
    ],
)
def test_record_takes_only_what_its_own_page_would(
    client: Client, startup: Startup, kind: QuestionKind, fact: CompanyFact, value: str, said: str
) -> None:
    call, owner = make_call(bare=True), startup.owners()[0]
    question = make_question(call, kind, fact)
    application = start_application(call=call, startup=startup, by=owner)
    Answer.objects.update_or_create(
        application=application, question=question, defaults={"value": value, "edited_by": owner}
    )
    client.force_login(owner)
    url = reverse("challenges:record-change", args=[application.pk])
    page = client.post(url, {"question": question.pk.hex}, follow=True).content.decode()
    assert said in page
    before = startup.version
    startup.refresh_from_db()
    assert startup.version == before


@pytest.mark.parametrize("named", ["", "x", "0" * 32])
def test_question_that_is_not_asked_changes_nothing(
    client: Client, startup: Startup, changed: Answer, named: str
) -> None:
    client.force_login(startup.owners()[0])
    url = reverse("challenges:record-change", args=[changed.application_id])
    response = client.post(url, {"question": named}, follow=True)
    assert "Nothing was changed." in response.content.decode()


def test_same_country_in_words_is_no_difference(client: Client, startup: Startup) -> None:
    call, owner = make_call(bare=True), startup.owners()[0]
    question = make_question(call, QuestionKind.SHORT, CompanyFact.COUNTRY)
    application = start_application(call=call, startup=startup, by=owner)
    application.answers.filter(question=question).update(value="kenya")
    client.force_login(owner)
    assert "Change your record too?" not in check_page(client, application.answers.get())
