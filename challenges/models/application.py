"""Applications: answers, the submitted copies that never change, and who is asked to help."""

from __future__ import annotations

import secrets
from decimal import Decimal
from typing import TYPE_CHECKING, Self

import pgtrigger
from django.db import models
from django.db.models import Avg, Count, F, Q, Value
from django.db.models.functions import Coalesce, Round
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from challenges.choices import AT_WORK, DECIDED, HANDED_IN, ApplicationState, AssignmentState
from challenges.models.standing import public_word, tone_of
from challenges.rules import APPLICATION_READERS
from portal import clock
from portal.choices import Role
from portal.models import Record, Stateful, User, came_with
from startups.choices import MemberRole

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from challenges.models.question import Question
    from challenges.models.review import Decision
    from challenges.models.revision import Revision

#: No vowels, no 0/O, 1/I, 5/S, 8/B: read over the telephone it stays what it is.
REFERENCE_ALPHABET = "234679CDFHJKMNPRTWXY"

#: The mean score as lists order by it: without reviews behind every score, in both directions.
SCORE = Coalesce(F("mean_score"), Value(Decimal(-1)), output_field=models.DecimalField())


def new_reference() -> str:
    """A short reference that tells neither order nor country, as ``K7QF-3MPD``."""
    letters = "".join(secrets.choice(REFERENCE_ALPHABET) for _place in range(8))
    return f"{letters[:4]}-{letters[4:]}"


class ApplicationQuerySet(models.QuerySet["Application"]):
    """Applications, chosen by reader and state."""

    def visible_to(self, user: User) -> Self:
        """The list form of ``challenges.view_application``."""
        if user.is_superuser:
            return self.all()
        return self.filter(
            Q(startup__in=user.memberships.values("startup"))
            | Q(pk__in=user.helps_with.values("application"))
            | user.within("call__programme", *APPLICATION_READERS)
        )

    def of_applicant(self, user: User) -> Self:
        """The applications a person works on as member or collaborator."""
        return self.filter(
            Q(startup__in=user.memberships.values("startup"))
            | Q(pk__in=user.helps_with.values("application"))
        )

    def handed_in(self) -> Self:
        """Applications whose submitted version counts."""
        return self.filter(state__in=HANDED_IN)

    def awaiting_decision(self) -> Self:
        """Applications without a result that was sent."""
        return self.filter(state__in=[ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW])

    def on_reserve(self) -> Self:
        """The reserve list in its order: by mean score, then by who submitted first."""
        return self.filter(state=ApplicationState.RESERVE).order_by(
            SCORE.desc(), "submitted_at", "pk"
        )

    def with_wrong_figures(self) -> Self:
        """Those whose kept counts and mean are not those of their reviews: always none."""
        done = Q(assignments__state=AssignmentState.DONE)
        mean = Avg("assignments__review__total", filter=done)
        return (
            self.order_by()
            .annotate(
                found_assigned=Count("assignments", filter=Q(assignments__state__in=AT_WORK)),
                found_done=Count("assignments", filter=done),
                found_mean=Coalesce(Round(mean, precision=2), Decimal(-1)),
                kept_mean=Coalesce("mean_score", Decimal(-1)),
            )
            .filter(
                ~Q(assigned_count=F("found_assigned"))
                | ~Q(review_count=F("found_done"))
                | ~Q(kept_mean=F("found_mean"))
            )
        )

    def people(self) -> models.QuerySet[User]:
        """Everybody in their teams, once, and who helps with one of them."""
        found: models.QuerySet[User] = User.objects.filter(
            Q(memberships__startup__in=self.values("startup"))
            | Q(helps_with__application__in=self.values("pk"))
        ).distinct()
        return found

    def for_list(self) -> Self:
        """What a list shows, and no answers."""
        return self.select_related("call__programme", "startup").order_by("-created_at")


