"""Who gets the pages of events and of registering to them."""

from __future__ import annotations

from tests.access_table import Row, public
from tests.cast import PEOPLE

OWN: dict[str, Row] = {
    "events:event-list": public(),
    "events:event-detail": public(slug="event.slug"),
    "events:event-calendar": public(slug="event.slug"),
    # Who is registered already is sent to the page that says so.
    "events:registration-create": Row(
        {"slug": "event.slug"},
        page=tuple(who for who in PEOPLE if who != "stranger"),
        away=("stranger",),
    ),
    "events:registration-cancel": Row({"slug": "event.slug"}, post={}, done=("stranger",)),
}
