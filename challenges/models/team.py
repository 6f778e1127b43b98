"""Around an application: who helps, who applies together with the startup, what staff note."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Func, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, gettext_lazy as _
from django_countries.fields import CountryField

from challenges.choices import ReplacementState
from challenges.models.application import Application
from challenges.models.question import Question
from challenges.rules import APPLICATION_READERS
from portal.models import ClockNow, Record, Stateful
from startups.choices import StartupKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from uuid import UUID

    from portal.models import User


class Collaborator(Record):
    """Somebody asked to help with one application only, a grant writer for example."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="collaborators"
    )
    email = models.EmailField(_("e-mail address"))
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(_("valid until"))
    user = models.ForeignKey(
        "portal.User", on_delete=models.CASCADE, null=True, blank=True, related_name="helps_with"
    )

    class Meta:
        verbose_name = _("helper")
        verbose_name_plural = _("helpers")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["application", "email"], name="helper_is_invited_once"),
        ]

    def __str__(self) -> str:
        return self.email


class ConsortiumMember(Record):
    """An organisation that applies together with the startup; eligibility is asked of each."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="consortium"
    )
    name = models.CharField(_("legal name"), max_length=200)
    kind = models.CharField(_("kind of organisation"), max_length=20, choices=StartupKind)
    country = CountryField(_("country of registration"))
    registration_number = models.CharField(_("registration number"), max_length=60, blank=True)

    class Meta:
        verbose_name = _("partner in the application")
        verbose_name_plural = _("partners in the application")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=StartupKind.values), name="consortium_member_kind_is_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ApplicationNote(Record):
    """What staff write to each other about an application; the applicant never sees it."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="notes")
    author = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    text = models.TextField(_("note"), max_length=5_000)

    class Meta:
        verbose_name = _("internal note")
        verbose_name_plural = _("internal notes")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.text[:60]


class AnswerNoteQuerySet(models.QuerySet["AnswerNote"]):
    """Notes of a team."""

    def visible_to(self, user: User) -> Self:
        """Those of the applications a person works on; staff never see any."""
        return self.filter(application__in=Application.objects.of_applicant(user))

    @staticmethod
    def as_column() -> NotesOf:
        """All notes of the application of the row, so that a page reads both at once."""
        return NotesOf("pk", output_field=ArrayField(models.JSONField()))


class NotesOf(Func):
    """The notes of an application; written out: composing it doubled what reading one takes."""

    template = """ARRAY(
        SELECT jsonb_build_object(
            'key', note.id, 'question', note.question_id, 'text', note.text,
            'at', note.created_at, 'settled_at', note.settled_at,
            'display_name', author.display_name, 'given_name', author.given_name,
            'family_name', author.family_name, 'email', author.email)
        FROM challenges_answernote AS note JOIN portal_user AS author ON author.id = note.author_id
        WHERE note.application_id = %(expressions)s
        ORDER BY note.created_at)"""


class AnswerNote(Record):
    """What a team writes to each other beside a question; it is never submitted."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="answer_notes"
    )
    question = models.ForeignKey(Question, on_delete=models.CASCADE, related_name="+")
    author = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    text = models.CharField(_("note"), max_length=1_000)
    settled_at = models.DateTimeField(_("settled"), null=True, blank=True)

    objects = AnswerNoteQuerySet.as_manager()

    class Meta:
        verbose_name = _("note beside a question")
        verbose_name_plural = _("notes beside questions")
        ordering = ["created_at"]

    def __str__(self) -> str:
        return self.text[:60]


class ReplacementQuerySet(models.QuerySet["Replacement"]):
    """Files that were refused after they were submitted."""

    def visible_to(self, user: User) -> Self:
        """For the team, and for staff who read its application."""
        return self.filter(
            Q(application__in=Application.objects.of_applicant(user))
            | user.within("application__call__programme", *APPLICATION_READERS)
        )

    def of_applicant(self, user: User) -> Self:
        """Those of the applications a person works on."""
        return self.filter(application__in=Application.objects.of_applicant(user))

    def still_open(self, now: datetime) -> Self:
        """A file can be put in their place."""
        return self.filter(state=ReplacementState.OPEN, open_until__gt=now)

    def lapsing(self) -> Self:
        """Their time is up."""
        return self.filter(state=ReplacementState.OPEN, open_until__lte=ClockNow())

    def by_refused(self) -> dict[str, Replacement]:
        """Those that have their file, by the key of the one that was refused."""
        done = self.filter(state=ReplacementState.REPLACED).select_related("document")
        return {str(one.refused_id): one for one in done}


class Replacement(Stateful):
    """A file of a submitted version that was refused afterwards, and its day to be replaced.

    The submitted copy stays as it is; whoever reads it gets the file that stands in its place.
    """

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="replacements"
    )
    question = models.ForeignKey(Question, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveSmallIntegerField(_("version"))
    refused = models.OneToOneField(
        "portal.Document", on_delete=models.PROTECT, related_name="+", verbose_name=_("refused")
    )
    document = models.ForeignKey(
        "portal.Document",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("in its place"),
    )
    open_until = models.DateTimeField(_("can be replaced until"))
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=ReplacementState,
        default=ReplacementState.OPEN,
        editable=False,
    )
    replaced_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ReplacementQuerySet.as_manager()

    class Meta:
        verbose_name = _("replacement of a file")
        verbose_name_plural = _("replacements of files")
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ReplacementState.values), name="replacement_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=ReplacementState.REPLACED) | Q(document__isnull=False),
                name="replacement_has_its_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application} – {self.state}"

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.application.call.programme_id

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.application.startup_id

    def get_absolute_url(self) -> str:
        """The page that takes the one file."""
        return reverse("challenges:file-replace", args=[self.application_id, self.pk])

    def has_writer(self, user: User) -> bool:
        """Whether the person may put a file in its place: whoever writes the application."""
        return self.application.has_writer(user)

    @property
    def is_replaced(self) -> bool:
        """Whether a file stands in its place."""
        return self.state == ReplacementState.REPLACED


def in_place(
    copies: Iterable[dict[str, Any]], replaced: Mapping[str, Replacement]
) -> list[dict[str, Any]]:
    """Submitted answers with each refused file's successor in its place, and when it came.

    A successor may have been refused and replaced in turn. The submitted copy itself stays as it
    was: this is what is shown.
    """
    found = []
    for copy in copies:
        latest = None
        key = (copy.get("document") or {}).get("id", "")
        while key in replaced:
            latest = replaced[key]
            key = str(latest.document_id)
        if latest is None or latest.document is None:
            found.append(copy)
            continue
        document = latest.document
        found.append(
            {
                **copy,
                "document": {
                    "id": str(document.pk),
                    "name": document.name,
                    "size": document.size,
                    "sha256": document.sha256,
                },
                "replaced_on": latest.state_changed_at,
                "replaced_name": copy["document"]["name"],
            }
        )
    return found


def file_in_words(copy: dict[str, Any]) -> str:
    """The name of a submitted answer's file, and that it came in the place of a refused one."""
    name = str(copy["document"]["name"])
    if "replaced_on" not in copy:
        return name
    return gettext("%(name)s (replaced on %(day)s; %(before)s was refused by our check)") % {
        "name": name,
        "day": date_format(timezone.localtime(copy["replaced_on"]), "j M Y"),
        "before": copy["replaced_name"],
    }
