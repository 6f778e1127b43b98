"""Two records of one organisation become one: what it would do, doing it, undoing it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit, clock, outbox
from portal.models import User
from portal.registry import Mover, SortedOut, registry
from portal.workflow import Step, StepRefused
from startups.choices import MemberRole
from startups.models import Membership, Merge, Startup
from startups.notices import RecordsMerged, RecordsParted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_stubs_ext import StrOrPromise

    from portal.models import AuditEntry

FACTS = (
    "kind",
    "legal_name",
    "trading_name",
    "country",
    "city",
    "registration_number",
    "registration_scheme",
    "founded_on",
    "website",
    "size_band",
    "women_owned",
    "disability_inclusive",
    "sector",
    "funding_stage",
    "product_stage",
    "summary",
)
#: Who may do more stays the one who may do more.
RANK = {MemberRole.OWNER: 2, MemberRole.EDITOR: 1, MemberRole.VIEWER: 0}


@dataclass
class Preview:
    """What merging would do, so that somebody can decide."""

    kept: Startup
    gone: Startup
    #: Facts in which the records differ: name of the field, its words, one's value, the other's.
    differing: list[tuple[str, StrOrPromise, Any, Any]] = field(default_factory=list)
    #: Facts that only the record that goes has: they are taken over.
    filled: list[tuple[str, StrOrPromise, Any]] = field(default_factory=list)
    #: How many rows of what follow.
    counts: list[tuple[StrOrPromise, int]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)

    @property
    def seen(self) -> str:
        """What the reader of this page has seen: merging anything else is refused."""
        return f"{self.kept.version}-{self.gone.version}"


def preview_of(*, kept: Startup, gone: Startup) -> Preview:
    """What would move, what differs, and what stands against it."""
    preview = Preview(kept=kept, gone=gone)
    for name in FACTS:
        label = Startup._meta.get_field(name).verbose_name  # type: ignore[union-attr]
        ours, theirs = _shown(kept, name), _shown(gone, name)
        if _is_empty(theirs) or ours == theirs:
            continue
        if _is_empty(ours):
            preview.filled.append((name, label, theirs))
        else:
            preview.differing.append((name, label, ours, theirs))
    for mover in registry.movers:
        sorted_out = _sort_out(mover, kept.pk, gone.pk)
        preview.notes += sorted_out.notes
        preview.refusals += sorted_out.refusals
        count = _rows(mover, gone.pk).exclude(pk__in=sorted_out.behind).count()
        if mover.counted and count:
            preview.counts.append((mover.label, count))
    return preview


@transaction.atomic
def merge(
    *,
    kept: Startup,
    gone: Startup,
    take: Iterable[str],
    seen: str,
    reason: str,
    by: User,
) -> Merge:
    """Let ``kept`` stand for both; ``take`` names the facts that come from ``gone``.

    Raises:
        StepRefused: not permitted, something clashes, or a record changed since it was looked at.
    """
    kept, gone = _locked_pair(kept.pk, gone.pk)
    if not by.has_perm("startups.add_merge", Merge(kept=kept, gone=gone)):
        raise StepRefused(_("You may not do this."), permission=True)
    if not (reason := reason.strip()):
        raise StepRefused(_("Say why: a reason is needed."))
    preview = preview_of(kept=kept, gone=gone)
    if preview.seen != seen:
        raise StepRefused(_("One of the records changed meanwhile. Look again, then merge."))
    if preview.refusals:
        raise StepRefused(" ".join(preview.refusals))
    members = _members(kept, gone)
    chosen = {name for name, *_rest in preview.differing} & set(take)
    chosen |= {name for name, *_rest in preview.filled}
    before: dict[str, Any] = {"facts": _take_facts(kept, gone, chosen), "roles": {}}
    removed = _join_memberships(kept, gone, before["roles"])
    moved: dict[str, list[str]] = {}
    for mover in registry.movers:
        behind = _sort_out(mover, kept.pk, gone.pk).behind
        keys = list(_rows(mover, gone.pk).exclude(pk__in=behind).values_list("pk", flat=True))
        _rows(mover, gone.pk).filter(pk__in=keys).update(**{mover.column: kept.pk})
        if keys:
            moved[_name(mover)] = [str(key) for key in keys]
    Startup.everything.filter(pk=gone.pk).update(merged_into=kept)
    kept.version += 1
    kept.save(update_fields=["version", "updated_at"])
    facts = {
        "fields": sorted(chosen),
        "moved": {name: len(keys) for name, keys in moved.items()},
    }
    entry = audit.record(
        kept, "merge-records", actor=by, reason=reason, facts={**facts, "gone": str(gone.pk)}
    )
    audit.record(gone, "merge-away", actor=by, reason=reason, facts={"kept": str(kept.pk)})
    now = clock.database_now()
    done = Merge.objects.create(
        kept=kept,
        gone=gone,
        by=by,
        reason=reason,
        moved=moved,
        removed=removed,
        before=before,
        version=kept.version,
        entry=entry.pk,
        undo_until=now + timedelta(days=settings.MERGE_UNDO_DAYS),
    )
    _tell(RecordsMerged(), done, members, by=by, reason=reason, entry=entry)
    return done


@transaction.atomic
def undo(*, merge: Merge, reason: str, by: User) -> Merge:
    """Part the two records again, exactly as they were.

    Raises:
        StepRefused: not permitted, too late, or somebody built on it since.
    """
    kept, gone = _locked_pair(merge.kept_id, merge.gone_id, parted=False)
    merge = Merge.objects.select_for_update().get(pk=merge.pk)
    if not by.has_perm("startups.undo_merge", Merge(kept=kept, gone=gone)):
        raise StepRefused(_("You may not do this."), permission=True)
    if not (reason := reason.strip()):
        raise StepRefused(_("Say why: a reason is needed."))
    now = clock.database_now()
    if (refusal := _why_not_undo(merge, kept, now)) is not None:
        raise StepRefused(refusal)
    members = _members(kept)
    movers = {_name(mover): mover for mover in registry.movers}
    for name, keys in merge.moved.items():
        mover = movers[name]
        _rows(mover, kept.pk).filter(pk__in=keys).update(**{mover.column: gone.pk})
    for key, role in merge.before["roles"].items():
        Membership.objects.filter(pk=key).update(role=role)
    Membership.objects.bulk_create(
        Membership(
            id=UUID(row["id"]),
            startup=gone,
            user_id=UUID(row["user"]),
            role=row["role"],
            created_at=datetime.fromisoformat(row["since"]),
        )
        for row in merge.removed
    )
    for name, value in merge.before["facts"].items():
        one: Any = Startup._meta.get_field(name)
        setattr(kept, one.attname, one.to_python(value))
    kept.version += 1
    kept.save(update_fields=[*merge.before["facts"], "version", "updated_at"])
    Startup.everything.filter(pk=gone.pk).update(merged_into=None)
    gone.merged_into = None
    merge.undone_at, merge.undone_by = now, by
    merge.save(update_fields=["undone_at", "undone_by"])
    entry = audit.record(kept, "undo-merge", actor=by, reason=reason, facts={"gone": str(gone.pk)})
    audit.record(gone, "undo-merge", actor=by, reason=reason, facts={"kept": str(kept.pk)})
    _tell(RecordsParted(), merge, members, by=by, reason=reason, entry=entry)
    return merge


def _why_not_undo(merge: Merge, kept: Startup, now: datetime) -> str | None:
    """The first thing that stands against it, in words."""
    later = Merge.objects.filter(kept=kept, undone_at=None, entry__gt=merge.entry)
    roles = dict(Membership.objects.filter(startup=kept).values_list("pk", "role"))
    raised = {UUID(key): row["role"] for key, row in _raised(merge).items()}
    against = {
        _("This merge was undone already."): merge.undone_at is not None,
        _("The days in which this could be undone are over."): now >= merge.undo_until,
        _("The record was merged into another since. Undo that merge first."): kept.merged_into_id
        is not None,
        _("Another record was merged into this one since. Undo that merge first."): later.exists(),
        _("The facts were changed since; undoing would lose what was written."): kept.version
        != merge.version,
        _("The role of a member was changed since. Put it back first."): any(
            roles.get(key) != role for key, role in raised.items()
        ),
    }
    found = [sentence for sentence, stands in against.items() if stands]
    return found[0] if found else _why_rows_stay(merge, kept)


def _why_rows_stay(merge: Merge, kept: Startup) -> str | None:
    """What moved must be where the merge put it, and nobody may have worked on it."""
    movers = {_name(mover): mover for mover in registry.movers}
    for name, keys in merge.moved.items():
        mover = movers[name]
        if _rows(mover, kept.pk).filter(pk__in=keys).count() != len(keys):
            return _("Not everything that moved is still here (%(what)s).") % {"what": mover.label}
        if mover.why_not_back is not None:
            refusal = mover.why_not_back([UUID(key) for key in keys], merge.entry)
            if refusal is not None:
                return refusal
    return None


def _raised(merge: Merge) -> dict[str, dict[str, str]]:
    """The memberships of the kept record whose role was raised, with the role they got."""
    by_person = {row["user"]: row for row in merge.removed}
    found = Membership.objects.filter(pk__in=merge.before["roles"])
    people = {str(held.pk): str(held.user_id) for held in found}
    gone = {"role": ""}
    return {key: by_person.get(people.get(key, ""), gone) for key in merge.before["roles"]}


def _locked_pair(kept: UUID, gone: UUID, *, parted: bool = True) -> tuple[Startup, Startup]:
    """Both rows, locked in one order; whoever adds to one of them waits or comes first."""
    if kept == gone:
        raise StepRefused(_("Choose another record."))
    rows = Startup.everything.select_for_update().filter(pk__in=[kept, gone]).order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) < 2 or (parted and any(row.merged_into_id for row in found.values())):  # noqa: PLR2004 -- a pair
        raise StepRefused(_("One of the records was merged already."))
    return found[kept], found[gone]


def _name(mover: Mover) -> str:
    return f"{mover.model}.{mover.column}"


def _rows(mover: Mover, startup: UUID) -> Any:
    """The organisation's rows of this kind, those nobody lists included."""
    manager: Any = apps.get_model(mover.model)._base_manager
    return manager.filter(**{mover.column: startup})


