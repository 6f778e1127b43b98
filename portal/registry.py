"""Pages that need all apps are assembled here: each app registers what it contributes in `panels`.

The kernel speaks to no app; the apps speak to it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from portal.models import User


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


@dataclass
class Registry:
    """What the apps have said they contribute."""

    #: What waits for a person, in the workspace and on the staff's first page.
    waiting: list[Callable[[User], Iterable[Waiting]]] = field(default_factory=list)
    staff_waiting: list[Callable[[User], Iterable[Waiting]]] = field(default_factory=list)
    home: list[Callable[[Any], Block | None]] = field(default_factory=list)
    programme_page: list[Callable[[Any, Any], Block | None]] = field(default_factory=list)
    menu: list[MenuItem] = field(default_factory=list)
    #: Charts of the staff's first page: ``("days" | "bars", chart)``.
    charts: list[Callable[[User], Iterable[tuple[str, Any]]]] = field(default_factory=list)
    #: Reads a startup's page: blocks other apps add, with the person who looks.
    startup_page: list[Callable[[Any, User], Block | None]] = field(default_factory=list)
    #: Whom one reaches by telephone at the startup of this key: "Wanjiku +254 …".
    telephones: list[Callable[[UUID], Iterable[str]]] = field(default_factory=list)
    #: Run by the sweep: what is due by the clock, each on its own.
    due: list[Callable[[], int]] = field(default_factory=list)


registry = Registry()
