"""Events: what takes place, when, where, for whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self
from zoneinfo import ZoneInfo

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language_info, gettext_lazy as _

from events.choices import PHASE_TONES, EventKind, EventPhase, EventState
from events.rules import EVENT_READERS
from portal import clock
from portal.choices import Mode
from portal.models import ClockNow, Stateful
from portal.registry import CalendarEntry
from portal.validators import validate_time_zone

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from portal.models import User


def name_of_language(code: str) -> str:
    """What a language calls itself; an unknown code as it stands."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code


class EventQuerySet(models.QuerySet["Event"]):
    """Events, chosen by time and reader."""

    def public(self) -> Self:
        """What anybody may read, cancelled ones included."""
        return self.exclude(state=EventState.DRAFT)

    def ahead(self) -> Self:
        """Published ones that are not over, the next one first."""
        return self.filter(state=EventState.PUBLISHED, ends_at__gt=ClockNow()).order_by("starts_at")

    def past(self) -> Self:
        """Those that are over or were cancelled, the latest first."""
        over = Q(state=EventState.PUBLISHED, ends_at__lte=ClockNow())
        return self.filter(over | Q(state=EventState.CANCELLED)).order_by("-starts_at")

    def with_now(self) -> Self:
        """Each with ``now``, the database's clock at this statement."""
        return self.annotate(now=ClockNow())

    def visible_to(self, user: User) -> Self:
        """The list form of ``events.view_event`` in the admin: those of one's programmes."""
        return self.filter(user.within("programme", *EVENT_READERS))


class Event(Stateful):
    """A Demo Day, a webinar, a seminar: one thing at one time, spoken of in its own zone."""

    programme = models.ForeignKey(
        "portal.Programme",
        on_delete=models.PROTECT,
        related_name="events",
        verbose_name=_("programme"),
    )
    kind = models.CharField(_("kind"), max_length=12, choices=EventKind)
    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    summary = models.CharField(_("in one sentence"), max_length=250)
    description = models.TextField(_("description"), blank=True, help_text=_("Markdown."))
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    time_zone = models.CharField(
        _("time zone of the event"), max_length=50, validators=[validate_time_zone]
    )
    #: Counts up when the time, the place or the link changes, and when it is cancelled: calendars
    #: take the newer entry, and reminders of the earlier one are outdated.
    version = models.PositiveIntegerField(default=1, editable=False)
    mode = models.CharField(_("where people meet"), max_length=10, choices=Mode)
    place = models.CharField(_("place"), max_length=250, blank=True)
    join_link = models.URLField(
        _("link to join"), blank=True, help_text=_("Only those who are registered read it.")
    )
    languages = ArrayField(
        models.CharField(max_length=10), verbose_name=_("languages"), default=list, blank=True
    )
    capacity = models.PositiveIntegerField(
        _("guests at most"), null=True, blank=True, help_text=_("Empty: no limit.")
    )
    needs_approval = models.BooleanField(_("staff approve each registration"), default=True)
    registration_until = models.DateTimeField(_("registration until"), null=True, blank=True)
    state = models.CharField(
        _("state"), max_length=12, choices=EventState, default=EventState.DRAFT, editable=False
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=EventKind.values), name="event_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(state__in=EventState.values), name="event_state_is_known"
            ),
            models.CheckConstraint(condition=Q(mode__in=Mode.values), name="event_mode_is_known"),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="event_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("events:event-detail", args=[self.slug])

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.programme_id

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which it is spoken of."""
        return ZoneInfo(self.time_zone)

    def is_over(self, now: datetime) -> bool:
        """Whether it has ended at ``now``."""
        return self.ends_at <= now

    def phase_at(self, now: datetime) -> EventPhase:
        """Where it stands at ``now``."""
        if self.state != EventState.PUBLISHED:
            return EventPhase(self.state)
        if self.is_over(now):
            return EventPhase.OVER
        return EventPhase.AHEAD if now < self.starts_at else EventPhase.NOW

    @property
    def phase(self) -> EventPhase:
        """Where it stands now, by the database's clock where that came with it."""
        return self.phase_at(self.__dict__.get("now") or timezone.now())

    @property
    def phase_tone(self) -> str:
        """The sign of the phase."""
        return PHASE_TONES[self.phase]

    @property
    def start(self) -> clock.Deadline:
        """When it begins, in its own zone and the reader's."""
        now = self.__dict__.get("now") or timezone.now()
        return clock.Deadline.at(
            self.starts_at, self.time_zone, now=now, reader_zone=clock.reader_zone()
        )

    @property
    def language_names(self) -> str:
        """The languages spoken there, each by its name in itself: English, 日本語."""
        return ", ".join(name_of_language(code) for code in self.languages)

    @property
    def where(self) -> str:
        """The place, or how people meet without one."""
        mode = str(Mode(self.mode).label)
        if self.mode == Mode.ONLINE or not self.place:
            return mode
        return self.place if self.mode == Mode.ON_SITE else f"{self.place} · {mode}"

    def calendar_entry(self, *, path: str = "", join: bool = False) -> CalendarEntry:
        """How it stands in a calendar; the link to join only where its reader is registered."""
        where = [self.place] if self.mode != Mode.ONLINE and self.place else []
        if join and self.join_link:
            where.append(self.join_link)
        return CalendarEntry(
            uid=f"event-{self.pk}",
            sequence=self.version,
            summary=self.title,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            zone=self.time_zone,
            changed_at=self.state_changed_at,
            description=self.summary,
            location=" · ".join(where) or str(Mode(self.mode).label),
            path=path or self.get_absolute_url(),
            cancelled=self.state == EventState.CANCELLED,
        )
