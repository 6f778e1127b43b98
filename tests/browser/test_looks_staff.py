"""Every page of the staff, in a real browser: nobody is kept out, nothing sticks out.

The addresses are those of ``tests.access_table``, read by the administrator, who has them all; what
stands on the pages is long, has no space to break at, or is written in another script.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from challenges.choices import ApplicationState, AssignmentState
from challenges.models import Circular, ReviewAssignment
from portal.choices import Lane
from portal.models import Label, OutboxMessage, Programme
from tests.access_table import ROWS, admin_rows
from tests.browser.conftest import assert_fits, findings
from tests.browser.test_looks import (
    ARABIC,
    CYRILLIC,
    JAPANESE,
    LONG,
    NAMES,
    PHONE,
    fill,
    look_at,
)
from tests.cast import World, set_the_stage
from tests.factories.challenges import make_application
from tests.factories.portal import make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from tests.browser.conftest import Console

#: Not pages: tables and files to take away, words for scripts.
NO_PAGE = (
    "_export",
    "_file",
    "application_original",
    "application_page",
    "reviewassignment_page",
    "_pdf",
    "jsi18n",
    "autocomplete",
    "password_change_done",
)
#: All histories are one template: these stand for the others.
HISTORIES = ("application_history", "call_history", "startup_history")
#: Cards of a phone: one row of the longest list may take this many pixels.
CARD = 170


def furnish(world: World) -> None:
    """Long words in everything that the staff read, and rows in the lists."""
    fill(world)
    Programme.objects.update(name=f"{LONG} {ARABIC}"[:100])
    Label.objects.update(name=LONG[:40])
    world.records["message"] = OutboxMessage.objects.create(
        dedup_key="looks",
        lane=Lane.NEWS,
        notice="draft_reminded",
        to_address=f"{LONG[:50]}@example.org",
        subject=f"{LONG} {JAPANESE}",
        text=f"{NAMES}\n\n{ARABIC}",
        html="<p>News.</p>",
        programme_id=world.records["programme"].pk,
    )
    Circular.objects.update(subject=f"{LONG} {CYRILLIC}"[:150], text=f"{NAMES}\n\n{ARABIC}")
    world.records["application"].labels.add(world.records["label"])
    for name in (JAPANESE, ARABIC, CYRILLIC):
        startup = make_startup(owner=make_user(display_name=name))
        startup.legal_name, startup.trading_name = name, ""
        startup.save(update_fields=["legal_name", "trading_name"])
        application = make_application(
            world.records["call"], startup, state=ApplicationState.SUBMITTED
        )
        ReviewAssignment.objects.create(
            application=application,
            reviewer=world.people["reviewer"],
            assigned_by=world.people["manager"],
            state=AssignmentState.READING,
        )


def pages(world: World, who: str) -> list[str]:
    """The addresses of the staff that are a page for this person."""
    return [
        reverse(name, kwargs={key: world[path] for key, path in row.arguments.items()})
        for name, row in {**ROWS, **admin_rows()}.items()
        if name.startswith(("admin:", "styleguide"))
        and who in row.page
        and row.post is None
        and not name.endswith(NO_PAGE)
        and (not name.endswith("_history") or name.endswith(HISTORIES))
    ]


def wrong_with(page: Page, addresses: list[str], console: Console) -> list[str]:
    """What is wrong with these pages, all of it at once."""
    return [f"{one}: {said}" for one in addresses for said in look_at(page, one, console)]


def test_pages_of_the_staff(new_page: Callable[..., Page], console: Console) -> None:
    world = set_the_stage()
    furnish(world)
    addresses = pages(world, "superuser")
    assert len(addresses) > 50
    wrong = wrong_with(new_page(world.people["superuser"]), addresses, console)
    assert not wrong, "\n".join(wrong)


def test_empty_lists_say_what_to_do(new_page: Callable[..., Page], console: Console) -> None:
    world = set_the_stage()
    page = new_page(world.people["other_manager"])
    lists = ("call", "application", "reviewassignment", "decision", "circular")
    addresses = [reverse(f"admin:challenges_{name}_changelist") for name in lists]
    addresses += [
        reverse(f"admin:{name}_changelist")
        for name in ("startups_startup", "portal_label", "portal_outboxmessage")
    ]
    for address in addresses:
        page.goto(address)
        said = page.locator(".empty-sentence").inner_text()
        assert "nothing here yet" not in said, address
        assert page.locator(".empty a").count() or "stands here" in said, address
    wrong = wrong_with(page, [addresses[0], reverse("admin:index")], console)
    assert not wrong, "\n".join(wrong)


def test_first_page_of_each_role(new_page: Callable[..., Page], console: Console) -> None:
    world = set_the_stage()
    furnish(world)
    wrong = {
        who: found
        for who in ("manager", "chair", "reviewer", "compliance", "statistics")
        if (found := wrong_with(new_page(world.people[who]), [reverse("admin:index")], console))
    }
    assert not wrong


def test_forms_with_everything_wrong(new_page: Callable[..., Page], console: Console) -> None:
    world = set_the_stage()
    furnish(world)
    page = new_page(world.people["superuser"])
    names = ("challenges_call", "challenges_circular", "portal_programme", "portal_programmestaff")
    for name in (*names, "portal_staffinvitation", "portal_policytext", "portal_label"):
        page.goto(reverse(f"admin:{name}_add"))
        page.locator("[name=_save]").click()
        page.wait_for_load_state()
        assert page.locator(".errorlist").count(), name
        assert page.title().startswith("Error:"), name
        page.set_viewport_size(PHONE)
        assert findings(page) == [], name
        assert_fits(page)


def test_a_row_of_a_list_is_a_small_card_on_a_phone(new_page: Callable[..., Page]) -> None:
    world = set_the_stage()
    page: Any = new_page(world.people["manager"], size=(390, 844))
    page.goto(reverse("admin:challenges_application_changelist"))
    heights = page.locator("#result_list tbody tr").evaluate_all(
        "rows => rows.map(row => row.offsetHeight)"
    )
    assert heights
    assert max(heights) < CARD
    # Nothing to say is not said: nobody is responsible, there is no label.
    assert not page.locator("#result_list td.field-who").first.is_visible()


def test_a_group_of_one_has_no_title(new_page: Callable[..., Page]) -> None:
    world = set_the_stage()
    page = new_page(world.people["reviewer"])
    page.goto(reverse("admin:index"))
    groups = page.locator("#job-menu .job-group").evaluate_all(
        """groups => groups.map(one => [
            one.querySelectorAll(".job-title").length, one.querySelectorAll("a").length
        ])"""
    )
    assert groups
    assert all(not titles or links > 1 for titles, links in groups)
