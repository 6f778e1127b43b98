"""The answers to OWASP ASVS: each number once, and nothing named that does not exist."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
DOCUMENT = ROOT / "docs" / "asvs.md"
#: How many requirements of levels 1 and 2 each section has: 1.2=9 means 1.2.1 to 1.2.9.
SECTIONS = """
1.1=2 1.2=9 1.3=11 1.4=3 1.5=2 2.1=3 2.2=3 2.3=4 2.4=1 3.2=2 3.3=4 3.4=6 3.5=5 3.7=2 4.1=3
4.2=1 4.3=2 4.4=4 5.1=1 5.2=3 5.3=2 5.4=3 6.1=3 6.2=12 6.3=4 6.4=4 6.5=5 6.6=3 6.8=4 7.1=3
7.2=4 7.3=2 7.4=5 7.5=2 7.6=2 8.1=2 8.2=3 8.3=1 8.4=1 9.1=3 9.2=4 10.1=2 10.2=2 10.3=4
10.4=11 10.5=5 10.6=2 10.7=3 11.1=2 11.2=3 11.3=3 11.4=4 11.5=1 11.6=1 12.1=3 12.2=2 12.3=4
13.1=1 13.2=5 13.3=2 13.4=5 14.1=2 14.2=4 14.3=3 15.1=3 15.2=3 15.3=7 16.1=1 16.2=5 16.3=4
16.4=3 16.5=3 17.1=1 17.2=4 17.3=2
"""
FIRST = {
    section: int(most) for section, _is, most in (word.partition("=") for word in SECTIONS.split())
}
NUMBER = r"\d{1,2}\.\d\.\d{1,2}"
ALL = {f"{section}.{last}" for section, most in FIRST.items() for last in range(1, most + 1)}


@cache
def text() -> str:
    return DOCUMENT.read_text(encoding="utf-8")


def chapters() -> str:
    """The answers, without the list at the top that repeats what is not met."""
    return text()[text().index("## V1 ") :]


def answered() -> list[str]:
    """Each number that begins a row, or stands bold among those that do not apply."""
    rows = re.findall(rf"^\| ({NUMBER}) \|", chapters(), re.MULTILINE)
    return rows + re.findall(rf"\*\*({NUMBER})\*\*", chapters())


@cache
def names_in(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_the_list_has_253_numbers() -> None:
    assert len(ALL) == 253


def test_each_number_is_answered_once() -> None:
    found = answered()
    assert sorted(ALL - set(found)) == []
    assert sorted(set(found) - ALL) == []
    assert sorted(number for number in set(found) if found.count(number) > 1) == []


def test_what_is_named_exists() -> None:
    wrong = []
    for named in re.findall(r"`([^`\s]+)`", chapters()):
        path, _colons, test = named.partition("::")
        if test:
            known = (ROOT / path).is_file() and test in names_in(ROOT / path)
            if not known or not test.startswith("test_"):
                wrong.append(named)
        elif re.fullmatch(r"[\w.-]+(/[\w.-]+)+", path) and not (ROOT / path).is_file():
            wrong.append(named)
    assert wrong == []


def test_an_answer_leads_somewhere() -> None:
    rows = re.findall(rf"^\| ({NUMBER}) \|[^|]*\|(.*)\|$", chapters(), re.MULTILINE)
    bare = [
        number
        for number, answer in rows
        if "`" not in answer and "see above" not in answer and not re.search(NUMBER, answer)
    ]
    assert bare == []


def test_what_is_not_met_stands_at_the_top() -> None:
    top = text()[: text().index("## V1 ")]
    listed = set(re.findall(rf"^\| ({NUMBER}) \|", top, re.MULTILINE))
    said = set(
        re.findall(rf"^\| ({NUMBER}) \|.*\*\*(?:not met|in part)\*\*", chapters(), re.MULTILINE)
    )
    assert listed == said
