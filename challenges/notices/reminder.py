"""What is said as a deadline comes near: to those who write, and to those who run the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.text import Truncator
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from challenges.notices.application import ApplicationNotice
from portal import clock
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


#: So much of a call's title leaves room for how long there is; the letter has it whole.
CALL_LENGTH = 24


class DeadlineReminder(ApplicationNotice):
    """A letter planned from the deadline of an application, for one person who may submit it."""

    lane = Lane.REMINDER
    mandatory = False
    reason = gettext_lazy("You get this reminder because you work on this application.")

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one the reminder was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def until(self, step: Any) -> datetime:
        """Until the deadline of this team."""
        ends: datetime = step.record.ends
        return ends

    def words(self, step: Any) -> dict[str, str]:
        """What subject and heading name."""
        return {
            "reference": step.record.reference,
            "call": Truncator(step.record.call.title).chars(CALL_LENGTH),
            "left": step.data["left"],
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Deadline in both zones, reference, and whose it is."""
        application = step.record
        zone = application.call.time_zone
        return [
            (_("Deadline"), clock.in_both_zones(application.ends, zone, reader.time_zone)),
            (_("Reference"), application.reference),
            (_("Call"), application.call.title),
            (_("Organisation"), application.startup.name),
        ]


class DraftReminded(DeadlineReminder):
    """A draft is not complete, not submitted, and its deadline comes near."""

    kind = gettext_lazy("Reminders of an application that is not submitted yet")

    def subject(self, step: Any) -> str:
        """Not submitted yet, and how long there is."""
        return _("Not submitted yet: %(reference)s, %(call)s, %(left)s") % self.words(step)

    def heading(self, step: Any) -> str:
        """The first line."""
        return _("Not submitted yet, %(left)s") % self.words(step)

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With how complete it is."""
        complete = (_("Complete"), f"{step.record.completeness} %")
        return [*super().facts(step, reader), complete]


class CompleteDraftReminded(DeadlineReminder):
    """A draft is complete and NOT submitted: one button is missing."""

    kind = gettext_lazy("Reminders that an application is complete and not submitted")

    def subject(self, step: Any) -> str:
        """Complete, not submitted, how long there is."""
        return _("Complete, NOT submitted: %(reference)s, %(call)s, %(left)s") % self.words(step)

    def heading(self, step: Any) -> str:
        """The first line."""
        return _("Complete, but NOT submitted, %(left)s") % self.words(step)

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the page with the button."""
        path = reverse("challenges:application-check", args=[step.record.pk])
        return _("Check and submit"), path


class ChangesReminded(DeadlineReminder):
    """A submission was changed since, and the changes are not submitted."""

    kind = gettext_lazy("Reminders of changes to an application that are not submitted")

    def subject(self, step: Any) -> str:
        """The changes do not count yet."""
        return _("Changes NOT submitted: %(reference)s, %(call)s, %(left)s") % self.words(step)

    def heading(self, step: Any) -> str:
        """The first line."""
        return _("Your changes are not submitted, %(left)s") % self.words(step)

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the version that counts as things are."""
        counts = (_("Version that counts"), str(step.record.revision_count))
        return [*super().facts(step, reader), counts]

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the page with the button."""
        path = reverse("challenges:application-check", args=[step.record.pk])
        return _("Check and submit the new version"), path


class CallReminder(Notice):
    """A letter planned from the deadline of a call, for one of those who run it, with counts."""

    app: ClassVar[str] = "challenges"
    lane = Lane.REMINDER
    mandatory = False
    reason = gettext_lazy("You get this letter because you run this call.")

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one it was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """When it closes or closed, what was submitted, and how far the drafts are."""
        call, counts = step.record, step.data["counts"]
        rows = [
            (_("Deadline"), clock.in_both_zones(call.closes_at, call.time_zone, reader.time_zone))
        ]
        if call.accepts_until > call.closes_at:
            grace = clock.in_both_zones(call.accepts_until, call.time_zone, reader.time_zone)
            rows.append((_("Accepted until"), grace))
        rows += [
            (_("Submitted"), str(counts["submitted"])),
            (_("Complete, NOT submitted"), str(counts["complete"])),
            (_("Drafts half done or more"), str(counts["half"])),
            (_("Drafts less than half done"), str(counts["begun"])),
        ]
        if counts["extended"]:
            rows.append((_("Have more time of their own"), str(counts["extended"])))
        return rows

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the applications of the call."""
        listed = reverse("admin:challenges_application_changelist")
        return _("See the applications"), f"{listed}?call={step.record.pk}"


class ClosingNeared(CallReminder):
    """A call closes in a week."""

    kind = gettext_lazy("How the drafts stand a week before a call closes")

    def until(self, step: Any) -> datetime:
        """Until it closes."""
        ends: datetime = step.record.closes_at
        return ends

    def subject(self, step: Any) -> str:
        """How long, and how many have submitted."""
        count = step.data["counts"]["submitted"]
        return ngettext(
            "%(call)s: %(left)s, %(count)d application submitted",
            "%(call)s: %(left)s, %(count)d applications submitted",
            count,
        ) % {"call": step.record.title, "left": step.data["left"], "count": count}


class CallClosed(CallReminder):
    """A call has closed, its grace included."""

    kind = gettext_lazy("The figures as a call closes")

    def subject(self, step: Any) -> str:
        """Closed, with how many."""
        count = step.data["counts"]["submitted"]
        return ngettext(
            "Closed: %(call)s, %(count)d application submitted",
            "Closed: %(call)s, %(count)d applications submitted",
            count,
        ) % {"call": step.record.title, "count": count}


class JurorsWanted(CallReminder):
    """The day after a call closed: too few people read its applications."""

    kind = gettext_lazy("A reminder to assign jurors on the day after a call closed")

    def subject(self, step: Any) -> str:
        """How many lack a juror."""
        count = step.data["lacking"]
        return ngettext(
            "Assign jurors: %(count)d application of %(call)s lacks one",
            "Assign jurors: %(count)d applications of %(call)s lack one",
            count,
        ) % {"call": step.record.title, "count": count}

    def action(self, step: Any) -> tuple[str, str] | None:
        """To those that lack one."""
        listed = reverse("admin:challenges_application_changelist")
        return _("Assign jurors"), f"{listed}?call={step.record.pk}&reviews=lacking"


#: To a team; the record says which of the three.
DRAFT, COMPLETE, CHANGES = DraftReminded(), CompleteDraftReminded(), ChangesReminded()
TO_TEAMS: tuple[Notice, ...] = (DRAFT, COMPLETE, CHANGES)
