"""Calls: what is asked, of whom, until when, by which criteria."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from challenges.choices import (
    HANDED_IN,
    ApplicationState,
    CallKind,
    CallState,
    Fact,
    Phase,
)
from challenges.models.application import Application
from challenges.rules import CALL_READERS, DRAFT_READERS
from portal import clock
from portal.models import ClockNow, Record, Stateful, User
from portal.validators import validate_time_zone

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from challenges.models.question import Question


#: As `challenges.rules.is_published` says it of one call.
PUBLISHED = Q(published_at__isnull=False) & ~Q(state=CallState.DRAFT)


class CallQuerySet(models.QuerySet["Call"]):
    """Calls, chosen by time and reader."""

    def with_phase(self) -> Self:
        """Read the database's clock with each row, so that `phase` needs no further query."""
        return self.annotate(
            clock=ClockNow(),
            phase_now=Case(
                When(~Q(state=CallState.PUBLISHED), then=F("state")),
                When(opens_at__gt=ClockNow(), then=Value(Phase.UPCOMING.value)),
                When(accepts_until__gt=ClockNow(), then=Value(Phase.OPEN.value)),
                default=Value(Phase.CLOSED.value),
                output_field=models.CharField(),
            ),
        )

    def with_counts(self) -> Self:
        """How many are writing and how many have submitted, each from the index by state."""
        count = models.Count("pk")
        applications = Application.objects.filter(call=models.OuterRef("pk")).order_by()
        drafts = applications.filter(state=ApplicationState.DRAFT).values("call")
        handed_in = applications.filter(state__in=HANDED_IN).values("call")
        return self.annotate(
            draft_count=Coalesce(models.Subquery(drafts.annotate(n=count).values("n")), 0),
            submitted_count=Coalesce(models.Subquery(handed_in.annotate(n=count).values("n")), 0),
        )

    def public(self) -> Self:
        """What anybody may read: everything published, and what was cancelled after it was."""
        return self.filter(PUBLISHED)

    def still_ahead(self) -> Self:
        """Open and upcoming ones."""
        return self.filter(state=CallState.PUBLISHED, accepts_until__gt=ClockNow())

    def for_board(self) -> Self:
        """The departure board: open ones first by when they close."""
        return self.with_phase().select_related("programme")

    def visible_to(self, user: User) -> Self:
        """The list form of ``challenges.view_call`` in the admin: calls of one's programmes."""
        theirs = user.within("programme", *CALL_READERS)
        return self.filter(user.within("programme", *DRAFT_READERS) | (theirs & PUBLISHED))


