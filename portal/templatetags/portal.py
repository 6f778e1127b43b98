"""Words for templates: instants in both zones, Markdown, answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from portal import clock, markdown as markdown_module

if TYPE_CHECKING:
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
