"""What we say of a Demo Day: to startups of their pitch, to mentors of those they coach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.translation import gettext as _, gettext_lazy

from portal import clock
from portal.choices import Lane
from portal.notices import Notice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from portal.registry import CalendarEntry


class DemoDayNotice(Notice):
    """A letter about a Demo Day as a whole, to the person in ``data["recipient"]``."""

    app: ClassVar[str] = "startups"
    lane = Lane.REMINDER

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one it was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """When in both zones, where, and the reader's own turns in the running order."""
        event = step.record.event
        rows = [
            (_("Demo Day"), event.title),
            (_("Begins"), clock.in_both_zones(event.starts_at, event.time_zone, reader.time_zone)),
        ]
        # The link to join is in the calendar's entry and on the page: a letter links to us alone.
        rows.append((_("Where"), event.where))
        rows += [
            (
                startup,
                _("on the stage at %(when)s")
                % {"when": clock.in_both_zones(at, event.time_zone, reader.time_zone)},
            )
            for startup, at in step.data.get("turns", [])
        ]
        return rows

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the page of the Demo Day."""
        return _("Open the Demo Day"), step.record.get_absolute_url()

    def ask(self, step: Any) -> str:
        """The programme."""
        return str(step.record.event.programme.mailbox)

    def calendar(self, step: Any, reader: Any) -> CalendarEntry | None:  # noqa: ARG002 -- likewise
        """The Demo Day as it stands now."""
        entry: CalendarEntry = step.record.event.calendar_entry(
            path=step.record.get_absolute_url(), join=True
        )
        return entry


class StartupDemoDayReminded(DemoDayNotice):
    """Demo Day comes near: to the people of a startup that pitches."""

    mandatory = False
    kind = gettext_lazy("Reminders of the Demo Day at which your organisation pitches")
    reason = gettext_lazy("You get this reminder because your organisation pitches that day.")

    def until(self, step: Any) -> datetime:
        """Until it begins."""
        ends: datetime = step.record.event.starts_at
        return ends

    def subject(self, step: Any) -> str:
        """How long there is."""
        return _("You pitch at %(title)s %(left)s") % {
            "title": step.record.event.title,
            "left": step.data["left"],
        }


class MentorDemoDayReminded(DemoDayNotice):
    """Demo Day comes near: to those who coach startups that pitch."""

    mandatory = False
    kind = gettext_lazy("Reminders of the Demo Day of organisations you coach")
    reason = gettext_lazy("You get this reminder because you coach organisations that pitch.")

    def until(self, step: Any) -> datetime:
        """Until it begins."""
        ends: datetime = step.record.event.starts_at
        return ends

    def subject(self, step: Any) -> str:
        """How long there is."""
        return _("Those you coach pitch at %(title)s %(left)s") % {
            "title": step.record.event.title,
            "left": step.data["left"],
        }


class ThanksNotice(DemoDayNotice):
    """Thanks on the day after."""

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- the same for all
        """It is over: only what it was, and who pitched."""
        rows = [(_("Demo Day"), step.record.event.title)]
        if step.data.get("turns"):
            rows.append((_("Pitched"), ", ".join(startup for startup, _at in step.data["turns"])))
        return rows

    def calendar(self, step: Any, reader: Any) -> None:  # noqa: ARG002 -- likewise
        """It is over."""
        return


class StartupThanked(ThanksNotice):
    """Thanks to the people of a startup that pitched."""

    mandatory = False
    kind = gettext_lazy("Thanks after the Demo Day at which your organisation pitched")
    reason = gettext_lazy("You get this letter because your organisation pitched that day.")

    def subject(self, step: Any) -> str:
        """For what."""
        return _("Thank you for pitching at %(title)s") % {"title": step.record.event.title}


class MentorThanked(ThanksNotice):
    """Thanks to a mentor of startups that pitched."""

    mandatory = False
    kind = gettext_lazy("Thanks after the Demo Day of organisations you coach")
    reason = gettext_lazy("You get this letter because you coached organisations that pitched.")

    def subject(self, step: Any) -> str:
        """For what."""
        return _("Thank you for coaching towards %(title)s") % {"title": step.record.event.title}


class ToAllNotice(DemoDayNotice):
    """Told at once to all startups and mentors, each in their own words (``data["as_mentor"]``)."""

    lane = Lane.NEWS

    def recipients(self, step: Any) -> Iterable[Any]:
        """All of one side."""
        people: Iterable[Any] = step.data["recipients"]
        return people

    def event_key(self, step: Any) -> str:
        """One for each version of the event and each side, however many schedulers run."""
        side = "mentors" if step.data["as_mentor"] else "startups"
        return f"{self.name}:{step.record.pk}:{step.record.event.version}:{side}"


class DemoDayMoved(ToAllNotice):
    """The Demo Day has another time, place or link."""

    def subject(self, step: Any) -> str:
        """Which; when it is now stands in the letter."""
        return _("Changed: %(title)s") % {"title": step.record.event.title}


class DemoDayCancelled(ToAllNotice):
    """The Demo Day does not take place."""

    def subject(self, step: Any) -> str:
        """Which."""
        return _("Cancelled: %(title)s") % {"title": step.record.event.title}


class PitchNotice(Notice):
    """A letter about one startup's pitch, to those who write for it."""

    app: ClassVar[str] = "startups"
    lane = Lane.RECEIPT

    def recipients(self, step: Any) -> Iterable[Any]:
        """Owners and editors."""
        people: Iterable[Any] = step.record.startup.writers()
        return people

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """Whose deck, for what, until when in both zones."""
        pitch, event = step.record, step.record.demo_day.event
        until = clock.in_both_zones(pitch.deck_until(), event.time_zone, reader.time_zone)
        return [
            (_("Demo Day"), event.title),
            (_("Organisation"), pitch.startup.name),
            (_("Deck until"), until),
        ]

    def action(self, step: Any) -> tuple[str, str] | None:
        """To the page where the deck is handed in."""
        return _("Hand in the deck"), step.record.demo_day.get_absolute_url()

    def ask(self, step: Any) -> str:
        """The programme."""
        return str(step.record.demo_day.event.programme.mailbox)


