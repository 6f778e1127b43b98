"""The main job by keyboard alone: Tab, Enter, Space and letters, with the focus always in sight."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from challenges.choices import ApplicationState
from challenges.models import Application
from tests.factories.challenges import make_call
from tests.factories.portal import make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

#: So many stops a person takes before something is out of reach.
STOPS = 60
PASSWORD = "correct horse battery staple"

#: What has the focus: its words, whether it can be seen at all, and whether a ring shows it.
FOCUSED = """() => {
    const one = document.activeElement;
    const box = one.getBoundingClientRect();
    const style = getComputedStyle(one);
    const ring = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    const middle = [box.left + box.width / 2, box.top + box.height / 2];
    const top = document.elementFromPoint(...middle);
    const label = one.labels && one.labels[0] ? one.labels[0].innerText : "";
    return {
        tag: one.tagName,
        words: `${label} ${one.innerText || one.value || ""} ${one.ariaLabel || ""}`.trim(),
        name: one.name || "",
        shown: ring && box.width > 0 && box.bottom > 0 && box.top < innerHeight,
        covered: !(top && (one.contains(top) || top.contains(one) || top.closest("label"))),
    };
}"""


class Keyboard:
    """Hands that have a keyboard and no mouse."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.hidden: list[str] = []

    def reach(self, words: str = "", *, name: str = "") -> None:
        """Go on by Tab until the focus is on what is called so."""
        passed = []
        for _stop in range(STOPS):
            self.page.keyboard.press("Tab")
            focused = self.page.evaluate(FOCUSED)
            if focused["tag"] in {"BODY", "HTML"}:
                continue
            if not focused["shown"] or focused["covered"]:
                self.hidden.append(f"{self.page.url}: {focused}")
            passed.append(focused["name"] or focused["words"])
            if (name and focused["name"] == name) or (
                words and re.search(words, focused["words"], re.IGNORECASE)
            ):
                return
        pytest.fail(f"{self.page.url}: {words or name} is not reached by Tab, only {passed}")

    def go(self, words: str, address: str) -> None:
        """Follow a link or press a button with Enter."""
        self.reach(words)
        self.page.keyboard.press("Enter")
        self.page.wait_for_url(address)

    def write(self, name: str, text: str) -> None:
        """Type into the field of this name."""
        self.reach(name=name)
        self.page.keyboard.type(text)

    def tick(self, words: str) -> None:
        """Choose with the space bar."""
        self.reach(words)
        self.page.keyboard.press("Space")


def test_the_main_job_without_a_mouse(new_page: Callable[..., Page]) -> None:
    founder = make_user(email="amina@example.org", password=PASSWORD)
    startup = make_startup(owner=founder)
    call = make_call(title="Resilient harbours")
    page = new_page()
    hands = Keyboard(page)

    page.goto("/")
    hands.reach("Skip to content")
    page.keyboard.press("Enter")
    hands.go("Resilient harbours", f"**{call.get_absolute_url()}")
    hands.go("Apply", "**/accounts/login/**")
    hands.write("login", founder.email)
    hands.write("password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"^[^?]+/apply/$"))
    hands.go("Start the application", "**/edit/1/")
    title = page.get_by_label("Title").get_attribute("name") or ""
    hands.write(title, "Solar pumps that listen to the tide")
    hands.tick("Water")
    hands.go("Save and go on", "**/edit/2/")
    number = page.get_by_label("People").get_attribute("name") or ""
    hands.write(number, "4")
    hands.go("Save and check", "**/check/")
    hands.tick("I have read the terms")
    hands.go("Submit application", "**/receipt/")

    application = Application.objects.get(startup=startup)
    assert application.state == ApplicationState.SUBMITTED
    assert application.reference in page.content()
    assert not hands.hidden, "the focus cannot be seen:\n" + "\n".join(hands.hidden)


def test_the_skip_link_passes_the_menu(new_page: Callable[..., Page]) -> None:
    page = new_page(make_user())
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["y"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")


def test_the_menu_of_the_account_opens_and_closes_by_keyboard(
    new_page: Callable[..., Page],
) -> None:
    page = new_page(make_user(display_name="Amina Diallo"))
    page.goto("/")
    hands = Keyboard(page)
    hands.reach("Amina Diallo")
    page.keyboard.press("Enter")
    hands.reach("Sign out")
    page.keyboard.press("Escape")
    assert page.locator("details.account[open]").count() == 0
    assert not hands.hidden, "\n".join(hands.hidden)
