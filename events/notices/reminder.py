"""What guests are told before an event and after it, each kind in its own words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy, ngettext

from events.choices import Reminded
from events.notices.base import EventNotice, short_title
from portal.choices import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from portal.notices import Notice
    from portal.registry import CalendarEntry

HOUR = timedelta(hours=1)
#: In hours; what is nearer is said in hours.
TWO_DAYS = 48


def how_soon(left: timedelta) -> str:
    """In 14 days, in 24 hours: rounded, since a letter leaves moments after its hour."""
    hours = max(round(left / HOUR), 1)
    if hours < TWO_DAYS:
        return ngettext("In %d hour", "In %d hours", hours) % hours
    days = round(left / timedelta(days=1))
    return ngettext("In %d day", "In %d days", days) % days


class GuestReminder(EventNotice):
    """A letter planned from the instants of an event, for one guest."""

    lane = Lane.REMINDER
    reason = gettext_lazy("You get this letter because you are registered for this event.")

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one it was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"


class GuestReminded(GuestReminder):
    """The event comes nearer: two weeks, a week, a day."""

    mandatory = False
    kind = gettext_lazy("Reminders of an event you are registered for")

    def until(self, step: Any) -> datetime:
        """Until it begins."""
        ends: datetime = step.record.starts_at
        return ends

    def subject(self, step: Any) -> str:
        """Which event, and how long until it begins."""
        return _("%(when)s: %(event)s") % {
            "when": how_soon(step.record.starts_at - step.at),
            "event": short_title(step.record),
        }

    def calendar(self, step: Any, reader: Any) -> CalendarEntry | None:  # noqa: ARG002 -- the guest
        """As it stands now, for whoever lost the earlier letters."""
        entry: CalendarEntry = step.record.calendar_entry(join=True)
        return entry


class GuestSummoned(GuestReminder):
    """The event begins within the hour: how one gets in."""

    lane = Lane.RECEIPT
    mandatory = False
    kind = gettext_lazy("A letter an hour before an event you are registered for")

    def subject(self, step: Any) -> str:
        """It begins soon."""
        return _("It begins soon: %(event)s") % {"event": short_title(step.record)}

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the page with the link."""
        label = _("Join on the event’s page") if step.record.join_link else _("Open the page")
        return label, step.record.get_absolute_url()


class GuestThanked(GuestReminder):
    """The day after."""

    mandatory = False
    kind = gettext_lazy("Thanks after an event you were registered for")

    def subject(self, step: Any) -> str:
        """Thanks."""
        return _("Thank you: %(event)s") % {"event": short_title(step.record)}


#: The letter by the reminder's kind.
GUEST_LETTERS: Mapping[str, Notice] = {
    Reminded.DAYS_14: GuestReminded(),
    Reminded.DAYS_7: GuestReminded(),
    Reminded.DAY_1: GuestReminded(),
    Reminded.HOUR_1: GuestSummoned(),
    Reminded.THANKS: GuestThanked(),
}
