"""What we say about more time: to a team about its own, to staff who decide about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from challenges.notices.application import ApplicationNotice
from portal import clock
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.registry import CalendarEntry


class OwnDeadline(ApplicationNotice):
    """A letter to a team whose own deadline has moved, with the entry for its calendars."""

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """The team's deadline now, and which application."""
        application = step.record
        call = application.call
        ends = clock.in_both_zones(application.ends, call.time_zone, reader.time_zone)
        return [
            (_("Your deadline"), ends),
            (_("Reference"), application.reference),
            (_("Call"), call.title),
            (_("Organisation"), application.startup.name),
        ]

    def calendar(self, step: Any, reader: Any) -> CalendarEntry | None:  # noqa: ARG002 -- the same
        """The team's deadline with a higher number, so that calendars move it."""
        entry: CalendarEntry | None = step.data.get("calendar")
        return entry


class ExtensionGranted(OwnDeadline):
    """The team has more time, and nobody else knows."""

    def subject(self, step: Any) -> str:
        """Which application."""
        return _("More time: %(reference)s, %(call)s") % {
            "reference": step.record.reference,
            "call": step.record.call.title,
        }

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The first line."""
        return _("You have more time")


class ExtensionEnded(OwnDeadline):
    """The team's extra time has ended early: no second person confirmed it."""

    def subject(self, step: Any) -> str:
        """Which application."""
        return _("Your extra time has ended: %(reference)s, %(call)s") % {
            "reference": step.record.reference,
            "call": step.record.call.title,
        }

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The first line."""
        return _("Your extra time has ended")


class MoreTimeRefused(ApplicationNotice):
    """The team asked for more time and there is none."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """The whole team."""
        people: Iterable[Any] = step.record.application.team()
        return people

    def subject(self, step: Any) -> str:
        """Which application."""
        application = step.record.application
        return _("No more time: %(reference)s, %(call)s") % {
            "reference": application.reference,
            "call": application.call.title,
        }

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The first line."""
        return _("The deadline stays as it is")

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Which application, and the deadline that holds."""
        application = step.record.application
        call = application.call
        ends = clock.in_both_zones(application.ends, call.time_zone, reader.time_zone)
        return [
            (_("Reference"), application.reference),
            (_("Call"), call.title),
            (_("Deadline"), ends),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the application: what was written is kept."""
        return _("Open the application"), step.record.application.get_absolute_url()

    def ask(self, step: Any) -> str:
        """The call's contact."""
        call = step.record.application.call
        return str(call.contact_email or call.programme.mailbox)


class StaffNotice(Notice):
    """A letter to those who decide about more time; never to who acted, or is of a team."""

    app: ClassVar[str] = "challenges"
    lane = Lane.RECEIPT

    def recipients(self, step: Any) -> Iterable[Any]:
        """Who may decide; the action knows them."""
        return [one for one in step.record.deciders() if one != step.actor]

    def ask(self, step: Any) -> str:
        """The programme's mailbox."""
        return str(step.record.programme.mailbox)


class AboutExtension(StaffNotice):
    """A letter about an extension."""

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Until when, for how many, why, by whom, and by when it is to be confirmed."""
        extension = step.record
        zone = extension.call.time_zone
        return [
            (_("Call"), extension.call.title),
            (
                _("Extended until"),
                clock.in_both_zones(extension.until, zone, reader.time_zone),
            ),
            (_("Applications"), str(step.data.get("applications", ""))),
            (_("Reason"), extension.reason),
            (_("Granted by"), extension.granted_by.shown_name),
            (
                _("To be confirmed by"),
                clock.in_both_zones(extension.confirm_by, zone, reader.time_zone),
            ),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the extension."""
        address = reverse("admin:challenges_extension_change", args=[step.record.pk])
        return _("Open the extension"), address


class ConfirmationRequested(AboutExtension):
    """Somebody granted an extension; a second person is needed within a day."""

    def subject(self, step: Any) -> str:
        """For which call."""
        return _("Confirm an extension: %(call)s") % {"call": step.record.call.title}

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The first line."""
        return _("An extension waits for a second person")


class ExtensionNotConfirmed(AboutExtension):
    """An extension ended without a second person."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Everybody who may decide, who granted it among them."""
        people: Iterable[Any] = step.record.deciders()
        return people

    def subject(self, step: Any) -> str:
        """For which call."""
        return _("Extension ended: %(call)s") % {"call": step.record.call.title}

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The first line."""
        return _("An extension has ended unconfirmed")


class MoreTimeAsked(StaffNotice):
    """A team asks for more time; the facts stand on the page."""

    def subject(self, step: Any) -> str:
        """Which application."""
        application = step.record.application
        return _("Asks for more time: %(reference)s, %(call)s") % {
            "reference": application.reference,
            "call": application.call.title,
        }

    def heading(self, step: Any) -> str:
        """Who asks."""
        return _("%(startup)s asks for more time") % {
            "startup": step.record.application.startup.name
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Which application, its deadline, how complete it was."""
        application = step.record.application
        call = application.call
        return [
            (_("Reference"), application.reference),
            (_("Call"), call.title),
            (
                _("Deadline"),
                clock.in_both_zones(application.ends, call.time_zone, reader.time_zone),
            ),
            (_("Complete"), f"{application.completeness} %"),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the request."""
        address = reverse("admin:challenges_moretimerequest_change", args=[step.record.pk])
        return _("Open the request"), address
