"""Questions to staff and their answers, and the words in which a call writes its letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from challenges.choices import ClarificationState
from challenges.models.call import Call
from challenges.rules import CALL_RUNNERS
from portal.models import Record, Stateful

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User


class ClarificationQuerySet(models.QuerySet["Clarification"]):
    """Questions about calls."""

    def published(self) -> Self:
        """What everybody reads, without a name."""
        return self.filter(published_at__isnull=False)

    def unanswered(self) -> Self:
        """Still waiting for staff."""
        return self.filter(state=ClarificationState.ASKED)

    def visible_to(self, user: User) -> Self:
        """One's own, and for staff those of the calls they run."""
        return self.filter(Q(asked_by=user) | user.within("call__programme", *CALL_RUNNERS))

    def found_by(self, words: str) -> Self:
        """Those that say it, in the words that everybody reads."""
        return self.filter(Q(published_text__icontains=words) | Q(answer__icontains=words))


class Clarification(Stateful):
    """A question about a call: answered for everybody without a name, or for its asker alone."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="clarifications")
    asked_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, related_name="clarifications"
    )
    text = models.TextField(_("question"), max_length=2_000)
    private = models.BooleanField(
        _("answer me alone"),
        default=False,
        help_text=_(
            "Otherwise the question and its answer are shown to everybody, without a name."
        ),
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=ClarificationState,
        default=ClarificationState.ASKED,
        editable=False,
    )
    answer = models.TextField(_("answer"), max_length=5_000, blank=True)
    answered_by = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True)
    #: The question in the words that everybody reads: names and secrets are taken out by hand.
    published_text = models.TextField(_("question as published"), max_length=2_000, blank=True)
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    #: The question that says the same and was answered with it.
    answered_with = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="alike"
    )

    objects = ClarificationQuerySet.as_manager()

    class Meta:
        verbose_name = _("question about a call")
        verbose_name_plural = _("questions about calls")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=ClarificationState.values),
                name="clarification_state_is_known",
            ),
            models.CheckConstraint(
                condition=Q(published_at=None) | Q(private=False, state="answered"),
                name="clarification_private_stays_private",
            ),
        ]
        indexes = [
            models.Index(fields=["call", "state"], name="clarification_by_state"),
            models.Index(
                fields=["call", "-published_at"],
                name="clarification_published",
                condition=Q(published_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.call.programme_id

    @property
    def tone(self) -> str:
        """The colour's name for the state."""
        return {"asked": "amber", "answered": "moss"}.get(self.state, "fog")

    @property
    def is_shown(self) -> bool:
        """Whether everybody reads it, in its own words or in those of one that says the same."""
        if self.private:
            return False
        shown = self.answered_with or self
        return shown.published_at is not None


class FaqEntry(Record):
    """A question that staff answer before anybody asks it."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="faq")
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    question = models.CharField(_("question"), max_length=300)
    answer = models.TextField(_("answer"), help_text=_("Markdown."))

    class Meta:
        verbose_name = _("frequent question")
        verbose_name_plural = _("frequent questions")
        ordering = ["order", "created_at"]

    def __str__(self) -> str:
        return self.question

    @property
    def programme_key(self) -> UUID:
        """The programme for rules."""
        return self.call.programme_id


class WordingQuerySet(models.QuerySet["Wording"]):
    """Letters in staff's own words."""

    def visible_to(self, user: User) -> Self:
        """Those of the calls one runs."""
        return self.filter(user.within("call__programme", *CALL_RUNNERS))


class Wording(Record):
    """A letter of a call in staff's own words; without a row the supplied text is sent."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="wordings")
    notice = models.CharField(_("letter"), max_length=60)
    language = models.CharField(_("language"), max_length=10)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(
        _("text"), max_length=10_000, help_text=_("Paragraphs with an empty line between them.")
    )
    signature = models.TextField(_("signature"), max_length=500, blank=True)
    written_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    objects = WordingQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter in own words")
        verbose_name_plural = _("letters in own words")
        ordering = ["notice", "language"]
        constraints = [
            models.UniqueConstraint(
                fields=["call", "notice", "language"], name="wording_stands_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.notice} ({self.language})"

    @property
    def programme_key(self) -> UUID:
        """The programme for rules."""
        return self.call.programme_id
