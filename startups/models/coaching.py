"""Coaching: sessions as they were planned and logged, and what was promised in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.core.validators import MaxValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from portal.choices import Role
from portal.models import ClockNow, Record, Stateful
from portal.registry import CalendarEntry
from startups.choices import HELD, ItemState, SessionState, Side
from startups.models.cohort import Place
from startups.models.mentor import Mentor

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User

#: A day: nobody coaches longer, and a typed 600 for 60 is caught.
MOST_MINUTES = 24 * 60


class CoachingSessionQuerySet(models.QuerySet["CoachingSession"]):
    """Sessions, chosen by time and reader."""

    def held(self) -> Self:
        """Those that took place and were written up."""
        return self.filter(state__in=HELD)

    def to_log(self) -> Self:
        """Planned ones whose end has passed."""
        return self.filter(state=SessionState.PLANNED, ends_at__lte=ClockNow())

    def ahead(self) -> Self:
        """Planned ones that are not over."""
        return self.filter(state=SessionState.PLANNED, ends_at__gt=ClockNow())

    def visible_to(self, user: User) -> Self:
        """The list form of ``startups.view_coachingsession``: of places one may see, and own."""
        mine = Q(mentor__user=user, mentor__programme__in=user.programmes_as(Role.MENTOR))
        return self.filter(Q(place__in=Place.objects.visible_to(user)) | mine)


class CoachingSession(Stateful):
    """One session of a mentor with a startup, planned or logged without a plan.

    What only the mentor and the programme lead may read is another table (`PrivateNote`), so that
    no page, list or export of sessions can show it by accident.
    """

    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, related_name="sessions", verbose_name=_("startup")
    )
    mentor = models.ForeignKey(
        Mentor, on_delete=models.PROTECT, related_name="sessions", verbose_name=_("mentor")
    )
    state = models.CharField(
        _("state"), max_length=12, choices=SessionState, default=SessionState.PLANNED
    )
    topic = models.CharField(_("topic"), max_length=150, blank=True)
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    call_link = models.URLField(_("link of the call"), blank=True)
    agenda = models.TextField(_("agenda"), max_length=2000, blank=True)
    #: Counts up when the time or link changes: calendars take the newer entry, reminders of the
    #: earlier time are outdated.
    plan_version = models.PositiveIntegerField(default=1, editable=False)
    planned_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    discussed = models.TextField(_("what was discussed"), max_length=5000, blank=True)
    advice = models.TextField(_("advice"), max_length=5000, blank=True)
    shared_note = models.TextField(_("note for the startup"), max_length=5000, blank=True)
    minutes_contact = models.PositiveSmallIntegerField(
        _("minutes together"), null=True, blank=True, validators=[MaxValueValidator(MOST_MINUTES)]
    )
    minutes_preparation = models.PositiveSmallIntegerField(
        _("minutes of preparation"), default=0, validators=[MaxValueValidator(MOST_MINUTES)]
    )
    minutes_travel = models.PositiveSmallIntegerField(
        _("minutes of travel"), default=0, validators=[MaxValueValidator(MOST_MINUTES)]
    )
    logged_at = models.DateTimeField(_("logged"), null=True, blank=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    #: The session agreed at the end of this one.
    next_session = models.OneToOneField(
        "self",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="previous_session",
        editable=False,
    )

    objects = CoachingSessionQuerySet.as_manager()

    class Meta:
        verbose_name = _("coaching session")
        verbose_name_plural = _("coaching sessions")
        ordering = ["-starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=SessionState.values), name="session_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=models.F("starts_at")), name="session_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["logged", "confirmed"])
                | Q(logged_at__isnull=False, minutes_contact__isnull=False),
                name="session_logged_says_how_long",
            ),
        ]
        indexes = [
            models.Index(fields=["mentor", "-starts_at"], name="session_by_mentor"),
            models.Index(fields=["place", "-starts_at"], name="session_by_place"),
            models.Index(
                fields=["ends_at"],
                name="session_to_log",
                condition=Q(state=SessionState.PLANNED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place.startup} – {self.mentor}, {self.starts_at:%Y-%m-%d}"

    def get_absolute_url(self) -> str:
        """Its page, for both sides."""
        return reverse("startups:session-detail", args=[self.pk])

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.place.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme of the cohort."""
        return self.place.programme_key

    @property
    def is_held(self) -> bool:
        """Whether it took place and was written up."""
        return self.state in HELD

    @property
    def minutes(self) -> int:
        """All the time it took the mentor."""
        return (self.minutes_contact or 0) + self.minutes_preparation + self.minutes_travel

    @property
    def planned_minutes(self) -> int:
        """How long it is to last."""
        return int((self.ends_at - self.starts_at).total_seconds()) // 60

    @property
    def mentor_zone(self) -> str:
        """The zone on the mentor's wall."""
        return self.mentor.user.time_zone

    @property
    def startup_zone(self) -> str:
        """The zone on the startup's wall."""
        return self.place.startup_zone

    @property
    def tone(self) -> str:
        """The colour's name for the state."""
        return {
            SessionState.PLANNED: "tide",
            SessionState.LOGGED: "amber",
            SessionState.CONFIRMED: "moss",
            SessionState.NO_SHOW: "lamp",
        }.get(SessionState(self.state), "fog")

    def people(self) -> list[User]:
        """Both sides: the mentor, and those who write for the startup."""
        return [self.mentor.user, *self.place.startup.writers()]

    def calendar_entry(
        self, *, zone: str = "", path: str = "", join: bool = False
    ) -> CalendarEntry:
        """How it stands in a calendar: who with whom, never a word of what is written of it."""
        return CalendarEntry(
            uid=f"session-{self.pk}",
            sequence=self.plan_version,
            summary=_("Coaching: %(startup)s with %(mentor)s")
            % {"startup": self.place.startup, "mentor": self.mentor},
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            zone=zone or self.mentor.user.zone.key,
            changed_at=self.state_changed_at,
            description=self.topic,
            location=self.call_link if join else "",
            path=path or self.get_absolute_url(),
            cancelled=self.state == SessionState.CANCELLED,
        )


