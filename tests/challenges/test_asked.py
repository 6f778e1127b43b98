"""A form with every kind of question and conditions: on the page, in the draft, in what is sent."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from challenges import answers
from challenges.actions.application import save_answers, submit_application
from challenges.actions.export import answer_cell
from challenges.choices import ApplicationState, Audience, LimitUnit, QuestionKind as Kind
from challenges.models import Application, Call, Question
from challenges.workflow.application import copies_of
from portal.choices import Role
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db


def ask(call: Call, kind: str, label: str, **fields: Any) -> Question:
    """One more question, optional, in a section of its own for all of these."""
    fields = {"section": "Kinds", "required": False} | fields
    order = 10 + call.questions.count()
    return Question.objects.create(call=call, kind=kind, label=label, order=order, **fields)


@pytest.fixture
def owner():
    return make_user(given_name="Amina")


@pytest.fixture
def call():
    call = make_call(bare=True)
    pilot = ask(call, Kind.CHOICE, "Pilot?", options=["Yes", "No"], required=True)
    ask(
        call,
        Kind.LONG,
        "Learned?",
        limit=3,
        limit_unit=LimitUnit.WORDS,
        required=True,
        shown_if=pilot,
        shown_if_values=["Yes"],
    )
    ask(call, Kind.CHOICES, "Where?", options=["Coast", "River", "City"], most=2)
    ask(call, Kind.NUMBER, "People", unit="people")
    ask(call, Kind.MONEY, "Asked", currencies=["JPY", "USD"], read_by=Audience.STAFF)
    ask(call, Kind.MONEY, "Own", currencies=["JPY"])
    ask(call, Kind.DATE, "Start")
    ask(call, Kind.COUNTRY, "Country")
    ask(call, Kind.GOALS, "Goals", most=3)
    ask(call, Kind.MATURITY, "How far?", blind=True)
    ask(call, Kind.LINK, "Website")
    ask(call, Kind.VIDEO, "Video")
    ask(call, Kind.FILE, "Deck", file_kinds=["pdf"])
    return call


@pytest.fixture
def application(call, owner):
    return make_application(call, make_startup(owner=owner))


def field(application: Application, label: str) -> str:
    return application.call.questions.get(label=label).field


def edit_url(application: Application) -> str:
    return reverse("challenges:application-edit", args=[application.pk, 1])


#: What a browser sends of each question, and what is kept of it.
SENT = {
    "Pilot?": ({"": "Yes"}, "Yes"),
    "Learned?": ({"": "One two\r\nthree"}, "One two\nthree"),
    "Where?": ({"": ["City", "Coast"]}, "Coast\nCity"),
    "People": ({"": "1 200"}, "1200"),
    "Asked": ({"_currency": "USD", "_amount": "1,200"}, "USD 1200"),
    "Own": ({"_amount": "500"}, "JPY 500"),
    "Start": ({"_day": "3", "_month": "2", "_year": "2027"}, "2027-02-03"),
    "Country": ({"": "JP"}, "JP"),
    "Goals": ({"": ["13", "3"]}, "3\n13"),
    "How far?": ({"": "6"}, "6"),
    "Website": ({"": "https://example.org"}, "https://example.org"),
    "Video": ({"": "https://video.example/1"}, "https://video.example/1"),
}


def data_of(application: Application, sent: dict[str, dict[str, Any]]) -> dict[str, Any]:
    return {
        f"{field(application, label)}{part}": value
        for label, parts in sent.items()
        for part, value in parts.items()
    }


def kept(application: Application) -> dict[str, str]:
    return {answer.question.label: answer.value for answer in application.answers.all()}


def fill(application: Application, by: Any, **values: str) -> None:
    """Answer by label, in kept texts."""
    every = {label: text for label, (_parts, text) in SENT.items()} | values
    questions = {one.label: one.pk for one in application.call.questions.all()}
    save_answers(
        application=application,
        values={questions[label]: text for label, text in every.items()},
        versions={},
        by=by,
    )


def test_every_kind_is_saved_in_its_form_and_shown_again(client, owner, application):
    client.force_login(owner)
    sent = {label: parts for label, (parts, _kept) in SENT.items()}
    assert client.get(edit_url(application)).status_code == 200
    response = client.post(edit_url(application), {**data_of(application, sent), "go": "stay"})
    assert response.status_code == 302
    assert kept(application) == {label: text for label, (_parts, text) in SENT.items()}
    # Sent back untouched nothing is an edit, not even of buttons and boxes.
    form = client.get(edit_url(application)).context["form"]
    again: dict[str, Any] = {"go": "stay"}
    for name in form.fields:
        if name.startswith(("v_", "b_")):
            again[name] = form[name].value()
    versions = {answer.pk: answer.version for answer in application.answers.all()}
    for label, text in kept(application).items():
        question = application.call.questions.get(label=label)
        again |= {name: list(texts) for name, texts in answers.to_fields(question, text).items()}
    assert client.post(edit_url(application), again).status_code == 302
    assert versions == {answer.pk: answer.version for answer in application.answers.all()}


def test_boxes_that_are_all_cleared_are_cleared_and_those_not_on_the_page_are_not(
    client, owner, application
):
    fill(application, owner)
    client.force_login(owner)
    form = client.get(edit_url(application)).context["form"]
    where = application.call.questions.get(label="Where?")
    marks = {name: form[name].value() for name in (f"v_{where.pk.hex}", f"b_{where.pk.hex}")}
    client.post(edit_url(application), {**marks, "go": "stay"})
    assert kept(application)["Where?"] == ""
    assert kept(application)["Goals"] == "3\n13"
    assert kept(application)["Pilot?"] == "Yes"


def test_wrong_answers_are_kept_and_each_says_why(client, owner, application):
    client.force_login(owner)
    wrong = {
        "Learned?": {"": "one two three four"},
        "Where?": {"": ["City", "Coast", "River"]},
        "Asked": {"_currency": "JPY", "_amount": "10.5"},
        "Start": {"_day": "31", "_month": "2", "_year": "2027"},
        "Website": {"": "example.org"},
    }
    page = client.post(edit_url(application), data_of(application, wrong)).content.decode()
    for sentence in (
        "1 word over the limit of 3. All of your text is kept.",
        "Choose at most 2. You chose 3.",
        "JPY has no decimals: write a whole number.",
        "There is no such day. Look at the day and the month.",
        "Write the whole address, for example https://example.org/page.",
    ):
        assert sentence in page
    assert kept(application)["Asked"] == "JPY 10.5"
    assert kept(application)["Start"] == "2027-02-31"
    assert 'value="10.5"' in page
    assert 'value="31"' in page


def test_page_says_who_reads_and_when_it_is_asked_and_brings_the_rules(client, owner, application):
    client.force_login(owner)
    page = client.get(edit_url(application)).content.decode()
    assert "Only if your answer to “Pilot?” is “Yes”." in page
    assert f'id="{field(application, "Learned?")}" data-not-asked' in page
    assert "Read by staff only" in page
    assert page.count("hidden in blind review") == 1
    assert "Choose at most 3." in page
    assert "TRL" not in page
    assert '<script id="form-rules" type="application/json">' in page
    assert 'accept=".pdf"' in page
    assert "One file of at most 25 MB: PDF." in page


def test_hidden_answers_stay_in_the_draft_and_are_not_sent_with_a_notice_before(
    client, owner, application
):
    fill(application, owner, **{"Pilot?": "No", "Learned?": "Far too many words here"})
    client.force_login(owner)
    page = client.get(reverse("challenges:application-check", args=[application.pk]))
    text = page.content.decode()
    assert "These answers are not sent" in text
    assert "Only if your answer to “Pilot?” is “Yes”." in text
    assert "Far too many words here" not in text
    assert page.context["missing"] == []
    submit_application(
        application=application,
        key=page.context["form"]["key"].value(),
        terms_version=application.call.terms_version,
        by=owner,
    )
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    copies = {copy["label"]: copy["value"] for copy in application.current_revision.answers}
    assert "Learned?" not in copies
    assert copies["Pilot?"] == "No"
    assert kept(application)["Learned?"] == "Far too many words here"
    # The team's own copy of the draft has it still.
    draft = copies_of(application, with_hidden=True)
    assert "Learned?" in [copy["label"] for copy in draft]


def test_answer_that_is_asked_again_is_needed_again(client, owner, application):
    fill(application, owner, **{"Pilot?": "No", "Learned?": ""})
    application.refresh_from_db()
    assert application.completeness == 100
    fill(application, owner, **{"Pilot?": "Yes", "Learned?": ""})
    # The second save names no version, so only what differs would conflict: say it knowingly.
    pilot = application.answers.get(question__label="Pilot?")
    save_answers(
        application=application,
        values={pilot.question_id: "Yes"},
        versions={pilot.question_id: pilot.version},
        by=owner,
    )
    application.refresh_from_db()
    assert application.completeness == 50
    client.force_login(owner)
    check = client.get(reverse("challenges:application-check", args=[application.pk]))
    assert [one["label"] for one in check.context["missing"]] == ["Learned?"]


def test_team_reads_words_for_codes(client, owner, application):
    fill(application, owner)
    client.force_login(owner)
    for name in ("application-check", "application-print", "application-copy"):
        page = client.get(reverse(f"challenges:{name}", args=[application.pk])).content.decode()
        for words in (
            "1200 people",
            "USD 1200",
            "3 Feb 2027",
            "Japan",
            "13 – Climate action",
            "A prototype works under conditions like those of real use",
        ):
            assert words in page, name
        assert "TRL" not in page


def test_staff_read_the_level_beside_the_words_and_open_only_whole_addresses(
    client, owner, application
):
    fill(application, owner)
    submit_application(
        application=application,
        key="9f8a1f4e-6a53-4c44-9d2c-6f6b1f6c8b11",
        terms_version=application.call.terms_version,
        by=owner,
    )
    manager = make_staff(application.call.programme, Role.MANAGER)
    client.force_login(manager)
    page = client.get(
        reverse("admin:challenges_application_change", args=[application.pk])
    ).content.decode()
    assert "(TRL 6)" in page
    assert "13 – Climate action" in page
    assert (
        '<a href="https://example.org" target="_blank" rel="noopener noreferrer nofollow">' in page
    )


@pytest.mark.parametrize(
    ("kind", "value", "cell"),
    [
        (Kind.NUMBER, "1200", 1200),
        (Kind.MONEY, "USD 1200", "USD 1200"),
        (Kind.DATE, "2027-02-03", "2027-02-03"),
        (Kind.COUNTRY, "JP", "Japan"),
        (Kind.GOALS, "3\n13", "3 – Good health and well-being; 13 – Climate action"),
        (Kind.CHOICES, "Coast\nCity", "Coast; City"),
        (
            Kind.MATURITY,
            "6",
            "A prototype works under conditions like those of real use (TRL 6)",
        ),
        (Kind.LONG, "One\ntwo", "One\ntwo"),
    ],
)
def test_sheet_has_words_and_what_a_sheet_can_sort(kind, value, cell):
    assert answer_cell({"kind": kind, "value": value, "unit": "people", "document": None}) == cell


def test_conditions_across_sections_travel_with_the_page(client, owner, application):
    pilot = application.call.questions.get(label="Pilot?")
    late = ask(
        application.call, Kind.SHORT, "Later", section="Z", shown_if=pilot, shown_if_values=["Yes"]
    )
    fill(application, owner)
    client.force_login(owner)
    response = client.get(reverse("challenges:application-edit", args=[application.pk, 2]))
    rules = response.context["form"].rules()
    assert [one["name"] for one in rules["questions"]] == [pilot.field, late.field]
    assert rules["answers"] == {pilot.field: {"value": "Yes", "file": False}}
    assert "data-not-asked" not in response.content.decode()


def test_sixty_questions_ask_the_database_no_more_than_one_does(client, owner):
    client.force_login(owner)
    counts = []
    for number in (1, 60):
        call = make_call(bare=True)
        for place in range(number):
            ask(call, Kind.values[place % len(Kind.values)], f"Q{place}", options=["A", "B"])
        application = make_application(call, make_startup(owner=owner))
        client.get(edit_url(application))
        with CaptureQueriesContext(connection) as found:
            assert client.get(edit_url(application)).status_code == 200
        counts.append(len(found))
    assert counts[0] == counts[1]
