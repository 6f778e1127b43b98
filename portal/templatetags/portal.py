"""Words for templates: instants in both zones, Markdown, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from portal import clock, markdown as markdown_module

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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
def exact(value: datetime, zone: str) -> str:
    """An instant to the second, in ``zone`` and the reader's: where it is proof."""
    return clock.in_both_zones(value, zone, clock.reader_zone(), seconds=True)


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The entry of a mapping, or nothing."""
    return mapping.get(key, "")


@register.filter
def beside(cells: Iterable[Any], heads: Iterable[Any]) -> Iterator[tuple[Any, Any]]:
    """Each cell of a row with the head of its column."""
    return zip(heads, cells, strict=False)


@register.filter
def labelled(cell: SafeString, label: str) -> SafeString:
    """A cell of Django's list with the head of its column in ``data-label``, for cards."""
    if not label:
        return cell
    attribute = format_html(' data-label="{}"', label)
    # Django has written the cell; the attribute goes in behind its "<td" or "<th".
    return mark_safe(f"{cell[:3]}{attribute}{cell[3:]}")  # noqa: S308 -- both parts are safe
