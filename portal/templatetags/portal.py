"""Words for templates: instants in both zones, Markdown, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.utils.html import format_html, strip_tags
from django.utils.safestring import mark_safe
from django.utils.text import capfirst

from portal import clock, markdown as markdown_module

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def markdown(source: str) -> SafeString:
    """Markdown as safe HTML."""
    return markdown_module.to_html(source)


@register.filter
def instant(value: datetime | None, zone: str = "") -> str:
    """An instant in words: in ``zone`` and the reader's, or in the reader's alone."""
    if value is None:
        return "–"
    reader = clock.reader_zone()
    return clock.in_both_zones(value, zone, reader) if zone else clock.in_words(value, reader)


@register.filter
def hour(value: datetime, zone: str) -> str:
    """14:05, on the wall clock of ``zone``."""
    return clock.local(value, zone).strftime("%H:%M")


@register.filter
def exact(value: datetime, zone: str) -> str:
    """An instant to the second, in ``zone`` and the reader's: where it is proof."""
    return clock.in_both_zones(value, zone, clock.reader_zone(), seconds=True)


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The entry of a mapping, or nothing."""
    return mapping.get(key, "")


def _label_of(head: dict[str, Any]) -> str:
    """The attribute with a column's head, made once for all cells of the column."""
    if "label" not in head:
        label = capfirst(strip_tags(str(head["text"])))
        head["label"] = format_html(' data-label="{}"', label) if label else ""
    return str(head["label"])


#: How Django's list writes that there is nothing.
NIL = (">–</td>", ">-</td>")


@register.filter
def labelled(cells: Iterable[SafeString], heads: list[dict[str, Any]]) -> SafeString:
    """The cells of a row of Django's list, each with its column's head for cards."""
    # Django has written the cells; the attribute goes in behind the "<td" or "<th" of each.
    return mark_safe(  # noqa: S308 -- all parts are safe
        "".join(
            f"{cell[:3]}{_label_of(head)}{' data-nil' if cell.endswith(NIL) else ''}{cell[3:]}"
            for head, cell in zip(heads, cells, strict=False)
        )
    )
