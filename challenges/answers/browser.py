"""What the page hands to static/portal/rules.js, so that it judges as the server does."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from django.utils.translation import get_language
from django_countries import countries

from challenges import conditions
from challenges.answers import money
from challenges.answers.canonical import options_of
from challenges.answers.numbers import bound
from challenges.answers.problems import SENTENCES
from challenges.answers.text import limit_of
from challenges.choices import QuestionKind as Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

#: Rules that the page does not speak of: an empty field is no error yet. (The counter below a text
#: says how much it is too long.)
SAID_ELSEWHERE = {"missing", "no_file"}


def rule_of(question: Any, on: Mapping[UUID, Any]) -> dict[str, Any]:
    """One question as the script reads it; ``on`` is what `conditions.targets` says."""
    found: dict[str, Any] = {"name": question.field, "kind": question.kind}
    if question.required:
        found["required"] = True
    if question.kind in {Kind.SHORT, Kind.LONG}:
        found |= {"limit": limit_of(question), "unit": question.limit_unit}
    if options := options_of(question):
        found["options"] = list(options)
    if question.most and question.kind in {Kind.CHOICES, Kind.GOALS}:
        found["most"] = question.most
    if question.kind in {Kind.NUMBER, Kind.MONEY}:
        for name in ("minimum", "maximum"):
            if (number := getattr(question, name)) is not None:
                found[name] = bound(number)
    if question.kind == Kind.MONEY:
        found["currencies"] = list(question.currencies)
    before = on.get(question.pk)
    if before is not None:
        found |= {"on": before.field, "values": list(question.shown_if_values)}
    return found


def rules_for(
    questions: Iterable[Any], inside: Iterable[Any], answers: Mapping[UUID, Any]
) -> dict[str, Any]:
    """The rules of the questions on a page, with those elsewhere on which they hang.

    ``questions`` is the whole form, ``inside`` what of it the page asks. What is asked elsewhere
    comes with its answer.
    """
    asked, here = list(questions), list(inside)
    on = conditions.targets(asked)
    needed = {one.pk for one in here}
    elsewhere: dict[UUID, Any] = {}
    for question in here:
        before = on.get(question.pk)
        while before is not None and before.pk not in needed:
            needed.add(before.pk)
            elsewhere[before.pk] = before
            before = on.get(before.pk)
    kinds = {one.kind for one in here}
    found: dict[str, Any] = {
        "questions": [rule_of(one, on) for one in [*elsewhere.values(), *here]],
        "answers": {one.field: answer_of(one, answers.get(one.pk)) for one in elsewhere.values()},
        "sentences": sentences(get_language() or ""),
    }
    if Kind.MONEY in kinds:
        found["currencies"] = list(money.CURRENCIES)
        found["decimals"] = {
            code: most for code, most in money.DECIMALS.items() if most != money.USUAL_DECIMALS
        }
    if Kind.COUNTRY in kinds:
        found["countries"] = codes()
    return found


@cache
def sentences(_language: str) -> dict[str, str]:
    """What is said of each rule, in the language that is spoken now."""
    return {rule: str(text) for rule, text in SENTENCES.items() if rule not in SAID_ELSEWHERE}


@cache
def codes() -> list[str]:
    """The codes of all countries; asked anew, each name would be translated for nothing."""
    return [code for code, _name in countries]


def answer_of(question: Any, answer: Any) -> dict[str, Any]:
    """An answer that is given elsewhere, as the script reads it."""
    if question.kind == Kind.FILE:
        return {"value": "", "file": bool(answer and answer.holds_file)}
    return {"value": answer.value if answer else "", "file": False}
