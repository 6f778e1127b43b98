"""Questions that are shown only if, and what is wrong with an answer, where one writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from challenges.choices import QuestionKind as Kind
from challenges.models import Question
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from challenges.models import Application, Call
    from portal.models import User

PHONE = (390, 844)


def ask(call: Call, kind: str, label: str, **fields: Any) -> Question:
    fields = {"section": "All", "required": False} | fields
    return Question.objects.create(
        call=call, kind=kind, label=label, order=call.questions.count(), **fields
    )


@pytest.fixture
def owner() -> User:
    return make_user(given_name="Amina")


@pytest.fixture
def application(owner: User) -> Application:
    call = make_call(bare=True)
    pilot = ask(call, Kind.CHOICE, "Pilot?", options=["Yes", "No"], required=True)
    learned = ask(
        call, Kind.LONG, "Learned?", limit=3, limit_unit="words",
        shown_if=pilot, shown_if_values=["Yes"],
    )  # fmt: skip
    ask(call, Kind.SHORT, "Witness?", shown_if=learned)
    ask(call, Kind.MONEY, "Budget", currencies=["JPY", "USD"])
    ask(call, Kind.DATE, "Start")
    ask(call, Kind.GOALS, "Goals", most=2)
    ask(call, Kind.MATURITY, "How far?")
    ask(call, Kind.LINK, "Website")
    ask(call, Kind.SHORT, "Why?", section="Last", shown_if=pilot, shown_if_values=["No"])
    return make_application(call, make_startup(owner=owner))


def question_of(page: Page, label: str) -> Any:
    """The part of the page that asks it."""
    return page.locator(".question").filter(has=page.get_by_text(label, exact=True))


def test_what_is_asked_follows_the_answers_and_nothing_typed_is_lost(
    new_page: Callable[..., Page],
    owner: User,
    application: Application,
    looks_right: Callable[[Page], None],
) -> None:
    page = new_page(owner, size=PHONE)
    page.goto(f"/applications/{application.pk}/edit/1/")
    learned, witness = page.get_by_label("Learned?"), page.get_by_label("Witness?")
    assert not learned.is_visible()
    # By keyboard alone: the space bar chooses, the next question is there to go on with.
    page.get_by_label("Yes", exact=True).focus()
    page.keyboard.press("Space")
    learned.focus()
    page.keyboard.type("one two three four")
    assert page.locator(".counter-surplus mark").inner_text() == "four"
    assert witness.is_visible()
    page.get_by_label("No", exact=True).check()
    assert not learned.is_visible()
    assert not witness.is_visible()
    page.get_by_label("Yes", exact=True).check()
    assert learned.input_value() == "one two three four"
    assert page.get_by_text("Only if your answer").first.is_hidden()

    # What is wrong is said on leaving, and taken back when it is mended.
    budget = question_of(page, "Budget")
    budget.get_by_label("Currency").select_option("JPY")
    budget.get_by_label("Amount").fill("10.5")
    assert budget.locator("[data-hint]").count() == 0
    page.get_by_label("Website").focus()
    assert (
        budget.locator("[data-hint]").inner_text() == "JPY has no decimals: write a whole number."
    )
    assert budget.get_by_label("Amount").get_attribute("aria-invalid") == "true"
    budget.get_by_label("Amount").fill("1,200,000")
    assert budget.locator("[data-hint]").count() == 0
    start = question_of(page, "Start")
    for part, text in (("Day", "31"), ("Month", "2"), ("Year", "2027")):
        start.get_by_label(part).fill(text)
    page.get_by_label("Website").focus()
    assert "There is no such day." in start.locator("[data-hint]").inner_text()
    for number in ("3", "13", "14"):
        page.locator(f'input[type="checkbox"][value="{number}"]').check()
    page.get_by_label("Website").focus()
    goals = question_of(page, "Goals").locator("[data-hint]")
    assert goals.inner_text() == "Choose at most 2. You chose 3."
    looks_right(page)

    # Other scripts read and write answers in the form in which they are kept.
    name = page.evaluate("window.portalRules.names()[3]")
    assert page.evaluate("name => window.portalRules.read(name)", name) == "JPY 1200000"
    page.evaluate("name => window.portalRules.write(name, 'USD 7')", name)
    assert budget.get_by_label("Amount").input_value() == "7"
    assert budget.get_by_label("Currency").input_value() == "USD"

    page.get_by_role("button", name="Save", exact=True).first.click()
    page.locator("[data-error]").first.wait_for()
    page.goto(f"/applications/{application.pk}/edit/2/")
    kept = {one.question.label: one.value for one in application.answers.all()}
    assert kept["Budget"] == "USD 7"
    assert kept["Start"] == "2027-02-31"
    # The answer that decides stands in another section: the page brings it along.
    assert not page.get_by_label("Why?").is_visible()
    assert page.get_by_text("nothing is asked here").is_visible()


def test_without_scripts_all_is_there_with_the_condition_in_words(
    new_page: Callable[..., Page], owner: User, application: Application
) -> None:
    page = new_page(owner, size=PHONE, java_script_enabled=False)
    page.goto(f"/applications/{application.pk}/edit/1/")
    assert page.get_by_label("Learned?").is_visible()
    assert page.get_by_text("Only if your answer to “Pilot?” is “Yes”.").is_visible()
    start = question_of(page, "Start")
    for part, text in (("Day", "3"), ("Month", "2"), ("Year", "2027")):
        start.get_by_label(part).fill(text)
    page.get_by_label("No", exact=True).check()
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/edit/2/")
    kept = {one.question.label: one.value for one in application.answers.all()}
    assert kept == {"Pilot?": "No", "Start": "2027-02-03"}
