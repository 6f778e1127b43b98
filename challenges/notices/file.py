"""What we say to a team about a file that our check refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy

from challenges.notices.application import ApplicationNotice
from portal import clock
from portal.choices import Lane

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class FileRefused(ApplicationNotice):
    """The check of a file found something; the application itself stands as it was."""

    def event_key(self, step: Any) -> str:
        """One for each file."""
        return f"{self.name}:{step.data['document'].pk}"

    def subject(self, step: Any) -> str:
        """Which file, of which application."""
        return _("File not taken: %(name)s, %(reference)s") % {
            "name": step.data["document"].name,
            "reference": step.record.reference,
        }

    def heading(self, step: Any) -> str:
        """What to do, while something can be done."""
        if step.data["replacement"] or step.data["may_replace"]:
            return _("Put another file in its place")
        return _("A file could not be taken")

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the file, its question, and until when another can be put in its place."""
        rows = [*super().facts(step, reader), (_("File"), step.data["document"].name)]
        if step.data["question"]:
            rows.append((_("Question"), step.data["question"]))
        zone = step.record.call.time_zone
        if replacement := step.data["replacement"]:
            until = clock.in_both_zones(replacement.open_until, zone, reader.time_zone)
            rows.append((_("Can be replaced until"), until))
        elif step.data["may_replace"]:
            deadline = step.record.shown_deadline
            until = clock.in_both_zones(deadline.instant, deadline.zone_name, reader.time_zone)
            rows.append((_("Deadline"), until))
        return rows

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the page that takes the one file, where the application is submitted."""
        if replacement := step.data["replacement"]:
            return _("Replace the file"), replacement.get_absolute_url()
        return super().action(step)


class FileReminded(ApplicationNotice):
    """A refused file of a submitted application was not replaced yet, and its day ends."""

    lane = Lane.REMINDER
    reason = gettext_lazy("You get this reminder because you may replace the file.")

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one the reminder was planned for."""
        return [step.data["recipient"]]

    def until(self, step: Any) -> datetime | None:
        """When it cannot be replaced any more."""
        instant: datetime = step.record.open_until
        return instant

    def ask(self, step: Any) -> str:
        """The call's contact."""
        call = step.record.application.call
        return str(call.contact_email or call.programme.mailbox)

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def subject(self, step: Any) -> str:
        """Which file, of which application."""
        return _("Not replaced yet: %(name)s, %(reference)s") % {
            "name": step.record.refused.name,
            "reference": step.record.application.reference,
        }

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for every file
        """The first line."""
        return _("A refused file is not replaced yet")

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Which file, and until when."""
        application = step.record.application
        until = clock.in_both_zones(
            step.record.open_until, application.call.time_zone, reader.time_zone
        )
        return [
            (_("File"), step.record.refused.name),
            (_("Question"), step.record.question.label),
            (_("Can be replaced until"), until),
            (_("Reference"), application.reference),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the page that takes the one file."""
        return _("Replace the file"), step.record.get_absolute_url()
