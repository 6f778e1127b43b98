"""What waits around a Demo Day, what happened to a pitch, and what is due by the clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q
from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from events.choices import EventState
from events.reminders import followers
from portal import clock
from portal.choices import DocumentState
from portal.models import ClockNow
from portal.registry import MenuItem, Sentence, Waiting, registry
from startups.actions.pitch import freeze_due, tell_of_refused_deck
from startups.choices import TAKEN, MemberRole
from startups.journey import SENTENCES
from startups.models import DemoDay, Pitch, Place
from startups.reminders.demo_day import follow_event, plan_due, write_due
from startups.rules import COHORT_RUNNERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User

#: A deck is urgent for so long before its deadline; staff are told of missing ones for so long.
SOON = timedelta(days=3)
STAFF_SEE = timedelta(days=7)
#: Who pitches is asked for so long before the day.
PRESENTER_ASKED = timedelta(days=30)

NO_DECK = Q(deck=None) | Q(deck__state=DocumentState.REFUSED)


def pitches_to_prepare(user: User) -> Iterator[Waiting]:
    """Decks of my startups that are not there, and pitches for which nobody is named."""
    writes = user.memberships.filter(role__in=[MemberRole.OWNER, MemberRole.EDITOR])
    rows: Any = (
        Pitch.objects.filter(
            NO_DECK | Q(presenter=""),
            place__startup__in=writes.values("startup"),
            place__state__in=TAKEN,
            demo_day__event__state=EventState.PUBLISHED,
            demo_day__event__starts_at__gt=ClockNow(),
        )
        .select_related("demo_day__event", "place__startup", "deck")
        .annotate(read_at=ClockNow())
    )
    for pitch in rows:
        event, now = pitch.demo_day.event, pitch.read_at
        until, url = pitch.deck_until(), pitch.demo_day.get_absolute_url()
        if not pitch.has_deck and now < until:
            yield Waiting(
                verb=_("Hand in"),
                object=_("the deck of %(startup)s for %(title)s")
                % {"startup": pitch.startup.name, "title": event.title},
                url=url,
                when=_("by %(when)s")
                % {"when": clock.in_both_zones(until, event.time_zone, user.time_zone)},
                tone="amber" if until - now < SOON else "",
                urgency=(until - now).total_seconds(),
            )
        if not pitch.presenter and now < until and event.starts_at - now < PRESENTER_ASKED:
            yield Waiting(
                verb=_("Say"),
                object=_("who pitches for %(startup)s at %(title)s")
                % {"startup": pitch.startup.name, "title": event.title},
                url=url,
                tone="",
                urgency=(until - now).total_seconds(),
            )


def demo_days_ahead(user: User) -> Iterator[Waiting]:
    """The Demo Day of my cohort, and of those I coach."""
    places = Place.objects.filter(
        Q(startup__in=user.memberships.values("startup"))
        | Q(pk__in=Place.objects.of_mentor(user).values("pk")),
        state__in=TAKEN,
    )
    rows = DemoDay.objects.to_come().filter(cohort__in=places.values("cohort"))
    for demo_day in rows.select_related("event").order_by("event__starts_at")[:3]:
        event = demo_day.event
        yield Waiting(
            verb=_("Comes"),
            object=event.title,
            url=demo_day.get_absolute_url(),
            when=clock.in_both_zones(event.starts_at, event.time_zone, user.time_zone),
        )


def decks_missing(user: User) -> Iterator[Waiting]:
    """For whoever runs the cohort: decks that are not there, a deadline the day overtook."""
    if not user.has_role(None, *COHORT_RUNNERS):
        return
    missing = Q(pitches__place__state__in=TAKEN) & (
        Q(pitches__deck=None) | Q(pitches__deck__state=DocumentState.REFUSED)
    )
    rows: Any = (
        DemoDay.objects.to_come()
        .filter(
            user.within("cohort__programme", *COHORT_RUNNERS),
            Q(deck_due_at__lt=ClockNow() + STAFF_SEE) | Q(deck_due_at__gt=F("event__starts_at")),
        )
        .annotate(missing=Count("pitches", filter=missing), read_at=ClockNow())
        .select_related("event")
    )
    for demo_day in rows:
        event, due_at, now = demo_day.event, demo_day.deck_due_at, demo_day.read_at
        when = clock.in_both_zones(due_at, event.time_zone, user.time_zone)
        if due_at > event.starts_at:
            yield Waiting(
                verb=_("Move"),
                object=_("the decks’ deadline: %(title)s begins before it")
                % {"title": event.title},
                url=reverse("admin:startups_demoday_move_decks", args=[demo_day.pk]),
                tone="lamp",
            )
            continue
        if not demo_day.missing:
            continue
        yield Waiting(
            verb=_("Ask for"),
            object=ngettext(
                "%(count)d deck: %(title)s", "%(count)d decks: %(title)s", demo_day.missing
            )
            % {"count": demo_day.missing, "title": event.title},
            url=reverse("admin:startups_demoday_order", args=[demo_day.pk]),
            when=(_("due since %(when)s") if due_at <= now else _("due %(when)s")) % {"when": when},
            tone="lamp" if due_at <= now else "amber",
            urgency=(due_at - now).total_seconds(),
        )


followers.append(follow_event)
registry.waiting.append(pitches_to_prepare)
registry.under_way.append(demo_days_ahead)
registry.staff_waiting.append(decks_missing)
registry.shown_by_themselves |= {"deck_due", "deck_refused"}
registry.refused_files.append(tell_of_refused_deck)
registry.due += [freeze_due, plan_due, write_due]
registry.menu.append(
    MenuItem(
        group=gettext_lazy("Cohorts"),
        label=gettext_lazy("Demo Days"),
        url_name="admin:startups_demoday_changelist",
        permission="startups.view_demoday",
        order=46,
    )
)

#: What a startup reads in its timeline, and what staff read.
SAID = {
    "prepare": (
        gettext_lazy("Said who pitches at Demo Day"),
        gettext_lazy("{who} said who pitches"),
    ),
    "hand-in-deck": (
        gettext_lazy("Deck handed in for Demo Day"),
        gettext_lazy("{who} handed in the deck"),
    ),
    "hand-in-deck-late": (
        gettext_lazy("Deck handed in late for Demo Day, as allowed"),
        gettext_lazy("{who} handed in the deck late; it is the one that is shown"),
    ),
    "let-hand-in-late": (
        gettext_lazy("More time for the deck"),
        gettext_lazy("{who} let the startup hand in its deck until {until}"),
    ),
    "refuse-deck": (
        gettext_lazy("The deck could not be taken after checking it"),
        gettext_lazy("{who} refused the deck after checking it"),
    ),
    "start-pitch": (
        gettext_lazy("On the stage at Demo Day"),
        gettext_lazy("{who} started the pitch"),
    ),
    "pitch": (gettext_lazy("Pitched at Demo Day"), gettext_lazy("{who} ended the pitch")),
    "take-back": (
        gettext_lazy("The last press at the desk was taken back"),
        gettext_lazy("{who} took back the last press at the desk"),
    ),
    "download-file": (
        gettext_lazy("The deck was downloaded"),
        gettext_lazy("{who} downloaded the deck"),
    ),
}
SENTENCES.update({f"startups.pitch:{verb}": mine for verb, (mine, _staff) in SAID.items()})
registry.sentences |= {
    f"startups.pitch:{verb}": Sentence(staff) for verb, (_mine, staff) in SAID.items()
}
registry.sentences |= {
    f"startups.demoday:{verb}": Sentence(text)
    for verb, text in {
        "take-cohort-in": gettext_lazy("{who} took {count} startups into the running order"),
        "arrange": gettext_lazy("{who} changed the running order"),
        "move-decks": gettext_lazy("{who} moved the decks' deadline from {before} to {after}"),
        "freeze-decks": gettext_lazy("{who} froze the decks: {count}"),
    }.items()
}