def _sort_out(mover: Mover, kept: UUID, gone: UUID) -> SortedOut:
    if mover.sort_out is not None:
        return mover.sort_out(kept, gone)
    if not mover.same:
        return SortedOut()
    known = set(_rows(mover, kept).values_list(*mover.same))
    rows = _rows(mover, gone).values_list("pk", *mover.same)
    return SortedOut(behind=frozenset(key for key, *rest in rows if tuple(rest) in known))


def _shown(startup: Startup, name: str) -> Any:
    """A fact as people read it."""
    display = getattr(startup, f"get_{name}_display", None)
    if name == "country":
        return str(startup.country.name)
    return display() if display else getattr(startup, name)


def _is_empty(value: Any) -> bool:
    return value is None or value == ""


def _take_facts(kept: Startup, gone: Startup, chosen: set[str]) -> dict[str, Any]:
    """Copy facts; answers what they were, as plain values."""
    before: dict[str, Any] = {}
    for name in sorted(chosen):
        one: Any = Startup._meta.get_field(name)
        value = getattr(kept, one.attname)
        before[name] = value if value is None or isinstance(value, bool) else str(value)
        setattr(kept, one.attname, getattr(gone, one.attname))
    if before:
        kept.save(update_fields=list(before))
    return before


def _join_memberships(
    kept: Startup, gone: Startup, roles_before: dict[str, str]
) -> list[dict[str, str]]:
    """Who belongs to both belongs once, with the role that may do more."""
    ours = {held.user_id: held for held in kept.memberships.all()}
    removed = []
    for held in gone.memberships.filter(user__in=ours):
        mine = ours[held.user_id]
        if RANK[MemberRole(held.role)] > RANK[MemberRole(mine.role)]:
            roles_before[str(mine.pk)] = mine.role
            mine.role = held.role
            mine.save(update_fields=["role"])
        removed.append(
            {
                "id": str(held.pk),
                "user": str(held.user_id),
                "role": held.role,
                "since": held.created_at.isoformat(),
            }
        )
        held.delete()
    return removed


def _members(*startups: Startup) -> list[User]:
    found = User.objects.filter(memberships__startup__in=startups).distinct()
    return list(found.order_by("email"))


def _tell(
    notice: Any, done: Merge, members: list[User], *, by: User, reason: str, entry: AuditEntry
) -> None:
    step: Step[Any] = Step(
        record=done.kept,
        actor=by,
        at=clock.database_now(),
        reason=reason,
        data={"members": members, "gone": done.gone, "kept": done.kept},
    )
    step.entry = entry
    outbox.tell(notice, step, programme=None)
