"""Demo Day: an event at which a cohort pitches, in a running order that keeps its time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from events.choices import EventState
from portal.models import ClockNow, Record
from startups.choices import TAKEN
from startups.models.cohort import Cohort, Place
from startups.rules import COHORT_READERS

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from portal.models import Document, User
    from startups.models.startup import Startup


class DemoDayQuerySet(models.QuerySet["DemoDay"]):
    """Demo Days, chosen by time and reader."""

    def of_staff(self, user: User) -> Self:
        """The list form of ``startups.view_demoday``: of one's programmes."""
        return self.filter(user.within("cohort__programme", *COHORT_READERS))

    def visible_to(self, user: User) -> Self:
        """The list form of ``startups.attend_demoday``: also of one's own startups, once told."""
        places = Place.objects.visible_to(user).filter(state__in=TAKEN)
        return self.filter(
            user.within("cohort__programme", *COHORT_READERS)
            | (Q(cohort__in=places.values("cohort")) & ~Q(event__state=EventState.DRAFT))
        )

    def to_come(self) -> Self:
        """Those that are announced and not over, the next one first."""
        return self.filter(event__state=EventState.PUBLISHED, event__ends_at__gt=ClockNow())


class DemoDay(Record):
    """What makes an event the Demo Day of a cohort."""

    event = models.OneToOneField(
        "events.Event", on_delete=models.PROTECT, related_name="demo_day", verbose_name=_("event")
    )
    cohort = models.ForeignKey(
        Cohort, on_delete=models.PROTECT, related_name="demo_days", verbose_name=_("cohort")
    )
    deck_due_at = models.DateTimeField(_("decks due"))
    #: Counts up when that instant moves, so that reminders of the earlier one are outdated.
    deck_version = models.PositiveIntegerField(default=1, editable=False)
    #: The event's version for which reminders were planned last: another one is planned anew.
    planned_version = models.PositiveIntegerField(default=0, editable=False)
    planned_deck_version = models.PositiveIntegerField(default=0, editable=False)
    decks_frozen_at = models.DateTimeField(_("decks frozen"), null=True, blank=True, editable=False)
    #: Minutes, not an instant: where the event moves, the first pitch moves along.
    opening_minutes = models.PositiveSmallIntegerField(
        _("minutes of welcome"),
        default=0,
        validators=[MaxValueValidator(600)],
        help_text=_("Before the first pitch."),
    )
    #: When reminders were planned last, so that whoever joins later is planned for as well.
    planned_at = models.DateTimeField(null=True, editable=False)

    objects = DemoDayQuerySet.as_manager()

    class Meta:
        verbose_name = _("Demo Day")
        verbose_name_plural = _("Demo Days")
        ordering = ["-event__starts_at"]

    def __str__(self) -> str:
        return str(self.event)

    def get_absolute_url(self) -> str:
        """Its page."""
        return reverse("startups:demo-day-detail", args=[self.event.slug])

    @property
    def programme_key(self) -> UUID:
        """The programme of the cohort."""
        return self.cohort.programme_id

    @property
    def startup_key(self) -> None:
        """It belongs to no single startup's journey; its pitches do."""
        return

    @property
    def pitches_from(self) -> datetime:
        """When the first pitch is to begin."""
        return self.event.starts_at + timedelta(minutes=self.opening_minutes)

    @property
    def is_announced(self) -> bool:
        """Whether startups and mentors know of it."""
        return self.event.state != EventState.DRAFT

    def has_participant(self, user: User) -> bool:
        """Whether the person belongs to a startup that takes part, or coaches one of them."""
        places = Place.objects.visible_to(user).filter(cohort=self.cohort_id, state__in=TAKEN)
        return self.is_announced and places.exists()


class PitchQuerySet(models.QuerySet["Pitch"]):
    """Pitches, chosen by reader."""

    def in_order(self) -> Self:
        """The running order: startups that left the cohort stand in it only if they pitched."""
        stays = Q(place__state__in=TAKEN) | Q(started_at__isnull=False)
        return self.filter(stays).order_by("order", "created_at")

    def for_stage(self) -> Self:
        """With all that a running order shows."""
        return self.select_related(
            *("place__startup", "place__cohort", "place__group", "deck", "frozen_deck")
        ).in_order()

    def visible_to(self, user: User) -> Self:
        """Those of the places one may see."""
        return self.filter(place__in=Place.objects.visible_to(user))


class Pitch(Record):
    """One startup on the stage: who speaks, how long, with which deck."""

    demo_day = models.ForeignKey(DemoDay, on_delete=models.CASCADE, related_name="pitches")
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, related_name="pitches", verbose_name=_("startup")
    )
    order = models.PositiveSmallIntegerField(_("order"), default=1)
    presenter = models.CharField(_("who pitches"), max_length=150, blank=True)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), default=3, validators=[MinValueValidator(1), MaxValueValidator(120)]
    )
    question_minutes = models.PositiveSmallIntegerField(
        _("minutes for questions"), default=2, validators=[MaxValueValidator(120)]
    )
    language = models.CharField(_("language"), max_length=10, default="en")
    deck = models.ForeignKey(
        "portal.Document",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("deck"),
    )
    #: The deck that is shown: what stood there when decks were frozen.
    frozen_deck = models.ForeignKey(
        "portal.Document",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        editable=False,
        verbose_name=_("frozen deck"),
    )
    #: Until when this startup alone may hand in its deck after the deadline.
    late_until = models.DateTimeField(_("late deck until"), null=True, blank=True, editable=False)
    started_at = models.DateTimeField(_("began"), null=True, blank=True, editable=False)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True, editable=False)

    objects = PitchQuerySet.as_manager()

    class Meta:
        verbose_name = _("pitch")
        verbose_name_plural = _("pitches")
        ordering = ["order", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["demo_day", "place"], name="startup_pitches_once"),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(started_at__isnull=False),
                name="pitch_ends_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place.startup}"

    @property
    def startup(self) -> Startup:
        """Who pitches."""
        return self.place.startup

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.place.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme of the cohort."""
        return self.place.programme_key

    @property
    def length(self) -> int:
        """Minutes on the stage, questions included."""
        return self.minutes + self.question_minutes

    @property
    def shown_deck(self) -> Document | None:
        """The deck that counts: the frozen one, before that the latest."""
        return self.frozen_deck if self.demo_day.decks_frozen_at else self.deck

    @property
    def has_deck(self) -> bool:
        """Whether a deck stands there that the check did not refuse."""
        return self.deck is not None and not self.deck.is_refused

    def deck_until(self) -> datetime:
        """The last instant at which this startup's deck is taken."""
        due_at = self.demo_day.deck_due_at
        until = max(due_at, self.late_until) if self.late_until else due_at
        # A day that moved ahead of its decks takes their deadline along.
        return min(until, self.demo_day.event.starts_at)
