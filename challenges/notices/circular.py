"""A letter that staff wrote themselves, to many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext as _

from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class CircularSent(Notice):
    """Staff wrote to everybody with a draft, a submission or both."""

    app: ClassVar[str] = "challenges"
    lane = Lane.NEWS

    def recipients(self, step: Any) -> Iterable[Any]:
        """Who is concerned at the moment of sending, each once."""
        people: list[Any] = step.record.people()
        return people

    def subject(self, step: Any) -> str:
        """As it was written."""
        return str(step.record.subject)

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- the same for all
        """Which call it is about."""
        return [(_("Call"), step.record.call.title)]

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the call."""
        return _("Open the call"), step.record.call.get_absolute_url()

    def ask(self, step: Any) -> str:
        """The call's contact."""
        call = step.record.call
        return str(call.contact_email or call.programme.mailbox)
