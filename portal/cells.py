"""Text in a table that a spreadsheet program shows and never runs."""

from __future__ import annotations

import unicodedata

#: What makes a spreadsheet program calculate, and what some of them take for a new cell.
RUNS = frozenset("=+-@")
BREAKS = ("\t", "\r", "\n", "\x00")


def first_visible(text: str) -> str:
    """The first character a program would look at: blanks are skipped, full-width forms folded."""
    for letter in text:
        if not letter.isspace() and unicodedata.category(letter) not in {"Cc", "Cf"}:
            return unicodedata.normalize("NFKC", letter)[:1]
    return ""


def safe(value: object) -> str:
    """Text that a spreadsheet program shows and never runs."""
    text = "" if value is None else str(value)
    if text.startswith(BREAKS) or first_visible(text) in RUNS:
        text = "'" + text
    return text.replace("\x00", "")
