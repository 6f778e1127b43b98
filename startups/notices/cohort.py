"""What we say of an offer to take part in a cohort, and of the way through it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from portal import clock
from portal.choices import Lane
from portal.registry import registry
from startups.notices.people import StartupNotice

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class PlaceNotice(StartupNotice):
    """A letter about one organisation in one cohort."""

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:  # noqa: ARG002 -- for subclasses
        """Who, in what, from when to when, where."""
        place = step.record
        cohort = place.cohort
        return [
            (_("Organisation"), place.startup.name),
            (_("Cohort"), cohort.name),
            (
                _("When"),
                _("%(first)s to %(last)s")
                % {
                    "first": date_format(cohort.starts_on, "D j M Y"),
                    "last": date_format(cohort.ends_on, "D j M Y"),
                },
            ),
            (_("Where"), str(cohort.get_mode_display())),
        ]

    def ask(self, step: Any) -> str:
        """The programme's mailbox."""
        return str(step.record.cohort.programme.mailbox)


class ToTheTeam(PlaceNotice):
    """To the people who write for the organisation."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """Owners and editors."""
        people: Iterable[Any] = step.record.startup.writers()
        return people

    def action(self, step: Any) -> tuple[str, str]:
        """To the organisation's page in the cohort."""
        return _("Open the page"), step.record.get_absolute_url()


class AboutAnOffer(ToTheTeam):
    """A letter about an offer that is open."""

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With until when it is to be answered."""
        place = step.record
        return [
            *super().facts(step, reader),
            (
                _("Answer by"),
                clock.in_both_zones(place.answer_by, place.cohort.time_zone, reader.time_zone),
            ),
        ]

    def action(self, step: Any) -> tuple[str, str]:
        """To the page where it is answered."""
        place = step.record
        return _("Answer the offer"), place.answer_path or place.get_absolute_url()


class OfferExtended(AboutAnOffer):
    """They are offered to take part."""

    def subject(self, step: Any) -> str:
        """To what."""
        return _("An offer: take part in %(cohort)s") % {"cohort": step.record.cohort.name}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the version of the terms."""
        version = (_("Terms"), _("version %s") % step.record.cohort.terms_version)
        return [*super().facts(step, reader), version]


class AnswerDateMoved(AboutAnOffer):
    """There is another answer date."""

    def subject(self, step: Any) -> str:
        """Of which offer."""
        return _("Another answer date: your offer for %(cohort)s") % {
            "cohort": step.record.cohort.name
        }


class OfferReminded(AboutAnOffer):
    """An offer is not answered and its date comes near."""

    lane = Lane.REMINDER
    mandatory = False
    kind = gettext_lazy("Reminders of an offer that is not answered yet")
    reason = gettext_lazy("You get this reminder because you own the organisation.")

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one the reminder was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def until(self, step: Any) -> datetime:
        """Until an answer is due."""
        ends: datetime = step.record.answer_by
        return ends

    def subject(self, step: Any) -> str:
        """Not answered yet, and how long there is."""
        return _("Not answered yet: your offer for %(cohort)s, %(left)s") % {
            "cohort": step.record.cohort.name,
            "left": step.data["left"],
        }


