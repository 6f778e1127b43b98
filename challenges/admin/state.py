"""A state as lists show it."""

from __future__ import annotations

from django.template.loader import render_to_string
from django.utils.html import format_html


def state_html(word: str, tone: str) -> str:
    """A state as a word with its sign, in a list."""
    return format_html("{}", render_to_string("_state.html", {"word": word, "tone": tone}))
