"""What people do at the portal, as requests: reading pages, applying, scoring, taking out."""

from __future__ import annotations

import html
import itertools
import re
import sys
from typing import TYPE_CHECKING, Any

from bench._meter import Answer, Client

if TYPE_CHECKING:
    from collections.abc import Callable

    from bench._rows import Ground

_FIELD = re.compile(r"<(input|textarea)\b([^>]*)>(?:([^<]*)</textarea>)?")
_ATTRIBUTE = re.compile(r'\b([\w-]+)="([^"]*)"')
SECTIONS = 3
LEVELS = 5
LONGEST = 60
WRITTEN = "Sensors in the harbour, read each hour. " * 4
#: The column of the mean score; with one call chosen the call's own column is gone.
BY_SCORE = "o=-6"


def fields_of(page: str) -> dict[str, str]:
    """The fields of the page's forms with their values, as a browser sends them."""
    found: dict[str, str] = {}
    for kind, text, inside in _FIELD.findall(page):
        facts = dict(_ATTRIBUTE.findall(text))
        name = facts.get("name")
        if not name or name == "csrfmiddlewaretoken":
            continue
        if facts.get("type") in {"radio", "checkbox"}:
            if "checked" in text:
                found[name] = html.unescape(facts.get("value", "on"))
            else:
                found.setdefault(f"?{name}", html.unescape(facts.get("value", "on")))
            continue
        found[name] = html.unescape(inside if kind == "textarea" else facts.get("value", ""))
    return found


def expect(answer: Answer, status: int, what: str) -> Answer:
    """Stop where a page does not answer as it should: figures of an error mean nothing."""
    if answer.status != status:
        said = re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.body.decode(errors="replace")))
        sys.exit(f"{what} was answered {answer.status} {answer.location}: {said[:600]}")
    return answer