class TakingPartConfirmed(ToTheTeam):
    """They accepted; what happens next."""

    lane = Lane.RECEIPT

    def subject(self, step: Any) -> str:
        """You take part."""
        return _("Accepted: you take part in %(cohort)s") % {"cohort": step.record.cohort.name}

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the terms they agreed to, and when."""
        place = step.record
        rows = [
            *super().facts(step, reader),
            (_("Terms accepted"), _("version %s") % place.terms_version),
        ]
        if place.answered_at:
            zone = place.cohort.time_zone
            when = clock.in_both_zones(place.answered_at, zone, reader.time_zone)
            rows.append((_("Accepted"), when))
        return rows


class OfferRefused(ToTheTeam):
    """They refused; it is noted."""

    lane = Lane.RECEIPT

    def subject(self, step: Any) -> str:
        """Noted."""
        return _("Refused: your offer for %(cohort)s") % {"cohort": step.record.cohort.name}


class OfferEnded(ToTheTeam):
    """The programme ended an offer."""

    def subject(self, step: Any) -> str:
        """Which."""
        return _("Ended: your offer for %(cohort)s") % {"cohort": step.record.cohort.name}


class ProgrammeStarted(ToTheTeam):
    """They take part from now on."""

    def subject(self, step: Any) -> str:
        """It begins."""
        return _("%(cohort)s begins") % {"cohort": step.record.cohort.name}


class ProgrammeCompleted(ToTheTeam):
    """They have gone all the way."""

    def subject(self, step: Any) -> str:
        """Done."""
        return _("You have completed %(cohort)s") % {"cohort": step.record.cohort.name}


class ProgrammeEnded(ToTheTeam):
    """They take part no longer."""

    def subject(self, step: Any) -> str:
        """From what."""
        return _("You take part in %(cohort)s no longer") % {"cohort": step.record.cohort.name}


class WelcomedAsAlumni(ToTheTeam):
    """They belong to the alumni."""

    def subject(self, step: Any) -> str:
        """Of which cohort."""
        return _("Alumni of %(cohort)s") % {"cohort": step.record.cohort.name}


class ToTheStaff(PlaceNotice):
    """To who runs the cohort, except for whoever did it."""

    def recipients(self, step: Any) -> Iterable[Any]:
        """The runners, as the step found them."""
        done_by = step.actor.pk if step.actor else None
        return [person for person in step.data["runners"] if person.pk != done_by]

    def action(self, step: Any) -> tuple[str, str]:
        """To the record."""
        return _("Open the record"), reverse("admin:startups_place_change", args=[step.record.pk])


class OfferAccepted(ToTheStaff):
    """An organisation takes part."""

    def subject(self, step: Any) -> str:
        """Which, in what."""
        return _("Accepted: %(startup)s takes part in %(cohort)s") % {
            "startup": step.record.startup.name,
            "cohort": step.record.cohort.name,
        }


class LeadsToTheNext(ToTheStaff):
    """An offer came to nothing: who is next, and where staff offer it to them."""

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the reason and who is next, where there is one."""
        rows = super().facts(step, reader)
        if step.reason:
            rows.append((_("Reason"), step.reason))
        name, _url = self.next_of(step)
        rows.append((_("Next on the reserve list"), name or _("nobody")))
        return rows

    def action(self, step: Any) -> tuple[str, str]:
        """To the form that is filled in for the next, else to the record."""
        name, url = self.next_of(step)
        if not name:
            return super().action(step)
        return _("Offer it to the next"), url

    @staticmethod
    def next_of(step: Any) -> tuple[str, str]:
        """The name and the address of the form; asked once for each letter written."""
        found = (ask(step.record) for ask in registry.next_in_line)
        return next((answer for answer in found if answer is not None), ("", ""))


class OfferClosed(LeadsToTheNext):
    """An offer was refused or ended."""

    def subject(self, step: Any) -> str:
        """Whose."""
        words = {"startup": step.record.startup.name, "cohort": step.record.cohort.name}
        if step.record.state == "refused":
            return _("Refused: the offer to %(startup)s, %(cohort)s") % words
        return _("Ended: the offer to %(startup)s, %(cohort)s") % words


class OfferUnanswered(LeadsToTheNext):
    """The answer date has passed and nobody has answered."""

    lane = Lane.REMINDER

    def recipients(self, step: Any) -> Iterable[Any]:
        """The one the reminder was planned for."""
        return [step.data["recipient"]]

    def event_key(self, step: Any) -> str:
        """One for each planned row."""
        return f"{self.name}:{step.data['reminder']}"

    def subject(self, step: Any) -> str:
        """Whose."""
        return _("Not answered: the offer to %(startup)s, %(cohort)s") % {
            "startup": step.record.startup.name,
            "cohort": step.record.cohort.name,
        }

    def facts(self, step: Any, reader: Any) -> list[tuple[str, str]]:
        """With the date that has passed."""
        place = step.record
        zone = place.cohort.time_zone
        return [
            *super().facts(step, reader),
            (_("Was open until"), clock.in_both_zones(place.answer_by, zone, reader.time_zone)),
        ]
