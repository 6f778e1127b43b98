"""What we say to the people of a startup about their supplier file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal.choices import Lane
from portal.notices import Notice
from procurement.choices import EvidenceState

if TYPE_CHECKING:
    from collections.abc import Iterable


class FileNotice(Notice):
    """A letter to those who prepare a supplier file.

    No letter says what a restricted document is called, what stands in it or what was said of it:
    letters are copied, forwarded and read by others.
    """

    app: ClassVar[str] = "procurement"

    @staticmethod
    def file_of(step: Any) -> Any:
        """The supplier file that the record is or belongs to."""
        return getattr(step.record, "file", step.record)

    def recipients(self, step: Any) -> Iterable[Any]:
        """Whoever writes for the organisation."""
        people: Iterable[Any] = self.file_of(step).startup.writers()
        return people

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Whose file."""
        return [(_("Organisation"), self.file_of(step).startup.name)]

    def ask(self, step: Any) -> str:
        """The programme that met the organisation last."""
        return str(self.file_of(step).startup.whom_to_ask)

    def reply_to(self, step: Any) -> str:
        """The same: a letter about no programme in particular goes to nobody else."""
        return self.ask(step)

    def action(self, step: Any) -> tuple[str, str]:
        """To the file."""
        return _("Open the supplier file"), reverse(
            "procurement:supplier-file-detail", args=[self.file_of(step).startup_id]
        )


class EvidenceRejected(FileNotice):
    """A piece of evidence is not good yet: why, and that another can be given."""

    def subject(self, step: Any) -> str:
        """Which requirement."""
        return _("Not good yet: %(what)s") % {"what": step.record.requirement.label}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the requirement, its level, and the file where it is no secret."""
        asked = step.record.requirement
        rows = [
            *super().facts(step, reader),
            (_("Asked for"), asked.label),
            (_("Level"), str(asked.get_level_display())),
        ]
        if not asked.sensitive and step.record.document is not None:
            rows.append((_("File"), step.record.document.name))
        return rows


class EvidenceAccepted(FileNotice):
    """What was not good yet is good now: nobody looks for another any more."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Whoever was told that it was not good; found good at first sight needs no letter."""
        return super().recipients(step) if step.from_state == EvidenceState.REJECTED else ()

    def subject(self, step: Any) -> str:
        """Which requirement."""
        return _("Good now: %(what)s") % {"what": step.record.requirement.label}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the requirement and its level."""
        asked = step.record.requirement
        return [
            *super().facts(step, reader),
            (_("Asked for"), asked.label),
            (_("Level"), str(asked.get_level_display())),
        ]


class EvidenceExpiryReminded(FileNotice):
    """A piece of evidence ends soon, or today."""

    lane = Lane.REMINDER
    mandatory = False
    kind = gettext_lazy("Reminders of documents in the supplier file that expire")
    reason = gettext_lazy("You get this reminder because you write for this organisation.")

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one the reminder was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def subject(self, step: Any) -> str:
        """What ends, and in how many days."""
        days, what = step.data["days"], step.record.requirement.label
        if days == 0:
            return _("Expires today: %(what)s") % {"what": what}
        return ngettext(
            "Expires in %(days)d day: %(what)s", "Expires in %(days)d days: %(what)s", days
        ) % {"days": days, "what": what}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the day."""
        return [
            *super().facts(step, reader),
            (_("Asked for"), step.record.requirement.label),
            (_("Good until"), date_format(step.record.expires_on, "D j M Y")),
        ]


class LevelCompleted(FileNotice):
    """All that a level asks is there and good."""

    def subject(self, step: Any) -> str:
        """Which level of whose file."""
        return _("%(level)s is complete: %(startup)s") % {
            "level": step.data["level"],
            "startup": self.file_of(step).startup.name,
        }


class LevelReopened(FileNotice):
    """A level that was complete is not any more."""

    def subject(self, step: Any) -> str:
        """Which level of whose file."""
        return _("%(level)s is not complete any more: %(startup)s") % {
            "level": step.data["level"],
            "startup": self.file_of(step).startup.name,
        }
