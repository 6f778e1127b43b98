"""How soon somebody can write in the longest form on a slow line, and what a call's page weighs.

    python3 dev.py bench first_input [--tries 5] [--seed 1]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if every bar
holds and the control, the same form from a server that packs nothing, is too late.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import django

django.setup()

from django.conf import settings  # noqa: E402 -- needs the settings
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

from bench._long_form import QUESTIONS, make_long_form  # noqa: E402
from bench._people import make_ground  # noqa: E402
from bench._server import collect_static  # noqa: E402
from bench.lighthouse import Named  # noqa: E402
from challenges.models import Answer, Call  # noqa: E402
from devtools import chromium  # noqa: E402
from devtools.runs import log_file  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, CDPSession, Page

# Playwright's loop runs in this thread, where Django would refuse every query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

#: The slow line: 400 kbit/s both ways, 400 ms until the first byte of an answer.
BYTES_A_SECOND, LATENCY = 400_000 / 8, 0.4
#: The browser's own slow line leaves out the way to and fro that TCP and TLS need before anything.
HANDSHAKES = 2 * LATENCY
SECONDS, CALL_BYTES = 5.0, 200_000
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage"]
ARGUMENTS += ["--no-first-run", "--disable-background-networking", "--disable-component-update"]
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
PATIENCE = 30_000
FIRST = "[data-asked] :is(input:not([type=hidden]), textarea)"
TYPED = "zq"
#: In the first frame in which there is a field to see, it types: before the page's own scripts.
WITNESS = f"""
const look = () => {{
  const field = document.querySelector("{FIRST}");
  const isPainted = performance.getEntriesByName("first-contentful-paint").length;
  if (isPainted && field && !field.disabled && field.checkVisibility()) {{
    field.focus();
    document.execCommand("insertText", false, "{TYPED}");
    if (field.value.includes("{TYPED}")) {{ window.firstLetter = performance.now(); return; }}
  }}
  requestAnimationFrame(look);
}};
if (location.pathname.includes("/edit/")) requestAnimationFrame(look);
"""


@dataclass
class Row:
    """One way of opening a page, and what its tries came to."""

    name: str
    cpu: int = 1
    packed: bool = True
    #: Seconds with the handshakes: painted, the first letter typed, everything loaded; and bytes.
    painted: list[float] = field(default_factory=list)
    usable: list[float] = field(default_factory=list)
    loaded: list[float] = field(default_factory=list)
    size: list[int] = field(default_factory=list)
    #: Letters that were gone later, on the page or in the database.
    lost: int = 0

    def line(self) -> str:
        """The row of the table."""
        return (
            f"{self.name:34} {_both(self.painted)} {_both(self.usable)} {_both(self.loaded)}"
            f" {max(self.size) / 1_000:>8.0f} {self.lost:>5}"
        )


def _both(seconds: list[float]) -> str:
    if not seconds:
        return f"{'':>13}"
    return f"{statistics.median(seconds):>6.2f} {max(seconds):>6.2f}"


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


class Line:
    """A page at the end of the slow line, with what came over it."""

    def __init__(self, page: Page, row: Row) -> None:
        self.page = page
        self.bytes = 0
        self._session: CDPSession = page.context.new_cdp_session(page)
        self._session.on("Network.loadingFinished", self._came)
        self._ask("Network.enable")
        speed = {"downloadThroughput": BYTES_A_SECOND, "uploadThroughput": BYTES_A_SECOND}
        slow = {"offline": False, "latency": 1_000 * LATENCY, **speed}
        self._ask("Network.emulateNetworkConditions", slow)
        self._ask("Emulation.setCPUThrottlingRate", {"rate": row.cpu})
        if not row.packed:
            plain = {"headers": {"Accept-Encoding": "identity"}}
            self._ask("Network.setExtraHTTPHeaders", plain)

    def _ask(self, what: str, facts: dict[str, Any] | None = None) -> None:
        self._session.send(what, facts or {})

    def _came(self, event: dict[str, Any]) -> None:
        self.bytes += int(event["encodedDataLength"])

    def painted(self) -> float:
        """Seconds until anything was on the screen."""
        found = self.page.evaluate("performance.getEntriesByType('paint').map(e => e.startTime)")
        return HANDSHAKES + max(found) / 1_000

    def loaded(self) -> float:
        """Seconds until everything was there."""
        self.page.wait_for_load_state("load")
        found = self.page.evaluate("performance.getEntriesByType('navigation')[0].loadEventStart")
        return HANDSHAKES + found / 1_000


def fresh(browser: Browser, base: str, session: str = "") -> BrowserContext:
    """A telephone that has never been here."""
    context = browser.new_context(base_url=base, locale="en-GB", **PHONE)
    context.set_default_timeout(PATIENCE)
    context.add_init_script(WITNESS)
    if session:
        name = settings.SESSION_COOKIE_NAME
        context.add_cookies([{"name": name, "value": session, "url": base}])
    return context


def open_form(browser: Browser, base: str, row: Row, draft: tuple[str, str]) -> None:
    """Have the witness type into the first field, and see that it is kept."""
    session, key = draft
    context = fresh(browser, base, session)
    line = Line(page := context.new_page(), row)
    page.goto(f"/applications/{key}/edit/1/", wait_until="commit")
    row.loaded.append(line.loaded())
    row.painted.append(line.painted())
    row.usable.append(HANDSHAKES + page.evaluate("window.firstLetter") / 1_000)
    row.size.append(line.bytes)
    if page.locator("[data-asked]").count() != QUESTIONS:
        sys.exit("The longest form does not ask all of its questions.")
    answers = Answer.objects.filter(application=key, value__contains=TYPED)
    end = time.monotonic() + PATIENCE / 1_000
    while not answers.exists() and time.monotonic() < end:
        page.wait_for_timeout(200)
    if TYPED not in page.locator(FIRST).first.input_value() or not answers.exists():
        row.lost += 1
    answers.update(value="Written before.")
    context.close()


def open_call(browser: Browser, base: str, row: Row, path: str) -> None:
    """Read the page of a call."""
    context = fresh(browser, base)
    line = Line(page := context.new_page(), row)
    page.goto(path, wait_until="commit")
    row.loaded.append(line.loaded())
    row.painted.append(line.painted())
    # What is loaded behind the page is part of it.
    page.wait_for_load_state("networkidle")
    row.size.append(line.bytes)
    context.close()


def judge(rows: list[Row], control: Row) -> list[str]:
    """What is missed."""
    missed = []
    for row in rows:
        seconds = max(row.usable, default=0.0)
        # Of a processor four times slower the figure is told and has no bar: the line is what is
        # asked about, and others' work on a shared machine counts four times there.
        if row.cpu == 1 and seconds >= SECONDS:
            missed.append(f"{row.name}: {seconds:.2f} s until the first letter")
        if row.lost:
            missed.append(f"{row.name}: {row.lost} times what was typed was gone")
        if not row.usable and max(row.size) > CALL_BYTES:
            missed.append(f"{row.name}: {max(row.size)} bytes")
    if min(control.usable) < SECONDS:
        missed.append("the control is in time, so the bench proves nothing")
    return missed


def main() -> int:
    """Each row, then the control, then the verdict."""
    parser = argparse.ArgumentParser(prog="dev.py bench first_input", description=__doc__)
    parser.add_argument("--tries", type=int, default=5, help="how often each is opened (5)")
    parser.add_argument("--seed", type=int, default=1, help="decides the answers in the form")
    options = parser.parse_args()
    if "DATABASE_OWNER_URL" not in os.environ:
        sys.exit("This fills a database: run it as `python3 dev.py bench first_input`.")
    if (program := chromium.find()) is None:
        sys.exit(f"This drives a browser: {chromium.HOW_TO_GET}.")
    begin = time.monotonic()
    call_command("load_demo", small=True, stdout=io.StringIO())
    ahead = Call.objects.public().still_ahead()
    path = max(ahead, key=lambda one: len(one.description)).get_absolute_url()
    drafts = make_long_form(make_ground(), random.Random(options.seed))
    connection.close()
    form = [Row("form, telephone"), Row("form, slow telephone (4 x)", cpu=4)]
    call = [Row("call, telephone"), Row("call, slow telephone (4 x)", cpu=4)]
    control = Row("control: nothing is packed", packed=False)
    with tempfile.TemporaryDirectory(prefix="bench-first-input-") as folder:
        collect_static(folder)
        env = {"DEBUG": "0", "DEMO": "0", "STATIC_ROOT": folder, "STATIC_MANIFEST": "1"}
        env |= {"DELIVER_WITHOUT_WORKER": "0", "WEB_THREADS": "4"}
        log = log_file("bench-first-input-web")
        with Named("portal.wsgi", log, **env) as server, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
            base = f"http://localhost:{server.port}"
            say(
                f"{'seconds, median and worst':34} {'painted':>13} {'usable':>13} {'loaded':>13}"
                f" {'kB':>8} {'lost':>5}"
            )
            for row in [*form, control]:
                for number in range(options.tries):
                    open_form(browser, base, row, drafts[number % len(drafts)])
                say(row.line())
            for row in call:
                for _number in range(options.tries):
                    open_call(browser, base, row, path)
                say(row.line())
            browser.close()
    missed = judge([*form, *call], control)
    worst, calmest = max(form[0].usable), min(form[1].usable)
    say(
        f"\nfirst_input seed {options.seed}: first letter in the form of {QUESTIONS} after"
        f" {worst:.2f} s at worst (bar {SECONDS:.0f}), on a slow telephone {calmest:.2f} s at best,"
        f" call page {max(call[0].size)} bytes (bar {CALL_BYTES}),"
        f" control {max(control.usable):.2f} s, {time.monotonic() - begin:.0f} s |"
        f" {'FAILED: ' + '; '.join(missed) if missed else 'passed'}"
    )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
