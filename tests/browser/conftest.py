"""A real Chromium in front of a real server; each person has a browser context of their own.

Playwright drives the machine's Chromium (CHROME or the usual names); nothing is downloaded.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.test import Client
from pytest_django.live_server_helper import LiveServer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

    from portal.models import User

# Playwright's loop runs in the thread of the test, where Django would refuse every query.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
AXE = Path(settings.BASE_DIR) / "node_modules" / "axe-core" / "axe.min.js"
#: WCAG 2.0 to 2.2, levels A and AA.
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
SMALL, WIDE = (360, 740), (1280, 900)
#: A page waits this long for what a test expects; two cores with other work need some patience.
PATIENCE = 15_000

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def chromium() -> str | None:
    """Where the machine's Chromium is."""
    if chosen := os.environ.get("CHROME"):
        return chosen
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Every test here is a browser test with real commits, and says so."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for the whole run."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415 -- slow import

    program = chromium()
    if program is None:
        if os.environ.get("CI", "").lower() in {"1", "true"}:
            pytest.fail("there is no Chromium: install it or set CHROME to its path")
        pytest.skip("there is no Chromium: install it or set CHROME to its path")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield running
        running.close()


@pytest.fixture
def live_server(
    transactional_db: None, _plain_settings: None, settings: Any
) -> Iterator[LiveServer]:
    """A server for this test, with the style sheets; on localhost, the name passkeys accept."""
    server = LiveServer("localhost")
    settings.SITE_URL = server.url
    settings.CSRF_TRUSTED_ORIGINS = [server.url]
    yield server
    server.stop()


@pytest.fixture
def site(live_server: LiveServer) -> str:
    """The address of the server."""
    return str(live_server.url)


class Console:
    """What the browser complains about: errors, uncaught exceptions, what the policy stopped."""

    #: Answers that a test asks for on purpose are no complaint of the page.
    EXPECTED = ("the server responded with a status of 404", "a status of 403", "a status of 409")

    def __init__(self) -> None:
        self.complaints: list[str] = []

    def listen(self, page: Page) -> None:
        """Hear everything: some refusals of the policy come as warnings, not as errors."""
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on(
            "requestfailed",
            lambda request: self._failed(request.url, request.failure),
        )

    def _heard(self, message: ConsoleMessage) -> None:
        text = message.text
        if any(expected in text for expected in self.EXPECTED):
            return
        if message.type == "error" or "Content Security Policy" in text or "violates" in text:
            self.complaints.append(f"{message.page.url if message.page else ''}: {text}")

    def _failed(self, url: str, failure: str | None) -> None:
        # What is under way when a page is left is cancelled; that is no failure.
        if failure != "net::ERR_ABORTED":
            self.complaints.append(f"{url}: {failure}")


@pytest.fixture
def console() -> Iterator[Console]:
    """Fails the test at its end if any page complained; clear ``complaints`` where one is meant."""
    heard = Console()
    yield heard
    assert not heard.complaints, "\n".join(heard.complaints)


@pytest.fixture
def new_page(browser: Browser, site: str, console: Console) -> Iterator[Callable[..., Page]]:
    """``new_page(user=None, size=WIDE)``: a page in a browser of that person's own."""
    contexts: list[BrowserContext] = []

    def make(user: User | None = None, size: tuple[int, int] = WIDE, **options: Any) -> Page:
        context = browser.new_context(
            base_url=site,
            viewport={"width": size[0], "height": size[1]},
            locale="en-GB",
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        if user is not None:
            sign_in(context, user, site)
        page = context.new_page()
        console.listen(page)
        return page

    yield make
    for context in contexts:
        context.close()


@pytest.fixture
def page(new_page: Callable[..., Page]) -> Page:
    """A page of somebody who is not signed in, 1280 pixels wide."""
    return new_page()


def sign_in(context: BrowserContext, user: User, site: str) -> None:
    """Give the browser a session of the person, without the sign-in pages."""
    client = Client()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    name = settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": site}])


def findings(page: Page, rules: Sequence[str] = RULES) -> list[str]:
    """What axe finds on the page as it is shown now."""
    # The protocol evaluates outside of the page's policy, so the policy stays on. Without its
    # preload axe tries no styles of its own, of which the console would complain at some moment.
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    found: list[str] = page.evaluate(
        """async rules => {
            const asked = {runOnly: rules, resultTypes: ["violations"], preload: false};
            return (await axe.run(document, asked)).violations.flatMap(
                one => one.nodes.map(node => `${one.id}: ${one.help}: ${node.html.slice(0, 200)}`)
            );
        }""",
        list(rules),
    )
    return found


@pytest.fixture
def axe() -> Callable[[Page], None]:
    """``axe(page)`` fails where the page keeps somebody out (WCAG 2.2, A and AA)."""

    def check(page: Page) -> None:
        said = findings(page)
        assert not said, f"{page.url}\n" + "\n".join(said)

    return check


def assert_fits(page: Page) -> None:
    """Fail where the page scrolls sideways, and name what sticks out."""
    wide = page.evaluate(
        """() => {
            const limit = document.documentElement.clientWidth;
            if (document.documentElement.scrollWidth <= limit) return [];
            return [...document.querySelectorAll("body *")]
                .filter(one => one.getBoundingClientRect().right > limit + 1)
                .slice(0, 5)
                .map(one => one.outerHTML.slice(0, 120));
        }"""
    )
    assert not wide, f"{page.url} scrolls sideways at {page.viewport_size}: {wide}"


@pytest.fixture
def looks_right(axe: Callable[[Page], None]) -> Callable[[Page], None]:
    """``looks_right(page)``: axe is content at this width and at 360, and nothing sticks out."""

    def check(page: Page) -> None:
        before = page.viewport_size
        axe(page)
        page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
        assert_fits(page)
        axe(page)
        if before is not None:
            page.set_viewport_size(before)

    return check
