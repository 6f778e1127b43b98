"""The one text in which each kind of answer is kept, and the fields of which it is made.

    short, long     the text as typed, lines ended by one character, letters composed (NFC)
    choice          the option, as the form has it in its own language
    choices         the options, one on each line, in the order of the form
    number          ``-1234.5``; what cannot be read as one number stays as typed
    money           ``JPY 1200000``; ``- 500`` while no currency is chosen, ``JPY`` while no amount
    date            ``2026-11-22``; what is no day yet stays: ``2026--22``, ``2026-Nov-22``
    country         ISO 3166-1 in two letters: ``JP``
    goals           numbers of the goals, one on each line, the smallest first
    maturity        the technology readiness level: ``1`` to ``9``
    link, video     the address as typed, without space around it
    file            nothing: the answer is its document

`canonical` brings any text into that form and leaves alone what is in it already. `from_fields`
makes it of what a browser sends, `to_fields` takes it apart again. The same rules stand in
static/portal/rules.js; tests/browser/test_rules.py compares the two.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from challenges.answers import money
from challenges.answers.numbers import bare, plain
from challenges.answers.text import mark_of, normal, one_line
from challenges.choices import Maturity, QuestionKind as Kind
from portal.choices import Goal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

#: Kinds with boxes to tick: none ticked sends nothing, and is an answer all the same.
SEVERAL = (Kind.CHOICES, Kind.GOALS)
#: Kinds made of several fields: the name of each behind the name of the question's field.
PARTS: dict[str, tuple[str, ...]] = {
    Kind.MONEY: ("currency", "amount"),
    Kind.DATE: ("year", "month", "day"),
}
_GOALS = tuple(str(goal.value) for goal in Goal)
_LEVELS = tuple(Maturity.values)
_CODE = re.compile(r"[A-Za-z]{2}")
_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})日?")


def options_of(question: Any) -> Sequence[str]:
    """What can be chosen, as it is kept; empty where nothing is chosen from a list."""
    if question.kind in {Kind.CHOICE, Kind.CHOICES}:
        found: Sequence[str] = question.options
        return found
    return {Kind.GOALS: _GOALS, Kind.MATURITY: _LEVELS}.get(question.kind, ())


def chosen(value: str) -> list[str]:
    """The several that were chosen, of a kept text."""
    return [one for one in value.split("\n") if one]


def _several(question: Any, values: Iterable[str]) -> str:
    by = {normal(one).strip(): one for one in options_of(question)}
    lines = [one.strip() for value in values for one in normal(value).split("\n")]
    given = {by.get(one, one): None for one in lines}
    options = options_of(question)
    known = [one for one in options if one in given]
    return "\n".join([*known, *(one for one in given if one and one not in options)])


def _figures(text: str) -> str:
    return bare(one_line(text)).replace("-", "")


def _two(text: str) -> str:
    text = _figures(text)
    return text.lstrip("0").rjust(2, "0") if text.isascii() and text.isdigit() else text


def _day(year: str, month: str, day: str) -> str:
    parts = [_figures(year), _two(month), _two(day)]
    return "-".join(parts) if any(parts) else ""


def _choice(question: Any, value: str) -> str:
    # As the form has it, whose letters may be composed otherwise.
    return next((one for one in question.options if normal(one) == value), value)


def _date(_question: Any, value: str) -> str:
    found = _DAY.fullmatch(bare(value))
    return _day(*found.groups()) if found else one_line(value)


def _country(_question: Any, value: str) -> str:
    code = one_line(value)
    return code.upper() if _CODE.fullmatch(code) else code


_FORMS: dict[str, Callable[[Any, str], str]] = {
    Kind.SHORT: lambda _question, value: value,
    Kind.LONG: lambda _question, value: value,
    Kind.CHOICE: _choice,
    Kind.CHOICES: lambda question, value: _several(question, [value]),
    Kind.NUMBER: lambda _question, value: plain(one_line(value)) or one_line(value),
    Kind.MONEY: lambda question, value: money.join(question, *money.split(one_line(value))),
    Kind.DATE: _date,
    Kind.COUNTRY: _country,
    Kind.GOALS: lambda question, value: _several(question, [value]),
    Kind.FILE: lambda _question, _value: "",
}


def canonical(question: Any, value: str) -> str:
    """Any text in the form in which answers of this kind are kept."""
    value = normal(value)
    form = _FORMS.get(question.kind)
    return one_line(value) if form is None else form(question, value)


def from_fields(question: Any, sent: Mapping[str, Sequence[str]]) -> str:
    """The kept form of what a browser sent: all values by the name of their field."""
    name = question.field

    def one(name: str) -> str:
        values = sent.get(name) or ("",)
        return normal(values[-1])

    if question.kind in SEVERAL:
        return _several(question, sent.get(name) or ())
    if question.kind == Kind.MONEY:
        currency, amount = (one(f"{name}_{part}") for part in PARTS[Kind.MONEY])
        return money.join(question, currency.strip(), amount)
    if question.kind == Kind.DATE:
        return _day(*(one(f"{name}_{part}") for part in PARTS[Kind.DATE]))
    return canonical(question, one(name))


def to_fields(question: Any, value: str) -> dict[str, list[str]]:
    """What each field of a question shows of a kept text, by the field's name."""
    name = question.field
    if question.kind in SEVERAL:
        options = options_of(question)
        return {name: [one for one in chosen(value) if one in options]}
    if question.kind == Kind.MONEY:
        return {
            f"{name}_{part}": [text]
            for part, text in zip(PARTS[Kind.MONEY], money.split(value), strict=True)
        }
    if question.kind == Kind.DATE:
        parts = [*value.split("-", 2), "", ""][:3]
        return {
            f"{name}_{part}": [text] for part, text in zip(PARTS[Kind.DATE], parts, strict=True)
        }
    if question.kind in {Kind.CHOICE, Kind.MATURITY} and value not in options_of(question):
        return {name: [""]}  # a choice that was taken away since cannot be shown
    if question.kind not in {Kind.LONG, Kind.FILE}:
        value = value.replace("\n", "")  # a field of one line drops their ends
    return {name: [value]}


def shown(question: Any, value: str) -> str:
    """What comes back of a kept text from fields that nobody touched."""
    return from_fields(question, to_fields(question, value))


def mark_shown(question: Any, value: str) -> str:
    """The mark of a text as a browser shows it in the question's field, and sends it back."""
    return mark_of(shown(question, value))
