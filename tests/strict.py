"""What the tests hold against us at every turn: each page, each template variable, each save."""

from __future__ import annotations

import functools
import gzip
import re
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.http import FileResponse
from django.template import TemplateDoesNotExist, engines
from django.template.base import FilterExpression, Node
from django.template.loaders.app_directories import Loader
from django.test import Client, client

if TYPE_CHECKING:
    from types import FrameType

    from django.template.base import Origin

ROOT = Path(settings.BASE_DIR)
APPS = ("portal", "events", "startups", "challenges", "procurement")
OWN_TEMPLATES = str(ROOT / "templates")
#: The name of a template that is a part of a page: ours, a field, or what a field is made of.
PART = re.compile(r"^(bootstrap5|django/forms)/|(^|/)_[^/]*$")
OWN_CODE = tuple(str(ROOT / app) + "/" for app in APPS)


# -- pages ----------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Reads a page and collects what must not have reached the browser."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self._ids: set[str] = set()
        self._raw = ""
        self._posts: list[bool] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        for name, value in attrs:
            self._check_policy(tag, name, (value or "").strip())
        if tag == "style" or (tag == "script" and not given.get("src")):
            if given.get("type") not in {"application/json", "text/template"}:
                self.wrong.append(f"<{tag}> with its text in the page: the policy forbids it")
            self._raw = tag
        if (key := given.get("id")) is not None:
            if key in self._ids:
                self.wrong.append(f'id="{key}" stands twice')
            self._ids.add(key)
        if tag == "form":
            self._posts.append((given.get("method") or "get").lower() == "post")
        if tag == "input" and given.get("name") == "csrfmiddlewaretoken":
            if self._posts and not self._posts[-1]:
                self.wrong.append("a form that reads carries the token: it would be in addresses")
            elif self._posts:
                self._posts[-1] = False
        if tag == "img" and "alt" not in given:
            self.wrong.append("a picture without its text")

    def _check_policy(self, tag: str, name: str, value: str) -> None:
        runs = name in {"href", "action", "src"} and value.startswith("javascript")
        if runs or name == "style" or name.startswith(("on", "hx-on")):
            self.wrong.append(f"<{tag} {name}={value!r}>: the security policy forbids it")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._raw:
            self._raw = ""
        if tag == "form" and self._posts and self._posts.pop():
            self.wrong.append("a form that writes has no token")

    def handle_data(self, data: str) -> None:
        if not self._raw and ("{{" in data or "{%" in data):
            self.wrong.append(f"a template's mark was left: {data.strip()[:60]}")


def inspect(response: Any) -> None:
    """Fail when a page holds what no page may."""
    kind = response.get("Content-Type", "")
    if not kind.startswith("text/html") or response.streaming:
        return
    if response.wsgi_request.path.startswith("/mailbox/"):
        return  # a mail is made for mail programs, where styles must stand in the text
    is_packed = response.get("Content-Encoding") == "gzip"
    content = gzip.decompress(response.content) if is_packed else response.content
    if wrong := Page(content.decode()).wrong:
        raise AssertionError(f"{response.wsgi_request.path}: " + "; ".join(wrong))


_request = Client.request


@functools.wraps(_request)
def inspected_request(self: Client, **request: Any) -> Any:
    """Answer as the client does, after a look at the page."""
    response: Any = _request(self, **request)
    if isinstance(response, FileResponse):
        keep_content(response)
    inspect(response)
    return response


def keep_content(response: Any) -> None:
    """Read a file to its end and close it, as a server does once it is sent."""
    content = b"".join(response.streaming_content)
    for close in response._resource_closers:
        close()
    response._resource_closers.clear()
    response.streaming_content = iter([content])


_store = client.store_rendered_templates  # type: ignore[attr-defined]


def store_pages(
    store: Any, signal: Any, sender: Any, template: Any, context: Any, **more: Any
) -> None:
    """Keep a page's context for ``response.context``; of its many parts each would cost a copy."""
    if not PART.search(template.name or ""):
        _store(store, signal, sender, template, context, **more)


# -- template variables ---------------------------------------------------------------------------


@functools.cache
def _is_foreign(name: str) -> bool:
    """Whether a package has a template of this name, so that its views decide the variables."""
    engine = engines["django"].engine  # type: ignore[attr-defined]
    try:
        Loader(engine).get_template(name)
    except TemplateDoesNotExist:
        return False
    return True


def _origin(frame: FrameType | None) -> Origin | None:
    """Where the node stands that is being rendered."""
    while frame is not None:
        node = frame.f_locals.get("self")
        if frame.f_code.co_name == "render_annotated" and isinstance(node, Node):
            return node.origin
        frame = frame.f_back
    return None


class UndefinedVariable(str):
    """Stands for ``string_if_invalid``; raises where one of our own templates asks in vain.

    Django asks for its truth at the moment a variable was not found, and nowhere says so itself.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        frame = sys._getframe(1)
        expression = frame.f_locals.get("self")
        if frame.f_code.co_name != "resolve" or not isinstance(expression, FilterExpression):
            return False
        origin = _origin(frame)
        if origin is None or not str(origin.name).startswith(OWN_TEMPLATES):
            return False
        if _is_foreign(str(origin.template_name)):
            return False
        if expression.filters and expression.filters[0][0].__name__ in {
            "default",
            "default_if_none",
        }:
            return False
        raise AssertionError(
            f"{origin.template_name!s} asks for {expression.token!s}: there is none"
        )


# -- saves ----------------------------------------------------------------------------------------

_save = models.Model.save


@functools.wraps(_save)
def strict_save(self: models.Model, *args: Any, **kwargs: Any) -> None:
    """Refuse to write all fields of a row that exists: it undoes what others wrote meanwhile."""
    caller = sys._getframe(1)
    if (
        not args
        and kwargs.get("update_fields") is None
        and not kwargs.get("force_insert")
        and not self._state.adding
        and caller.f_code.co_filename.startswith(OWN_CODE)
    ):
        raise AssertionError(
            f"{caller.f_code.co_filename}:{caller.f_lineno}: save(update_fields=[…]) is missing"
        )
    _save(self, *args, **kwargs)


def be_strict(monkeypatch: Any) -> None:
    """Put all of it in place."""
    monkeypatch.setattr(Client, "request", inspected_request)
    monkeypatch.setattr(client, "store_rendered_templates", store_pages)
    monkeypatch.setattr(models.Model, "save", strict_save)
    engine = engines["django"].engine  # type: ignore[attr-defined]
    monkeypatch.setattr(engine, "string_if_invalid", UndefinedVariable())
