"""Letters of a private conversation between staff and a team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _

from challenges import replies
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class MessageReceived(Notice):
    """The other side has written: staff to the team, or the team to staff."""

    app: ClassVar[str] = "challenges"
    lane = Lane.NEWS

    def recipients(self, step: Any) -> Iterable[Any]:
        """The team, or who handles the application; never who wrote."""
        message = step.record
        application = message.application
        people = application.team() if message.from_staff else application.handlers()
        return [person for person in people if person.pk != message.author_id]

    def subject(self, step: Any) -> str:
        """About which application, and whether something is to be answered."""
        return _("Message about %(reference)s, %(call)s") % {
            "reference": step.record.application.reference,
            "call": step.record.application.call.title,
        }

    def heading(self, step: Any) -> str:
        """Who wrote."""
        application = step.record.application
        if step.record.from_staff:
            return _("%(programme)s wrote to you") % {"programme": application.call.programme.name}
        return _("%(startup)s wrote to you") % {"startup": application.startup.name}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- the same for all
        """From whom, about what."""
        application = step.record.application
        return [
            (_("From"), step.record.author.shown_name),
            (_("Reference"), application.reference),
            (_("Call"), application.call.title),
            (_("Organisation"), application.startup.name),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the conversation."""
        application = step.record.application
        if step.record.from_staff:
            return _("Read and answer"), f"{application.get_absolute_url()}#messages"
        record = reverse("admin:challenges_application_change", args=[application.pk])
        return _("Read and answer"), f"{record}#messages"

    def ask(self, step: Any) -> str:
        """The call's contact."""
        call = step.record.application.call
        return str(call.contact_email or call.programme.mailbox)

    def reply_to(self, step: Any) -> str:
        """The conversation itself, where mail comes in."""
        return replies.address_of(step.record.application_id)


class PlaceReturned(Notice):
    """To staff: a team that was selected, or on the reserve list, has stepped back."""

    app: ClassVar[str] = "challenges"
    lane = Lane.NEWS

    def recipients(self, step: Any) -> Iterable[Any]:
        """Who handles the application; nobody where no place was given."""
        if step.from_state not in {"selected", "reserve"}:
            return []
        people: Iterable[Any] = step.record.handlers()
        return people

    def subject(self, step: Any) -> str:
        """Which application."""
        return _("Stepped back: %(reference)s, %(call)s") % {
            "reference": step.record.reference,
            "call": step.record.call.title,
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- the same for all
        """Which application, and why."""
        application = step.record
        return [
            (_("Organisation"), application.startup.name),
            (_("Reference"), application.reference),
            (_("Call"), application.call.title),
            (_("Reason"), step.reason),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the offers, where the next on the reserve list gets one; else to the ranking."""
        if step.record.call.feeds_id:
            return _("Offer it to the next"), reverse(
                "admin:challenges_application_offers", args=[step.record.call_id]
            )
        return _("Open the ranking"), reverse(
            "admin:challenges_application_ranking", args=[step.record.call_id]
        )
