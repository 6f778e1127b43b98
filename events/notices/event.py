"""What we say to guests when an event moves or does not take place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from events.notices.base import EventNotice, short_title
from portal import clock
from portal.choices import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.registry import CalendarEntry


class ToGuests(EventNotice):
    """A letter to everybody who is registered or waits for an answer."""

    lane = Lane.RECEIPT

    def recipients(self, step: Any) -> Iterable[Any]:
        """The guests, each once."""
        registrations = step.record.registrations.standing().select_related("user")
        return [one.user for one in registrations.order_by("created_at")]

    def calendar(self, step: Any, reader: Any) -> CalendarEntry | None:
        """The newer entry, for whoever has the earlier one."""
        if reader.pk not in step.data["coming"]:
            return None
        entry: CalendarEntry = step.record.calendar_entry(join=True)
        return entry


class EventMoved(ToGuests):
    """An event has another time, another place or another link."""

    def subject(self, step: Any) -> str:
        """Which event, and to when, or what else is new."""
        event = step.record
        if not step.data["moved"]:
            return _("New details: %(event)s") % {"event": short_title(event)}
        return _("New time: %(event)s, %(when)s") % {
            "event": short_title(event),
            "when": clock.in_words(event.starts_at, event.time_zone),
        }

    def heading(self, step: Any) -> str:
        """What is new."""
        return _("The event has a new time") if step.data["moved"] else _("New details")

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With when and where it was before, as far as it changed."""
        event, before = step.record, step.data["before"]
        rows = super().facts(step, reader)
        for name, label in (("starts_at", _("Start before")), ("ends_at", _("End before"))):
            if before[name] != getattr(event, name):
                was = clock.in_both_zones(before[name], event.time_zone, reader.time_zone)
                rows.append((label, was))
        if before["where"] != event.where:
            rows.append((_("Place before"), before["where"]))
        if before["join_link"] != event.join_link:
            rows.append((_("Link to join"), _("It is new. You find it on the event’s page.")))
        return rows


class EventCancelled(ToGuests):
    """An event does not take place."""

    def subject(self, step: Any) -> str:
        """Which event."""
        return _("Cancelled: %(event)s") % {"event": short_title(step.record)}
