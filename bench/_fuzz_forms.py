"""Where `bench/fuzz.py` can knock: every address the resolver knows, every form on every page."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from django.contrib import admin
from django.contrib.admindocs.views import simplify_regex
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from tests.access_table import ROWS, admin_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from bench._fuzz_stage import Stage

HOLE = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")


@dataclass(frozen=True)
class Address:
    """One entry of the resolver: its name and its path with holes, ``<pk>``."""

    name: str
    path: str

    @property
    def holes(self) -> list[str]:
        """The names of what has to be filled in."""
        return HOLE.findall(self.path)

    def filled(self, values: dict[str, str]) -> str:
        """The path, not yet quoted."""
        return HOLE.sub(lambda found: values.get(found[1], "1"), self.path)


@dataclass
class Control:
    """A field of a form: its kind, what stands in it, what can be chosen."""

    name: str
    kind: str
    value: str = ""
    choices: list[str] = field(default_factory=list)


@dataclass
class Form:
    """A form of a page, or what a link asks for."""

    page: str
    path: str
    method: str
    query: list[tuple[str, str]]
    is_multipart: bool
    controls: list[Control]
    half: str = "a"


def addresses() -> list[Address]:
    """Every address there is; a new one is fuzzed by being there."""
    return list(_walk(get_resolver().url_patterns, "/", ""))


def _walk(patterns: Sequence[URLPattern | URLResolver], path: str, space: str) -> Iterator[Address]:
    for entry in patterns:
        pattern: Any = entry.pattern
        text = str(pattern)
        if not isinstance(pattern, RoutePattern):
            text = simplify_regex(text).lstrip("/")
        if isinstance(entry, URLResolver):
            inner = f"{space}{entry.namespace}:" if entry.namespace else space
            yield from _walk(entry.url_patterns, path + text, inner)
        else:
            yield Address(f"{space}{entry.name or ''}", path + text)


def arguments(stage: Stage) -> dict[str, dict[str, list[dict[str, str]]]]:
    """What fits into the holes of each address, by half: the cast's records, all that are meant."""
    found: dict[str, dict[str, list[dict[str, str]]]] = {}
    likes = {
        "application": ["draft", "selected_application", "reserve_application"],
        "call": ["open_call", "upcoming_call"],
    }
    for half, world in stage.worlds.items():
        found[half] = {}
        for name, row in {**ROWS, **admin_rows()}.items():
            filled = [{key: str(world[path]) for key, path in row.arguments.items()}]
            for key, path in row.arguments.items():
                record, _, rest = path.partition(".")
                for other in likes.get(record, []):
                    path_there = f"{other}.{rest}" if rest else other
                    filled.append({**filled[0], key: str(world[path_there])})
            found[half][name] = filled
    return found


def keys(stage: Stage) -> dict[str, list[str]]:
    """The keys of all records and people, by half."""
    return {
        half: [
            str(getattr(record, "pk", record))
            for record in [*world.records.values(), *world.people.values()]
        ]
        for half, world in stage.worlds.items()
    }


def lookups() -> dict[str, list[str]]:
    """For the list of each admin what ``?field__lookup=`` can be asked, two relations deep."""
    kinds = (
        "",
        "__exact",
        "__in",
        "__isnull",
        "__gt",
        "__contains",
        "__regex",
        "__year",
        "__range",
    )
    found = {}
    for model in admin.site._registry:
        names = []
        for one in model._meta.get_fields():
            names.append(one.name)
            other = one.related_model
            if other is not None and hasattr(other, "_meta"):
                names += [f"{one.name}__{inner.name}" for inner in other._meta.get_fields()]
        label = model._meta.label_lower.replace(".", "_")
        found[f"admin:{label}_changelist"] = [name + kind for name in names for kind in kinds]
    return found


class Forms(HTMLParser):
    """Reads the forms of a page, and the links with a question in them."""

    def __init__(self, page: str, half: str) -> None:
        super().__init__()
        self.page, self.half = page, half
        self.found: list[Form] = []
        self.links: set[str] = set()
        self._form: Form | None = None
        self._select: Control | None = None
        self._area: Control | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Collect forms, fields and links."""
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and (link := given.get("href", "")).startswith(("/", "?")):
            self.links.add(link if link.startswith("/") else self.page + link)
        elif tag == "form":
            parts = urlsplit(given.get("action", ""))
            self._form = Form(
                self.page,
                parts.path or self.page,
                given.get("method", "get").upper(),
                parse_qsl(parts.query, keep_blank_values=True),
                "multipart" in given.get("enctype", ""),
                [],
                self.half,
            )
            self.found.append(self._form)
        elif self._form is not None:
            self._field(self._form, tag, given)

    def _field(self, form: Form, tag: str, given: dict[str, str]) -> None:
        name = given.get("name", "")
        if tag == "option" and self._select is not None:
            self._select.choices.append(given.get("value", ""))
            if "selected" in given or not self._select.value:
                self._select.value = given.get("value", "")
        if not name:
            return
        if tag in {"input", "button"}:
            kind = given.get("type", "text" if tag == "input" else "submit")
            twin = next((one for one in form.controls if one.name == name), None)
            if twin is not None and kind in {"radio", "checkbox", "submit"}:
                twin.choices.append(given.get("value", "on"))
                return
            value = given.get("value", "on" if kind == "checkbox" else "")
            form.controls.append(Control(name, kind, value, [value]))
        elif tag == "select":
            self._select = Control(name, "select")
            form.controls.append(self._select)
        elif tag == "textarea":
            self._area = Control(name, "textarea")
            form.controls.append(self._area)

    def handle_data(self, data: str) -> None:
        """What stands in a large field."""
        if self._area is not None:
            self._area.value += data

    def handle_endtag(self, tag: str) -> None:
        """Close what was open."""
        if tag == "form":
            self._form = None
        elif tag == "select":
            self._select = None
        elif tag == "textarea":
            self._area = None


def read_forms(page: str, html: str, half: str) -> tuple[list[Form], set[str]]:
    """The forms of a page and its links."""
    reader = Forms(page, half)
    reader.feed(html)
    reader.close()
    return reader.found, reader.links
