"""Reading a supplier file: its facts, its evidence and what is asked, together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django_countries.fields import Country

from procurement import gaps
from procurement.choices import Gap, SupplierLevel
from procurement.models import (
    CodeRevision,
    Evidence,
    Requirement,
    SupplierFile,
    SupplierStatement,
)
from startups.choices import StartupKind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date
    from uuid import UUID

    from procurement.choices import FileLevel
    from startups.models import Startup


@dataclass(frozen=True)
class Reading:
    """How a file stands on a day."""

    file: SupplierFile
    reports: list[gaps.Report]
    evidence: list[Evidence]
    revision: CodeRevision | None

    @property
    def levels(self) -> list[gaps.Report]:
        """The three levels, without what single organisations ask."""
        return [report for report in self.reports if not report.organisation]

    @property
    def reached(self) -> FileLevel | None:
        """The highest level that is complete."""
        return gaps.reached(self.reports)

    @property
    def next_steps(self) -> list[gaps.Row]:
        """What to do now."""
        return gaps.next_steps(self.reports, self.file.target)


@dataclass(frozen=True)
class _Rules:
    """What is asked on a day, read once for any number of files."""

    day: date
    requirements: list[Requirement]
    revision: CodeRevision | None

    @classmethod
    def of(cls, day: date) -> _Rules:
        return cls(day, list(Requirement.objects.in_force(day)), CodeRevision.objects.in_force(day))


def facts_of(startup: Startup, statement: SupplierStatement | None) -> dict[str, Any]:
    """What the record and the latest statement answer already; empty where they do not."""
    country = Country(str(startup.country)).name if startup.country else ""
    city = startup.city
    registered = startup.kind != StartupKind.TEAM
    said: dict[str, Any] = {
        "legal_name": startup.legal_name,
        "registration_number": startup.registration_number,
        "founded_on": startup.founded_on,
        "women_owned": startup.women_owned,
        "disability_inclusive": startup.disability_inclusive,
        "country": country,
        "address": f"{city}, {country}" if city and country else "",
        "contacts": ", ".join(contact.name for contact in startup.contacts.all()),
        "incorporated": startup.get_kind_display() if registered else "",
        "marketplace_number": statement.number
        if statement is not None and statement.level != SupplierLevel.NONE
        else "",
        "website": startup.website,
        "size_band": startup.get_size_band_display(),
    }
    return said


def read_files(files: Sequence[SupplierFile]) -> list[Reading]:
    """How each stands today, in the same number of queries for any number of them."""
    if not files:
        return []
    rules = _Rules.of(timezone.localdate())
    startups = {file.startup_id for file in files}
    latest = {
        statement.startup_id: statement
        for statement in SupplierStatement.objects.filter(startup__in=startups).current()
    }
    pieces: dict[UUID, list[Evidence]] = {file.pk: [] for file in files}
    for piece in Evidence.objects.filter(file__in=files).standing().for_file():
        pieces[piece.file_id].append(piece)
    return [_read(file, rules, pieces[file.pk], latest.get(file.startup_id)) for file in files]


def read_file(file: SupplierFile) -> Reading:
    """How one file stands today."""
    return read_files([file])[0]


def _read(
    file: SupplierFile,
    rules: _Rules,
    pieces: list[Evidence],
    statement: SupplierStatement | None,
) -> Reading:
    # Where a requirement ended, what was given for it stays in the file and counts no more.
    reports = gaps.reports(
        rules.requirements,
        facts=facts_of(file.startup, statement),
        pieces=pieces,
        revision=rules.revision,
        today=rules.day,
    )
    return Reading(file, reports, pieces, rules.revision)


def speaks_of(reading: Reading, piece: Evidence) -> bool:
    """Whether the day on which the piece ends is the one the requirement stands or falls with."""
    return any(
        row.asked.pk == piece.requirement_id
        and row.verdict.on == piece.expires_on
        and row.verdict.gap in {Gap.MET, Gap.EXPIRING, Gap.EXPIRED}
        for report in reading.reports
        for row in report.rows
    )
