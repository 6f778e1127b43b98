"""What no linter can see of letters and pages: names, words, what the policy forbids."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

import pytest
from django.template import engines

from portal.notices import Notice
from tests.source import (
    APPS,
    TEMPLATES,
    modules,
    subclasses,
)

if TYPE_CHECKING:
    from pathlib import Path

# -- letters --------------------------------------------------------------------------------------


def letters() -> list[type[Notice]]:
    """Every kind of letter: the classes at the ends of the tree."""
    return [kind for kind in subclasses(Notice) if not kind.__subclasses__()]


def test_every_letter_has_its_sentences() -> None:
    missing = [
        f"{kind.__name__}: templates/{kind.app}/mail/{kind().name}.txt"
        for kind in letters()
        if not (TEMPLATES / kind.app / "mail" / f"{kind().name}.txt").is_file()
    ]
    assert not missing


def test_every_letter_is_named_by_what_happened() -> None:
    irregular = {
        "Sent",
        "Told",
        "Found",
        "Lost",
        "Met",
        "Kept",
        "Given",
        "Taken",
        "Withdrawn",
        "Due",
    }
    words = {kind.__name__: re.findall(r"[A-Z][a-z]+", kind.__name__) for kind in letters()}
    assert not [
        name
        for name, parts in words.items()
        if not any(part.endswith("ed") or part in irregular for part in parts)
    ]


def test_no_letter_template_is_left_over() -> None:
    known = {f"{kind.app}/mail/{kind().name}.txt" for kind in letters()}
    code = "\n".join(path.read_text(encoding="utf-8") for path in modules(*APPS))
    left = [
        name
        for path in sorted(TEMPLATES.glob("*/mail/*.txt"))
        if (name := str(path.relative_to(TEMPLATES))) not in known
        and name not in code
        and path.stem not in code
        and not path.name.startswith("_")
    ]
    assert not left


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*/mail/*.txt")), ids=lambda path: path.stem)
def test_sentences_are_not_escaped_for_html(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "{{" not in text or "autoescape off" in text


# -- templates ------------------------------------------------------------------------------------

PAGES = sorted(TEMPLATES.rglob("*.html"))
#: Templates that replace a package's, so that the package includes and extends them.
THEIRS = (
    *("allauth/", "account/", "mfa/", "usersessions/", "socialaccount/"),
    *("admin/", "django/", "crispy", "bootstrap5/"),
)


def name_of(path: Path) -> str:
    """The template's name."""
    return str(path.relative_to(TEMPLATES))


def without_comments(text: str) -> str:
    """What of a template can reach a reader."""
    text = re.sub(r"{%\s*comment.*?{%\s*endcomment\s*%}", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return re.sub(r"{#.*?#}", "", text)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_template_compiles(path: Path) -> None:
    engines["django"].get_template(name_of(path))


#: The base itself, and the stage: now, next, the minutes left, nothing else.
STAND_ALONE = {"base.html", "startups/demo_day_stage.html"}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_extends_and_partial_does_not(path: Path) -> None:
    name, text = name_of(path), path.read_text(encoding="utf-8")
    extends = re.search(r"{%\s*extends", text) is not None
    if path.name.startswith("_"):
        assert not extends
    elif not name.startswith((*THEIRS, "mail/")) and name not in STAND_ALONE:
        # The pages of last resort are sent when nothing else works, so they stand alone.
        assert extends or re.fullmatch(r"\d{3}(_csrf)?\.html", name)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_template_holds_nothing_the_policy_forbids(path: Path) -> None:
    name, text = name_of(path), without_comments(path.read_text(encoding="utf-8"))
    if name.startswith("mail/"):
        return
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert not re.search(r"<style|javascript:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text)


@functools.cache
def code_and_templates() -> str:
    """Everything that could name a template."""
    files = [*modules(*APPS), *sorted(TEMPLATES.rglob("*.html")), *sorted(TEMPLATES.rglob("*.txt"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_template_is_used(path: Path) -> None:
    name = name_of(path)
    if name.startswith(THEIRS) or re.fullmatch(r"\d{3}(_csrf)?\.html", name):
        return
    is_used = f'"{name}"' in code_and_templates() or f"'{name}'" in code_and_templates()
    assert is_used


#: Names, units and signs that are the same in every language.
SAME_EVERYWHERE = {"minato", "csv", "xlsx", "pdf", "mb", "utc", "html", "id", "s", "h", "min", "e"}
#: Pages for those who build the portal.
FOR_BUILDERS = {"styleguide.html"}


def untranslated(text: str) -> list[str]:
    """Words between tags that no translation reaches."""
    text = without_comments(text)
    # Blocks that hold names of classes for the style sheet.
    classes = r"{%\s*block (?:wide|bodyclass|body_class|coltype)\s*%}.*?{%\s*endblock[^%]*%}"
    text = re.sub(classes, "", text, flags=re.DOTALL)
    text = re.sub(
        r"{%\s*blocktrans(late)?\b.*?{%\s*endblocktrans(late)?\s*%}", " ", text, flags=re.DOTALL
    )
    text = re.sub(r"{%.*?%}|{{.*?}}", "\0", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    spoken = re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', text)
    text = re.sub(r"<[^>]*>", "\n", text)
    text = re.sub(r"&[a-z#0-9]+;", " ", text)
    pieces = [piece.strip() for part in [*spoken, text] for piece in re.split(r"[\n\0]", part)]
    return [
        piece
        for piece in pieces
        if (words := re.findall(r"[^\W\d_]+", piece))
        and not {word.lower() for word in words} <= SAME_EVERYWHERE
    ]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_visible_word_can_be_translated(path: Path) -> None:
    if name_of(path) in FOR_BUILDERS:
        return
    assert untranslated(path.read_text(encoding="utf-8")) == []


def test_untranslated_words_are_found() -> None:
    assert untranslated("<p>Hello {{ name }}</p>") == ["Hello"]
    assert untranslated('<p aria-label="Close">{% translate "Hello" %}</p>') == ["Close"]
    assert untranslated("<p>{% blocktranslate %}Hello{% endblocktranslate %} – 5 MB</p>") == []
