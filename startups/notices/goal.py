"""What we say of goals and of what was promised.

No letter holds the words of a goal's report: it leads to the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal.choices import Lane
from portal.notices import Notice
from startups.choices import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_stubs_ext import StrOrPromise


class VerdictGiven(Notice):
    """To those who write for the startup: how a goal stands in the programme team's eyes."""

    app: ClassVar[str] = "startups"

    def recipients(self, step: Any) -> Iterable[Any]:
        """Those who write for it."""
        return step.record.place.startup.writers()  # type: ignore[no-any-return]

    def subject(self, step: Any) -> str:
        """How it stands, which goal."""
        return _("%(verdict)s: %(goal)s") % {
            "verdict": Verdict(step.data["verdict"]).label,
            "goal": step.record.title[:50],
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """The verdict and why."""
        return [
            (_("Goal"), step.record.title),
            (_("How it stands"), str(Verdict(step.data["verdict"]).label)),
            (_("Why"), step.data.get("text", "")),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """The goal with all that was said of it."""
        return _("Open the goal"), step.record.get_absolute_url()


class PlannedReminder(Notice):
    """A reminder that was planned from a day."""

    app: ClassVar[str] = "startups"
    lane = Lane.REMINDER
    mandatory = False

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one the reminder was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"


class GoalReportDue(PlannedReminder):
    """To those who write for the startup: the quarter ends, and goals wait for their report."""

    kind: ClassVar[StrOrPromise] = gettext_lazy("Reminders of quarterly reports on goals")
    reason: ClassVar[StrOrPromise] = gettext_lazy(
        "You get this reminder because you write for the organisation."
    )

    def subject(self, step: Any) -> str:
        """How many, until when."""
        count = len(step.data["goals"])
        words = {"count": count, "day": date_format(step.record.ends_on, "j M Y")}
        if step.data["late"]:
            return (
                ngettext(
                    "Report missing since %(day)s: %(count)d goal",
                    "Reports missing since %(day)s: %(count)d goals",
                    count,
                )
                % words
            )
        return (
            ngettext(
                "Report by %(day)s: %(count)d goal", "Report by %(day)s: %(count)d goals", count
            )
            % words
        )

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Which goals, of whom."""
        rows = [(_("Organisation"), step.record.place.startup.name)]
        return rows + [(_("Goal"), title) for title in step.data["goals"]]

    def action(self, step: Any) -> tuple[str, str]:
        """The page of the goals."""
        return _("Report now"), reverse("startups:goal-list", args=[step.record.place_id])


class ActionItemDue(PlannedReminder):
    """To the side that promised it: soon, or since yesterday."""

    kind: ClassVar[StrOrPromise] = gettext_lazy("Reminders of what you have taken on to do")
    reason: ClassVar[StrOrPromise] = gettext_lazy(
        "You get this reminder because your side has taken it on in coaching."
    )

    def subject(self, step: Any) -> str:
        """By when, what."""
        words = {"what": step.record.what[:45], "day": date_format(step.record.due_on, "j M")}
        if step.data["late"]:
            return _("Was due on %(day)s: %(what)s") % words
        return _("To do by %(day)s: %(what)s") % words

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """What, by when, for whom."""
        item = step.record
        return [
            (_("To do"), item.what),
            (_("By"), date_format(item.due_on, "D j M Y")),
            (_("Startup"), item.place.startup.name),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """Where it is ticked off."""
        return _("Say that it is done"), step.record.get_absolute_url()
