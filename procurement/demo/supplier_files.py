"""Four supplier files: one complete, one submitted, one sent back, one that has to wait."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from portal.models import Document
from procurement.choices import EvidenceState, FileLevel, RequirementKind, Submission
from procurement.demo.papers import paper
from procurement.demo.source import chance, key, toml
from procurement.models import (
    CodeRevision,
    Evidence,
    Referee,
    Requirement,
    Standing,
    SupplierFile,
)
from procurement.readiness import read_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from portal.models import User
    from procurement.demo.companies import Company
    from procurement.demo.history import Trail
    from procurement.demo.source import Moment

ADVISER = "procurement.kobe@example.org"
#: The organisation that is two years old at the day of loading, so that Level 2 has to wait.
YOUNG, AGE = "rasvakt", timedelta(days=2 * 365 + 40)
#: Days ago on which evidence was given, and after how many it was judged.
GIVEN, JUDGED_AFTER = 60, 3
LANGUAGES = {"SE": "sv", "CH": "de", "CO": "es"}
BASIC, LEVEL_1, LEVEL_2 = FileLevel.BASIC, FileLevel.LEVEL_1, FileLevel.LEVEL_2


def make_young(companies: Iterable[Company], moment: Moment) -> None:
    """Count the age of the youngest organisation from today."""
    for company in companies:
        if company.key == YOUNG:
            company.startup.founded_on = (moment.now - AGE).date()


def load(
    companies: Sequence[Company], cast: Mapping[str, User], moment: Moment, trail: Trail
) -> None:
    """Store the files of those that are there."""
    there = {company.key: company for company in companies}
    rows = toml("supplier_files.toml")
    asked = list(Requirement.objects.in_force(moment.now.date()))
    revisions = list(CodeRevision.objects.filter(in_force_from__lte=moment.now.date()))
    work = _Work(cast[ADVISER], moment, trail, rows, asked, revisions)
    for row in rows["file"]:
        if row["company"] in there:
            work.open(there[row["company"]], row)
    work.store()


@dataclass
class _Work:
    """Rows gathered before they are stored."""

    adviser: User
    moment: Moment
    trail: Trail
    words: Mapping[str, Any]
    asked: list[Requirement]
    #: Of the Code of Conduct, the one in force first.
    revisions: list[CodeRevision]
    files: list[SupplierFile] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    papers: list[Document] = field(default_factory=list)
    referees: list[Referee] = field(default_factory=list)
    standings: list[Standing] = field(default_factory=list)

    def open(self, company: Company, row: Mapping[str, Any]) -> None:
        """One file with all that was given and how registrations stand."""
        opened_at = self.moment.now - timedelta(days=GIVEN + 4, hours=len(self.files))
        file = SupplierFile(
            id=key("supplier file", company.key),
            created_at=opened_at,
            startup=company.startup,
            target=row["target"],
            opened_by=company.people[0],
        )
        self.files.append(file)
        self.trail.add(file, "open-file", at=opened_at, actor=company.people[0])
        counts: dict[str, Mapping[str, Any]] = {one["code"]: one for one in row.get("given", [])}
        levels = row["gives"]
        for requirement in self.asked:
            own = counts.get(requirement.code, {})
            is_given = not requirement.organisation and requirement.level in levels
            if requirement.kind in {RequirementKind.FACT, RequirementKind.AGE}:
                continue
            if own or (is_given and not requirement.optional):
                for number in range(own.get("count", max(requirement.how_many, 1))):
                    self.give(file, company, requirement, own, number)
        for standing in row["standing"]:
            self.stand(file, standing)

    def give(
        self,
        file: SupplierFile,
        company: Company,
        requirement: Requirement,
        own: Mapping[str, Any],
        number: int,
    ) -> None:
        """One piece, as far as it was judged."""
        luck = chance("evidence", company.key, requirement.code, str(number))
        given_at = self.moment.now - timedelta(days=GIVEN - luck.randrange(25), hours=number)
        owner = company.people[0]
        state = EvidenceState(own.get("state", EvidenceState.ACCEPTED))
        piece = Evidence(
            id=key("evidence", company.key, requirement.code, str(number)),
            created_at=given_at,
            state_changed_at=given_at,
            file=file,
            requirement=requirement,
            given_by=owner,
            state=state,
            reason=own.get("reason", ""),
        )
        self.evidence.append(piece)
        facts = {"restricted": True} if requirement.sensitive else {}
        self.trail.add(piece, "give", at=given_at, actor=owner, facts=facts)
        match RequirementKind(requirement.kind):
            case RequirementKind.CONDUCT:
                which = 1 if own.get("revision") == "earlier" else 0
                piece.revision = self.revisions[which]
            case RequirementKind.DOCUMENT:
                self.print(piece, company, own, number, given_at)
            case RequirementKind.REFERENCE:
                names = self.words["referee"][number % len(self.words["referee"])]
                self.referees.append(
                    Referee(id=key("referee", str(piece.pk)), evidence=piece, **names)
                )
            case _:
                answers = self.words["answer"]
                piece.answer = answers.get(requirement.code, answers["other"])
        if requirement.kind != RequirementKind.CONDUCT and state != EvidenceState.GIVEN:
            piece.judged_by = self.adviser
            piece.state_changed_at = given_at + timedelta(days=JUDGED_AFTER, hours=number)
            self.trail.add(
                piece,
                "accept" if state == EvidenceState.ACCEPTED else "reject",
                at=piece.state_changed_at,
                actor=self.adviser,
                from_state=EvidenceState.GIVEN,
                to_state=state,
            )

    def print(
        self,
        piece: Evidence,
        company: Company,
        own: Mapping[str, Any],
        number: int,
        at: datetime,
    ) -> None:
        """Its paper, with a translation where it is not in English."""
        requirement, owner = piece.requirement, company.people[0]
        piece.language = LANGUAGES.get(str(company.startup.country), "en")
        piece.issued_on = (at - timedelta(days=80)).date()
        if "expires" in own:
            piece.expires_on = self.moment.day(own["expires"], "UTC")
        kinds = [("document", "")]
        if piece.language != "en" and requirement.english:
            kinds.append(("translation", "-en"))
        for kind, suffix in kinds:
            made = paper(
                piece,
                f"{requirement.code}-{number + 1}{suffix}.pdf",
                startup=company.startup,
                by=owner,
                at=at,
                title=str(requirement.label),
                what=kind,
            )
            setattr(piece, kind, made)
            self.papers.append(made)

    def stand(self, file: SupplierFile, row: Mapping[str, Any]) -> None:
        """How a registration stands, as somebody saw it."""
        confirmed_at = self.moment.now - timedelta(days=row["days"])
        standing = Standing(
            id=key("standing", str(file.pk), row["organisation"], row["level"]),
            created_at=confirmed_at,
            file=file,
            organisation=row["organisation"],
            level=row["level"],
            submission=Submission(row["is"]),
            confirmed_on=confirmed_at.date(),
            confirmed_by=self.adviser,
        )
        self.standings.append(standing)
        self.trail.add(
            standing,
            "confirm-standing",
            at=confirmed_at,
            actor=self.adviser,
            to_state=standing.submission,
            facts={"level": standing.level},
        )

    def store(self) -> None:
        """Store all, then write down which level each has reached."""
        SupplierFile.objects.bulk_create(self.files)
        Document.objects.bulk_create(self.papers)
        Evidence.objects.bulk_create(self.evidence)
        Referee.objects.bulk_create(self.referees)
        Standing.objects.bulk_create(self.standings)
        order = list(FileLevel.values)
        for reading in read_files(self.files):
            file = reading.file
            reached = reading.reached
            file.level, file.looked_at = reached or "", self.moment.now
            for number, level in enumerate(order[: order.index(reached) + 1 if reached else 0]):
                self.trail.add(
                    file,
                    "complete-level",
                    at=self.moment.now - timedelta(days=20 - number),
                    actor=self.adviser,
                    facts={"level": level},
                )
        SupplierFile.objects.bulk_update(self.files, ["level", "looked_at"])
