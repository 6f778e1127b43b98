"""What differs between two versions of an application: pure functions over submitted copies."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

from django.utils.html import format_html_join
from django.utils.safestring import mark_safe

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from django.utils.safestring import SafeString

#: A word with the space behind it, or one sign of a script that sets no spaces.
_SIGN = r"\u3000-\u9fff\uf900-\uffef"
PIECES = re.compile(rf"[{_SIGN}]|[^\s{_SIGN}]+\s*|\s+")
#: What stands before and behind a piece.
MARKS = {
    "": ("", ""),
    "gone": (mark_safe("<del>"), mark_safe("</del>")),
    "new": (mark_safe("<ins>"), mark_safe("</ins>")),
}
#: Beyond so many pieces a comparison word by word takes too long; then both texts stand whole.
MOST_PIECES = 4_000


@dataclass(frozen=True)
class Piece:
    """A part of a text: in both versions, only in the older, or only in the newer."""

    text: str
    #: ``""``, ``"gone"`` or ``"new"``.
    change: str = ""


@dataclass(frozen=True)
class Difference:
    """One question whose answer is another, with the pieces of both texts in order."""

    section: str
    label: str
    pieces: tuple[Piece, ...]
    #: Asked in one of the versions only.
    only_in: str = ""

    @property
    def marked(self) -> SafeString:
        """Both texts in one, marked up; made here, since a template's own spaces would count."""
        return format_html_join(
            "",
            "{}{}{}",
            ((MARKS[piece.change][0], piece.text, MARKS[piece.change][1]) for piece in self.pieces),
        )


def pieces_of(older: str, newer: str) -> tuple[Piece, ...]:
    """Both texts in one, word by word."""
    before, after = PIECES.findall(older), PIECES.findall(newer)
    if len(before) + len(after) > MOST_PIECES:
        return tuple(
            Piece(text, change) for text, change in ((older, "gone"), (newer, "new")) if text
        )
    found: list[Piece] = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, left, left_end, right, right_end in matcher.get_opcodes():
        if kind == "equal":
            found.append(Piece("".join(before[left:left_end])))
            continue
        if left_end > left:
            found.append(Piece("".join(before[left:left_end]), "gone"))
        if right_end > right:
            found.append(Piece("".join(after[right:right_end]), "new"))
    return tuple(found)


def between(
    older: Iterable[Mapping[str, Any]], newer: Iterable[Mapping[str, Any]]
) -> list[Difference]:
    """The questions whose answers differ, in the order of the newer version, then what is gone.

    Rows are those of a submitted copy as people read them: ``question`` (its key), ``section``,
    ``label`` and ``value``. A question that was replaced by another wording counts as two.
    """
    before = {row["question"]: row for row in older}
    found = []
    kept = set()
    for row in newer:
        kept.add(row["question"])
        was = before.get(row["question"])
        text, earlier = str(row["value"]), str(was["value"]) if was else ""
        if was is not None and text == earlier:
            continue
        if was is None and not text:
            continue
        found.append(
            Difference(
                section=row["section"],
                label=row["label"],
                pieces=pieces_of(earlier, text),
                only_in="" if was else "new",
            )
        )
    found += [
        Difference(row["section"], row["label"], pieces_of(str(row["value"]), ""), only_in="gone")
        for key, row in before.items()
        if key not in kept and str(row["value"])
    ]
    return found
