"""Markdown to HTML: one function for page and preview: neither shows what the other hides."""

from __future__ import annotations

from functools import lru_cache

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

TAGS = {
    "p", "h2", "h3", "h4", "ul", "ol", "li", "strong", "em", "a", "blockquote", "code", "pre",
    "table", "thead", "tbody", "tr", "th", "td", "hr", "br", "del",
}  # fmt: skip
_parser = MarkdownIt("js-default", {"html": False, "linkify": False})


def _safe_address(_tag: str, attribute: str, value: str) -> str | None:
    """Keep absolute web and mail addresses only: ``//evil`` and relative ones are dropped."""
    if attribute == "href" and not value.startswith(("https://", "http://", "mailto:")):
        return None
    return value


@lru_cache(maxsize=512)
def to_html(source: str) -> SafeString:
    """The text as safe HTML. A first-level heading becomes a second: the page has its own."""
    html = _parser.render(source).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    clean = nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "title"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto"},
        attribute_filter=_safe_address,
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308 -- just cleaned by an allow-list
