"""The eligibility check on a phone: by keyboard, and without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from challenges.choices import RuleKind
from challenges.models import EligibilityCheck
from tests.browser.test_keyboard import Keyboard
from tests.factories.challenges import make_call
from tests.factories.eligibility import make_rule

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from challenges.models import Call

PHONE = (390, 844)


def make_call_with_rules() -> Call:
    """Of Kenya and Japan, young, tried."""
    call = make_call(answers_within=3)
    make_rule(call, text="You are registered in Kenya or Japan.")
    make_rule(call, RuleKind.AGE, maximum=10, text="You were founded at most ten years ago.")
    make_rule(call, RuleKind.STATEMENT, text="You have tried it in the field.")
    return call


def test_check_by_keyboard_on_a_phone(
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    call = make_call_with_rules()
    page = new_page(size=PHONE)
    page.goto(call.get_absolute_url())
    keyboard = Keyboard(page)
    keyboard.go("Check whether you may apply", "**/check/")
    looks_right(page)
    keyboard.reach(name="country")
    page.keyboard.type("Keny")
    keyboard.write("founded_on", "2021")
    keyboard.reach(name=call.rules.get(kind=RuleKind.STATEMENT).field)
    page.keyboard.press("Space")
    keyboard.go("Check", "**/check/?answer=1*")
    assert page.get_by_role("heading", name="Yes, you may apply").is_visible()
    looks_right(page)
    assert not keyboard.hidden, "\n".join(keyboard.hidden)
    assert EligibilityCheck.objects.get().outcome == "eligible"


def test_check_without_javascript(
    new_page: Callable[..., Page],
) -> None:
    call = make_call_with_rules()
    page = new_page(size=PHONE, java_script_enabled=False)
    page.goto(f"{call.get_absolute_url()}check/")
    page.get_by_label("Where are you registered?").select_option("SE")
    page.get_by_role("button", name="Check", exact=True).click()
    page.wait_for_url("**/check/?answer=1*")
    answer = page.locator("#answer")
    assert "You are registered in Kenya or Japan." in answer.inner_text()
    answer.get_by_role("link", name="Mail me when the next one opens").click()
    page.get_by_label("E-mail address").fill("wanjiku@example.org")
    page.get_by_role("button", name="Mail me").click()
    assert page.get_by_text("Look into your mailbox.").is_visible()