class DeckDue(PitchNotice):
    """The deck is not there and its deadline comes near."""

    lane = Lane.REMINDER
    mandatory = False
    kind = gettext_lazy("Reminders of a Demo Day's deck that is not handed in yet")
    reason = gettext_lazy("You get this reminder because you may hand in the deck.")

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one it was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def until(self, step: Any) -> datetime:
        """Until decks are due."""
        ends: datetime = step.record.demo_day.deck_due_at
        return ends

    def subject(self, step: Any) -> str:
        """How long there is."""
        return _("Your deck for %(title)s is due %(left)s") % {
            "title": step.record.demo_day.event.title,
            "left": step.data["left"],
        }


class DeckDeadlineMoved(PitchNotice):
    """Decks are due at another time."""

    def event_key(self, step: Any) -> str:
        """One for each move."""
        return f"{self.name}:{step.record.pk}:{step.record.demo_day.deck_version}"

    def subject(self, step: Any) -> str:
        """Of what."""
        return _("New deadline for your deck: %(title)s") % {
            "title": step.record.demo_day.event.title
        }


class LateDeckAllowed(PitchNotice):
    """Staff let one startup hand in its deck after the deadline."""

    def subject(self, step: Any) -> str:
        """That there is more time."""
        return _("You have more time for your deck: %(title)s") % {
            "title": step.record.demo_day.event.title
        }


class DeckRefused(PitchNotice):
    """The check of a deck found something."""

    def event_key(self, step: Any) -> str:
        """One for each file."""
        return f"{self.name}:{step.data['document'].pk}"

    def subject(self, step: Any) -> str:
        """Which file."""
        return _("Deck not taken: %(name)s") % {"name": step.data["document"].name}

    def heading(self, step: Any) -> str:
        """What to do, while something can be done."""
        if step.data["may_replace"]:
            return _("Put another deck in its place")
        return _("Your deck could not be taken")
