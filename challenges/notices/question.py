"""What we say about questions on a call: to who asked, and to who writes an application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable


class QuestionNotice(Notice):
    """A letter to whoever asked; it quotes nobody else."""

    app: ClassVar[str] = "challenges"
    lane = Lane.NEWS

    def recipients(self, step: Any) -> Iterable[Any]:
        """Who asked."""
        return [step.record.asked_by]

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- the same for all
        """Which call it is about."""
        return [(_("Call"), step.record.call.title)]

    def action(self, step: Any) -> tuple[str, str] | None:
        """To all questions and answers of the call."""
        address = reverse("challenges:clarification-list", args=[step.record.call.slug])
        return _("Read it on the page of the call"), address

    def ask(self, step: Any) -> str:
        """The call's contact."""
        call = step.record.call
        return str(call.contact_email or call.programme.mailbox)


class QuestionAnswered(QuestionNotice):
    """Staff answered a question."""

    def subject(self, step: Any) -> str:
        """About which call."""
        return _("Your question is answered: %(call)s") % {"call": step.record.call.title}

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The first line."""
        return _("Your question is answered")


class AnswerCorrected(QuestionNotice):
    """Staff mended an answer that was given."""

    lane = Lane.RECEIPT

    def subject(self, step: Any) -> str:
        """About which call."""
        return _("Corrected answer to your question: %(call)s") % {"call": step.record.call.title}

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The first line."""
        return _("The answer to your question was corrected")


class QuestionClosed(QuestionNotice):
    """Staff do not answer a question, and say why."""

    def subject(self, step: Any) -> str:
        """About which call."""
        return _("Your question is closed: %(call)s") % {"call": step.record.call.title}

    def heading(self, step: Any) -> str:  # noqa: ARG002 -- the same for all
        """The first line."""
        return _("Your question is closed without an answer")


class AnswersPublished(Notice):
    """Answers for everybody were put on the page of a call; once a day, all in one letter.

    The step is taken on the call; its data holds the ``recipient`` and the ``count``.
    """

    app: ClassVar[str] = "challenges"
    lane = Lane.REMINDER
    mandatory = False
    kind = gettext_lazy("New questions and answers about a call you write an application to")
    reason = gettext_lazy("You get this letter because you write an application to this call.")

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one the letter was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def subject(self, step: Any) -> str:
        """About which call."""
        return _("New answers: %(call)s") % {"call": step.record.title}

    def heading(self, step: Any) -> str:
        """How many."""
        count = int(step.data["count"])
        return ngettext(
            "%(count)d new answer to a question", "%(count)d new answers to questions", count
        ) % {"count": count}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- the same for all
        """Which call it is about."""
        return [(_("Call"), step.record.title)]

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the answers."""
        address = reverse("challenges:clarification-list", args=[step.record.slug])
        return _("Read the answers"), address

    def ask(self, step: Any) -> str:
        """The call's contact."""
        return str(step.record.contact_email or step.record.programme.mailbox)
