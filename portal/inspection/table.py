"""CSV: text, and only values in it."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from portal.inspection.rule import Refused, Rule

_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
#: Control characters that no program writes into a table; the first bytes of a web page.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x19\x1b-\x1f]")
_MARKUP = re.compile(r"\s*<(?:!doctype|html|head|body|script|svg|\?xml|\?php)", re.IGNORECASE)
#: A cell that a spreadsheet would carry out: a call, or a command of another program.
#: ="0042" keeps its noughts and is harmless.
_FORMULA = re.compile(
    r"(?m)(?:^|[,;\t])[ ]*\"?[ ]*"
    r"(?:[=@][ ]*[+\-]?[A-Za-z_.]+[ ]*\(|[=+\-@][^,;\t\n|]{0,200}\|[^,;\t\n!]{0,200}!)"
)


def look_into(file: BinaryIO, _kind: str) -> None:
    """Refuse what is no text, and what a spreadsheet would carry out."""
    text = as_text(file.read())
    if text is None or _CONTROL.search(text) or _MARKUP.match(text):
        raise Refused(Rule.TEXT)
    if _FORMULA.search(text):
        raise Refused(Rule.FORMULA)


def as_text(content: bytes) -> str | None:
    """The text in the encoding it says, in UTF-8, or in one of the older ones with 8 bits."""
    if content.startswith(_UTF_16):
        try:
            return content.decode("utf-16")
        except UnicodeDecodeError:
            return None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Spreadsheets write tables in the encoding of the machine; each keeps ASCII where it is.
        return content.decode("latin-1")
