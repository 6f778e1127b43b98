"""What we say to mentors and to the startups they coach.

No letter holds a word of what a session was about, of the notes least of all: it leads to the page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal import clock
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django_stubs_ext import StrOrPromise

    from portal.registry import CalendarEntry


class AssignmentNotice(Notice):
    """A letter about who coaches whom."""

    app: ClassVar[str] = "startups"


class MentorAssigned(AssignmentNotice):
    """To the mentor: this startup is theirs to coach."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """The mentor."""
        return [step.record.mentor.user]

    def subject(self, step: Any) -> str:
        """Whom to coach."""
        return _("You coach %(startup)s now") % {"startup": step.record.place.startup.name[:60]}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Who, where, in what."""
        place = step.record.place
        startup = place.startup
        where = ", ".join(filter(None, [startup.city, str(startup.country.name)]))
        return [
            (_("Startup"), startup.name),
            (_("Where"), where),
            (_("Cohort"), place.cohort.name),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """Its file."""
        return _("Open its file"), reverse("startups:coaching-file", args=[step.record.place_id])


class MentorIntroduced(AssignmentNotice):
    """To the startup: who coaches it, and how to reach them."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """All who belong."""
        return step.record.place.startup.everybody()  # type: ignore[no-any-return]

    def subject(self, step: Any) -> str:
        """Who it is."""
        return _("%(mentor)s is your mentor now") % {"mentor": str(step.record.mentor)[:55]}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Who they are, what they know, how to reach them."""
        mentor = step.record.mentor
        rows = [
            (_("Mentor"), str(mentor)),
            (_("Organisation"), mentor.organisation),
            (_("Can help with"), mentor.expertise),
            (_("E-mail"), mentor.user.email),
            (_("Lives by the clock of"), clock.place_of(mentor.user.time_zone)),
        ]
        return [(label, value) for label, value in rows if value]

    def reply_to(self, step: Any) -> str:
        """An answer goes to the mentor."""
        return str(step.record.mentor.user.email)

    def action(self, step: Any) -> tuple[str, str]:
        """What the mentor sees of them."""
        return _("See what your mentor sees"), reverse(
            "startups:coaching-file", args=[step.record.place_id]
        )


class MentoringEnded(AssignmentNotice):
    """To both sides: it is over, and why."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """The mentor, and all who belong to the startup."""
        return [step.record.mentor.user, *step.record.place.startup.everybody()]

    def subject(self, step: Any) -> str:
        """Who and whom."""
        return _("%(mentor)s does not coach %(startup)s any more") % {
            "mentor": str(step.record.mentor)[:24],
            "startup": step.record.place.startup.name[:24],
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002
        """Why."""
        return [(_("Reason"), step.reason)] if step.reason else []


class SessionNotice(Notice):
    """A letter about one session, with its time on both clocks."""

    app: ClassVar[str] = "startups"

    def recipients(self, step: Any) -> Iterable[Any]:
        """Both sides, whoever took the step too: the calendar entry is for all."""
        return step.record.people()  # type: ignore[no-any-return]

    def when(self, step: Any, reader: Any) -> str:
        """On the other side's clock and on the reader's."""
        session = step.record
        other = session.startup_zone if self.is_mentor(step, reader) else session.mentor_zone
        return clock.in_both_zones(session.starts_at, other, reader.time_zone)

    @staticmethod
    def is_mentor(step: Any, reader: Any) -> bool:
        """Whether the reader is the mentor's side."""
        return bool(step.record.mentor.user_id == reader.pk)

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """When, how long, who with whom, about what."""
        session = step.record
        minutes = session.planned_minutes
        rows = [
            (_("When"), self.when(step, reader)),
            (_("How long"), ngettext("%d minute", "%d minutes", minutes) % minutes),
            (_("Startup"), session.place.startup.name),
            (_("Mentor"), str(session.mentor)),
            (_("Topic"), session.topic),
        ]
        return [(label, value) for label, value in rows if value]

    def action(self, step: Any) -> tuple[str, str]:
        """The session's page, where the link of the call stands."""
        return _("Open the session"), step.record.get_absolute_url()

    def reply_to(self, step: Any) -> str:
        """An answer of the startup goes to the mentor; the mentor's own letters are no question."""
        return str(step.record.mentor.user.email)


def who_with_whom(step: Any) -> dict[str, str]:
    """Both names, short enough for a subject."""
    return {
        "startup": step.record.place.startup.name[:24],
        "mentor": str(step.record.mentor)[:22],
    }


class TimedNotice(SessionNotice):
    """A letter that puts the session into the reader's calendar, or takes it out."""

    def calendar(self, step: Any, reader: Any) -> CalendarEntry | None:
        """The session as it stands now."""
        entry: CalendarEntry = step.record.calendar_entry(zone=reader.time_zone, join=True)
        return entry


class SessionPlanned(TimedNotice):
    """There is a date."""

    def subject(self, step: Any) -> str:
        """Who with whom."""
        return _("Coaching planned: %(startup)s with %(mentor)s") % who_with_whom(step)


class SessionMoved(TimedNotice):
    """There is another date, or another link."""

    def subject(self, step: Any) -> str:
        """Who with whom."""
        return _("New time or link: %(startup)s with %(mentor)s") % who_with_whom(step)


class SessionCancelled(TimedNotice):
    """It does not take place."""

    def subject(self, step: Any) -> str:
        """Who with whom."""
        return _("Coaching cancelled: %(startup)s with %(mentor)s") % who_with_whom(step)

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """What was planned, and why it is not."""
        rows = super().facts(step, reader)
        return [*rows, (_("Reason"), step.reason)] if step.reason else rows


class SessionLogged(SessionNotice):
    """To the startup: the mentor has written the session up; is that how it was?"""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Those who may confirm it."""
        return step.record.place.startup.writers()  # type: ignore[no-any-return]

    def subject(self, step: Any) -> str:
        """With whom."""
        return _("Please confirm: session with %(mentor)s") % {
            "mentor": str(step.record.mentor)[:40]
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Which day, how long."""
        minutes = step.record.minutes_contact or 0
        day = clock.day_and_hour(step.record.starts_at, reader.zone).partition(",")[0]
        return [
            (_("Day"), day),
            (_("Minutes together"), str(minutes)),
            (_("Mentor"), str(step.record.mentor)),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """Read it and confirm."""
        return _("Read and confirm"), step.record.get_absolute_url()


class SessionMissed(SessionNotice):
    """To the startup: the mentor says that nobody came."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Those who write for the startup."""
        return step.record.place.startup.writers()  # type: ignore[no-any-return]

    def subject(self, step: Any) -> str:
        """With whom."""
        return _("Nobody came to the session with %(mentor)s") % {
            "mentor": str(step.record.mentor)[:40]
        }


class RemindedNotice(SessionNotice):
    """A reminder that was planned from the session's time."""

    lane = Lane.REMINDER
    mandatory = False

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one the reminder was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"


class SessionReminded(RemindedNotice):
    """Tomorrow, or in an hour."""

    kind: ClassVar[StrOrPromise] = gettext_lazy("Reminders of coaching sessions")
    reason: ClassVar[StrOrPromise] = gettext_lazy(
        "You get this reminder because you take part in the session."
    )

    def until(self, step: Any) -> datetime:
        """Until it begins."""
        ends: datetime = step.record.starts_at
        return ends

    def subject(self, step: Any) -> str:
        """How soon, who with whom."""
        words = who_with_whom(step)
        if step.data["soon"]:
            return _("In an hour: %(startup)s with %(mentor)s") % words
        return _("In a day: %(startup)s with %(mentor)s") % words

    def calendar(self, step: Any, reader: Any) -> CalendarEntry | None:
        """The session as it stands now."""
        entry: CalendarEntry = step.record.calendar_entry(zone=reader.time_zone, join=True)
        return entry


class LogReminded(RemindedNotice):
    """To the mentor: the session is over and not written up."""

    kind: ClassVar[StrOrPromise] = gettext_lazy("Reminders of sessions to log")
    reason: ClassVar[StrOrPromise] = gettext_lazy(
        "You get this reminder because the session was planned with you."
    )

    def subject(self, step: Any) -> str:
        """With whom."""
        return _("Still to log: session with %(startup)s") % {
            "startup": step.record.place.startup.name[:45]
        }

    def action(self, step: Any) -> tuple[str, str]:
        """Straight to the form."""
        return _("Log it now"), reverse("startups:session-log", args=[step.record.pk])