class PrivateNoteQuerySet(models.QuerySet["PrivateNote"]):
    """Private notes, each for its author and the programme lead."""

    def visible_to(self, user: User) -> Self:
        """One's own, and those of programmes one manages; being administrator opens none."""
        leads = [programme for programme, held in user.roles.items() if Role.MANAGER in held]
        led = Q(session__place__cohort__programme__in=leads) & ~Q(
            session__place__startup__in=user.memberships.values("startup")
        )
        return self.filter(Q(author=user) | led)


class PrivateNote(Record):
    """What a mentor notes for themselves and the programme lead alone."""

    session = models.OneToOneField(
        CoachingSession, on_delete=models.CASCADE, related_name="private_note"
    )
    author = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("private note"), max_length=5000)
    updated_at = models.DateTimeField(auto_now=True)

    objects = PrivateNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("private note")
        verbose_name_plural = _("private notes")

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def startup_key(self) -> None:
        """It is no part of the startup's journey, nor is that it was written or read."""
        return

    @property
    def programme_key(self) -> UUID:
        """The programme of the cohort."""
        return self.session.programme_key


class ActionItemQuerySet(models.QuerySet["ActionItem"]):
    """What was promised, chosen by state and reader."""

    def open(self) -> Self:
        """Still to do."""
        return self.filter(state=ItemState.OPEN)

    def of_person(self, user: User) -> Self:
        """What is on the person's own side: their startup's, or theirs as the mentor."""
        return self.filter(
            Q(side=Side.STARTUP, place__startup__memberships__user=user)
            | Q(side=Side.MENTOR, mentor__user=user)
        ).distinct()

    def visible_to(self, user: User) -> Self:
        """Those of the places one may see."""
        return self.filter(place__in=Place.objects.visible_to(user))


class ActionItem(Stateful):
    """Something one side promised to do by a date."""

    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, related_name="action_items", verbose_name=_("startup")
    )
    session = models.ForeignKey(
        CoachingSession,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="action_items",
        verbose_name=_("session"),
    )
    mentor = models.ForeignKey(
        Mentor,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="action_items",
        verbose_name=_("mentor"),
    )
    what = models.CharField(_("what"), max_length=250)
    side = models.CharField(_("who does it"), max_length=10, choices=Side, default=Side.STARTUP)
    due_on = models.DateField(_("by"), null=True, blank=True)
    #: Counts up when the date moves, so that reminders of the earlier one are outdated.
    due_version = models.PositiveIntegerField(default=1, editable=False)
    state = models.CharField(_("state"), max_length=10, choices=ItemState, default=ItemState.OPEN)
    done_at = models.DateTimeField(_("done"), null=True, blank=True, editable=False)
    done_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    objects = ActionItemQuerySet.as_manager()

    class Meta:
        verbose_name = _("action item")
        verbose_name_plural = _("action items")
        ordering = ["due_on", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ItemState.values), name="action_item_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(side__in=Side.values), name="action_item_side_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(side="mentor") | Q(mentor__isnull=False),
                name="action_item_of_a_mentor_names_them",
            ),
        ]
        indexes = [
            models.Index(
                fields=["place", "due_on"],
                name="action_item_open",
                condition=Q(state=ItemState.OPEN),
            ),
        ]

    def __str__(self) -> str:
        return self.what

    def get_absolute_url(self) -> str:
        """Its line on the list of what was promised."""
        return f"{reverse('startups:action-list', args=[self.place_id])}#item-{self.pk}"

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.place.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme of the cohort."""
        return self.place.programme_key
