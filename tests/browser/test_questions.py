"""A question asked on a phone without JavaScript, answered by keyboard, read by everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse

from challenges.models import Clarification
from portal.choices import Role
from tests.factories.challenges import make_call
from tests.factories.portal import make_programme, make_staff, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

PHONE = (390, 844)


def test_question_is_asked_on_a_phone_and_answered_by_keyboard(
    new_page: Callable[..., Page], axe: Callable[[Page], None]
) -> None:
    programme = make_programme()
    call = make_call(programme, title="Harbour Call", answers_within=2)
    manager = make_staff(programme, Role.MANAGER)
    asker = make_user(given_name="Wanjiku", family_name="Kamau")

    phone = new_page(asker, PHONE, java_script_enabled=False)
    phone.goto(call.get_absolute_url())
    phone.get_by_role("link", name="Ask a question about this call").click()
    phone.get_by_role("link", name="Ask a question", exact=True).click()
    phone.get_by_label("Your question").fill("I am Wanjiku. Is travel paid?")
    phone.get_by_role("button", name="Send the question").click()
    phone.get_by_text("Your question was sent.").wait_for()
    assert phone.get_by_text("Not answered yet").is_visible()

    desk = new_page(manager)
    desk.goto(reverse("admin:index"))
    desk.get_by_role("link", name="Question about Harbour Call").focus()
    desk.keyboard.press("Enter")
    desk.locator("#id_answer").focus()
    desk.keyboard.type("No, it is not.")
    desk.get_by_role("button", name="Answer and tell who asked").focus()
    desk.keyboard.press("Enter")
    desk.get_by_text("This may tell who asked").wait_for()
    axe(desk)
    words = desk.get_by_label("The question as everybody reads it")
    words.focus()
    desk.keyboard.press("Control+A")
    desk.keyboard.type("Is travel paid?")
    desk.get_by_role("button", name="Answer and tell who asked").focus()
    desk.keyboard.press("Enter")
    desk.get_by_text("Answered. Whoever asked is told.").wait_for()
    assert Clarification.objects.get().is_shown

    anybody = new_page(None, PHONE)
    anybody.goto(reverse("challenges:clarification-list", args=[call.slug]))
    anybody.get_by_text("No, it is not.").wait_for()
    assert "Wanjiku" not in anybody.content()
    axe(anybody)
