"""The form of a call as staff make it in a browser: by keyboard, by dragging, with no script."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from challenges.actions.form import add_question, change_question
from challenges.models import Sheet
from tests.factories.challenges import make_call
from tests.factories.forms import content, make_submitted_call, make_version, of
from tests.factories.portal import make_programme, make_staff

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from challenges.models import Call


def address(name: str, call: Call) -> str:
    return reverse(f"admin:challenges_call_{name}", args=[call.pk])


def order(call: Call) -> list[str]:
    return [one.label for one in Sheet.of(call).asked()]


def test_questions_are_ordered_by_keyboard_and_by_dragging(
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    programme = make_programme()
    call = make_call(programme)
    page = new_page(make_staff(programme))
    page.goto(address("form", call))
    looks_right(page)
    # By keyboard: the button that was pressed has the focus again, so that one presses on.
    page.get_by_role("button", name="Move down: Title").focus()
    for _press in range(2):
        with page.expect_navigation(url="**#down-*"):
            page.keyboard.press("Enter")
        focused = page.evaluate("document.activeElement.textContent")
        assert "Move down: Title" in focused
    assert order(call) == ["Theme", "Title", "People"]
    assert list(Sheet.of(call).sections()) == ["Solution", "Team"]
    # By dragging, into the upper half of another row: in front of it.
    title = call.questions.get(label="Title")
    theme = call.questions.get(label="Theme")
    page.set_viewport_size({"width": 1280, "height": 900})
    page.goto(address("form", call))
    handle = page.locator(f"#row-{title.pk.hex} .builder-handle")
    handle.drag_to(page.locator(f"#row-{theme.pk.hex}"), target_position={"x": 60, "y": 6})
    page.wait_for_url(f"**#row-{title.pk.hex}")
    assert order(call) == ["Title", "Theme", "People"]


def test_questions_are_added_and_moved_without_javascript(new_page: Callable[..., Page]) -> None:
    programme = make_programme()
    call = make_call(programme)
    page = new_page(make_staff(programme), java_script_enabled=False)
    page.goto(address("form", call))
    page.get_by_role("button", name="Move up: People").click()
    assert order(call) == ["Title", "Theme", "People"]
    assert list(Sheet.of(call).sections()) == ["Solution"]
    page.get_by_role("link", name="Add a question", exact=True).click()
    page.get_by_role("link", name="Several of several").click()
    page.get_by_label("Section").fill("Solution")
    page.get_by_role("textbox", name="Question").fill("Where does it work?")
    page.get_by_label("Options").fill("Sea\nLand")
    page.get_by_role("button", name="Save the question").click()
    assert order(call)[-1] == "Where does it work?"


def test_version_and_preview_look_right(
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    programme = make_programme()
    manager = make_staff(programme)
    call = make_submitted_call(programme, languages=["en", "ja"])
    make_version(call, manager)
    title = call.questions.get(label="Title")
    change_question(call=call, question=title, content=of(title, label="Name"), by=manager)
    theme = call.questions.get(label="Theme")
    condition = {"shown_if": theme, "shown_if_values": ["Water"]}
    add_question(call=call, content=content(label="How deep?", **condition), by=manager)
    page = new_page(manager)
    page.goto(address("form_version", call))
    looks_right(page)
    page.goto(address("form", call))
    looks_right(page)
    page.get_by_role("link", name="See it as an applicant").click()
    looks_right(page)
    # Conditions are tried out as a team meets them; Enter sends nothing.
    deep = page.get_by_label("How deep?")
    assert not deep.is_visible()
    page.get_by_label("Water").check()
    deep.wait_for(state="visible")
    before = page.url
    page.get_by_label("Name").fill("Tried")
    page.keyboard.press("Enter")
    assert page.url == before
    assert page.get_by_label("Name").input_value() == "Tried"
