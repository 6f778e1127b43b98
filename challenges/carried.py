"""What an answer begins with, and what it says of the record. Pure functions.

A company fact comes from the record, another answer from the copy that was submitted last.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django_countries import countries

from challenges.choices import CompanyFact, QuestionKind
from challenges.eligibility import span_of
from startups.choices import SizeBand

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

#: Stands in `Answer.came_from` where the record was the source; else the day of the copy.
RECORD = "record"
#: Stands there once the team said that the record stays as it is, whatever is answered here.
KEPT = "kept"

#: The field of the record that a company fact is.
FIELD_OF = {
    CompanyFact.LEGAL_NAME: "legal_name",
    CompanyFact.TRADING_NAME: "trading_name",
    CompanyFact.COUNTRY: "country",
    CompanyFact.REGISTRATION: "registration_number",
    CompanyFact.FOUNDED: "founded_on",
    CompanyFact.WEBSITE: "website",
    CompanyFact.TEAM_SIZE: "size_band",
}
TEXTS = {QuestionKind.SHORT, QuestionKind.LONG}
#: Answers that are never carried on: a file belongs to the application it was handed in with.
NOT_CARRIED = {QuestionKind.FILE}


def facts_of(startup: Any) -> dict[str, str]:
    """The company facts of a record, as text."""
    found = {name: str(getattr(startup, name) or "") for name in FIELD_OF.values()}
    found["founded_on"] = startup.founded_on.isoformat() if startup.founded_on else ""
    return found


def from_record(question: Any, facts: Mapping[str, str]) -> str:
    """What the answer to a question about a company fact begins with; nothing where none fits."""
    if not question.fact:
        return ""
    fact = CompanyFact(question.fact)
    known = facts.get(FIELD_OF[fact], "")
    if not known or question.kind in NOT_CARRIED:
        return ""
    if question.kind in {QuestionKind.CHOICE, QuestionKind.CHOICES}:
        return next((one for one in worded(fact, known) if one in question.options), "")
    if fact is CompanyFact.FOUNDED and question.kind == QuestionKind.NUMBER:
        return known[:4]
    fits = {
        CompanyFact.COUNTRY: {QuestionKind.COUNTRY},
        CompanyFact.FOUNDED: {QuestionKind.DATE},
        CompanyFact.WEBSITE: {QuestionKind.LINK},
    }.get(fact, set())
    if question.kind in fits:
        return known
    return worded(fact, known)[0] if question.kind in TEXTS else ""


def worded(fact: CompanyFact, known: str) -> list[str]:
    """A fact as people write it, the usual way first."""
    if fact is CompanyFact.COUNTRY:
        return [countries.name(known) or known, known]
    if fact is CompanyFact.TEAM_SIZE:
        return [str(dict(SizeBand.choices).get(known, known)), known]
    return [known]


def to_record(question: Any, value: str) -> str | None:
    """What an answer says of the record's fact, as text; ``None`` where that cannot be told."""
    value = value.strip()
    if not question.fact or not value:
        return None
    fact = CompanyFact(question.fact)
    if fact is CompanyFact.COUNTRY:
        return _one_of(value, dict(countries))
    if fact is CompanyFact.TEAM_SIZE:
        return _one_of(value, {code: str(label) for code, label in SizeBand.choices})
    if fact is CompanyFact.FOUNDED:
        span = span_of(value)
        # As the record has it, whatever digits it was typed with.
        return span[0].isoformat() if span is not None and span[0] == span[1] else None
    return value


def _one_of(value: str, words: Mapping[str, str]) -> str | None:
    wanted = value.casefold()
    for code, word in words.items():
        if wanted in {code.casefold(), word.casefold()}:
            return code
    return None


def latest(
    copies: Iterable[tuple[date, Iterable[Mapping[str, Any]]]], lineages: Mapping[str, UUID]
) -> dict[UUID, tuple[str, date]]:
    """By lineage what was submitted last, and when; ``copies`` newest first.

    ``lineages`` leads from a question's key, as the copies have it, to its lineage.
    """
    found: dict[UUID, tuple[str, date]] = {}
    for day, answers in copies:
        for copy in answers:
            lineage = lineages.get(str(copy.get("question")))
            value = str(copy.get("value") or "")
            if lineage is not None and value.strip() and lineage not in found:
                found[lineage] = (value, day)
    return found


def mark(answer: Any) -> str:
    """Where an answer comes from, while nobody has touched it."""
    if answer is None or answer.came_from in {"", KEPT} or answer.version != 1:
        return ""
    if answer.came_from == RECORD:
        return _("From your record")
    day = date.fromisoformat(answer.came_from)
    return _("Unchanged since %(month)s") % {"month": date_format(day, "F Y")}


def known_in_words(fact: str, known: str) -> str:
    """A fact of the record as the page shows it."""
    if not known:
        return ""
    if fact == CompanyFact.FOUNDED:
        return date_format(date.fromisoformat(known), "j M Y")
    return worded(CompanyFact(fact), known)[0]


def months_ago(instant: datetime) -> date | None:
    """Since when a record is as it is; nothing where that is this month, which says little."""
    day, today = timezone.localdate(instant), timezone.localdate()
    return day if (day.year, day.month) != (today.year, today.month) else None
