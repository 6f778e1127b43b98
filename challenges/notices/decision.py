"""What we say to a team when the results are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class ApplicationDecided(Notice):
    """A result. The step's data holds the `decision` with the reason the applicant reads."""

    app: ClassVar[str] = "challenges"
    lane = Lane.NEWS

    def recipients(self, step: Any) -> Iterable[Any]:
        """Every member, and who helped with this application, as with the receipt."""
        people: Iterable[Any] = step.record.team()
        return people

    def subject(self, step: Any) -> str:
        """Plain: a subject line is read on locked screens, so it does not tell the result."""
        return _("The result of your application %(reference)s, %(call)s") % {
            "reference": step.record.reference,
            "call": step.record.call.title,
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- the same for all
        """Reference, call, organisation, result."""
        return [
            (_("Reference"), step.record.reference),
            (_("Call"), step.record.call.title),
            (_("Organisation"), step.record.startup.name),
            (_("Result"), str(step.data["decision"].get_outcome_display())),
        ]

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the application."""
        return _("Open the application"), step.record.get_absolute_url()

    def ask(self, step: Any) -> str:
        """The call's contact."""
        call = step.record.call
        return str(call.contact_email or call.programme.mailbox)


class ApplicationSelected(ApplicationDecided):
    """The application is among the selected."""

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The result in one line."""
        return _("Your application is selected")


class ApplicationReserved(ApplicationDecided):
    """The application is on the reserve list."""

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The result in one line."""
        return _("Your application is on the reserve list")


class WithTheNextDoor(ApplicationDecided):
    """A refusal: it ends with the way to hear of the programme's next call."""

    def paragraphs(self, step: Any, reader: Any) -> list[str]:
        """With the link, also under words that staff wrote themselves."""
        call = step.record.call
        path = reverse("challenges:alert-create", args=[call.slug])
        sentence = _("Mail me when the next call of %(programme)s opens: %(address)s") % {
            "programme": call.programme.name,
            "address": f"{settings.SITE_URL}{path}",
        }
        return [*super().paragraphs(step, reader), sentence]


class ApplicationNotSelected(WithTheNextDoor):
    """The application is not among the selected."""

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The result in one line."""
        return _("Your application is not selected this time")


class ApplicationRuledOut(WithTheNextDoor):
    """The application does not meet the conditions of the call."""

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The result in one line."""
        return _("Your application does not meet the conditions of the call")
