"""Writing before the page is whole, and on a telephone that puts the page away for a code."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from portal.models import OutboxMessage
from tests.browser.conftest import SMALL
from tests.browser.test_drafts import SAVED, kept_on, mark, open_section, value_of
from tests.factories.challenges import make_application
from tests.factories.portal import make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, Route

    from challenges.models import Application
    from portal.models import User
    from tests.browser.conftest import Console


@pytest.fixture
def amina() -> User:
    return make_user(given_name="Amina", email="amina@example.org", time_zone="Asia/Tokyo")


@pytest.fixture
def application(amina: User) -> Application:
    return make_application(startup=make_startup(owner=amina))


def test_what_is_typed_before_the_scripts_came_is_saved(
    new_page: Callable[..., Page],
    amina: User,
    application: Application,
) -> None:
    page = new_page(amina, SMALL)
    held: list[Route] = []
    is_here = False

    def on_the_way(route: Route) -> None:
        if is_here:
            route.continue_()
        else:
            held.append(route)

    page.route("**/portal/keep*.js", on_the_way)
    page.goto(f"{application.get_absolute_url()}edit/1/", wait_until="commit")
    page.get_by_label("Title").fill("My first sentence")
    page.get_by_label("Water").check()
    assert value_of(application, "Title") is None
    is_here = True
    for route in held:
        route.continue_()
    expect(mark(page)).to_have_text(SAVED)
    expect(page.get_by_label("Title")).to_have_value("My first sentence")
    assert value_of(application, "Title") == "My first sentence"
    assert value_of(application, "Theme") == "Water"
    assert not kept_on(page)


def test_page_put_away_for_a_code_comes_back_with_what_was_typed(
    new_page: Callable[..., Page],
    console: Console,
    amina: User,
    application: Application,
) -> None:
    """In another program's browser there is one page, and leaving for the mail discards it."""
    page = new_page(amina, SMALL)
    open_section(page, application)
    page.get_by_label("Title").fill("Before")
    page.get_by_label("Title").blur()
    expect(mark(page)).to_have_text(SAVED)
    page.context.clear_cookies()
    page.get_by_label("Title").fill("Typed when the session had ended")
    page.get_by_label("Title").blur()
    expect(page.get_by_role("dialog")).to_contain_text("Sign in as Amina")
    # The page is put away, and loaded again: it wants to know who is there.
    page.close()
    page = page.context.new_page()
    open_section(page, application)
    page.get_by_role("link", name=re.compile("code", re.IGNORECASE)).first.click()
    page.locator("[name=email]").fill(amina.email)
    page.locator("main form [type=submit]").first.click()
    page.locator("[name=code]").wait_for()
    address = page.url
    # Put away once more, while the code is read in the mail.
    page.close()
    page = page.context.new_page()
    page.goto(address)
    letter = OutboxMessage.objects.latest("created_at").text
    code = re.search(r"^Code: ([A-Z0-9-]{6,})$", letter, re.MULTILINE)
    assert code is not None
    page.locator("[name=code]").fill(code[1])
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url("**/edit/1/")
    expect(page.get_by_text("is back on this page")).to_be_visible()
    expect(page.get_by_label("Title")).to_have_value("Typed when the session had ended")
    expect(mark(page)).to_have_text(SAVED)
    assert value_of(application, "Title") == "Typed when the session had ended"
    console.complaints.clear()  # the browser notes the save that nobody was signed in for
