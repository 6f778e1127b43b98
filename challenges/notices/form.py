"""What we say about a new version of a call's form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from portal import clock
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class FormNotice(Notice):
    """A letter to teams whose questions have changed."""

    app: ClassVar[str] = "challenges"
    lane = Lane.NEWS
    #: Under which name the step says who is told.
    told: ClassVar[str]

    def recipients(self, step: Any) -> Iterable[Any]:
        """Everybody in the teams, as the step found them under its locks."""
        people: Iterable[Any] = step.data[self.told]
        return people

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Which call, and until when."""
        call = step.record.call
        return [
            (_("Call"), call.title),
            (_("Deadline"), clock.in_both_zones(call.closes_at, call.time_zone, reader.time_zone)),
        ]

    def action(self, step: Any) -> tuple[str, str] | None:  # noqa: ARG002 -- the same for all
        """To one's applications."""
        return _("See my applications"), reverse("challenges:application-list")

    def ask(self, step: Any) -> str:
        """The call's contact."""
        call = step.record.call
        return str(call.contact_email or call.programme.mailbox)


class FormChanged(FormNotice):
    """The questions changed while a team is writing."""

    told = "drafts"

    def subject(self, step: Any) -> str:
        """Which call."""
        return _("The questions have changed: %(call)s") % {"call": step.record.call.title}


class FormChangedForSubmitted(FormNotice):
    """The questions changed after a team has submitted, and it is asked to answer the new ones."""

    told = "asked"

    def subject(self, step: Any) -> str:
        """What is asked of whom."""
        return _("Please answer new questions: %(call)s") % {"call": step.record.call.title}
