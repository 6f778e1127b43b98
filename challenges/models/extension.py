"""More time for some: asked for, granted by one person, confirmed by a second."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from challenges.choices import AttemptKind, ExtensionState, Lateness, RequestState
from challenges.models.application import Application
from challenges.models.call import Call
from challenges.rules import APPLICATION_READERS, EXTENDERS
from portal import clock
from portal.models import Record, Stateful, User

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import Programme


class ExtensionQuerySet(models.QuerySet["Extension"]):
    """Extensions of deadlines."""

    def visible_to(self, user: User) -> Self:
        """For staff who read the applications of the call."""
        return self.filter(user.within("call__programme", *APPLICATION_READERS))

    def in_force(self) -> Self:
        """Granted or confirmed."""
        return self.exclude(state=ExtensionState.ENDED)

    def waiting(self) -> Self:
        """Those a second person has still to confirm, the most urgent first."""
        return self.filter(state=ExtensionState.GRANTED).order_by("confirm_by")


def unconfirmed(application: str = "pk") -> Exists:
    """Condition: handed in when only an extension that nobody confirmed allowed it.

    ``application`` is where the key of the application stands. A later deadline for everybody, or
    another extension that covers the instant, takes the mark away.
    """
    at = OuterRef("submitted_at")
    covering = Extension.objects.filter(applications=OuterRef(application), until__gt=at)
    return Exists(
        covering.filter(
            ~Exists(
                Extension.objects.in_force().filter(
                    applications=OuterRef(OuterRef(application)),
                    until__gt=OuterRef(OuterRef("submitted_at")),
                )
            ),
            state=ExtensionState.ENDED,
            call__accepts_until__lte=at,
        )
    )


def lateness_of(application: Application) -> Lateness | None:
    """How it came to be taken after the published deadline; ``None`` where it was in time."""
    at = application.submitted_at
    if at is None or at < application.call.closes_at:
        return None
    # Nobody asks the database about a team that never had time of its own.
    covering = application.extensions.filter(until__gt=at) if application.extension_version else ()
    states = {extension.state for extension in covering}
    if states - {ExtensionState.ENDED}:
        return Lateness.EXTENDED
    if at < application.call.accepts_until or not states:
        return Lateness.GRACE
    return Lateness.UNCONFIRMED


def deciders_of(programme: UUID, applications: Any) -> list[User]:
    """Who may give more time in a programme, without those who belong to one of the teams."""
    concerned = Application.objects.filter(pk__in=applications)
    people = User.objects.holding(*EXTENDERS, programme=programme, at=clock.database_now())
    own = Q(memberships__startup__in=concerned.values("startup")) | Q(
        helps_with__application__in=concerned
    )
    return list(people.exclude(pk__in=User.objects.filter(own).values("pk")))


class Extension(Stateful):
    """A later deadline for one application, a list of them or those of a country.

    It holds at once, so that nobody loses the minutes it is about; a second person confirms it
    within a day, else it ends and what was submitted under it is marked.
    """

    call = models.ForeignKey(Call, on_delete=models.PROTECT, related_name="extensions")
    applications = models.ManyToManyField(
        Application, related_name="extensions", verbose_name=_("applications")
    )
    country = CountryField(_("country"), blank=True)
    until = models.DateTimeField(_("extended until"))
    reason = models.TextField(_("why"), max_length=2_000)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=ExtensionState,
        default=ExtensionState.GRANTED,
        editable=False,
    )
    granted_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    confirm_by = models.DateTimeField(_("to be confirmed by"))
    confirmed_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)

    objects = ExtensionQuerySet.as_manager()

    class Meta:
        verbose_name = _("extension")
        verbose_name_plural = _("extensions")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ExtensionState.values), name="extension_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(confirmed_by=F("granted_by")), name="extension_has_two_people"
            ),
            models.CheckConstraint(
                condition=~Q(state=ExtensionState.CONFIRMED)
                | Q(confirmed_by__isnull=False, confirmed_at__isnull=False),
                name="extension_confirmed_says_by_whom",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call} – {self.until:%Y-%m-%d %H:%M}"

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.call.programme_id

    @property
    def programme(self) -> Programme:
        """The programme whose staff decide."""
        return self.call.programme

    def deciders(self) -> list[User]:
        """Who of the staff may decide about it: nobody who belongs to a team concerned."""
        return deciders_of(self.programme.pk, self.applications.values("pk"))


class RefusedAttemptQuerySet(models.QuerySet["RefusedAttempt"]):
    """What was refused around a deadline."""

    def visible_to(self, user: User) -> Self:
        """One's own, and for staff who read the application."""
        return self.filter(
            Q(person=user) | user.within("application__call__programme", *APPLICATION_READERS)
        )


class RefusedAttempt(Record):
    """That a person tried to save, add a file or submit and was refused, with the instants.

    One row for each person and kind, written after the step was undone: however often a page
    tries, it costs one statement and no more room.
    """

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="attempts")
    person = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(_("what was tried"), max_length=10, choices=AttemptKind)
    #: The first ones, by the database's clock; how often, and the last one, stand beside.
    instants = ArrayField(models.DateTimeField(), default=list)
    count = models.PositiveIntegerField(_("how often"), default=1)
    last_at = models.DateTimeField(_("last time"))

    objects = RefusedAttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("refused attempt")
        verbose_name_plural = _("refused attempts")
        ordering = ["last_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["application", "person", "kind"], name="attempts_are_counted_in_one_row"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=AttemptKind.values), name="attempt_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"


class MoreTimeRequestQuerySet(models.QuerySet["MoreTimeRequest"]):
    """Requests of teams."""

    def visible_to(self, user: User) -> Self:
        """For the team, and for staff who read its application."""
        return self.filter(
            Q(application__in=Application.objects.of_applicant(user))
            | user.within("application__call__programme", *APPLICATION_READERS)
        )

    def for_staff(self, user: User) -> Self:
        """Those of one's programmes, never of a team one belongs to."""
        mine = Application.objects.of_applicant(user)
        readers = user.within("application__call__programme", *APPLICATION_READERS)
        return self.filter(readers).exclude(application__in=mine)

    def unanswered(self) -> Self:
        """Those that wait, the oldest first."""
        return self.filter(state=RequestState.ASKED).order_by("created_at")


class MoreTimeRequest(Stateful):
    """A team asks for more time, usually after the deadline; the facts stand beside it."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="time_requests"
    )
    asked_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    reason = models.TextField(_("why"), max_length=2_000)
    #: As they were when it was asked: last save, complete at the deadline, attempts, transfers.
    facts = models.JSONField(default=dict, editable=False)
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=RequestState,
        default=RequestState.ASKED,
        editable=False,
    )
    answered_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    answer = models.TextField(_("answer"), max_length=2_000, blank=True)
    extension = models.ForeignKey(
        Extension, on_delete=models.PROTECT, null=True, blank=True, related_name="requests"
    )

    objects = MoreTimeRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for more time")
        verbose_name_plural = _("requests for more time")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=RequestState.values), name="time_request_state_is_known"
            ),
            models.UniqueConstraint(
                fields=["application"],
                name="more_time_is_asked_once_at_a_time",
                condition=Q(state="asked"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application}"

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.application.call.programme_id

    @property
    def programme(self) -> Programme:
        """The programme whose staff decide."""
        return self.application.call.programme

    def deciders(self) -> list[User]:
        """Who of the staff may decide about it: nobody who belongs to a team concerned."""
        return deciders_of(self.programme.pk, [self.application_id])

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.application.startup_id
