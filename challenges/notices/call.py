"""What we say about a call as a whole."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from challenges.choices import CallState
from portal import clock
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class CallNotice(Notice):
    """A letter to everybody with a draft or a submission."""

    app: ClassVar[str] = "challenges"
    lane = Lane.NEWS
    #: They may be ten thousand.
    alike = True

    def recipients(self, step: Any) -> Iterable[Any]:
        """Everybody who writes an application to this call."""
        people: Iterable[Any] = step.record.applicants()
        return people

    def action(self, step: Any) -> tuple[str, str] | None:  # noqa: ARG002 -- the same for all
        """To one's applications."""
        return _("See my applications"), reverse("challenges:application-list")

    def ask(self, step: Any) -> str:
        """The call's contact."""
        return str(step.record.contact_email or step.record.programme.mailbox)


class DeadlineMoved(CallNotice):
    """A published deadline moved."""

    lane = Lane.RECEIPT
    spread = True

    def holds(self, step: Any) -> bool:
        """While the call goes on and this is the last move: nobody is told of what has passed."""
        call = step.record
        return call.state == CallState.PUBLISHED and bool(
            call.deadline_version == step.facts["version"]
        )

    def paragraphs(self, step: Any, reader: Any) -> list[str]:
        """Whether it is later or earlier, and that nothing is lost."""
        before, after = (datetime.fromisoformat(step.facts[key]) for key in ("before", "after"))
        step.data = {**step.data, "later": after >= before}
        return super().paragraphs(step, reader)

    def subject(self, step: Any) -> str:
        """Which deadline, and to when."""
        return _("New deadline: %(call)s") % {"call": step.record.title}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """The new and the old deadline."""
        call = step.record
        return [
            (
                _("New deadline"),
                clock.in_both_zones(call.closes_at, call.time_zone, reader.time_zone),
            ),
            (
                _("Deadline before"),
                clock.in_both_zones(
                    datetime.fromisoformat(step.facts["before"]), call.time_zone, reader.time_zone
                ),
            ),
        ]


class CallCancelled(CallNotice):
    """The call will not go on."""

    spread = True

    def subject(self, step: Any) -> str:
        """Which call."""
        return _("Cancelled: %(call)s") % {"call": step.record.title}
