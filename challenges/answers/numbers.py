"""Numbers as people type them, in any country's digits and signs.

The same rules stand in static/portal/rules.js; tests/browser/test_rules.py compares the two.
"""

from __future__ import annotations

import re
from decimal import Decimal

from challenges.answers.text import SPACE

#: Digits of other scripts that people type: Arabic, Persian, Devanagari, Bengali, Thai, full width.
_ZEROS = (0x0660, 0x06F0, 0x0966, 0x09E6, 0x0E50, 0xFF10)
_AS_ASCII = str.maketrans(
    {chr(zero + digit): str(digit) for zero in _ZEROS for digit in range(10)}
    | {"\uff0e": ".", "\uff0c": ",", "\u066b": ".", "\u066c": ",", "\uff0d": "-", "\uff0b": "+"}
    | {"\u2212": "-", "\u2019": "'"}
)
_SPACES = re.compile(f"[{SPACE}]")

#: Figures alone, with one decimal separator if any: 1234, 1234.5, 0,125.
PLAIN = re.compile(r"([0-9]+)(?:[.,]([0-9]+))?")
#: The same with thousands in groups of three; decimals are set off by another sign: 1,234.5.
GROUPED = re.compile(r"([0-9]{1,3}(?:([.,' ])[0-9]{3})(?:\2[0-9]{3})*)(?:(?!\2)[.,]([0-9]+))?")
#: One sign with three figures behind it may be either: 12.500 is 12 and a half, or a thousand times
#: as much. A nought in front settles it, as in 0.125.
AMBIGUOUS = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
#: Four figures stay together: most of them are years.
FIGURES_OF_A_YEAR = 4
#: More figures than any column or spreadsheet holds.
MOST_FIGURES = 40


def bare(value: str) -> str:
    """A number's text with ASCII digits and signs, without space around it."""
    return _SPACES.sub(" ", value.strip()).translate(_AS_ASCII)


def plain(value: str, *, thousands: bool = False) -> str | None:
    """The number as it is kept (``-1234.5``) if it can be read in one way only, else ``None``.

    Thousands may stand in groups (spaces, points, commas, apostrophes), decimals behind a point or
    a comma. What reads as one number in one country and as another in the next is none, unless it
    is known that three figures behind a sign are ``thousands``.
    """
    text = bare(value)
    sign = "-" if text[:1] == "-" else ""
    text = text[1:] if text[:1] in {"-", "+"} else text
    if AMBIGUOUS.fullmatch(text):
        return sign + re.sub(r"[.,]", "", text) if thousands else None
    if found := PLAIN.fullmatch(text):
        whole, part = found[1], found[2]
    elif found := GROUPED.fullmatch(text):
        whole, part = re.sub(r"[.,' ]", "", found[1]), found[3]
    else:
        return None
    if len(whole) + len(part or "") > MOST_FIGURES:
        return None
    whole, part = whole.lstrip("0") or "0", (part or "").rstrip("0")
    number = f"{whole}.{part}" if part else whole
    if AMBIGUOUS.fullmatch(number):
        number += "0"  # 12.3450 stays what it is: without the nought it could be read as thousands
    return number if number == "0" else sign + number


def as_number(value: str) -> Decimal | None:
    """The number somebody typed if it can be read in one way only, else ``None``."""
    found = plain(value)
    return None if found is None else Decimal(found)


def has_figures(value: str) -> bool:
    """Whether there is any digit in it."""
    return any("0" <= one <= "9" for one in bare(value))


def bound(number: Decimal | float) -> str:
    """A bound as people write it, without the noughts that the column adds."""
    return f"{Decimal(str(number)).normalize():f}"


def grouped(number: str) -> str:
    """A kept number with its thousands set apart by narrow spaces, for reading."""
    sign, text = ("\u2212", number[1:]) if number.startswith("-") else ("", number)
    whole, _point, part = text.partition(".")
    whole = f"{int(whole):,}".replace(",", "\u202f") if len(whole) > FIGURES_OF_A_YEAR else whole
    return f"{sign}{whole}.{part}" if part else f"{sign}{whole}"
