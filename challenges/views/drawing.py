"""The questions of a form as they stand on the page, drawn from one outline where they look alike.

A form may ask sixty questions on a page. Those of one shape differ in a few places only: their
template is drawn once with marks in these places, and cut there.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID
from weakref import WeakKeyDictionary

from django.template.loader import get_template
from django.utils.html import conditional_escape
from django.utils.safestring import mark_safe
from django.utils.translation import get_language

from challenges.choices import QuestionKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from challenges.models import Application

TEMPLATE, NOTES = "challenges/_asked.html", "challenges/_answer_notes.html"
#: What an outline has a place for. A question of which the page knows anything else is drawn alone.
PLACED = {"question", "field", "known", "is_unsaved"}
#: Around the name of a place: letters of nobody's alphabet, which no template of ours has.
_MARK = "\ue000{}\ue001"
_PLACES = re.compile("\ue000([a-z_]+)\ue001")
_INDENTS = re.compile(r"\s*\n\s*")
#: Stands for the application, of which an address is made.
_NOBODY = UUID(int=0)
#: What was drawn of a template, as long as that is kept: a template that was edited is another.
_drawn: WeakKeyDictionary[Any, dict[Shape, list[str]]] = WeakKeyDictionary()


class Shape(NamedTuple):
    """What decides how the page of a question looks, its own words apart."""

    language: str
    is_shut: bool
    is_asked: bool
    is_file: bool
    has_condition: bool
    is_known: bool
    is_unsaved: bool


def draw(
    entries: Sequence[dict[str, Any]], *, form: Any, application: Application, is_shut: bool
) -> SafeString:
    """All that stands on the page of the questions, one after the other."""
    language, asked = get_language() or "", form.asked
    html: list[str] = []
    for entry in entries:
        if any(value for name, value in entry.items() if name not in PLACED):
            context = {"form": form, "application": application, "is_shut": is_shut}
            html.append(_alone(entry, context))
            continue
        question, field = entry["question"], entry["field"]
        outline = _outline(
            Shape(
                language=language,
                is_shut=is_shut,
                is_asked=question.pk in asked,
                is_file=question.kind == QuestionKind.FILE,
                has_condition=bool(field.condition),
                is_known=bool(entry["known"]),
                is_unsaved=entry["is_unsaved"],
            ),
            entry,
        ).copy()
        key = question.pk.hex
        places = {
            "application": str(application.pk),
            "key": key,
            "field": f"q_{key}",
            "label": conditional_escape(field.label),
            "condition": conditional_escape(field.condition),
            "known": conditional_escape(entry["known"]),
            "marks": field.marks,
            "body": field.body,
            "read_by": conditional_escape(field.read_by),
        }
        # Cut before anybody's words are put in: what they typed is never taken for a mark.
        outline[1::2] = map(places.__getitem__, outline[1::2])
        html += outline
    return mark_safe("".join(html))  # noqa: S308 -- words are escaped, marks and body are safe


def _alone(entry: dict[str, Any], context: dict[str, Any]) -> str:
    notes = get_template(NOTES).render({"entry": entry})
    return get_template(TEMPLATE).render({**context, "entry": {**entry, "notes_html": notes}})


def _outline(shape: Shape, like: dict[str, Any]) -> list[str]:
    """How such a question is drawn, cut at its places: text, place, text, place, …, text."""
    template: Any = get_template(TEMPLATE)
    kept = _drawn.setdefault(template.template, {})
    if shape in kept:
        return kept[shape]

    def place(name: str, there: bool = True) -> str:  # noqa: FBT001, FBT002 -- reads as words
        return mark_safe(_MARK.format(name)) if there else ""  # noqa: S308 -- no word of anybody

    key = {"hex": place("key")}
    entry = {
        **like,
        "question": {
            "pk": key,
            "field": place("field"),
            "kind": QuestionKind.FILE if shape.is_file else QuestionKind.SHORT,
        },
        "field": {
            "html_name": place("field"),
            "label": place("label"),
            "marks": place("marks"),
            "condition": place("condition", shape.has_condition),
            "body": place("body"),
            "read_by": place("read_by"),
        },
        "known": place("known", shape.is_known),
        "is_unsaved": shape.is_unsaved,
    }
    html = _alone(
        entry,
        {
            "form": {"asked": [key] if shape.is_asked else []},
            "application": {"pk": _NOBODY},
            "is_shut": shape.is_shut,
        },
    )
    # Sixty times the indents of a template are a fifth of the page.
    html = _INDENTS.sub("\n", html.replace(str(_NOBODY), _MARK.format("application")))
    kept[shape] = _PLACES.split(html)
    return kept[shape]
