"""What a question asks for, as paper must say it: no input there shows or enforces it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.translation import gettext as _, ngettext

from challenges import answers
from challenges.answers import numbers
from challenges.choices import LimitUnit, QuestionKind as Kind
from portal.documents import kinds_accepted

if TYPE_CHECKING:
    from challenges.models import Question


def bounds_of(question: Question) -> list[str]:
    """How much and what of it: "at most 300 words", "from 1 to 50", "in EUR or KES"."""
    kind = Kind(question.kind)
    if kind in {Kind.SHORT, Kind.LONG}:
        return [_length(question)]
    if kind in answers.SEVERAL and question.most:
        return [_("choose at most %(most)d") % {"most": question.most}]
    if kind == Kind.NUMBER:
        return [*_range(question), *([question.unit] if question.unit else [])]
    if kind == Kind.MONEY and question.currencies:
        return [_("in %(currencies)s") % {"currencies": _(" or ").join(question.currencies)}]
    if kind == Kind.FILE:
        words = {
            "limit": settings.UPLOAD_LIMIT_MB,
            "kinds": ", ".join(one.upper() for one in kinds_accepted(question.file_kinds)),
        }
        return [_("one file of at most %(limit)d MB: %(kinds)s") % words]
    return [question.unit] if question.unit else []


def _length(question: Question) -> str:
    words = {"n": question.character_limit}
    if question.limit_unit == LimitUnit.WORDS:
        return ngettext("at most %(n)d word", "at most %(n)d words", words["n"]) % words
    return ngettext("at most %(n)d character", "at most %(n)d characters", words["n"]) % words


def _range(question: Question) -> list[str]:
    least, most = (
        None if one is None else numbers.grouped(numbers.bound(one))
        for one in (question.minimum, question.maximum)
    )
    if least is not None and most is not None:
        return [_("from %(least)s to %(most)s") % {"least": least, "most": most}]
    if least is not None:
        return [_("at least %(least)s") % {"least": least}]
    return [] if most is None else [_("at most %(most)s") % {"most": most}]


def choices_of(question: Question) -> list[tuple[str, str]]:
    """What can be chosen: as it is kept, and as it reads; countries and the like are not listed."""
    if question.options:
        return list(question.in_language().options.items())
    return [
        (value, answers.in_words(question.kind, value)) for value in answers.options_of(question)
    ]