class Call(Stateful):
    """A call of any kind: innovation challenge, accelerator intake, city issue, demonstration."""

    programme = models.ForeignKey(
        "portal.Programme",
        on_delete=models.PROTECT,
        related_name="calls",
        verbose_name=_("programme"),
    )
    kind = models.CharField(_("kind"), max_length=20, choices=CallKind)
    title = models.CharField(_("title"), max_length=200)
    slug = models.SlugField(_("address"), max_length=80, unique=True)
    summary = models.CharField(_("in one sentence"), max_length=250)
    description = models.TextField(_("description"), help_text=_("Markdown."))
    languages = ArrayField(
        models.CharField(max_length=10),
        verbose_name=_("languages"),
        default=list,
        blank=True,
        help_text=_("Codes with commas between: en, ja."),
    )
    places = models.PositiveSmallIntegerField(
        _("up to how many are selected"), validators=[MinValueValidator(1)]
    )
    state = models.CharField(
        _("state"), max_length=12, choices=CallState, default=CallState.DRAFT, editable=False
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    # Time: instants, with the zone in which the deadline is spoken of.
    opens_at = models.DateTimeField(_("opens"))
    closes_at = models.DateTimeField(_("closes"))
    accepts_until = models.DateTimeField(
        _("grace until"),
        blank=True,
        help_text=_("Staff only: a submission is accepted until then. Empty: no grace."),
    )
    time_zone = models.CharField(
        _("time zone of the call"), max_length=50, validators=[validate_time_zone]
    )
    deadline_version = models.PositiveIntegerField(default=1, editable=False)
    form_version = models.PositiveSmallIntegerField(
        _("version of the form"), default=1, db_default=1, editable=False
    )
    #: What applicants are promised: the day of the next news; a new day is another version.
    next_news_on = models.DateField(_("next news by"), null=True, blank=True)
    news_version = models.PositiveIntegerField(default=1, db_default=1, editable=False)
    answers_within = models.PositiveSmallIntegerField(
        _("questions are answered within (days)"), null=True, blank=True
    )
    copied_from = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="copies",
        verbose_name=_("copied from"),
    )
    #: Dates of a copied call that nobody has confirmed yet; each blocks publishing.
    to_confirm = ArrayField(
        models.CharField(max_length=20), default=list, db_default=[], blank=True, editable=False
    )

    # The facts box.
    gives = models.CharField(_("what is given"), max_length=250, blank=True)
    amount = models.DecimalField(
        _("amount"), max_digits=14, decimal_places=2, null=True, blank=True
    )
    currency = models.CharField(_("currency"), max_length=3, blank=True, help_text="USD, JPY …")
    takes = models.CharField(_("equity and rights taken, or none"), max_length=250, blank=True)
    travel = models.CharField(_("travel and visa"), max_length=250, blank=True)
    who_may_apply = models.CharField(_("who may apply"), max_length=300, blank=True)
    last_year = models.CharField(
        _("chosen and applied last time"), max_length=150, blank=True, help_text=_("With source.")
    )
    usual_hours = models.CharField(
        _("hours an application usually takes"), max_length=80, blank=True
    )
    questions_until = models.DateTimeField(_("questions until"), null=True, blank=True)
    shortlist_on = models.DateField(_("shortlist on"), null=True, blank=True)
    interviews = models.CharField(_("interviews"), max_length=150, blank=True)
    results_on = models.DateField(_("results on"), null=True, blank=True)
    who_reads = models.CharField(_("who reads it"), max_length=250, blank=True)
    contact_name = models.CharField(_("whom to ask"), max_length=150, blank=True)
    contact_email = models.EmailField(_("their e-mail address"), blank=True)
    not_applicable = ArrayField(
        models.CharField(max_length=20, choices=Fact),
        verbose_name=_("not applicable"),
        default=list,
        blank=True,
        help_text=_("An empty fact blocks publishing until it is ticked here."),
    )

    terms = models.TextField(_("terms"), blank=True, help_text=_("Markdown."))
    terms_version = models.CharField(_("version of the terms"), max_length=20, blank=True)
    reviewers_wanted = models.PositiveSmallIntegerField(
        _("reviews for each application"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
    )
    feeds = models.ForeignKey(
        "startups.Cohort",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="calls",
        verbose_name=_("cohort it selects for"),
        help_text=_("Whoever is selected is offered a place in it."),
    )
    review_due_on = models.DateField(_("reviews due on"), null=True, blank=True)

    objects = CallQuerySet.as_manager()

    class Meta:
        verbose_name = _("call")
        verbose_name_plural = _("calls")
        ordering = ["-closes_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=CallState.values), name="call_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=CallKind.values), name="call_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("opens_at")), name="call_closes_after_it_opens"
            ),
            models.CheckConstraint(
                condition=Q(accepts_until__gte=F("closes_at")), name="call_grace_is_not_negative"
            ),
        ]
        indexes = [
            GinIndex(fields=["title"], name="call_by_title", opclasses=["gin_trgm_ops"]),
            models.Index(fields=["programme", "-closes_at"], name="call_by_programme"),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        """The public page."""
        return reverse("challenges:call-detail", args=[self.slug])

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.programme_id

    @property
    def base_language(self) -> str:
        """The language in which its form and rules were written first."""
        return (self.languages[0] if self.languages else settings.LANGUAGE_CODE).lower()

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which the deadline is spoken of."""
        return ZoneInfo(self.time_zone)

    @cached_property
    def now(self) -> datetime:
        """The database's clock, read with the row where `with_phase` was asked for."""
        return self.__dict__.get("clock") or clock.database_now()

    def phase_at(self, now: datetime) -> Phase:
        """What the call is to a reader at ``now``."""
        if self.state != CallState.PUBLISHED:
            return Phase(self.state)
        if now < self.opens_at:
            return Phase.UPCOMING
        return Phase.OPEN if now < self.accepts_until else Phase.CLOSED

    @property
    def phase(self) -> Phase:
        """What the call is to a reader now."""
        return self.phase_at(self.now)

    @property
    def phase_tone(self) -> str:
        """The colour's name for the phase."""
        return {Phase.OPEN: "tide", Phase.UPCOMING: "amber", Phase.CANCELLED: "lamp"}.get(
            self.phase, "fog"
        )

    @property
    def is_open(self) -> bool:
        """Whether applications are accepted now."""
        return self.phase == Phase.OPEN

    @property
    def deadline(self) -> clock.Deadline:
        """The published deadline, for the present reader."""
        return clock.Deadline.at(
            self.closes_at,
            self.time_zone,
            now=self.now,
            reader_zone=clock.reader_zone(),
            after=str(_("After this instant nothing more can be submitted.")),
        )

    def is_given(self, fact: Fact) -> bool:
        """Whether a fact is filled in or ticked as not applicable."""
        return bool(getattr(self, fact.value)) or fact.value in self.not_applicable

    def asked(self) -> list[Question]:
        """The questions of the version in force, in order."""
        return [one for one in self.questions.all() if one.is_in(self.form_version)]

    def applicants(self) -> QuerySet[User]:
        """Everybody in a team with a draft or a submission, and who helps with one."""
        going = self.applications.exclude(state=ApplicationState.WITHDRAWN)
        people: QuerySet[User] = User.objects.filter(
            Q(memberships__startup__in=going.values("startup"))
            | Q(helps_with__application__in=going)
        ).distinct()
        return people

    def who_wait(self) -> QuerySet[User]:
        """Everybody in a team whose application waits for its result."""
        waiting = self.applications.awaiting_decision()
        people: QuerySet[User] = User.objects.filter(
            Q(memberships__startup__in=waiting.values("startup"))
            | Q(helps_with__application__in=waiting)
        ).distinct()
        return people

    @property
    def news_by(self) -> date | None:
        """Until when those who wait are promised news."""
        return self.next_news_on or self.results_on

    @property
    def money(self) -> str:
        """The amount with its currency."""
        if self.amount is None:
            return ""
        whole = self.amount == self.amount.to_integral_value()
        return (
            f"{self.currency} {self.amount:,.0f}"
            if whole
            else f"{self.currency} {self.amount:,.2f}"
        )


class CallPreview(Record):
    """A link that shows a call before it is published, without account, until it expires."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="previews")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("valid until"))
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)

    class Meta:
        verbose_name = _("preview link")
        verbose_name_plural = _("preview links")
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.call} – {self.expires_at:%Y-%m-%d}"


def describe(call: Call) -> list[tuple[str, Any, str]]:
    """The facts box: label, value and a note, in the order in which people ask."""
    rows: list[tuple[str, Any, str]] = []
    for fact in Fact:
        if fact.value in call.not_applicable:
            value: Any = _("not applicable")
        elif fact is Fact.GIVES:
            value = " – ".join(part for part in (call.money, call.gives) if part)
        elif fact is Fact.QUESTIONS and call.questions_until:
            value = clock.in_both_zones(call.questions_until, call.time_zone, clock.reader_zone())
        elif fact is Fact.CONTACT:
            value = ", ".join(part for part in (call.contact_name, call.contact_email) if part)
        else:
            value = getattr(call, fact.value) or ""
        rows.append((str(fact.label), value, ""))
    return rows
