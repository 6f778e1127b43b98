"""The first page in a real browser: it fits, it speaks to everybody, it breaks no policy."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import SMALL, WIDE, assert_fits
from tests.factories.challenges import make_call
from tests.factories.portal import make_staff, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


@pytest.mark.parametrize("size", [SMALL, WIDE], ids=["small", "wide"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_home_fits_and_keeps_nobody_out(
    new_page: Callable[..., Page],
    axe: Callable[[Page], None],
    size: tuple[int, int],
    scheme: str,
) -> None:
    make_call(title="Technology for resilient infrastructure")
    page = new_page(size=size, color_scheme=scheme)
    page.goto("/")
    assert page.locator("h1").count() == 1
    assert_fits(page)
    axe(page)


def test_each_person_has_a_browser_of_their_own(new_page: Callable[..., Page]) -> None:
    person = make_user(display_name="Amina K.")
    signed_in, stranger = new_page(person), new_page()
    for page in (signed_in, stranger):
        page.goto("/")
    assert "Amina K." in signed_in.content()
    assert "Amina K." not in stranger.content()


def test_staff_page_fits(
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    page = new_page(make_staff())
    page.goto("/admin/")
    looks_right(page)
