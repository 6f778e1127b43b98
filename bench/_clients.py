"""Browsers as a bench has them: cookies, a form from a page, patience, and the same key again."""

from __future__ import annotations

import html
import re
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Sequence

    from bench._people import Applicant

#: What a person reads who came too late; the second is what the database's own wall says.
SENTENCES = ("The deadline passed on", "The deadline has passed")
#: A browser gives up on one answer after this, and asks again with the same key.
ANSWER_SECONDS = 20
#: No client tries longer than this.
PATIENCE_SECONDS = 60
_INPUT = re.compile(r"<input\b[^>]*>")
_NAME = re.compile(r'\bname="([^"]*)"')
_VALUE = re.compile(r'\bvalue="([^"]*)"')


@dataclass
class Page:
    """An answer of the server."""

    status: int
    location: str
    retry_after: float
    text: str


class Browser:
    """One person's browser: a session cookie and the token against forgery."""

    def __init__(self, port: int, cookies: dict[str, str]) -> None:
        self._port = port
        self._origin = f"http://localhost:{port}"
        self.cookies = dict(cookies)

    def get(self, path: str) -> Page:
        """Load a page."""
        return self._ask("GET", path, None)

    def post(self, path: str, form: dict[str, str]) -> Page:
        """Send a form; redirects are not followed."""
        return self._ask("POST", path, urlencode(form))

    def _ask(self, method: str, path: str, body: str | None) -> Page:
        headers = {
            "Host": f"localhost:{self._port}",
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
            "Connection": "close",
        }
        if body is not None:
            headers |= {
                "Content-Type": "application/x-www-form-urlencoded",
                "Origin": self._origin,
                "Referer": self._origin + path,
            }
        server = HTTPConnection("127.0.0.1", self._port, timeout=ANSWER_SECONDS)
        try:
            server.request(method, path, body, headers)
            answer = server.getresponse()
            text = answer.read().decode()
        finally:
            server.close()
        for cookie in answer.headers.get_all("Set-Cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies.pop(name, None)
            if value.strip('"'):
                self.cookies[name] = value
        return Page(
            status=answer.status,
            location=answer.headers.get("Location", ""),
            retry_after=float(answer.headers.get("Retry-After", "0")),
            text=text,
        )


def form_on(page: Page) -> dict[str, str]:
    """The hidden fields of a page, as a browser would send them, and the terms accepted."""
    fields = {}
    for tag in _INPUT.findall(page.text):
        name, value = _NAME.search(tag), _VALUE.search(tag)
        if name and value:
            fields[name[1]] = html.unescape(value[1])
    wanted = ("csrfmiddlewaretoken", "key", "terms_version")
    return {name: fields[name] for name in wanted} | {"accept_terms": "on"}


@dataclass
class Click:
    """One press of the button with everything that follows from it."""

    applicant: Applicant
    browser: Browser
    form: dict[str, str]
    #: Seconds from the deadline at which the button is pressed; negative is before.
    offset: float
    is_second: bool = False
    outcome: str = "unanswered"
    said: str = ""
    #: Seconds that the answered request took, and all of it with its repetitions.
    answer_seconds: float = 0.0
    all_seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)

    def run(self, deadline: float, rng: random.Random) -> None:
        """Press at the right moment and go on until there is an answer."""
        time.sleep(max(deadline + self.offset - time.monotonic(), 0))
        begin = time.monotonic()
        while time.monotonic() - begin < PATIENCE_SECONDS:
            asked = time.monotonic()
            try:
                page = self.browser.post(self.applicant.check_url, self.form)
            except (OSError, HTTPException):
                self.answers["broken"] += 1
                time.sleep(rng.uniform(0.1, 0.6))
                continue
            self.answers[str(page.status)] += 1
            if page.status >= 500:
                time.sleep(max(page.retry_after, 0.2) * rng.uniform(0.5, 1.0))
                continue
            self.answer_seconds = time.monotonic() - asked
            self._understand(page, begin, rng)
            break
        self.all_seconds = time.monotonic() - begin

    def _understand(self, page: Page, begin: float, rng: random.Random) -> None:
        if page.status == 302 and page.location == self.applicant.receipt_url:
            self.outcome = "received"
        elif page.status == 302 and page.location in self.applicant.refusal_urls:
            self.outcome = "refused"
            self.said = self._read_why(page.location, begin, rng)
        else:
            self.outcome, self.said = "wrong", f"{page.status} {page.location}"

    def _read_why(self, address: str, begin: float, rng: random.Random) -> str:
        """What stands on the page that a refused person is sent to."""
        while time.monotonic() - begin < PATIENCE_SECONDS:
            try:
                page = self.browser.get(address)
            except (OSError, HTTPException):
                page = None
            if page is not None and page.status == 200:
                return next((said for said in SENTENCES if said in page.text), "")
            time.sleep(rng.uniform(0.2, 0.6))
        return ""


def open_pages(port: int, applicants: Sequence[Applicant], offsets: Sequence[float]) -> list[Click]:
    """Everybody loads the page with the button, some time before."""

    def open_one(applicant: Applicant, offset: float) -> Click:
        browser = Browser(port, {"sessionid": applicant.session})
        page = browser.get(applicant.check_url)
        return Click(applicant, browser, form_on(page), offset)

    with ThreadPoolExecutor(12) as pool:
        return list(pool.map(open_one, applicants, offsets))


def double(clicks: Sequence[Click], share: float, rng: random.Random) -> list[Click]:
    """All clicks, and for some of them a second one of the same form at the same moment."""
    twice = rng.sample(list(clicks), round(len(clicks) * share))
    return [
        *clicks,
        *(
            Click(
                click.applicant,
                Browser(click.browser._port, click.browser.cookies),
                click.form,
                click.offset + rng.uniform(0, 0.02),
                is_second=True,
            )
            for click in twice
        ),
    ]


def press_all(
    clicks: Sequence[Click], deadline: float, new_rng: Callable[[], random.Random]
) -> None:
    """Everybody presses the button, each in a thread, and waits for the answer."""
    threads = [
        threading.Thread(target=click.run, args=(deadline, new_rng()), daemon=True)
        for click in clicks
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS * 3)
