"""Pages that need all apps are assembled here: each app registers what it contributes in `panels`.

The kernel speaks to no app; the apps speak to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from portal.metrics import Measure
    from portal.models import Document, User
    from portal.notices import Letter, Notice

    #: A supplied letter in staff's own words, about a step and for a reader.
    Reword = Callable[[Letter, Any, Any], Letter]


@dataclass(frozen=True)
class Waiting:
    """One thing that waits for a person: verb, object, by when."""

    verb: str
    object: str
    url: str
    when: str = ""
    tone: str = "ink"
    #: Sorts the list: seconds from now, smaller first.
    urgency: float = 0.0
    #: How far it is, in a second line.
    note: str = ""
    #: Another way in, beside the first: straight to the next one.
    more_url: str = ""
    more_label: str = ""


@dataclass(frozen=True)
class Block:
    """A part of the public home page: a template with its context."""

    template: str
    context: dict[str, Any]
    order: int = 0


@dataclass(frozen=True)
class MenuItem:
    """An entry of the staff's menu, in a group named by the job."""

    group: StrOrPromise
    label: StrOrPromise
    url_name: str
    permission: str
    order: int = 0
    count: Callable[[User], int] | None = None


@dataclass(frozen=True)
class SortedOut:
    """What becomes of rows that two records of an organisation both have."""

    #: Keys of rows that stay with the record that goes.
    behind: frozenset[UUID] = frozenset()
    #: What staff read of it before they merge.
    notes: tuple[str, ...] = ()
    #: Why the records cannot be merged, with what to do.
    refusals: tuple[str, ...] = ()


@dataclass(frozen=True)
class Mover:
    """Rows that follow when two records of an organisation become one, each app's own."""

    #: As Django names it: ``challenges.application``.
    model: str
    label: StrOrPromise
    #: Where the organisation's key stands.
    column: str = "startup_id"
    #: Of two rows alike in these columns the kept record's stands; the other stays behind.
    same: tuple[str, ...] = ()
    #: Asked with both keys (kept, gone) where being alike in columns does not decide.
    sort_out: Callable[[UUID, UUID], SortedOut] | None = None
    #: Asked before undoing, with the keys that moved and the entry of the merge in the trail.
    why_not_back: Callable[[list[UUID], int], str | None] | None = None
    #: Whether staff are told how many.
    counted: bool = True


@dataclass(frozen=True)
class Sentence:
    """What is said of a thing that happened; `portal.staff.telling` knows the names in braces."""

    text: StrOrPromise
    #: Who may read the names, the facts and the reason in it; others read ``veiled``.
    permission: str = ""
    veiled: StrOrPromise = ""


@dataclass(frozen=True)
class FieldSource:
    """Events of a watched model that are told in the history of a record."""

    #: The record whose history it is: ``challenges.application``.
    label: str
    #: The watched model: ``challenges.Decision``, and how its events lead to that record.
    model: str
    path: str
    #: Who may read them, asked with the person and the record.
    may: Callable[[User, Any], bool] = lambda _user, _record: True
    #: Fields whose people are named only to whoever holds this permission.
    veiled: frozenset[str] = frozenset()
    permission: str = ""


@dataclass(frozen=True)
class Hindrance:
    """Something to hand over before an account can be closed: why, and where one does it."""

    reason: str
    label: str
    url: str


@dataclass(frozen=True)
class CalendarEntry:
    """One thing in a person's calendar, as feed, attachment and download all write it.

    ``uid`` is the same for ever (``session-<key>``), ``sequence`` rises whenever time, place or
    link change, and a cancelled entry stays in the feed as cancelled. Without ``ends_at`` it is a
    deadline: an instant without a length.
    """

    uid: str
    sequence: int
    summary: str
    starts_at: datetime
    #: The IANA zone in which it is spoken of.
    zone: str
    changed_at: datetime
    ends_at: datetime | None = None
    description: str = ""
    location: str = ""
    #: The path of its page on this site.
    path: str = ""
    cancelled: bool = False


@dataclass(frozen=True)
class Column:
    """A column that a higher app adds to a table of organisations: its head, and its words."""

    label: StrOrPromise
    #: Asked once for all rows, with the reader and the organisations' keys.
    words: Callable[[User, Collection[UUID]], Mapping[UUID, str]]


