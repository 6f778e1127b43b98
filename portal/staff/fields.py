"""What changed in a record field by field, read from the events its triggers wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from portal import clock
from portal.registry import registry
from portal.staff.telling import PERSON, word_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import Model

    from portal.models import User
    from portal.registry import FieldSource
    from portal.staff.telling import Teller

#: A longer text is told by its beginning.
SHOWN = 120
#: Of one record, at most as many at once.
MOST = 500


@dataclass
class Change:
    """One event: when, by whom as far as the database was told, and what changed."""

    at: datetime
    user: str
    kind: str
    source: FieldSource
    obj: Any
    #: Name, before, after.
    values: list[tuple[str, Any, Any]]
    #: Of a row that was there before its history was kept.
    first: bool = False


def changes_of(
    record: Model, reader: User, since: datetime | None, until: datetime | None
) -> list[Change]:
    """The events of a record in a stretch of time, oldest first, as far as the reader may know."""
    found: list[Change] = []
    for source in registry.field_sources:
        if source.label == record._meta.label_lower and source.may(reader, record):
            found += _read(source, record, since, until)
    return sorted(found, key=lambda change: change.at)


def _read(
    source: FieldSource, record: Model, since: datetime | None, until: datetime | None
) -> Iterable[Change]:
    model: Any = apps.get_model(f"{source.model}Event")
    rows = model.objects.filter(**{source.path: record.pk}).order_by("pgh_id")
    if since is not None:
        rows = rows.filter(pgh_created_at__gte=since)
    if until is not None:
        rows = rows.filter(pgh_created_at__lt=until)
    events = list(rows[:MOST])
    if not events:
        return
    tracked = {field.name for field in model.pgh_tracked_model._meta.fields}
    fields = [field for field in model._meta.fields if field.name in tracked]
    earlier = (
        model.objects.filter(
            pgh_obj__in={event.pgh_obj_id for event in events}, pgh_id__lt=events[0].pgh_id
        )
        .order_by("pgh_obj_id", "-pgh_id")
        .distinct("pgh_obj_id")
    )
    before = {event.pgh_obj_id: event for event in earlier}
    for event in events:
        last = before.get(event.pgh_obj_id)
        before[event.pgh_obj_id] = event
        values = []
        if event.pgh_label == "update" and last is not None:
            for field in fields:
                old, new = getattr(last, field.attname), getattr(event, field.attname)
                if old != new:
                    values.append((field.name, old, new))
        yield Change(
            at=event.pgh_created_at,
            user=str((event.pgh_context or {}).get("user", "")),
            kind=event.pgh_label,
            source=source,
            obj=event,
            values=values,
            first=last is None,
        )


def learn_names(changes: Iterable[Change], teller: Teller) -> None:
    """Read the names behind the keys of all changes, once for each kind of record."""
    wanted: dict[str, set[str]] = {PERSON: set()}
    for change in changes:
        wanted[PERSON].add(change.user)
        for field in change.obj._meta.fields:
            related = field.related_model
            value = getattr(change.obj, field.attname)
            if related is not None and value is not None and field.name != "pgh_obj":
                wanted.setdefault(related._meta.label_lower, set()).add(str(value))
        for name, old, _new in change.values:
            related = change.obj._meta.get_field(name).related_model
            if related is not None and old is not None:
                wanted.setdefault(related._meta.label_lower, set()).add(str(old))
    for label, keys in wanted.items():
        teller.learn(label, {key for key in keys if key})


def tell(change: Change, teller: Teller, record: Model) -> list[str]:
    """What one event changed, as sentences: changed "Team size" from 4 to 6."""
    tracked = change.obj.pgh_tracked_model
    kind = str(tracked._meta.verbose_name)
    own = tracked._meta.label_lower == record._meta.label_lower
    if change.kind == "insert":
        return [] if own else [_("new: %(what)s") % {"what": _summary(change, teller)}]
    if change.kind == "delete":
        return [_("removed: %(what)s") % {"what": _summary(change, teller)}]
    if not change.values and change.first:
        return [_("changed %(what)s; what it was before is not known") % {"what": kind}]
    said = []
    for name, old, new in change.values:
        before, after = (_shown(change, name, value, teller) for value in (old, new))
        if before == after and isinstance(old, datetime) and isinstance(new, datetime):
            # Two instants of one minute: the seconds tell them apart.
            zone = clock.reader_zone()
            before, after = (clock.in_words(at, zone, seconds=True) for at in (old, new))
        label = str(tracked._meta.get_field(name).verbose_name)
        label = label if own else f"{kind}: {label}"
        said.append(
            _("changed “%(field)s” from %(before)s to %(after)s")
            % {
                "field": label,
                "before": before,
                "after": after,
            }
        )
    return said


def _summary(change: Change, teller: Teller) -> str:
    """A row in a few words: its kind, and the values that say something."""
    tracked = change.obj.pgh_tracked_model
    parts = []
    for field in change.obj._meta.fields:
        if field.name.startswith("pgh_") or field.name in change.source.path.split("__"):
            continue
        value = getattr(change.obj, field.attname)
        if value in {None, ""}:
            continue
        label = str(tracked._meta.get_field(field.name).verbose_name)
        parts.append(f"{label}: {_shown(change, field.name, value, teller)}")
    kind = str(tracked._meta.verbose_name)
    return f"{kind} ({'; '.join(parts)})" if parts else kind


def _shown(change: Change, name: str, value: Any, teller: Teller) -> str:
    """A stored value as people read it."""
    field = change.obj.pgh_tracked_model._meta.get_field(name)
    if field.related_model is not None and isinstance(value, UUID):
        label = field.related_model._meta.label_lower
        if label == PERSON:
            return _person(change, name, value, teller)
        return teller.known.get((label, str(value)), _("another record"))
    return _plain(change, name, value)


def _plain(change: Change, name: str, value: Any) -> str:
    """A value that is no key of another record."""
    if value is None or value == "":
        return _("nothing")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, datetime):
        return clock.in_words(value, clock.reader_zone())
    if isinstance(value, date):
        return date_format(value, "D j M Y")
    if change.obj.pgh_tracked_model._meta.get_field(name).choices:
        return word_for(change.obj.pgh_tracked_model, name, str(value))
    text = Truncator(str(value)).chars(SHOWN)
    return f"“{text}”" if isinstance(value, str) else text


def _person(change: Change, name: str, value: UUID, teller: Teller) -> str:
    if name in change.source.veiled and _is_veiled(change, str(value), teller):
        return _("somebody")
    return teller.person(value)


def who_changed(change: Change, teller: Teller) -> str:
    """Who saved it; empty where nobody was signed in, as with SQL typed by hand."""
    if not change.user:
        return ""
    if _is_veiled(change, change.user, teller):
        return _("Somebody")
    return teller.person(change.user)


def _is_veiled(change: Change, key: str, teller: Teller) -> bool:
    """Whether this person's name is not for the reader."""
    permission = change.source.permission
    if not permission or key == str(teller.reader.pk):
        return False
    return not teller.reader.has_perm(permission, _Of(change))


class _Of:
    """The programme behind an event, for the rules."""

    def __init__(self, change: Change) -> None:
        record = change.obj.pgh_obj
        self.programme_key = getattr(record, "programme_key", None)
