"""Text as it is counted and kept: one rule for the server, the browser and paper.

The same rules stand in static/portal/counter.js; tests/browser/test_rules.py compares the two.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Any

from challenges.choices import LimitUnit, QuestionKind

#: What is longer than so many times its limit is not kept at all, but never less than the floor.
TIMES_THE_LIMIT = 20
KEPT_AT_LEAST = 20_000
#: A word is kept with this many characters: longer ones are links and slips.
LETTERS_IN_A_WORD = 10

#: What parts words, and what Python strips; named one by one, since JavaScript's ``\s`` is another.
SPACE = r"\t\n\x0b\x0c\r\x1c-\x1f\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
#: Letters of scripts that put no space between words: Thai, Lao, Tibetan, Myanmar, Khmer, New Tai
#: Lue, Tai Tham, Chinese and Japanese with their signs, half-width forms. Korean has spaces.
UNSPACED = (
    r"\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u2e80-\u2fdf"
    r"\u3001-\u312f\u3190-\u4dbf\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaa7f\uf900-\ufaff\ufe30-\ufe4f"
    r"\uff01-\uff9f\U0001b000-\U0001b16f\U00020000-\U0003ffff"
)
_COUNTED = re.compile(f"[{UNSPACED}]|[^{SPACE}{UNSPACED}]+")


def normal(value: str) -> str:
    """The text as we count and keep it: one character for a line's end, composed letters."""
    text = value.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return unicodedata.normalize("NFC", text)


def mark_of(value: str) -> str:
    """A short mark of a text: the page sends back the one of what it showed."""
    return hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def one_line(value: str) -> str:
    """What a field of one line keeps of a text: no line's ends, no space around it."""
    return value.replace("\n", "").strip()


def length_of(value: str, unit: str) -> int:
    """How long a text is: characters, or words.

    Where a script puts no space between words (Japanese, Chinese, Thai …) each character counts as
    one word, as in the programs people write with; a mixed text has both.
    """
    if unit == LimitUnit.WORDS:
        return sum(1 for _one in _COUNTED.finditer(value))
    return len(value)


def limit_of(question: Any) -> int:
    """How long an answer may be, in the question's own unit."""
    if question.limit:
        return int(question.limit)
    return 300 if question.kind == QuestionKind.SHORT else 3_000


def most_kept(question: Any) -> int:
    """How many characters of an answer we keep at most; far more than it may have in the end."""
    letters = LETTERS_IN_A_WORD if question.limit_unit == LimitUnit.WORDS else 1
    return max(KEPT_AT_LEAST, TIMES_THE_LIMIT * letters * limit_of(question))
