"""What we say to whoever asked to hear when a call opens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext as _, gettext_lazy

from portal import clock
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class AlertRequested(Notice):
    """Somebody typed an address to hear when a call opens: it is confirmed by its own letter."""

    app: ClassVar[str] = "challenges"
    lane = Lane.CODE
    unseen = True

    def recipients(self, step: Any) -> Iterable[Any]:  # noqa: ARG002 -- posted to an address
        """Nobody with an account: it is posted to the address."""
        return []

    def subject(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """What the button does."""
        return _("Please confirm: one letter when the call opens")

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Which call, and when it opens as far as that is known."""
        call, programme = step.record.call, step.record.programme
        if call is None:
            return [(_("Waiting for"), _("the next call of %(name)s") % {"name": programme.name})]
        opens = clock.in_both_zones(call.opens_at, call.time_zone, reader.time_zone)
        return [(_("Waiting for"), call.title), (_("Opens"), opens)]

    def action(self, step: Any) -> tuple[str, str]:
        """To the page with the button."""
        return _("Confirm"), step.data["path"]


class CallOpened(Notice):
    """A call that somebody waited for is open."""

    app: ClassVar[str] = "challenges"
    lane = Lane.NEWS
    unseen = True
    reason = gettext_lazy("You asked for this one letter.")

    def event_key(self, step: Any) -> str:
        """One for each alert: its row is told once."""
        return f"{self.name}:{step.data['alert'].pk}"

    def recipients(self, step: Any) -> Iterable[Any]:
        """Whoever asked, if they have an account."""
        return [step.data["alert"].user]

    def subject(self, step: Any) -> str:
        """Which call."""
        return _("Open now: %(call)s") % {"call": step.record.title}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Until when, and what is given."""
        call = step.record
        closes = clock.in_both_zones(call.closes_at, call.time_zone, reader.time_zone)
        rows = [(_("Closes"), closes)]
        if given := " – ".join(part for part in (call.money, call.gives) if part):
            rows.append((_("What is given"), given))
        if call.who_may_apply:
            rows.append((_("Who may apply"), call.who_may_apply))
        return rows

    def action(self, step: Any) -> tuple[str, str]:
        """To the call."""
        return _("Read the call"), step.record.get_absolute_url()

    def ask(self, step: Any) -> str:
        """The call's contact."""
        return str(step.record.contact_email or step.record.programme.mailbox)
