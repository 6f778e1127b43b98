"""What we say about the promised day of the next news."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from challenges.notices.call import CallNotice
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class NewsDateMoved(CallNotice):
    """The day of the next news is another one: one letter to all who wait."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """The teams whose application waits for a result."""
        people: Iterable[Any] = step.data["people"]
        return people

    def subject(self, step: Any) -> str:
        """Which call."""
        return _("New date for the next news: %(call)s") % {"call": step.record.title}

    def heading(self, step: Any) -> str:
        """Until when."""
        return _("Next news by %(day)s") % {"day": date_format(step.record.next_news_on, "D j M Y")}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- the same for all
        """The new day and the one before."""
        rows = [
            (_("Call"), step.record.title),
            (_("Next news by"), date_format(step.record.next_news_on, "D j M Y")),
        ]
        if before := step.data["before"]:
            rows.append((_("Promised before"), date_format(before, "D j M Y")))
        return rows


class NewsDateReminded(Notice):
    """To staff: the promised day of the next news comes near."""

    app: ClassVar[str] = "challenges"
    lane = Lane.REMINDER

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one the reminder was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def subject(self, step: Any) -> str:
        """Which call and which day."""
        return _("News promised by %(day)s: %(call)s") % {
            "day": date_format(step.record.next_news_on, "D j M"),
            "call": step.record.title,
        }

    def heading(self, step: Any) -> str:
        """Which day."""
        return _("You promised news by %(day)s") % {
            "day": date_format(step.record.next_news_on, "D j M Y")
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- the same for all
        """Call, day, how many wait."""
        return [
            (_("Call"), step.record.title),
            (_("Promised for"), date_format(step.record.next_news_on, "D j M Y")),
            (_("Applications that wait"), str(step.data["waiting"])),
        ]

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the page that moves the day with one letter."""
        address = reverse("admin:challenges_call_move_news", args=[step.record.pk])
        return _("Keep it or move it"), address

    def ask(self, step: Any) -> str:
        """The programme's mailbox."""
        return str(step.record.programme.mailbox)
