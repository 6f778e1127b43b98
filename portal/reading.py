"""In which language a person reads what staff have written in several; the interface has its own.

What one wants to read in is kept with the browser, before signing in and after, and holds for one
request: whatever shows such words asks here, so that no page can forget it.
"""

from __future__ import annotations

import re
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING

from django.conf import settings
from django.conf.locale import LANG_INFO
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator

    from django.http import HttpRequest, HttpResponse

COOKIE = "__Host-reads-in" if settings.HTTPS else "reads-in"
MAX_AGE = 365 * 86_400
CODE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})?")
LONGEST = 10

#: Languages that Django has no name for, as their speakers call them.
MORE_NAMES = {
    "am": "አማርኛ",
    "fj": "Na Vosa Vakaviti",
    "ha": "Hausa",
    "ht": "Kreyòl ayisyen",
    "ln": "Lingála",
    "lo": "ລາວ",
    "mg": "Malagasy",
    "mi": "Te Reo Māori",
    "mt": "Malti",
    "ny": "Chichewa",
    "om": "Afaan Oromoo",
    "ps": "پښتو",
    "qu": "Runasimi",
    "rw": "Ikinyarwanda",
    "si": "සිංහල",
    "sm": "Gagana Sāmoa",
    "sn": "chiShona",
    "so": "Soomaali",
    "st": "Sesotho",
    "ti": "ትግርኛ",
    "tl": "Tagalog",
    "to": "Lea faka-Tonga",
    "xh": "isiXhosa",
    "yo": "Yorùbá",
    "zh": "中文",
    "zu": "isiZulu",
}
#: Written from right to left, beside those that Django knows.
MORE_LEFTWARD = {"ps"}
_EMPTY = mark_safe("")

_wanted: ContextVar[str] = ContextVar("reads_in", default="")


# -- languages ------------------------------------------------------------------------------------


def first(code: str) -> str:
    """The language of a code without its region: ``pt`` of ``pt-br``."""
    return code.partition("-")[0]


def is_language(code: str) -> bool:
    """Whether it is the code of a language that we know by name."""
    known = code in LANG_INFO or first(code) in LANG_INFO or first(code) in MORE_NAMES
    return known and len(code) <= LONGEST and CODE.fullmatch(code) is not None


def name_of(code: str) -> str:
    """A language as its speakers call it; a code that nobody knows stays a code."""
    for one in (code, first(code)):
        name = LANG_INFO.get(one, {}).get("name_local") or MORE_NAMES.get(one)
        if name:
            return str(name)
    return code


def is_leftward(code: str) -> bool:
    """Whether it is written from right to left."""
    known = LANG_INFO.get(code) or LANG_INFO.get(first(code)) or {}
    return bool(known.get("bidi")) or first(code) in MORE_LEFTWARD


@lru_cache(maxsize=512)
def _attributes(code: str, page: str) -> SafeString:
    if not code or first(code) == first(page):
        return _EMPTY
    leftward = is_leftward(code)
    turned = f' dir="{"rtl" if leftward else "ltr"}"' if leftward != is_leftward(page) else ""
    return mark_safe(f' lang="{escape(code)}"{turned}')  # noqa: S308 -- the code is escaped


def attributes(code: str) -> SafeString:
    """``lang`` and ``dir`` for words in a language, where it is not the one of the page."""
    return _attributes(code, get_language() or "")


def marked(text: str, code: str) -> SafeString:
    """Words of one language inside a page of another, read out as what they are."""
    given = attributes(code)
    if not given:
        return mark_safe(escape(text))  # noqa: S308 -- escaped
    return mark_safe(f"<span{given}>{escape(text)}</span>")  # noqa: S308 -- escaped


# -- the reader -----------------------------------------------------------------------------------


def order() -> tuple[str, ...]:
    """The languages in which the reader wants to read, the one they chose before their own."""
    own = (get_language() or "").lower()
    chosen = _wanted.get()
    return (chosen, own) if chosen else (own,)


def best(written: Container[str], base: str, wanted: Iterable[str]) -> str:
    """The first language wanted in which something is written; else ``base``, its own."""
    for code in wanted:
        if code in written:
            return code
        short = first(code)
        if code and short == first(base):
            return base
        if short in written:
            return short
    return base


@contextmanager
def override(code: str) -> Iterator[None]:
    """Let whatever is shown meanwhile be in this language where it is written in it."""
    token = _wanted.set(code)
    try:
        yield
    finally:
        _wanted.reset(token)


def wanted_by(request: HttpRequest) -> str:
    """What was chosen in this browser; nothing where it was not."""
    code = request.COOKIES.get(COOKIE, "")
    return code if len(code) <= LONGEST and CODE.fullmatch(code) else ""


def choose(code: str) -> None:
    """Read in this language for the rest of the request."""
    _wanted.set(code)


def remember(request: HttpRequest, response: HttpResponse) -> None:
    """Let the browser ask for what was chosen in this request from now on."""
    code = _wanted.get()
    if code != wanted_by(request):
        response.set_cookie(
            COOKIE, code, max_age=MAX_AGE, secure=settings.HTTPS, httponly=True, samesite="Lax"
        )
