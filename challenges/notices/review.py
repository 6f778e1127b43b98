"""What we say to jurors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class ReviewsAssigned(Notice):
    """Applications to review; one letter for all of them, however many they are.

    The step is taken on the call; its data holds ``people`` (juror → how many) and ``due_on``.
    """

    app: ClassVar[str] = "challenges"
    lane = Lane.NEWS

    def recipients(self, step: Any) -> Iterable[Any]:
        """Each juror who got something."""
        return list(step.data["people"])

    def subject(self, step: Any) -> str:
        """Plain."""
        return _("Applications for you to review: %(call)s") % {"call": step.record.title}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Call, how many, by when."""
        count = step.data["people"][reader]
        rows = [
            (_("Call"), step.record.title),
            (
                _("For you to review"),
                ngettext("%(count)d application", "%(count)d applications", count)
                % {"count": count},
            ),
        ]
        if step.data["due_on"]:
            rows.append((_("By"), date_format(step.data["due_on"], "D j M Y")))
        return rows

    def action(self, step: Any) -> tuple[str, str] | None:  # noqa: ARG002 -- the same for all
        """To the queue."""
        return _("Open my reviews"), reverse("admin:challenges_reviewassignment_changelist")

    def ask(self, step: Any) -> str:
        """The programme's mailbox."""
        return str(step.record.programme.mailbox)