class Application(Stateful):
    """A startup's answer to a call, from draft to result. One for each call and startup, always."""

    call = models.ForeignKey(
        "challenges.Call", on_delete=models.PROTECT, related_name="applications"
    )
    startup = models.ForeignKey(
        "startups.Startup", on_delete=models.PROTECT, related_name="applications"
    )
    #: The place in a cohort that it was offered, where the call selects for one.
    place = models.OneToOneField(
        "startups.Place",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="application",
        editable=False,
        verbose_name=_("place in the cohort"),
    )
    reference = models.CharField(
        _("reference"), max_length=9, unique=True, default=new_reference, editable=False
    )
    state = models.CharField(
        _("state"),
        max_length=12,
        choices=ApplicationState,
        default=ApplicationState.DRAFT,
        editable=False,
    )
    started_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    #: When an answer last changed, by the database's clock.
    edited_at = models.DateTimeField(_("last saved"), null=True, editable=False)
    completeness = models.PositiveSmallIntegerField(_("complete in %"), default=0, editable=False)
    revision_count = models.PositiveSmallIntegerField(default=0, editable=False)
    #: Set by the database itself when a revision is submitted, never by us.
    submitted_at = models.DateTimeField(_("submitted"), null=True, editable=False)
    deadline = models.DateTimeField(_("deadline that applied"), null=True, editable=False)
    extended_until = models.DateTimeField(_("extended until"), null=True, blank=True)
    #: Rises with each change of the team's own deadline, so that reminders are planned anew.
    extension_version = models.PositiveIntegerField(default=0, db_default=0, editable=False)
    #: The version of the call's form that the answers belong to.
    form_version = models.PositiveSmallIntegerField(default=1, db_default=1, editable=False)
    open_to_staff = models.BooleanField(_("staff may look at the draft"), default=False)

    # Kept in the transaction of each review, so that a list reads them and never averages.
    assigned_count = models.PositiveSmallIntegerField(_("reviewers"), default=0, editable=False)
    review_count = models.PositiveSmallIntegerField(_("reviews"), default=0, editable=False)
    mean_score = models.DecimalField(
        _("mean score"), max_digits=5, decimal_places=2, null=True, editable=False
    )

    responsible = models.ForeignKey(
        "portal.User",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("responsible colleague"),
    )
    labels = models.ManyToManyField(
        "portal.Label", blank=True, related_name="applications", verbose_name=_("labels")
    )

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        verbose_name = _("application")
        verbose_name_plural = _("applications")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["call", "startup"], name="application_once_per_call"),
            models.CheckConstraint(
                condition=Q(state__in=ApplicationState.values), name="application_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(submitted_at=None) | Q(submitted_at__lt=F("deadline")),
                name="application_was_in_time",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "withdrawn"]) | Q(revision_count__gte=1),
                name="application_handed_in_has_a_revision",
            ),
        ]
        indexes = [
            models.Index(fields=["call", "state"], name="application_by_state"),
            models.Index("call", SCORE.desc(), F("id").desc(), name="application_in_order"),
            models.Index(
                fields=["call", "submitted_at"],
                name="application_by_day",
                condition=Q(submitted_at__isnull=False),
            ),
        ]
        triggers = [
            # The second wall. The first is the guard that reads the clock after the lock.
            pgtrigger.Trigger(
                name="submitted_in_time",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("revision_count", "submitted_at", "deadline")
                | pgtrigger.Insert,
                condition=None,
                declare=[
                    ("of_call", "challenges_call%ROWTYPE"),
                    ("until", "timestamptz"),
                    ("instant", "timestamptz"),
                ],
                func="""
                    IF TG_OP = 'INSERT' AND NEW.revision_count = 0 THEN
                        NEW.submitted_at := NULL;
                        NEW.deadline := NULL;
                        RETURN NEW;
                    END IF;
                    IF TG_OP = 'UPDATE' AND NEW.revision_count = OLD.revision_count THEN
                        NEW.submitted_at := OLD.submitted_at;
                        NEW.deadline := OLD.deadline;
                        RETURN NEW;
                    END IF;
                    SELECT * INTO of_call FROM challenges_call WHERE id = NEW.call_id;
                    until := GREATEST(of_call.accepts_until, NEW.extended_until);
                    instant := clock_timestamp();
                    IF instant >= until OR instant < of_call.opens_at
                       OR of_call.state <> 'published' THEN
                        RAISE EXCEPTION 'submitted at % but accepted until %', instant, until
                            USING ERRCODE = 'check_violation',
                                  CONSTRAINT = 'application_was_in_time';
                    END IF;
                    NEW.submitted_at := instant;
                    NEW.deadline := until;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.startup} – {self.reference}"

    def get_absolute_url(self) -> str:
        """The applicant's page."""
        return reverse("challenges:application-detail", args=[self.pk])

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.call.programme_id

    def asked(self) -> list[Question]:
        """The questions of the version that its answers belong to, in order."""
        return [one for one in self.call.questions.all() if one.is_in(self.form_version)]

    @property
    def until(self) -> datetime:
        """The effective deadline: the call's with its grace, or the application's own extension.

        The trigger below says the same with GREATEST, which leaves out NULL.
        """
        if self.extended_until:
            return max(self.call.accepts_until, self.extended_until)
        return self.call.accepts_until

    @property
    def ends(self) -> datetime:
        """The deadline as the team sees it: the published one, or its own later one."""
        return max(self.call.closes_at, self.extended_until or self.call.closes_at)

    @property
    def deadline_mark(self) -> int:
        """A number that rises whenever the call's deadline or the team's own moves."""
        return self.call.deadline_version + self.extension_version

    @property
    def shown_deadline(self) -> clock.Deadline:
        """The team's deadline in words."""
        return clock.Deadline.at(
            self.ends,
            self.call.time_zone,
            now=self.call.now,
            reader_zone=clock.reader_zone(),
            after=str(_("After this instant nothing more can be submitted.")),
        )

    @property
    def is_submitted(self) -> bool:
        """Whether a submitted version counts."""
        return self.state in HANDED_IN

    @property
    def is_decided(self) -> bool:
        """Whether the result has been sent."""
        return self.state in DECIDED

    @property
    def has_unsubmitted_changes(self) -> bool:
        """Whether answers changed after the version that counts was submitted."""
        return bool(
            self.is_submitted
            and self.edited_at
            and self.submitted_at
            and self.edited_at > self.submitted_at
        )

    @property
    def public_state(self) -> str:
        """The state as the applicant reads it."""
        return public_word(self)

    @property
    def tone(self) -> str:
        """The colour's name for the state."""
        return tone_of(self)

    @cached_property
    def collaborators_ids(self) -> frozenset[UUID]:
        """People asked to help with this application alone."""
        return frozenset(
            self.collaborators.filter(user__isnull=False).values_list("user_id", flat=True)
        )

    def has_writer(self, user: User) -> bool:
        """Whether the person may edit the answers."""
        return (
            self.startup.has_member(user, MemberRole.OWNER, MemberRole.EDITOR)
            or user.pk in self.collaborators_ids
        )

    def has_reader(self, user: User) -> bool:
        """Whether the person reads it as member of the team."""
        return self.startup.has_member(user) or user.pk in self.collaborators_ids

    def has_submitter(self, user: User) -> bool:
        """Whether the person may submit: owners, and editors unless the owner forbids it."""
        if self.startup.has_member(user, MemberRole.OWNER):
            return True
        return self.startup.editors_may_submit and self.startup.has_member(user, MemberRole.EDITOR)

    def team(self) -> list[User]:
        """Everybody who is told: members of the startup, and who helps with this application."""
        asked = self.collaborators.all()
        if not came_with(self.collaborators):
            asked = asked.select_related("user")
        helpers = [helper.user for helper in asked if helper.user is not None]
        return [*self.startup.everybody(), *helpers]

    def handlers(self) -> list[User]:
        """Who of the staff is told: the responsible colleague, else everybody who runs the call."""
        running = User.objects.holding(
            Role.MANAGER, Role.COORDINATOR, programme=self.programme_key, at=clock.database_now()
        )
        mine = [person for person in running if person.pk == self.responsible_id]
        return mine or [person for person in running if not self.has_reader(person)]

    @cached_property
    def current_revision(self) -> Revision | None:
        """The submitted version that counts."""
        if not self.revision_count:
            return None
        return self.revisions.filter(number=self.revision_count).first()

    @property
    def sent_decision(self) -> Decision | None:
        """The result that was sent last."""
        return self.decisions.filter(sent_at__isnull=False).order_by("-sent_at").first()


class Answer(Record):
    """What the team has written to one question so far."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey(
        "challenges.Question", on_delete=models.PROTECT, related_name="answers"
    )
    value = models.TextField(blank=True)
    document = models.ForeignKey(
        "portal.Document", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    #: What it began with: ``record``, or the day on which an earlier version was submitted. Then
    #: ``kept``, once the team said that the record stays as it is.
    came_from = models.CharField(max_length=10, default="", db_default="", editable=False)
    version = models.PositiveIntegerField(default=1)
    edited_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "question"], name="question_is_answered_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.question_id}"

    @property
    def is_given(self) -> bool:
        """Whether there is anything."""
        return bool(self.value.strip()) or self.document_id is not None

    @property
    def holds_file(self) -> bool:
        """Whether there is a file that counts: one being checked does, a refused one does not."""
        return self.document is not None and not self.document.is_refused
