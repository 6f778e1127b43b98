"""What we say to a team about its application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from portal import clock
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class ApplicationNotice(Notice):
    """A letter to the whole team, with the reference in the subject."""

    app: ClassVar[str] = "challenges"
    lane = Lane.RECEIPT

    def recipients(self, step: Any) -> Iterable[Any]:
        """Every member, and who helps with this application."""
        people: Iterable[Any] = step.record.team()
        return people

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Reference, call, version and when, in both zones."""
        application = step.record
        call = application.call
        rows = [
            (_("Reference"), application.reference),
            (_("Call"), call.title),
            (_("Organisation"), application.startup.name),
        ]
        if application.submitted_at:
            rows.append(
                (
                    _("Submitted"),
                    clock.in_both_zones(
                        application.submitted_at, call.time_zone, reader.time_zone, seconds=True
                    ),
                )
            )
        return rows

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the application."""
        return _("Open the application"), step.record.get_absolute_url()

    def ask(self, step: Any) -> str:
        """The call's contact."""
        call = step.record.call
        return str(call.contact_email or call.programme.mailbox)


class WithReceipt(ApplicationNotice):
    """A letter about a submitted version."""

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With version, fingerprint and the date of the next news."""
        application = step.record
        rows = super().facts(step, reader)
        if revision := application.current_revision:
            rows.append((_("Version"), str(revision.number)))
            rows.append((_("Fingerprint"), revision.short_fingerprint))
        deadline = application.shown_deadline
        if step.at < deadline.instant:
            until = clock.in_both_zones(deadline.instant, deadline.zone_name, reader.time_zone)
            rows.append((_("Can be changed until"), until))
        if application.call.news_by:
            rows.append((_("Next news by"), date_format(application.call.news_by, "D j M Y")))
        return rows


class ApplicationReceived(WithReceipt):
    """An application was submitted."""

    def subject(self, step: Any) -> str:
        """Received, nothing more to do."""
        return _("Received: %(reference)s, %(call)s") % {
            "reference": step.record.reference,
            "call": step.record.call.title,
        }

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The first line."""
        return _("Received, nothing more to do")


class ApplicationAmended(WithReceipt):
    """A newer version was submitted; it counts from now on."""

    def subject(self, step: Any) -> str:
        """The new version counts."""
        return _("New version received: %(reference)s, %(call)s") % {
            "reference": step.record.reference,
            "call": step.record.call.title,
        }

    def heading(self, step: Any) -> str:
        """The first line."""
        return _("Version %(number)d received, nothing more to do") % {
            "number": step.record.revision_count
        }


class ApplicationWithdrawn(ApplicationNotice):
    """An application was withdrawn."""

    def subject(self, step: Any) -> str:
        """Withdrawn."""
        return _("Withdrawn: %(reference)s, %(call)s") % {
            "reference": step.record.reference,
            "call": step.record.call.title,
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the instant until which it can be undone, while that is ahead."""
        deadline = step.record.shown_deadline
        rows = super().facts(step, reader)
        if step.data.get("may_be_undone") and step.at < deadline.instant:
            until = clock.in_both_zones(deadline.instant, deadline.zone_name, reader.time_zone)
            rows.append((_("Can be undone until"), until))
        return rows


class ApplicationRestored(WithReceipt):
    """A withdrawal was undone."""

    def subject(self, step: Any) -> str:
        """It counts again."""
        return _("It counts again: %(reference)s, %(call)s") % {
            "reference": step.record.reference,
            "call": step.record.call.title,
        }


class HelperInvited(ApplicationNotice):
    """To an address that may have no account yet; the link is in this letter only."""

    lane = Lane.CODE

    def recipients(self, step: Any) -> Iterable[Any]:  # noqa: ARG002 -- it goes to an address
        """Nobody by account: `actions.invite_helper` posts it to the address."""
        return ()

    def subject(self, step: Any) -> str:
        """With which call."""
        return _("Help with an application: %(call)s") % {"call": step.record.call.title}

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for every call
        """The first line."""
        return _("You are asked to help with an application")

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- no account
        """Whose, which, until when."""
        call = step.record.call
        return [
            (_("Organisation"), step.record.startup.name),
            (_("Call"), call.title),
            (_("Valid until"), clock.in_words(step.data["expires_at"], call.time_zone)),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the page that asks whether one will."""
        return _("Accept"), reverse("challenges:helper-accept", args=[step.data["token"]])

    def ask(self, step: Any) -> str:
        """Who asked."""
        return str(step.actor.email)
