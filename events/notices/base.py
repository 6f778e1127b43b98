"""What every letter about an event says in its small table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.text import Truncator
from django.utils.translation import gettext as _

from portal import clock
from portal.notices import Notice

if TYPE_CHECKING:
    from datetime import datetime

#: A subject is read whole on a telephone: the title gives way first.
TITLE = 40


def short_title(event: Any) -> str:
    """The title as a subject line holds it."""
    return Truncator(event.title).chars(TITLE)


def when_rows(
    starts_at: datetime, ends_at: datetime, zone: str, reader: Any
) -> list[tuple[str, str]]:
    """Begin and end, each in the event's zone and the reader's."""
    return [
        (_("Starts"), clock.in_both_zones(starts_at, zone, reader.time_zone)),
        (_("Ends"), clock.in_both_zones(ends_at, zone, reader.time_zone)),
    ]


def event_rows(event: Any, reader: Any) -> list[tuple[str, str]]:
    """What, when in both zones, where."""
    return [
        (_("Event"), event.title),
        *when_rows(event.starts_at, event.ends_at, event.time_zone, reader),
        (_("Where"), event.where),
    ]


class EventNotice(Notice):
    """A letter about an event: what, when in both zones, where, and the way to its page."""

    app: ClassVar[str] = "events"

    def event(self, step: Any) -> Any:
        """The event it speaks of."""
        return step.record

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """What, when, where."""
        return event_rows(self.event(step), reader)

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the page of the event."""
        return _("Open the event’s page"), self.event(step).get_absolute_url()

    def ask(self, step: Any) -> str:
        """The programme's desk."""
        return str(self.event(step).programme.mailbox)
