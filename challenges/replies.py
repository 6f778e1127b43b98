"""Answers by mail: the address of a conversation, and what of a mail is said in it."""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

if TYPE_CHECKING:
    from collections.abc import Mapping

_SALT = "challenges.replies"
#: Fifteen bytes: 120 bits that nobody guesses, 24 letters that survive a mail program.
_BYTES = 15
_ADDRESS = re.compile(r"^([0-9a-f]{32})\.([a-z2-7]{24})@(.+)$")
#: Where mail programs begin to repeat the letter that is answered.
_QUOTE = re.compile(
    r"^(?:"
    r"-{2,}\s*(?:original message|ursprüngliche nachricht|message d.origine|mensaje original)"
    r"|_{10,}\s*$"
    r"|(?:on|am|le|el|il|op|den)\b.{4,200}"
    r"(?:wrote|schrieb|a écrit|escribió|ha scritto|schreef|skrev).{0,10}:\s*$"
    r"|(?:from|von|de|da|van|från|差出人)\s?[:：].+$"
    r"|.{0,80}(?:さんは書きました|のメッセージ|كتب)\s?[:：]\s*$"
    r")",
    re.IGNORECASE,
)
#: What programs that answer by themselves say of themselves, besides Auto-Submitted (RFC 3834).
_BY_ITSELF = {"bulk", "list", "junk", "auto_reply"}


def address_of(application: UUID) -> str:
    """Where an answer lands on the application; empty where no mail comes in."""
    if not settings.INBOUND_DOMAIN:
        return ""
    return f"{application.hex}.{_mark(application, settings.SECRET_KEY)}@{settings.INBOUND_DOMAIN}"


def application_of(address: str) -> UUID | None:
    """The application an address was made for; ``None`` for one that we did not make."""
    found = _ADDRESS.match(address.strip().lower())
    if found is None or not settings.INBOUND_DOMAIN or found[3] != settings.INBOUND_DOMAIN:
        return None
    key = UUID(hex=found[1])
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    if any(constant_time_compare(_mark(key, secret), found[2]) for secret in keys):
        return key
    return None


def _mark(application: UUID, secret: str | bytes) -> str:
    digest = salted_hmac(_SALT, application.hex, secret=secret, algorithm="sha256").digest()
    return base64.b32encode(digest[:_BYTES]).decode().lower()


def is_automatic(headers: Mapping[str, str]) -> bool:
    """Whether a program answered, and not a person."""
    found = {name.lower(): str(value).strip().lower() for name, value in headers.items()}
    return (
        found.get("auto-submitted", "no").partition(";")[0].strip() != "no"
        or found.get("precedence", "") in _BY_ITSELF
        or "x-autoreply" in found
        or "x-autorespond" in found
        or found.get("return-path") == "<>"
    )


def said_in(text: str) -> str:
    """What the person wrote, without the letter it answers."""
    lines = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    own: list[str] = []
    for number, line in enumerate(lines):
        bare = line.strip()
        # "On Thu, 12 Nov 2026 … <address>" is often broken before "wrote:".
        two = f"{bare} {lines[number + 1].strip()}" if number + 1 < len(lines) else bare
        if bare == "--" or _QUOTE.match(bare) or (bare and _QUOTE.match(two) and ":" in two[-3:]):
            break
        own.append(line.rstrip())
    said = _without_quotes(own)
    # Who answers below or between the lines of the letter has said something all the same.
    return said or _without_quotes([line for line in lines if not _QUOTE.match(line.strip())])


def _without_quotes(lines: list[str]) -> str:
    kept = "\n".join(line for line in lines if not line.lstrip().startswith(">"))
    return re.sub(r"\n{3,}", "\n\n", kept).strip()
