"""What we say to a guest about their registration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _

from events.choices import RegistrationState
from events.notices.base import EventNotice, short_title
from portal.choices import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.registry import CalendarEntry


class RegistrationNotice(EventNotice):
    """A letter to one guest about their own registration."""

    lane = Lane.RECEIPT

    def event(self, step: Any) -> Any:
        """The event of the registration."""
        return step.record.event

    def recipients(self, step: Any) -> Iterable[Any]:
        """The guest."""
        return [step.record.user]


class RegistrationReceived(RegistrationNotice):
    """Somebody registered and waits for an answer."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """The guest, where staff answer; elsewhere the next letter says all."""
        return super().recipients(step) if step.record.event.needs_approval else []

    def subject(self, step: Any) -> str:
        """Received, not yet approved."""
        return _("Registration received: %(event)s") % {"event": short_title(step.record.event)}


class RegistrationApproved(RegistrationNotice):
    """A guest comes; the event goes into their calendar."""

    def subject(self, step: Any) -> str:
        """They are registered."""
        return _("You are registered: %(event)s") % {"event": short_title(step.record.event)}

    def calendar(self, step: Any, reader: Any) -> CalendarEntry | None:  # noqa: ARG002 -- the guest
        """The event, with the link to join."""
        entry: CalendarEntry = step.record.calendar_entry()
        return entry


class Away(RegistrationNotice):
    """A guest does not come; where the event stood in their calendar it goes."""

    def calendar(self, step: Any, reader: Any) -> CalendarEntry | None:  # noqa: ARG002 -- the guest
        """The event as cancelled, for whoever was registered."""
        if step.from_state != RegistrationState.APPROVED:
            return None
        entry: CalendarEntry = step.record.calendar_entry()
        return entry


class RegistrationDeclined(Away):
    """There is no place for somebody who asked."""

    def subject(self, step: Any) -> str:
        """An answer, without scolding."""
        return _("About your registration: %(event)s") % {"event": short_title(step.record.event)}

    def heading(self, step: Any) -> str:
        """The answer itself."""
        if step.from_state == RegistrationState.APPROVED:
            return _("You are not registered any more")
        return _("We cannot offer you a place")


class RegistrationCancelled(Away):
    """A guest said that they do not come."""

    def subject(self, step: Any) -> str:
        """Confirmed."""
        return _("You no longer come: %(event)s") % {"event": short_title(step.record.event)}
