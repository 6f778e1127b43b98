"""Reading the questions in another language while writing, on a phone and by keyboard."""

from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.sync_api import expect

from challenges.models import Call, Question
from tests.browser.conftest import PATIENCE
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Console

expect.set_options(timeout=PATIENCE)
PHONE = (390, 844)
ENGLISH, JAPANESE = "Title", "解決策の名称"


def bilingual() -> Call:
    call = make_call(languages=["en", "ja"])
    Question.objects.filter(call=call, label=ENGLISH).update(
        translations={"ja": {"label": JAPANESE, "section": "解決策"}}
    )
    Question.objects.filter(call=call, label="Theme").update(
        translations={"ja": {"section": "解決策", "options": ["水", "エネルギー"]}}
    )
    return call


def press_language(page: Page, name: str) -> None:
    """As with the keys alone: to the switch and on it."""
    button = page.get_by_role("button", name=name, exact=True)
    button.focus()
    page.keyboard.press("Enter")


def test_language_is_switched_in_the_middle_of_typing_and_nothing_is_lost(
    new_page: Callable[..., Page], axe: Callable[[Page], None], console: Console
) -> None:
    amina = make_user(given_name="Amina")
    application = make_application(bilingual(), startup=make_startup(owner=amina))
    page = new_page(amina, PHONE)
    page.goto(f"{application.get_absolute_url()}edit/1/")
    axe(page)
    page.get_by_label(ENGLISH).press_sequentially("Sea wall of sh")
    # At once, while nothing is saved: the button takes it along.
    press_language(page, "日本語")
    box = page.get_by_label(JAPANESE)
    expect(box).to_have_value("Sea wall of sh")
    expect(page.get_by_role("button", name="日本語")).to_have_attribute("aria-current", "true")
    expect(page.locator("h1")).to_have_attribute("lang", "ja")
    axe(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE[0]
    # Without a network the page stays, with the language and the text it has.
    page.context.set_offline(True)
    box.press("End")
    box.press_sequentially("ells")
    # Leaving the field says that nothing is saved; then the page stands still.
    box.press("Tab")
    expect(page.locator(".form-head [data-saved-mark]")).to_contain_text("kept on this device")
    page.get_by_label("水").check()
    press_language(page, "English")
    expect(page.locator(".form-head [data-saved-mark]")).to_contain_text("kept on this device")
    expect(box).to_have_value("Sea wall of shells")
    console.complaints.clear()
    page.context.set_offline(False)
    expect(page.locator(".form-head [data-saved-mark]")).to_contain_text("Saved")
    press_language(page, "English")
    expect(page.get_by_label(ENGLISH)).to_have_value("Sea wall of shells")
    expect(page.get_by_label("Water")).to_be_checked()
    kept = application.answers.values_list("question__label", "value")
    assert dict(kept) == {ENGLISH: "Sea wall of shells", "Theme": "Water"}
    console.complaints.clear()


def test_switch_needs_no_script(new_page: Callable[..., Page]) -> None:
    amina = make_user(given_name="Amina")
    application = make_application(bilingual(), startup=make_startup(owner=amina))
    page = new_page(amina, PHONE, java_script_enabled=False)
    page.goto(f"{application.get_absolute_url()}edit/1/")
    page.get_by_label(ENGLISH).fill("Sea wall")
    press_language(page, "日本語")
    expect(page.get_by_label(JAPANESE)).to_have_value("Sea wall")
    page.goto(f"{application.get_absolute_url()}check/")
    expect(page.get_by_text(JAPANESE)).to_be_visible()
    press_language(page, "English")
    expect(page.get_by_text(JAPANESE)).to_have_count(0)
