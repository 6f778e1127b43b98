"""A record's history in the admin, as sentences."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.utils.translation import gettext as _, gettext_lazy

from portal.audit import READS
from portal.models import AuditEntry, User
from portal.registry import registry
from portal.staff import fields
from portal.staff.telling import Teller, is_key

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.core.paginator import Page
    from django.db.models import Model, QuerySet

#: In the margin of a record's page; the page of the history has all.
LATEST = 20
PER_PAGE = 50
#: A change and its entry are written in one transaction, moments apart.
NEAR = timedelta(seconds=2)
KINDS = {
    "changed": gettext_lazy("Changed"),
    "opened": gettext_lazy("Opened and downloaded"),
}


def may_see_reads(reader: User, record: Any) -> bool:
    """Who looked at what is for those who read the trail, not for everybody who sees the record."""
    return reader.has_perm("portal.view_auditentry", record)


def veiled_from(reader: User) -> Q:
    """Entries whose actor is not for this reader: none may be found by that person either."""
    hidden = Q(pk__in=[])
    for key, sentence in registry.sentences.items():
        if sentence.permission:
            subject_type, _colon, verb = key.partition(":")
            hidden |= Q(subject_type=subject_type, verb=verb)
    return hidden & ~Q(actor=reader)


def entries_of(record: Model, reader: User) -> QuerySet[AuditEntry]:
    """What the reader may know of a record's history."""
    entries = AuditEntry.objects.about(record).select_related("actor")
    return entries if may_see_reads(reader, record) else entries.exclude(verb__in=READS)


def history_of(record: Model, reader: User) -> list[dict[str, Any]]:
    """The latest of a record's history for the margin of its page, newest first."""
    found = list(entries_of(record, reader).order_by("-id")[:LATEST])
    teller = Teller(found, reader)
    return [line_of(entry, teller) for entry in found]


def line_of(entry: AuditEntry, teller: Teller, changes: Iterable[str] = ()) -> dict[str, Any]:
    """An entry for the timeline."""
    return {
        "when": entry.at,
        "text": teller.tell(entry),
        "who": "",
        "reason": teller.reason(entry),
        "changes": list(changes),
        "opened": entry.verb in READS,
    }


@dataclass
class HistoryPage:
    """A page of a record's history, with what it can be narrowed by."""

    page: Page[AuditEntry]
    lines: list[dict[str, Any]]
    people: list[User]
    person: str = ""
    kind: str = ""
    kinds: dict[str, Any] = field(default_factory=lambda: dict(KINDS))

    @property
    def query(self) -> str:
        """What the links to other pages carry on."""
        chosen = {"person": self.person, "kind": self.kind}
        return urlencode({name: value for name, value in chosen.items() if value})


def page_of(record: Model, reader: User, *, number: str, person: str, kind: str) -> HistoryPage:
    """A page of the history, newest first, with what changed field by field folded in."""
    entries = entries_of(record, reader)
    known = entries.exclude(_hidden(record, reader)).filter(actor__isnull=False)
    people = list(User.objects.filter(pk__in=known.values("actor")).order_by("email"))
    person = person if is_key(person) and any(str(one.pk) == person for one in people) else ""
    kind = kind if kind in KINDS else ""
    if person:
        entries = known.filter(actor=UUID(person))
    if kind:
        reads = Q(verb__in=READS)
        entries = entries.filter(reads if kind == "opened" else ~reads)
    paginator = Paginator(entries.order_by("-id"), PER_PAGE)
    page = paginator.get_page(number)
    found = list(page.object_list)
    changes = [] if kind == "opened" else _changes(record, reader, page, found)
    if person:
        changes = [change for change in changes if change.user == person]
    return HistoryPage(page, _lines(record, reader, found, changes), people, person, kind)


def _hidden(record: Model, reader: User) -> Q:
    hidden = veiled_from(reader)
    permissions = {
        sentence.permission for sentence in registry.sentences.values() if sentence.permission
    }
    if all(reader.has_perm(permission, record) for permission in permissions):
        return Q(pk__in=[])
    return hidden


def _changes(
    record: Model, reader: User, page: Page[AuditEntry], found: list[AuditEntry]
) -> list[fields.Change]:
    """The events of the stretch of time this page is about; the first and last reach to the end."""
    since: datetime | None = None
    until: datetime | None = None
    if found and page.has_next():
        since = min(entry.at for entry in found) - NEAR
    if found and page.has_previous():
        until = max(entry.at for entry in found) + NEAR
    return fields.changes_of(record, reader, since, until)


def _lines(
    record: Model, reader: User, found: list[AuditEntry], changes: list[fields.Change]
) -> list[dict[str, Any]]:
    teller = Teller(found, reader)
    fields.learn_names(changes, teller)
    folded: dict[int, list[str]] = {entry.pk: [] for entry in found}
    alone: list[dict[str, Any]] = []
    for change in changes:
        said = fields.tell(change, teller, record)
        entry = _entry_of(change, found)
        if entry is not None:
            folded[entry.pk] += _without_state(said, change, entry, teller, record)
        elif said:
            _stand_alone(alone, change, said, teller)
    lines = [line_of(entry, teller, folded[entry.pk]) for entry in found] + alone
    return sorted(lines, key=lambda line: line["when"], reverse=True)


def _stand_alone(
    alone: list[dict[str, Any]], change: fields.Change, said: list[str], teller: Teller
) -> None:
    """What changed without an entry: a score being saved, or SQL typed by hand."""
    who = fields.who_changed(change, teller)
    text = _("%(who)s saved:") % {"who": who} if who else _("Changed in the database itself:")
    last = alone[-1] if alone else None
    if last is not None and last["text"] == text and change.at - last["when"] <= NEAR:
        last["changes"] += said
        return
    line = {"when": change.at, "text": text, "who": "", "reason": "", "changes": said}
    alone.append({**line, "opened": False})


def _entry_of(change: fields.Change, found: list[AuditEntry]) -> AuditEntry | None:
    """The entry that was written with a change: the nearest one, by the same person."""
    near = [
        entry
        for entry in found
        if abs(entry.at - change.at) <= NEAR
        and entry.verb not in READS
        and (not change.user or str(entry.actor_id or "") in {change.user, ""})
    ]
    return min(near, key=lambda entry: abs(entry.at - change.at), default=None)


def _without_state(
    said: list[str], change: fields.Change, entry: AuditEntry, teller: Teller, record: Model
) -> list[str]:
    """The entry says already from which state to which."""
    if change.kind != "update" or change.obj.pgh_tracked_model is not type(record):
        return said
    states = (entry.from_state, entry.to_state)
    rest = [each for each in change.values if (each[0], each[1:]) != ("state", states)]
    if len(rest) == len(change.values):
        return said
    change.values = rest
    return fields.tell(change, teller, record)
