"""What a test reads of a page."""

from __future__ import annotations

import re


def text_of(response):
    """The page as it came, with each run of white space as one space."""
    return re.sub(r"\s+", " ", response.content.decode())
