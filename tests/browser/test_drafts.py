"""Drafts that cannot be lost: without a network, without a session, with a colleague in them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from challenges.choices import QuestionKind
from challenges.models import AnswerNote, Question
from startups.choices import MemberRole
from tests.browser.conftest import PATIENCE, SMALL, sign_in
from tests.factories.challenges import make_application
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import APIResponse, Locator, Page, Route

    from challenges.models import Application
    from portal.models import User
    from tests.browser.conftest import Console

expect.set_options(timeout=PATIENCE)
PASSWORD = "correct horse battery staple"
#: Server's time in the reader's zone, with the zone's name.
SAVED = re.compile(r"Saved \d\d:\d\d [A-Z]{3}")


@pytest.fixture
def amina() -> User:
    return make_user(
        given_name="Amina", email="amina@example.org", password=PASSWORD, time_zone="Asia/Tokyo"
    )


@pytest.fixture
def application(amina: User) -> Application:
    return make_application(startup=make_startup(owner=amina))


@pytest.fixture
def kofi(application: Application) -> User:
    return add_member(application.startup, make_user(given_name="Kofi"), MemberRole.EDITOR)


def mark(page: Page) -> Locator:
    return page.locator(".form-head [data-saved-mark]")


def open_section(page: Page, application: Application, section: int = 1) -> None:
    page.goto(f"{application.get_absolute_url()}edit/{section}/")


def value_of(application: Application, label: str) -> str | None:
    answer = application.answers.filter(question__label=label).first()
    return answer.value if answer else None


def kept_on(page: Page) -> list[str]:
    """The names of what the device keeps of drafts."""
    found: list[str] = page.evaluate(
        "Object.keys(localStorage).filter(k => k.startsWith('draft:'))"
    )
    return found


def test_written_without_a_network_and_sent_when_it_is_back(
    new_page: Callable[..., Page],
    looks_right: Callable[[Page], None],
    console: Console,
    amina: User,
    kofi: User,
    application: Application,
) -> None:
    page = new_page(amina, SMALL)
    open_section(page, application)
    page.get_by_label("Title").fill("Typed at home")
    page.get_by_label("Title").blur()
    expect(mark(page)).to_have_text(re.compile(r"Saved \d\d:\d\d JST"))
    page.context.set_offline(True)
    page.get_by_label("Title").fill("Typed in the tunnel")
    page.get_by_label("Title").blur()
    # The bar grows by a line when it says so: a click at that very moment may miss.
    expect(mark(page)).to_contain_text("Not connected")
    page.get_by_label("Water").check()
    bar = page.locator(".action-bar [data-saved-mark]")
    expect(bar).to_have_text("Not connected: kept on this device, sent when you are back")
    page.locator(".answer-notes summary").first.click()
    page.get_by_label("A note for your team").first.fill("Ask Kofi")
    # The button leaves for nowhere.
    page.get_by_role("button", name="Save and go on").click()
    assert page.get_by_label("Title").input_value() == "Typed in the tunnel"
    assert len(kept_on(page)) == 3
    # The tab is closed and opened again; the theme is chosen by a colleague meanwhile.
    page.close()
    page = page.context.new_page()
    console.listen(page)
    page.context.set_offline(False)
    theirs = new_page(kofi)
    open_section(theirs, application)
    theirs.get_by_label("Energy").check()
    expect(mark(theirs)).to_have_text(SAVED)
    # Another section of the same application sends it; what a colleague changed it hands back.
    open_section(page, application, 2)
    link = page.locator("[data-elsewhere]").get_by_role("link", name="Theme")
    expect(link).to_be_visible()
    assert value_of(application, "Title") == "Typed in the tunnel"
    assert value_of(application, "Theme") == "Energy"
    looks_right(page)
    link.click()
    page.wait_for_url("**/edit/1/**")
    panel = page.locator("[data-conflict-panel]")
    expect(panel).to_contain_text("Kofi changed this answer")
    expect(panel.locator("[data-conflict-theirs]")).to_have_text("Energy")
    assert page.get_by_label("Water").is_checked()
    looks_right(page)
    panel.get_by_role("button", name="Keep mine").click()
    expect(mark(page)).to_have_text(SAVED)
    assert value_of(application, "Theme") == "Water"
    assert page.get_by_label("A note for your team").first.input_value() == "Ask Kofi"
    page.get_by_role("button", name="Add the note").first.click()
    expect(page.locator("#sections")).to_contain_text("1 note")
    assert not kept_on(page)
    console.complaints.clear()  # the browser notes each request that found no network


def test_page_opened_again_has_what_was_not_saved_and_nobody_elses(
    new_page: Callable[..., Page],
    console: Console,
    site: str,
    amina: User,
    kofi: User,
    application: Application,
) -> None:
    page = new_page(amina)
    open_section(page, application)
    page.context.set_offline(True)
    page.get_by_label("Title").fill("Hers")
    expect(mark(page)).to_contain_text("Not connected")
    page.close()
    page = page.context.new_page()
    page.context.set_offline(False)
    # Somebody else on the same computer finds nothing of it and sends nothing of it.
    page.context.clear_cookies()
    sign_in(page.context, kofi, site)
    open_section(page, application)
    page.wait_for_timeout(400)
    assert page.get_by_label("Title").input_value() == ""
    assert value_of(application, "Title") is None
    page.context.clear_cookies()
    sign_in(page.context, amina, site)
    open_section(page, application)
    expect(page.get_by_text("is back on this page")).to_be_visible()
    assert page.get_by_label("Title").input_value() == "Hers"
    expect(mark(page)).to_have_text(SAVED)
    assert value_of(application, "Title") == "Hers"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_label("Title")).to_have_value("")
    expect(mark(page)).to_have_text(SAVED)
    # Signing out forgets what is kept, sent or not.
    page.context.set_offline(True)
    page.get_by_label("Title").fill("Half a thought")
    expect(mark(page)).to_contain_text("Not connected")
    page.goto("about:blank")
    page.context.set_offline(False)
    page.goto(f"{site}/inbox/")
    assert len(kept_on(page)) == 1
    page.locator("details.account > summary").click()
    page.get_by_role("button", name="Sign out").first.click()
    page.get_by_role("link", name="Sign in").first.wait_for()
    assert not kept_on(page)
    console.complaints.clear()


def test_session_that_ended_is_renewed_beside_the_page(
    new_page: Callable[..., Page],
    looks_right: Callable[[Page], None],
    console: Console,
    site: str,
    amina: User,
    kofi: User,
    application: Application,
) -> None:
    page = new_page(amina, SMALL)
    open_section(page, application)
    page.get_by_label("Title").fill("Before")
    page.get_by_label("Title").blur()
    expect(mark(page)).to_have_text(SAVED)
    page.context.clear_cookies()
    page.get_by_label("Title").fill("After the session ended")
    page.get_by_label("Title").blur()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Sign in as Amina in a new window")
    looks_right(page)
    # Somebody else signs in in this browser: nothing is sent in their name, and it is said.
    sign_in(page.context, kofi, site)
    expect(dialog).to_contain_text("signed in to another account")
    page.wait_for_timeout(300)
    assert value_of(application, "Title") == "Before"
    page.context.clear_cookies()
    expect(dialog.get_by_role("link", name="Sign in", exact=True)).to_be_visible()
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="Sign in", exact=True).click()
    window = opened.value
    window.locator("[name=login]").fill(amina.email)
    window.locator("[name=password]").fill(PASSWORD)
    with window.expect_event("close"):
        window.locator("main form [type=submit]").first.click()
    expect(dialog).to_be_hidden()
    expect(mark(page)).to_have_text(SAVED)
    assert page.get_by_label("Title").input_value() == "After the session ended"
    answer = application.answers.get(question__label="Title")
    assert (answer.value, answer.edited_by) == ("After the session ended", amina)
    console.complaints.clear()  # the browser notes each 401 and 403


def test_colleague_in_the_same_answer_shows_both_texts_at_once(
    new_page: Callable[..., Page],
    looks_right: Callable[[Page], None],
    amina: User,
    kofi: User,
    application: Application,
) -> None:
    mine, theirs = new_page(amina), new_page(kofi)
    for page in (mine, theirs):
        open_section(page, application)
    theirs.get_by_label("Title").type("Kofi's title")
    mine.get_by_label("Title").type("Amina's title")
    theirs.get_by_label("Title").blur()
    expect(mark(theirs)).to_have_text(SAVED)
    panel = mine.locator("[data-conflict-panel]")
    expect(panel).to_contain_text("Kofi changed this answer at")
    expect(panel.locator("[data-conflict-theirs]")).to_have_text("Kofi's title")
    assert mine.get_by_label("Title").input_value() == "Amina's title"
    expect(mark(mine)).to_contain_text("Two texts of one answer")
    assert value_of(application, "Title") == "Kofi's title"
    looks_right(mine)
    # By hand, from both; by keyboard alone.
    mine.get_by_label("Title").focus()
    for _stop in range(3):
        mine.keyboard.press("Tab")
    assert mine.evaluate("document.activeElement.textContent.trim()") == "Put both into the field"
    mine.keyboard.press("Enter")
    expect(mine.get_by_label("Title")).to_be_focused()
    assert "Kofi's title" in mine.get_by_label("Title").input_value()
    mine.get_by_label("Title").fill("Amina's and Kofi's title")
    # The button first asks for the choice.
    mine.get_by_role("button", name="Save and go on").click()
    expect(mine.locator("[data-conflict-title]")).to_be_focused()
    mine.keyboard.press("Tab")
    mine.keyboard.press("Enter")
    expect(mark(mine)).to_have_text(SAVED)
    assert value_of(application, "Title") == "Amina's and Kofi's title"
    # To the other it comes by itself, with who and when; nothing was asked of him.
    theirs.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(theirs.get_by_label("Title")).to_have_value("Amina's and Kofi's title")
    expect(theirs.locator("[data-edited]").first).to_have_text(
        re.compile(r"Amina, \d\d:\d\d [A-Z]+")
    )
    assert not theirs.locator("[data-conflict-panel]").count()
    looks_right(theirs)


def test_answer_of_the_server_that_was_lost_makes_no_conflict_with_oneself(
    new_page: Callable[..., Page], console: Console, amina: User, application: Application
) -> None:
    page = new_page(amina)
    open_section(page, application)
    lost: list[APIResponse] = []

    def lose(route: Route) -> None:
        if route.request.method == "POST" and len(lost) < 2:
            lost.append(route.fetch())  # the server has it, the page never hears of it
            route.abort()
        else:
            route.continue_()

    page.route("**/edit/1/", lose)
    page.get_by_label("Title").fill("First")
    page.get_by_label("Title").blur()
    expect(mark(page)).to_contain_text("Not connected")
    page.get_by_label("Title").fill("First, and more")
    expect(mark(page)).to_have_text(SAVED)
    assert len(lost) == 2
    assert not page.locator("[data-conflict-panel]").count()
    assert value_of(application, "Title") == "First, and more"
    console.complaints.clear()


def test_without_javascript_the_button_saves_and_two_texts_are_shown(
    new_page: Callable[..., Page],
    looks_right: Callable[[Page], None],
    amina: User,
    kofi: User,
    application: Application,
) -> None:
    Question.objects.create(
        call=application.call, order=0, section="Solution", label="Why", kind=QuestionKind.LONG
    )
    mine = new_page(amina, SMALL, java_script_enabled=False)
    theirs = new_page(kofi, SMALL, java_script_enabled=False)
    for page in (mine, theirs):
        open_section(page, application)
        page.get_by_label("Why").fill("Mine" if page is mine else "Theirs")
    theirs.get_by_role("button", name="Save", exact=True).last.click()
    mine.get_by_label("Title").fill("Only here")
    mine.get_by_label("Water").check()
    mine.get_by_role("button", name="Save", exact=True).last.click()
    panel = mine.locator(".conflict")
    assert "Theirs" in panel.inner_text()
    assert mine.get_by_label("Why").input_value() == "Mine"
    assert (value_of(application, "Title"), value_of(application, "Theme")) == (
        "Only here",
        "Water",
    )
    panel.get_by_role("button", name="Take theirs").click()
    assert mine.get_by_label("Why").input_value() == "Theirs"
    assert not mine.locator(".conflict").count()
    # A note beside the question; what was typed with it is saved with it.
    mine.get_by_label("Why").fill("Ours")
    mine.locator(".answer-notes summary").first.click()
    mine.get_by_label("A note for your team").first.fill("Is this the right number?")
    mine.get_by_role("button", name="Add the note").first.click()
    assert value_of(application, "Why") == "Ours"
    assert AnswerNote.objects.get().text == "Is this the right number?"
    open_section(theirs, application)
    assert "1 note" in theirs.locator("#sections").inner_text()
    theirs.locator(".answer-notes summary").first.click()
    theirs.get_by_role("button", name="Settle").click()
    assert AnswerNote.objects.get().settled_at is not None
    assert "1 note" not in theirs.locator("#sections").inner_text()
