"""Verbs of a supplier file: opening it, its aim, how registrations stand, what is complete."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _, ngettext

from portal import audit, clock
from portal.models import AuditEntry
from portal.registry import SortedOut
from portal.workflow import StepRefused, lock_row
from procurement import reminders
from procurement.choices import EvidenceState, Submission
from procurement.models import Evidence, Standing, SupplierFile
from procurement.workflow import settle_level

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from portal.models import User
    from startups.models import Startup

#: A file is looked at again after so long, because days pass and what is asked changes.
AGAIN_AFTER = timedelta(hours=12)
#: How long back the organisation reads who opened restricted papers, and how many entries.
SHOWN_READS = 20


@transaction.atomic
def open_file(*, startup: Startup, by: User) -> SupplierFile:
    """The file of an organisation, begun where there was none."""
    if not by.has_perm("procurement.open_supplierfile", startup):
        raise StepRefused(_("You may not do this."), permission=True)
    file, made = SupplierFile.objects.get_or_create(startup=startup, defaults={"opened_by": by})
    if made:
        audit.record(file, "open-file", actor=by)
        lock_row(SupplierFile, file.pk, "NO KEY UPDATE")
        settle_level(file, by=by, at=clock.database_now())
    return file


@transaction.atomic
def aim_at(*, file: SupplierFile, level: str, by: User) -> None:
    """Choose the level to prepare for."""
    if not by.has_perm("procurement.prepare_supplierfile", file):
        raise StepRefused(_("You may not do this."), permission=True)
    SupplierFile.objects.filter(pk=file.pk).update(target=level)
    audit.record(file, "aim-at", actor=by, facts={"level": level})


# -- how registrations stand ----------------------------------------------------------------------


@transaction.atomic
def write_standing(
    *,
    file: SupplierFile,
    organisation: str,
    level: str,
    submission: str,
    confirmed_on: date,
    by: User,
) -> Standing:
    """Write how a registration stands, as somebody saw it in the marketplace on a day."""
    if not by.has_perm("procurement.confirm_standing", file):
        raise StepRefused(_("You may not do this."), permission=True)
    lock_row(SupplierFile, file.pk, "NO KEY UPDATE")
    # "unops" and "UNOPS" are one organisation.
    found = file.standings.filter(organisation__iexact=organisation, level=level).first()
    if found is not None and found.confirmed_on > confirmed_on:
        raise StepRefused(_("What stands here was confirmed on a later day. Look it up once more."))
    before = found.submission if found is not None else ""
    if found is None:
        found = Standing(file=file, organisation=organisation, level=level)
    found.submission, found.confirmed_on, found.confirmed_by = submission, confirmed_on, by
    if before:
        found.save(update_fields=["submission", "confirmed_on", "confirmed_by"])
    else:
        found.save()
    audit.record(
        found,
        "confirm-standing",
        actor=by,
        from_state=before,
        to_state=submission,
        facts={"level": level},
    )
    return found


def confirm_standing(*, standing: Standing, by: User) -> Standing:
    """One tap: it is unchanged today."""
    return write_standing(
        file=standing.file,
        organisation=standing.organisation,
        level=standing.level,
        submission=Submission(standing.submission),
        confirmed_on=max(timezone.localdate(), standing.confirmed_on),
        by=by,
    )


# -- what is complete, as days pass ---------------------------------------------------------------


def look_again(*, limit: int = 20) -> int:
    """The sweep's part: files whose record changed since, or that nobody looked at for hours."""
    now = clock.database_now()
    due = SupplierFile.objects.filter(
        Q(looked_at=None)
        | Q(looked_at__lt=F("startup__updated_at"))
        | Q(looked_at__lt=now - AGAIN_AFTER),
        startup__merged_into=None,
    ).order_by(F("looked_at").asc(nulls_first=True))
    done = 0
    for key in list(due.values_list("pk", flat=True)[:limit]):
        done += _look_at(key, now)
    return done


@transaction.atomic
def _look_at(key: UUID, asked_at: datetime) -> int:
    rows = SupplierFile.objects.select_related("startup").filter(pk=key)
    file = rows.select_for_update(of=("self",), skip_locked=True, no_key=True).first()
    if file is None or (
        file.looked_at
        and file.looked_at >= asked_at - AGAIN_AFTER
        and file.looked_at >= file.startup.updated_at
    ):
        return 0
    settle_level(file, by=None, at=clock.database_now())
    # Whoever joined since is reminded too.
    for piece in Evidence.objects.filter(
        file=file, state=EvidenceState.ACCEPTED, expires_on__gte=timezone.localdate()
    ).select_related("file__startup"):
        reminders.plan(piece, now=asked_at)
    return 1


def ask_all_anew() -> None:
    """What is asked has changed: every file is looked at at the next sweep."""
    SupplierFile.objects.update(looked_at=None)


# -- who opened what is restricted ----------------------------------------------------------------


def opened_restricted(file: SupplierFile) -> list[AuditEntry]:
    """The latest views of restricted papers by staff, newest first, for the organisation."""
    verbs = ["open-restricted", "read-restricted"]
    entries = AuditEntry.objects.filter(startup_id=file.startup_id, verb__in=verbs)
    return list(entries.select_related("actor").order_by("-id")[:SHOWN_READS])


# -- two records of one organisation --------------------------------------------------------------


def merge_files(kept: UUID, gone: UUID) -> SortedOut:
    """Of two files the kept record's stands; what the other holds stays with it and is told."""
    files = {
        file.startup_id: file for file in SupplierFile.objects.filter(startup__in=[kept, gone])
    }
    if len(files) < 2:  # noqa: PLR2004 -- a pair
        return SortedOut()
    behind = files[gone]
    count = Evidence.objects.filter(file=behind).standing().count()
    return SortedOut(
        behind=frozenset({behind.pk}),
        notes=(
            ngettext(
                "Both records have a supplier file. The one of the record that stays counts;"
                " %d piece of evidence stays with the other and is to be given again.",
                "Both records have a supplier file. The one of the record that stays counts;"
                " %d pieces of evidence stay with the other and are to be given again.",
                count,
            )
            % count,
        ),
    )
