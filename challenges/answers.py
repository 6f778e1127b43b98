"""What is wrong with an answer, what is missing, how copies are laid out: pure functions.

Everything typed is kept, right or wrong; these functions say what stands between it and submitting.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, ngettext

from challenges.choices import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

#: How many figures stand behind a comma that separates thousands.
THOUSANDS = 3


@dataclass(frozen=True)
class Missing:
    """One thing that stands between a draft and its submission."""

    question: Any
    section: str
    label: str
    problem: str


def normal(value: str) -> str:
    """The text as we count and keep it: one character for a line's end, composed letters."""
    return unicodedata.normalize("NFC", value.replace("\r\n", "\n").replace("\r", "\n"))


def as_number(value: str) -> Decimal | None:
    """The number somebody typed (spaces and thousands' commas allowed), or ``None``."""
    plain = value.strip().replace(" ", "").replace("\u00a0", "").replace("\u202f", "")
    whole, comma, rest = plain.partition(",")
    if comma and "," not in rest and "." not in plain and len(rest) != THOUSANDS:
        plain = f"{whole}.{rest}"  # 1,5 has a decimal comma; 1,500 has a thousands' comma
    try:
        number = Decimal(plain.replace(",", ""))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def problem_with(question: Any, value: str, *, has_document: bool = False) -> str | None:
    """What is wrong with an answer as it stands, in a sentence; ``None`` where nothing is."""
    if question.kind == QuestionKind.FILE:
        return _("Add the file.") if question.required and not has_document else None
    if not value.strip():
        return _("Not answered yet.") if question.required else None
    if question.kind == QuestionKind.CHOICE:
        return None if value in question.options else _("Choose one of the options.")
    if question.kind == QuestionKind.NUMBER:
        return _problem_with_number(question, value)
    return _problem_with_text(question, value)


def _problem_with_text(question: Any, value: str) -> str | None:
    surplus = len(value) - question.character_limit
    if surplus > 0:
        return ngettext(
            "%(count)d character over the limit of %(limit)d. All of your text is kept.",
            "%(count)d characters over the limit of %(limit)d. All of your text is kept.",
            surplus,
        ) % {"count": surplus, "limit": question.character_limit}
    if question.kind == QuestionKind.SHORT and "\n" in value:
        return _("Write it on one line.")
    return None


def _problem_with_number(question: Any, value: str) -> str | None:
    number = as_number(value)
    if number is None:
        return _("Write a number, for example 12 or 12.5.")
    if question.minimum is not None and number < question.minimum:
        return _("The smallest number here is %(number)s.") % {"number": f"{question.minimum:f}"}
    if question.maximum is not None and number > question.maximum:
        return _("The largest number here is %(number)s.") % {"number": f"{question.maximum:f}"}
    return None


def missing_from(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> list[Missing]:
    """Every question whose answer stands in the way of submitting, in the order of the form."""
    found = []
    for question in questions:
        answer = answers.get(question.pk)
        problem = problem_with(
            question,
            answer.value if answer else "",
            has_document=bool(answer and answer.document_id),
        )
        if problem:
            found.append(Missing(question, question.section, question.label, problem))
    return found


def completeness(questions: Iterable[Any], answers: Mapping[UUID, Any]) -> int:
    """How much of what is required stands, in per cent; 100 where nothing is in the way."""
    required = [question for question in questions if question.required]
    if not required:
        return 100
    lacking = {missing.question.pk for missing in missing_from(required, answers)}
    return round(100 * (len(required) - len(lacking)) / len(required))


def by_section(copies: Iterable[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Answers under the heads of their sections."""
    found: dict[str, list[dict[str, Any]]] = {}
    for copy in copies:
        found.setdefault(copy["section"], []).append(copy)
    return list(found.items())


def documents_in(copies: Iterable[dict[str, Any]]) -> set[str]:
    """The keys of the files that were handed in with these answers."""
    return {copy["document"]["id"] for copy in copies if copy.get("document")}