@dataclass
class Registry:
    """What the apps have said they contribute."""

    #: What waits for a person, in the workspace and on the staff's first page.
    waiting: list[Callable[[User], Iterable[Waiting]]] = field(default_factory=list)
    staff_waiting: list[Callable[[User], Iterable[Waiting]]] = field(default_factory=list)
    #: What goes on without the person: the verb says where it stands, the time when news comes.
    under_way: list[Callable[[User], Iterable[Waiting]]] = field(default_factory=list)
    #: Notices whose matter waits by itself, so that the inbox does not name it a second time.
    shown_by_themselves: set[str] = field(default_factory=set)
    home: list[Callable[[Any], Block | None]] = field(default_factory=list)
    programme_page: list[Callable[[Any, Any], Block | None]] = field(default_factory=list)
    #: Parts of an event's public page: asked with the request and the event.
    event_page: list[Callable[[Any, Any], Block | None]] = field(default_factory=list)
    menu: list[MenuItem] = field(default_factory=list)
    #: Charts of the staff's first page: ``("days" | "bars", chart)``.
    charts: list[Callable[[User], Iterable[tuple[str, Any]]]] = field(default_factory=list)
    #: Reads a startup's page: blocks other apps add, with the person who looks.
    startup_page: list[Callable[[Any, User], Block | None]] = field(default_factory=list)
    #: Whom one reaches by telephone at the startups of these keys: "Wanjiku +254 …".
    telephones: list[Callable[[Collection[UUID]], Mapping[UUID, list[str]]]] = field(
        default_factory=list
    )
    #: What else stands on the board of a cohort, by organisation.
    board_columns: list[Column] = field(default_factory=list)
    #: What follows when two records of an organisation are merged.
    movers: list[Mover] = field(default_factory=list)
    #: Asked with a place in a cohort that came free: who is next for it, and where staff offer it.
    next_in_line: list[Callable[[Any], tuple[str, str] | None]] = field(default_factory=list)
    #: Told in the transaction in which a file is refused; each looks whether it is one of theirs.
    refused_files: list[Callable[[Document], None]] = field(default_factory=list)
    #: What staff read of the trail, by subject and verb: ``challenges.call:publish``.
    sentences: dict[str, Sentence] = field(default_factory=dict)
    #: What a fact of an entry is: the key of a record, ``portal.user``, or a word of a field's
    #: choices, ``challenges.decision.outcome``.
    facts: dict[str, str] = field(default_factory=dict)
    #: What is told field by field, and on whose page.
    field_sources: list[FieldSource] = field(default_factory=list)
    #: What a person must hand over before their account ends, and what follows when it does.
    hindrances: list[Callable[[User], Iterable[Hindrance]]] = field(default_factory=list)
    at_closing: list[Callable[[User], None]] = field(default_factory=list)
    #: What stands in a person's calendar.
    calendar: list[Callable[[User], Iterable[CalendarEntry]]] = field(default_factory=list)
    #: Addresses of public pages, for search engines.
    sitemap: list[Callable[[], Iterable[str]]] = field(default_factory=list)
    #: Figures for whoever watches the machines.
    measures: list[Callable[[], Measure]] = field(default_factory=list)
    #: Asked once for all that is told at a time: staff's own words for it, by its place in the
    #: list and by language.
    wordings: list[Callable[[Sequence[tuple[Notice, Any]]], Mapping[int, Mapping[str, Reword]]]] = (
        field(default_factory=list)
    )
    #: What follows when a person moves to another time zone.
    at_new_zone: list[Callable[[User], None]] = field(default_factory=list)
    #: What writes planned letters: run by whoever is woken to deliver, after what waits already.
    soon: list[Callable[[], int]] = field(default_factory=list)
    #: Run by the sweep: what is due by the clock, each on its own.
    due: list[Callable[[], int]] = field(default_factory=list)

    def workspace(self, user: User) -> dict[str, list[Waiting]]:
        """What waits for the person, the most urgent first, and what goes on without them."""
        asks = [*self.waiting, *(self.staff_waiting if user.is_staff else [])]
        waits = [item for ask in asks for item in ask(user)]
        return {
            "waits": sorted(waits, key=lambda item: item.urgency),
            "under_way": [item for ask in self.under_way for item in ask(user)],
        }


registry = Registry()
