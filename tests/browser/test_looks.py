"""Every page of people who apply, in a real browser: nobody is kept out, nothing sticks out.

The addresses are those of ``tests.access_table``; what stands on the pages is long, has no space to
break at, or is written in another script. axe looks at 390 pixels, in the light and in the dark.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from allauth.account.models import EmailAddress
from django.urls import reverse
from django.utils import timezone

from challenges.choices import ApplicationState
from challenges.models import Message
from portal.choices import PolicyKind
from portal.models import InboxNotice, OutboxMessage, PolicyText, User
from tests.access_rows.accounts import ACCOUNT, ALLAUTH, SECURITY
from tests.access_table import CHALLENGES, PORTAL, PROCUREMENT, STARTUPS
from tests.browser.conftest import assert_fits, findings
from tests.cast import World, set_the_stage
from tests.factories.challenges import make_application, make_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page, ViewportSize

    from tests.access_table import Row
    from tests.browser.conftest import Console

PHONE: ViewportSize = {"width": 390, "height": 844}
#: The narrowest phones, a tablet, and a desk.
WIDTHS = (320, 768, 1280)

LONG = "Meeresspiegelanstiegsfrühwarnsystemgenossenschaftsverwaltungsgesellschaftsmbh"
JAPANESE = "神戸海上保安技術研究開発機構株式会社"
ARABIC = "شركة المرفأ للابتكار والتقنية المحدودة"
CYRILLIC = "Общество «Портовая инженерия»"
NAMES = f"{LONG} {JAPANESE} {ARABIC}"

#: Not pages: files to take away, words for machines, links of one use.
NO_PAGE = {
    *("healthz", "readyz", "metrics", "mfa_download_recovery_codes", "mfa_reauthenticate"),
    *("challenges:application-copy", "challenges:application-file"),
    "challenges:application-original",
    *("challenges:application-page", "challenges:upload-detail"),
    *("challenges:application-word", "challenges:application-pdf", "challenges:call-form-word"),
    *("startups:pitch-deck", "startups:session-calendar", "procurement:evidence-file"),
}
TABLES = (PORTAL, ACCOUNT, ALLAUTH, SECURITY, CHALLENGES, STARTUPS, PROCUREMENT)


def fill(world: World) -> None:
    """Make everything long, of several scripts, and there at least once."""
    startup, call, application = (
        world.records[name] for name in ("startup", "call", "application")
    )
    startup.legal_name, startup.trading_name = NAMES, LONG
    startup.summary = f"{CYRILLIC}. {ARABIC}. {LONG}"
    startup.save(update_fields=["legal_name", "trading_name", "summary"])
    call.title = f"{LONG} {JAPANESE}"[:200]
    call.save(update_fields=["title"])
    world.records["document"].__class__.objects.update(name=f"{LONG}{LONG[:30]}.pdf")
    User.objects.update(display_name=f"{LONG} {ARABIC}")
    world.records["partner"].__class__.objects.update(name=NAMES)
    call.rules.update(text=f"{LONG} {ARABIC} {JAPANESE}")
    question = call.questions.first()
    question.label = f"{LONG}? {JAPANESE}"
    question.help = ARABIC
    question.save(update_fields=["label", "help"])
    application.answers.update(value=f"{LONG} {ARABIC}\n\n{JAPANESE}")
    owner = world.people["owner"]
    for number, from_staff in enumerate((True, False)):
        Message.objects.create(
            application=application,
            author=world.people["manager"] if from_staff else owner,
            from_staff=from_staff,
            text=f"{LONG}\n\n{ARABIC} {number}",
        )
    for number, state in enumerate(
        (ApplicationState.DRAFT, ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW)
    ):
        other = make_call(title=f"{number} {LONG} {CYRILLIC}"[:200])
        make_application(other, startup, state=state)
    InboxNotice.objects.filter(recipient=owner).update(subject=f"{LONG} {ARABIC}", body=NAMES)
    EmailAddress.objects.get_or_create(
        user=owner, email=owner.email, defaults={"verified": True, "primary": True}
    )


def pages(world: World, who: str) -> list[str]:
    """The addresses that are a page for this person."""
    rows: dict[str, Row] = {name: row for table in TABLES for name, row in table.items()}
    found = [
        reverse(name, kwargs={key: world[path] for key, path in row.arguments.items()})
        for name, row in rows.items()
        if who in row.page and row.post is None and name not in NO_PAGE
    ]
    return [address for address in found if "." not in address]  # robots.txt is for robots


def look_at(page: Page, address: str, console: Console, status: int = 200) -> list[str]:
    """Open a page and say what is wrong with it, all of it at once."""
    said: list[str] = []
    page.set_viewport_size(PHONE)
    page.emulate_media(color_scheme="light")
    before = len(console.complaints)
    answer = page.goto(address)
    if answer is None or answer.status != status:
        return [f"answers {answer.status if answer else 'nothing'}"]
    if page.locator("h1").count() != 1:
        said.append("does not have one heading of the first level")
    if not page.title().split("·")[0].strip():
        said.append("has no title")
    said += console.complaints[before:]
    said += findings(page)
    page.emulate_media(color_scheme="dark")
    said += [f"dark: {one}" for one in findings(page, ["color-contrast"])]
    for width in (*WIDTHS, PHONE["width"]):
        page.set_viewport_size({"width": width, "height": 844})
        try:
            assert_fits(page)
        except AssertionError as sticks_out:
            said.append(str(sticks_out))
    return said


@pytest.fixture
def walk(new_page: Callable[..., Page], console: Console) -> Callable[..., None]:
    """``walk(person, addresses)``: look at each page; fail with everything that was found."""

    def look(person: User | None, addresses: list[str], *, status: int = 200) -> None:
        page = new_page(person)
        wrong = [
            f"{address}: {one}"
            for address in addresses
            for one in look_at(page, address, console, status)
        ]
        assert not wrong, "\n".join(wrong)

    return look


def test_pages_for_everybody(walk: Any) -> None:
    world = set_the_stage()
    fill(world)
    for kind in PolicyKind:
        PolicyText.objects.create(
            kind=kind, version="1", text=f"# {NAMES}\n\n{ARABIC}", in_force_from="2020-01-01"
        )
    walk(None, pages(world, "anonymous"))


def test_pages_of_a_team(walk: Any) -> None:
    world = set_the_stage()
    fill(world)
    mine = set(pages(world, "owner")) - set(pages(world, "anonymous"))
    walk(world.people["owner"], ["/", *sorted(mine)])


def test_empty_pages(walk: Any) -> None:
    world = set_the_stage()
    OutboxMessage.objects.all().delete()
    addresses = ["/", "/applications/", "/inbox/", "/startups/", "/calls/?q=nothing-of-the-kind"]
    walk(world.people["revoked"], addresses)


def test_pages_of_errors(walk: Any) -> None:
    walk(None, ["/nothing/here/"], status=404)


@pytest.mark.parametrize("who", ["manager", "reviewer", "compliance", "partner", "superuser"])
def test_first_page_of_a_role(walk: Any, who: str) -> None:
    world = set_the_stage()
    fill(world)
    soon = timezone.now() + timedelta(days=1)
    make_call(world.records["programme"], title=f"{LONG} {ARABIC}"[:200], closes_at=soon)
    walk(world.people[who], ["/"])


def test_forms_with_everything_wrong(new_page: Callable[..., Page], console: Console) -> None:
    world = set_the_stage()
    fill(world)
    startup, application = world.records["startup"], world.records["application"]
    page = new_page(world.people["owner"])
    addresses = [
        reverse("startups:startup-create"),
        reverse("startups:startup-edit", args=[startup.pk]),
        reverse("profile-edit"),
        reverse("account_change_password"),
        reverse("challenges:partner-list", args=[application.pk]),
        reverse("challenges:helper-invite", args=[application.pk]),
    ]
    for address in addresses:
        page.goto(address)
        page.evaluate(
            """() => {
                for (const form of document.querySelectorAll("main form")) form.noValidate = true;
                for (const kind of ["text", "email", "url"])
                    for (const one of document.querySelectorAll(`main [type=${kind}]`))
                        one.value = "";
            }"""
        )
        page.locator("main form [type=submit].btn-primary").first.click()
        page.wait_for_load_state()
        page.set_viewport_size(PHONE)
        assert findings(page) == [], address
        assert_fits(page)
