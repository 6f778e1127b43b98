"""What a notice is: who is told, in which lane, and a letter composed for each reader.

A notice knows its record only by the names it asks it for; it never imports a model. The sentences
stand in ``templates/<app>/mail/<notice>.txt``: paragraphs with blank lines between them.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

from django.template.loader import render_to_string

from portal.choices import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from portal.registry import CalendarEntry


class Code(str):
    """A fact that is to be typed over: the letter sets it large."""

    __slots__ = ()
    large = True


@dataclass(frozen=True)
class Letter:
    """A letter before it is laid out as text and HTML."""

    subject: str
    heading: str
    paragraphs: list[str]
    facts: list[tuple[str, str]] = field(default_factory=list)
    action: tuple[str, str] | None = None
    ask: str = ""
    #: Why the reader gets it, where that is not plain.
    reason: str = ""
    #: The calendar entry that is attached, where the letter names a time.
    calendar: CalendarEntry | None = None


class Notice(ABC):
    """One kind of letter. Subclasses are named in the past participle: ``ApplicationReceived``."""

    app: ClassVar[str]
    lane: ClassVar[Lane] = Lane.NEWS
    by_mail: ClassVar[bool] = True
    #: Mandatory letters cannot be switched off by the reader.
    mandatory: ClassVar[bool] = True
    #: How a letter that may be switched off is called where one does so, and why one gets it.
    kind: ClassVar[StrOrPromise] = ""
    reason: ClassVar[StrOrPromise] = ""
    #: Whether all who share a language and a zone read the same words: composed once for each.
    alike: ClassVar[bool] = False
    #: Whether staff do not find it among the letters of their programme: who asked is nobody's.
    unseen: ClassVar[bool] = False
    #: Whether a step only plans a row for each reader, from which the sweep writes the letters:
    #: whoever takes it, and all who wait for its lock, do not wait for ten thousand letters. The
    #: words are made from the record and the entry of the trail; ``step.data`` is empty then.
    spread: ClassVar[bool] = False

    @property
    def name(self) -> str:
        """What it is called in rows and templates."""
        return name_of(type(self))

    @abstractmethod
    def recipients(self, step: Any) -> Iterable[Any]:
        """The people to tell; ``step`` is the step of a workflow that was just taken."""

    @abstractmethod
    def subject(self, step: Any) -> StrOrPromise:
        """The subject line in the reader's language."""

    def heading(self, step: Any) -> StrOrPromise:
        """The first line of the letter; the subject where nothing shorter says it."""
        return self.subject(step)

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- for subclasses
        """Rows of the small table: what, when in both zones, reference."""
        return []

    def action(self, step: Any) -> tuple[str, str] | None:  # noqa: ARG002 -- for subclasses
        """The one thing to do: its label and its path on this site."""
        return None

    def ask(self, step: Any) -> str:  # noqa: ARG002 -- for subclasses
        """Who answers questions."""
        return ""

    def reply_to(self, step: Any) -> str:  # noqa: ARG002 -- for subclasses
        """Where an answer by mail goes; empty: to the programme's mailbox."""
        return ""

    def calendar(self, step: Any, reader: Any) -> CalendarEntry | None:  # noqa: ARG002 -- likewise
        """The entry for the reader's calendar, attached as a file."""
        return None

    def until(self, step: Any) -> datetime | None:  # noqa: ARG002 -- for subclasses
        """When the letter comes too late, so that it is never held past that; ``None``: never."""
        return None

    def holds(self, step: Any) -> bool:  # noqa: ARG002 -- for subclasses
        """Whether it is still so when it is written, where that is after the step (``spread``)."""
        return True

    def event_key(self, step: Any) -> str:
        """What makes a second letter the same letter: the entry of the audit trail."""
        return f"{self.name}:{step.entry.pk}"

    def paragraphs(self, step: Any, reader: Any) -> list[str]:
        """The sentences from the notice's own template."""
        text = render_to_string(
            f"{self.app}/mail/{self.name}.txt",
            {"step": step, "record": step.record, "reader": reader, "data": step.data},
        )
        return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]

    def compose(self, step: Any, reader: Any) -> Letter:
        """The letter for one reader; call it with the reader's language and zone active."""
        return Letter(
            subject=" ".join(str(self.subject(step)).split()),
            heading=str(self.heading(step)),
            paragraphs=self.paragraphs(step, reader),
            facts=self.facts(step, reader),
            action=self.action(step),
            ask=self.ask(step),
            reason=str(self.reason),
            calendar=self.calendar(step, reader),
        )


def name_of(kind: type[Notice]) -> str:
    """``ApplicationReceived`` → ``application_received``."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", kind.__name__).lower()


def _below(kinds: Iterable[type[Notice]]) -> Iterable[type[Notice]]:
    for kind in kinds:
        # What letters of a sort have in common is no letter itself.
        yield from _below(kind.__subclasses__()) if kind.__subclasses__() else [kind]


def optional_kinds() -> list[type[Notice]]:
    """The kinds of letters that may be switched off, by name, as far as the apps are loaded."""
    loaded = _below(Notice.__subclasses__())
    kinds = {name_of(one): one for one in loaded if not one.mandatory and one.by_mail}
    return [kinds[name] for name in sorted(kinds)]


def spread_notices() -> dict[str, Notice]:
    """The letters that steps only plan, by name, as far as the apps are loaded."""
    return {name_of(one): one() for one in _below(Notice.__subclasses__()) if one.spread}


def kinds_of(app: str) -> dict[str, type[Notice]]:
    """Every kind of letter of one app by its name, as far as the apps are loaded."""
    return {name_of(one): one for one in _below(Notice.__subclasses__()) if one.app == app}
