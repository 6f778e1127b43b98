"""The addresses that many tests of these pages ask for."""

from __future__ import annotations

LIST = "/startups/"
NEW = "/startups/new/"
JOIN = "/startups/join/"
