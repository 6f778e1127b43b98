"""Who gets the page at the end of signing in again beside a draft: everybody who is signed in."""

from __future__ import annotations

from tests.access_table import Row, signed_in

ROWS: dict[str, Row] = {"challenges:signed-in": signed_in()}
