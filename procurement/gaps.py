"""What is missing in a supplier file: each requirement against facts, evidence and the day.

Pure functions over what they are given; the sentences are those that people read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from procurement.choices import EvidenceState, FileLevel, Gap, RequirementKind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import date

#: Evidence that ends within so many days is to be renewed.
SOON = 60
#: What counts as ready.
READY = frozenset({Gap.MET, Gap.EXPIRING})
#: The order in which one would do them: what went wrong first, what cannot be hurried last.
URGENCY = (
    Gap.REJECTED,
    Gap.EXPIRED,
    Gap.MISSING,
    Gap.EXPIRING,
    Gap.CHECKING,
    Gap.NOT_YET,
    Gap.OPTIONAL,
    Gap.MET,
)
#: What somebody in the organisation can do something about now.
TO_DO = frozenset({Gap.REJECTED, Gap.EXPIRED, Gap.MISSING, Gap.EXPIRING})
FEBRUARY, MARCH, LEAP_DAY = 2, 3, 29


class Asked(Protocol):
    """What of a requirement counts here."""

    @property
    def pk(self) -> Any:
        """Its key."""

    level: str
    organisation: str
    kind: str
    fact: str
    how_many: int
    years: int | None
    english: bool
    holds_months: int | None
    optional: bool


class Piece(Protocol):
    """What of a piece of evidence counts here."""

    state: str
    requirement_id: Any
    revision_id: Any
    expires_on: date | None
    reason: str

    @property
    def in_english(self) -> bool:
        """Whether a reader of English can read it."""


class Revision(Protocol):
    """What of a revision of the Code of Conduct counts here."""

    name: str
    in_force_from: date

    @property
    def pk(self) -> Any:
        """Its key."""


@dataclass(frozen=True)
class Verdict:
    """How one requirement stands: a word, a sentence, the day it speaks of, how many."""

    gap: Gap
    sentence: str
    on: date | None = None
    have: int = 0
    want: int = 1

    @property
    def is_ready(self) -> bool:
        """Whether it counts as met today."""
        return self.gap in READY


def day(moment: date) -> str:
    """12 Mar 2027."""
    return date_format(moment, "j M Y")


def years_after(begun: date, years: int) -> date:
    """The day on which it is so many years old; one of 29 February is on 1 March."""
    if (begun.month, begun.day) == (FEBRUARY, LEAP_DAY):
        try:
            return begun.replace(year=begun.year + years)
        except ValueError:
            return begun.replace(year=begun.year + years, month=MARCH, day=1)
    return begun.replace(year=begun.year + years)


def months_after(begun: date, months: int) -> date:
    """The same day so many months later, or the last of that month where it is shorter."""
    year, month = divmod(begun.year * 12 + begun.month - 1 + months, 12)
    first = begun.replace(day=1, year=year, month=month + 1)
    following = (first + timedelta(days=31)).replace(day=1)
    return min(first + timedelta(days=begun.day - 1), following - timedelta(days=1))


def verdict(
    asked: Asked,
    *,
    facts: Mapping[str, Any],
    pieces: Iterable[Piece] = (),
    revision: Revision | None = None,
    today: date,
) -> Verdict:
    """How one requirement stands on a day."""
    standing = [piece for piece in pieces if piece.state != EvidenceState.REPLACED]
    if asked.kind == RequirementKind.FACT:
        return _of_fact(asked, facts)
    if asked.kind == RequirementKind.AGE:
        return _of_age(asked, facts.get("founded_on"), today)
    if asked.kind == RequirementKind.CONDUCT:
        return _of_conduct(standing, revision)
    return _of_evidence(asked, standing, today)


def _of_fact(asked: Asked, facts: Mapping[str, Any]) -> Verdict:
    if facts.get(asked.fact) not in {None, ""}:
        return Verdict(Gap.MET, _("Taken from your record."), have=1)
    if asked.optional:
        return Verdict(Gap.OPTIONAL, _("Not said in your record. It need not be."))
    if asked.fact == "incorporated":
        return Verdict(
            Gap.MISSING, _("Your record says that you are a team that is not registered yet.")
        )
    return Verdict(Gap.MISSING, _("Missing in your record."))


def _of_age(asked: Asked, founded: date | None, today: date) -> Verdict:
    years = asked.years or 0
    if founded is None:
        return Verdict(Gap.MISSING, _("Your record does not say when you were founded."))
    from_day = years_after(founded, years)
    words = {"years": years, "day": day(from_day)}
    if from_day <= today:
        said = ngettext(
            "%(years)d year old since %(day)s.", "%(years)d years old since %(day)s.", years
        )
        return Verdict(Gap.MET, said % words, on=from_day, have=1)
    said = ngettext(
        "Not possible before %(day)s, when you are %(years)d year old.",
        "Not possible before %(day)s, when you are %(years)d years old.",
        years,
    )
    return Verdict(Gap.NOT_YET, said % words, on=from_day)


def _of_conduct(standing: Sequence[Piece], revision: Revision | None) -> Verdict:
    given = [piece for piece in standing if piece.state == EvidenceState.ACCEPTED]
    if revision is None:
        return Verdict(Gap.MISSING, _("No revision is known to the portal; ask your adviser."))
    if any(piece.revision_id == revision.pk for piece in given):
        return Verdict(Gap.MET, _("%(name)s is acknowledged.") % {"name": revision.name}, have=1)
    if given:
        said = _(
            "You acknowledged an earlier revision. %(name)s is in force: read and acknowledge it."
        )
        return Verdict(Gap.MISSING, said % {"name": revision.name})
    return Verdict(Gap.MISSING, _("%(name)s is not acknowledged yet.") % {"name": revision.name})


def _of_evidence(asked: Asked, standing: Sequence[Piece], today: date) -> Verdict:
    want = max(asked.how_many, 1)
    ends = _ends(asked, standing)
    good, expired, foreign, waiting, rejected = [], [], [], [], []
    for piece, end in zip(standing, ends, strict=True):
        if piece.state == EvidenceState.REJECTED:
            rejected.append(piece)
        elif end is not None and end < today:
            expired.append(end)
        elif asked.english and asked.kind == RequirementKind.DOCUMENT and not piece.in_english:
            foreign.append(piece)
        elif piece.state == EvidenceState.ACCEPTED:
            good.append(end)
        else:
            waiting.append(piece)
    have = min(len(good), want)
    if len(good) >= want:
        return _holds(good, want, today)
    gap, sentence, on = _what_fails(rejected, expired, foreign)
    if len(good) + len(waiting) >= want:
        gap, sentence, on = Gap.CHECKING, _("Given; your adviser looks at it."), None
    elif gap is None and asked.optional and not (good or waiting):
        gap, sentence = Gap.OPTIONAL, _("Not given. It need not be.")
    elif gap is None:
        gap, sentence = Gap.MISSING, _("Not given yet.")
    if want > 1 and standing:
        counted = _("%(have)d of %(want)d are good.") % {"have": have, "want": want}
        others = _of_the_others(len(good), len(waiting))
        sentence = f"{counted} {sentence if gap != Gap.MISSING or foreign else others}"
    return Verdict(gap, sentence, on=on, have=have, want=want)


def _of_the_others(good: int, waiting: int) -> str:
    """What is said beside the count of several, where nothing of it failed."""
    if waiting:
        return (
            ngettext("%d waits for your adviser.", "%d wait for your adviser.", waiting) % waiting
        )
    return _("Give the others.") if good else _("Not given yet.")


def _ends(asked: Asked, standing: Sequence[Piece]) -> list[date | None]:
    """Until when each holds; a set that is renewed as a whole holds as long as its newest piece."""
    ends = [piece.expires_on for piece in standing]
    if asked.how_many > 1 and asked.holds_months:
        good = [
            piece.expires_on
            for piece in standing
            if piece.expires_on and piece.state == EvidenceState.ACCEPTED
        ]
        newest = max(good, default=None)
        return [max(end, newest) if end is not None and newest is not None else end for end in ends]
    return ends


def _holds(good: list[date | None], want: int, today: date) -> Verdict:
    """Enough is good: until when. Of more than are asked those count that hold longest."""
    dated = sorted(end for end in good if end is not None)
    endless = len(good) - len(dated)
    counted = dated[max(len(good) - want, 0) :] if endless < want else []
    end = counted[0] if counted else None
    words = {"have": want, "want": want}
    if end is None:
        said = _("Good.") if want == 1 else _("%(have)d of %(want)d are good.") % words
        return Verdict(Gap.MET, said, have=want, want=want)
    if (end - today).days <= SOON:
        said = _("Expires on %(day)s: renew it in time.") % {"day": day(end)}
        return Verdict(Gap.EXPIRING, said, on=end, have=want, want=want)
    said = _("Good until %(day)s.") % {"day": day(end)}
    return Verdict(Gap.MET, said, on=end, have=want, want=want)


def _what_fails(
    rejected: Sequence[Piece], expired: Sequence[date], foreign: Sequence[Piece]
) -> tuple[Gap | None, str, date | None]:
    if rejected:
        return Gap.REJECTED, _("Not good yet. Give another."), None
    if expired:
        last = max(expired)
        return Gap.EXPIRED, _("Expired on %(day)s. Give a newer one.") % {"day": day(last)}, last
    if foreign:
        return Gap.MISSING, _("Not in English: a certified translation is missing."), None
    return None, "", None


# -- levels ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    """One requirement with how it stands."""

    asked: Any
    verdict: Verdict


@dataclass(frozen=True)
class Report:
    """One level, or what one organisation asks beside it, with how each requirement stands."""

    level: FileLevel
    organisation: str
    rows: tuple[Row, ...]
    #: Whether the levels below are complete, on top of which this one stands.
    stands: bool = True

    @property
    def mandatory(self) -> list[Row]:
        """What must be there."""
        return [row for row in self.rows if not row.asked.optional]

    @property
    def ready(self) -> int:
        """How many of those are."""
        return sum(row.verdict.is_ready for row in self.mandatory)

    @property
    def own_complete(self) -> bool:
        """Whether all that this level itself asks is there."""
        return self.ready == len(self.mandatory)

    @property
    def complete(self) -> bool:
        """Whether it and the levels below are."""
        return self.stands and self.own_complete

    @property
    def open(self) -> list[Row]:
        """What is not there and must be, or what will not be for long; the most urgent first."""
        found = [row for row in self.rows if row.verdict.gap not in {Gap.MET, Gap.OPTIONAL}]
        return sorted(found, key=lambda row: URGENCY.index(row.verdict.gap))

    @property
    def met(self) -> list[Row]:
        """What is there."""
        return [row for row in self.rows if row.verdict.gap == Gap.MET]

    @property
    def extra(self) -> list[Row]:
        """What need not be."""
        return [row for row in self.rows if row.verdict.gap == Gap.OPTIONAL]

    @property
    def not_before(self) -> date | None:
        """The day before which it cannot be complete, if there is one."""
        days = [
            row.verdict.on
            for row in self.mandatory
            if row.verdict.gap == Gap.NOT_YET and row.verdict.on
        ]
        return max(days, default=None)


def reports(
    requirements: Iterable[Asked],
    *,
    facts: Mapping[str, Any],
    pieces: Collection[Piece],
    revision: Revision | None,
    today: date,
) -> list[Report]:
    """The levels from the lowest, then what single organisations ask beside them."""
    by_key: dict[Any, list[Piece]] = {}
    for piece in pieces:
        by_key.setdefault(piece.requirement_id, []).append(piece)
    groups: dict[tuple[str, FileLevel], list[Row]] = {("", level): [] for level in FileLevel}
    for asked in requirements:
        found = verdict(
            asked,
            facts=facts,
            pieces=by_key.get(asked.pk, ()),
            revision=revision,
            today=today,
        )
        row = Row(asked, found)
        groups.setdefault((asked.organisation, FileLevel(asked.level)), []).append(row)
    made: list[Report] = []
    stands = True
    for level in FileLevel:
        report = Report(level, "", tuple(groups.pop(("", level))), stands)
        stands = report.complete
        made.append(report)
    complete = {report.level: report.complete for report in made}
    made += [
        Report(level, organisation, tuple(rows), complete[level])
        for (organisation, level), rows in groups.items()
    ]
    return made


def reached(levels: Iterable[Report]) -> FileLevel | None:
    """The highest level that is complete; what single organisations ask decides nothing here."""
    done = [report.level for report in levels if report.complete and not report.organisation]
    return done[-1] if done else None


def next_steps(levels: Sequence[Report], target: str, *, most: int = 3) -> list[Row]:
    """What to do now for the level one prepares for: the lowest level first."""
    upto = list(FileLevel)[: list(FileLevel).index(FileLevel(target)) + 1]
    return [
        row
        for report in levels
        if not report.organisation and report.level in upto
        for row in report.open
        if row.verdict.gap in TO_DO and (not row.asked.optional or row.verdict.gap != Gap.MISSING)
    ][:most]