class Walks:
    """Requests against one server; each person keeps a connection of their own."""

    def __init__(self, port: int, ground: Ground, *, spare: bool = False) -> None:
        self._port = port
        self._ground = ground
        self._anybody = Client(port)
        self._manager = Client(port, ground.manager)
        self._juror = Client(port, ground.juror)
        self._drafts = [(Client(port, session), key) for session, key in ground.drafts[:8]]
        self._long = [(Client(port, session), key) for session, key in ground.long_drafts]
        # What is used up belongs to one server only: the counting one has the last of each.
        half = 6
        newcomers = ground.newcomers[-half:] if spare else ground.newcomers[:-half]
        self._newcomers = iter(newcomers)
        reviews = ground.reviews[-half:] if spare else ground.reviews[:-half]
        self._reviews = itertools.cycle(reviews)
        self._saves = itertools.count(1)
        self._call = f"/calls/{ground.call.slug}/"
        self._list = f"/admin/challenges/application/?call={ground.call.pk}&{BY_SCORE}"
        self._versions: dict[str, int] = {}

    def readings(self) -> dict[str, Callable[[int], Any]]:
        """Pages that are only read."""
        return {
            "public page of a call": self.call,
            "application form": self.form,
            "form of 60 questions": self.long_form,
            "list by score": self.list_by_score,
            "next page of the list": self.next_page,
            "application with reviews": self.record,
            "saving a score": self.save,
        }

    def writings(self) -> dict[str, Callable[[int], Any]]:
        """What is used up by doing it."""
        return {"whole application": self.apply}

    def call(self, _index: int) -> Answer:
        """The public page, by somebody who has never been here."""
        return expect(self._anybody.get(self._call), 200, "The page of the call")

    def call_again(self) -> dict[str, Any]:
        """The same page once more, by a browser that has kept it."""
        first = self.call(0)
        again = self._anybody.get(
            self._call, **{"If-None-Match": first.headers.get("etag", '"none"')}
        )
        return {
            "status": again.status,
            "vary": first.headers.get("vary", ""),
            "sets_cookie": "set-cookie" in first.headers,
            "cache_control": first.headers.get("cache-control", ""),
            "has_token": "csrfmiddlewaretoken" in first.text,
        }

    def form(self, index: int) -> Answer:
        """The first section of a draft that is half written."""
        client, key = self._drafts[index % len(self._drafts)]
        return expect(client.get(f"/applications/{key}/edit/1/"), 200, "The application form")

    def long_form(self, index: int) -> Answer:
        """The one section of a form with sixty questions of every kind."""
        client, key = self._long[index % len(self._long)]
        answer = expect(client.get(f"/applications/{key}/edit/1/"), 200, "The longest form")
        if answer.text.count('class="question"') != LONGEST:
            sys.exit("The longest form does not ask sixty questions.")
        return answer

    def list_by_score(self, _index: int) -> Answer:
        """The best fifty of a call."""
        answer = expect(self._manager.get(self._list), 200, "The list of applications")
        if answer.text.count('class="action-select"') < 50:
            sys.exit("The list does not show fifty applications.")
        return answer

    def next_page(self, _index: int) -> Answer:
        """The fifty behind them, by the link that the list offers."""
        if not hasattr(self, "_next"):
            page = self.list_by_score(0).text
            link = re.search(r'href="(\?[^"]*)"[^>]*rel="next"', page) or re.search(
                r'rel="next"[^>]*href="(\?[^"]*)"', page
            )
            query = html.unescape(link[1]) if link else f"?{self._list.partition('?')[2]}&p=2"
            self._next = f"/admin/challenges/application/{query}"
        return expect(self._manager.get(self._next), 200, "The next page of the list")

    def record(self, index: int) -> Answer:
        """One application with everything."""
        keys = self._ground.applications
        key = keys[(index * 7) % len(keys)]
        return expect(
            self._manager.get(f"/admin/challenges/application/{key}/change/"), 200, "The record"
        )

    def save(self, _index: int) -> Answer:
        """A juror changes every level and the comment, and presses the button."""
        key = next(self._reviews)
        path = f"/admin/challenges/reviewassignment/{key}/review/"
        number = next(self._saves)
        levels = {
            f"c_{criterion}": str(1 + (number + place) % LEVELS)
            for place, criterion in enumerate(self._criteria())
        }
        answer = self._juror.post(
            path,
            {
                "version": str(self._versions.setdefault(key, 1)),
                "comment": f"Clear, and they know their market ({number}).",
                "feedback": "Say more about the pilot.",
                **levels,
            },
        )
        self._versions[key] += 1
        return expect(answer, 302, "Saving a score")

    def _criteria(self) -> list[str]:
        if not hasattr(self, "_criteria_keys"):
            self._criteria_keys = [
                key.hex for key in self._ground.call.criteria.values_list("pk", flat=True)
            ]
        return self._criteria_keys

    def apply(self, _index: int) -> list[Answer]:
        """From the button on the call's page to the receipt, section by section."""
        client = Client(self._port, next(self._newcomers))
        start = f"{self._call}apply/"
        answers = [expect(client.get(start), 200, "The first page of an application")]
        answers.append(expect(client.post(start, self._chosen(answers[-1])), 302, "Starting"))
        for number in range(1, SECTIONS + 1):
            page = expect(client.get(answers[-1].location), 200, f"Section {number}")
            answers.append(page)
            path = answers[-2].location
            form = {**self._filled(page), "go": "next"}
            answers.append(expect(client.post(path, form), 302, f"Saving section {number}"))
        check = answers[-1].location
        page = expect(client.get(check), 200, "The page that submits")
        answers.append(page)
        form = {
            name: value
            for name, value in fields_of(page.text).items()
            if name in {"key", "terms_version"}
        }
        answers.append(expect(client.post(check, {**form, "accept_terms": "on"}), 302, "Submit"))
        if not answers[-1].location.endswith("/receipt/"):
            expect(client.get(answers[-1].location), 200, "The page that submits")
            sys.exit(f"A submission was sent to {answers[-1].location}.")
        answers.append(expect(client.get(answers[-1].location), 200, "The receipt"))
        client.close()
        return answers

    @staticmethod
    def _chosen(page: Answer) -> dict[str, str]:
        found = fields_of(page.text)
        return {"startup": found.get("startup") or found["?startup"]}

    @staticmethod
    def _filled(page: Answer) -> dict[str, str]:
        """Every empty field with something in it; the first of what is to choose."""
        found = fields_of(page.text)
        sent = {name: value for name, value in found.items() if name[1:2] == "_"}
        for _kind, text, _inside in _FIELD.findall(page.text):
            name = dict(_ATTRIBUTE.findall(text)).get("name", "")
            if name.startswith("q_") and not sent.get(name, "").strip():
                sent[name] = "12" if 'inputmode="decimal"' in text else WRITTEN
            if f"?{name}" in found:
                sent[name] = found[f"?{name}"]
        return sent

    def export(self) -> Answer:
        """All applications of the call as a table."""
        path = f"/admin/challenges/application/export/{self._ground.call.pk}/csv/"
        return expect(self._manager.get(path), 200, "The export")
