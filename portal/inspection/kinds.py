"""Which inspection a kind of file gets."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING, BinaryIO

from portal.inspection import office, pdf, picture, table
from portal.inspection.rule import Refused, Rule

if TYPE_CHECKING:
    from collections.abc import Callable

_INSPECTIONS: dict[str, Callable[[BinaryIO, str], tuple[str, ...] | None]] = {
    "pdf": pdf.look_into,
    "png": picture.look_into,
    "jpg": picture.look_into,
    "docx": office.look_into,
    "xlsx": office.look_into,
    "pptx": office.look_into,
    "csv": table.look_into,
}


def look_into(file: BinaryIO, kind: str) -> tuple[str, ...]:
    """Refuse a file of this kind that breaks a rule; answers what a cleaned copy is without.

    Raises:
        Refused: the rule.
    """
    if _INSPECTIONS[kind] is not office.look_into and zipfile.is_zipfile(file):
        raise Refused(Rule.TWO_IN_ONE)
    file.seek(0)
    return _INSPECTIONS[kind](file, kind) or ()
