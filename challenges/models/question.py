"""What a call asks, and by what the answers are judged."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from challenges.answers import Translated, translated
from challenges.choices import (
    Audience,
    CompanyFact,
    FormState,
    LimitUnit,
    QuestionKind,
)
from challenges.models.call import Call
from portal import reading
from portal.models import Record, Stateful

if TYPE_CHECKING:
    from uuid import UUID

    from django.utils.safestring import SafeString
    from django_stubs_ext import StrOrPromise


class QuestionQuerySet(models.QuerySet["Question"]):
    """Questions of calls."""

    def of_version(self, number: int) -> Self:
        """What the form asks in one of its versions."""
        return self.filter(added_in__lte=number).filter(
            Q(removed_in=None) | Q(removed_in__gt=number)
        )


class Question(Record):
    """One question of a call, in the versions of its form from `added_in` up to `removed_in`."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="questions")
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    section = models.CharField(_("section"), max_length=80)
    label = models.CharField(_("question"), max_length=300)
    help = models.CharField(_("help"), max_length=500, blank=True)
    kind = models.CharField(
        _("kind"), max_length=10, choices=QuestionKind, default=QuestionKind.LONG
    )
    required = models.BooleanField(_("required"), default=True)
    limit = models.PositiveIntegerField(
        _("limit"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(20_000)],
        help_text=_("For text. Empty: 300 characters for a short one, 3,000 for a long one."),
    )
    limit_unit = models.CharField(
        _("counted in"),
        max_length=10,
        choices=LimitUnit,
        default=LimitUnit.CHARACTERS,
        db_default=LimitUnit.CHARACTERS,
    )
    most = models.PositiveSmallIntegerField(
        _("at most how many"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text=_("For several of several, and for goals. Empty: as many as there are."),
    )
    file_kinds = ArrayField(
        models.CharField(max_length=10),
        verbose_name=_("kinds of file"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("With commas: pdf, pptx. Empty: every kind we take."),
    )
    currencies = ArrayField(
        models.CharField(max_length=3),
        verbose_name=_("currencies"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("With commas: USD, JPY. Empty: any."),
    )
    options = ArrayField(
        models.CharField(max_length=150),
        verbose_name=_("options"),
        default=list,
        blank=True,
        help_text=_("For a choice: one on each line."),
    )
    minimum = models.DecimalField(
        _("smallest number"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    maximum = models.DecimalField(
        _("largest number"), max_digits=18, decimal_places=4, null=True, blank=True
    )
    unit = models.CharField(_("unit"), max_length=30, blank=True)
    read_by = models.CharField(_("read by"), max_length=10, choices=Audience, default=Audience.JURY)
    blind = models.BooleanField(
        _("hidden in blind review"),
        default=False,
        db_default=False,
        help_text=_("It names people or the organisation."),
    )
    shown_if = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="shows",
        verbose_name=_("shown only if this question"),
    )
    shown_if_values = ArrayField(
        models.CharField(max_length=150),
        verbose_name=_("is answered with one of"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("One on each line. Empty: with anything."),
    )
    #: A fact of the organisation's record that the answer begins with.
    fact = models.CharField(
        _("known from the record"),
        max_length=30,
        choices=CompanyFact,
        blank=True,
        default="",
        db_default="",
    )
    #: The same in every copy of the question, so that last year's answer is found again.
    lineage = models.UUIDField(default=uuid.uuid4, editable=False, null=True)
    added_in = models.PositiveSmallIntegerField(default=1, db_default=1, editable=False)
    removed_in = models.PositiveSmallIntegerField(null=True, blank=True, editable=False)
    #: The question of the version before whose answers go on in this one.
    replaces = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="replaced_by",
    )
    #: By language: ``{"ja": {"label": …, "help": …, "section": …, "options": […]}}``.
    translations = models.JSONField(default=dict, db_default={}, blank=True, editable=False)

    objects = QuestionQuerySet.as_manager()

    #: The language it is shown in where that is not the reader's: a preview says it.
    language: str | None = None

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["order", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=QuestionKind.values), name="question_kind_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind__in=["choice", "choices"]) | ~Q(options=[]),
                name="choice_has_options",
            ),
            models.CheckConstraint(
                condition=Q(minimum=None) | Q(maximum=None) | Q(maximum__gte=F("minimum")),
                name="question_bounds_are_in_order",
            ),
            models.CheckConstraint(
                condition=Q(limit_unit__in=LimitUnit.values), name="question_limit_unit_is_known"
            ),
            models.CheckConstraint(
                condition=Q(removed_in=None) | Q(removed_in__gt=F("added_in")),
                name="question_is_removed_after_it_was_added",
            ),
            models.CheckConstraint(
                condition=Q(shown_if=None) | ~Q(shown_if=F("id")),
                name="question_does_not_show_itself",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def field(self) -> str:
        """The name of its field in the form."""
        return f"q_{self.pk.hex}"

    def is_in(self, version: int) -> bool:
        """Whether that version of the form asks it; `QuestionQuerySet.of_version` in Python."""
        return self.added_in <= version and (self.removed_in is None or self.removed_in > version)

    @property
    def base_language(self) -> str:
        """The language in which it was written first; empty where it was read without its call."""
        call: Call | None = self._state.fields_cache.get("call")
        return call.base_language if call else ""

    def in_language(self, language: str | None = None) -> Translated:
        """Its words in a language, the reader's where none is named."""
        return translated(self, language)

    @property
    def kind_in_words(self) -> StrOrPromise:
        """Its kind; `get_kind_display` translates all kinds there are to find one of them."""
        return QuestionKind(self.kind).label

    @property
    def shown_section(self) -> str:
        """The section's name in the reader's language."""
        return str(self.in_language().section) if self.translations else self.section

    @property
    def shown_label(self) -> str:
        """The question in the reader's language."""
        return str(self.in_language().label) if self.translations else self.label

    @property
    def label_attributes(self) -> SafeString:
        """What an element with the question says of its language."""
        return self._attributes("label")

    @property
    def section_attributes(self) -> SafeString:
        """What an element with the section's name says of its language."""
        return self._attributes("section")

    def _attributes(self, part: str) -> SafeString:
        code = self.in_language().language_of(part) if self.translations else self.base_language
        return reading.attributes(code)

    @property
    def shown_help(self) -> str:
        """The help in the reader's language."""
        return str(self.in_language().help)

    @property
    def shown_options(self) -> list[tuple[str, str]]:
        """Each option as it is kept, with its words in the reader's language."""
        return list(self.in_language().options.items())

    @property
    def marked_options(self) -> list[SafeString]:
        """Each option as HTML that says in which language it is."""
        words = self.in_language()
        return [
            reading.marked(text, words.language_of_option(own))
            for own, text in words.options.items()
        ]

    @property
    def character_limit(self) -> int:
        """How many characters an answer may have."""
        if self.limit:
            return self.limit
        return 300 if self.kind == QuestionKind.SHORT else 3_000

    @property
    def programme_key(self) -> UUID:
        """The programme for rules."""
        return self.call.programme_id


class FormVersion(Stateful):
    """A change of what a call asks, once the first application was submitted.

    While it is in preparation its questions are rows with ``added_in`` of its number that nobody
    but staff sees.
    """

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="form_versions")
    number = models.PositiveSmallIntegerField(_("version"))
    #: What the teams are told about it.
    note = models.TextField(_("what changes, for the teams"), max_length=2_000, blank=True)
    ask_submitted = models.BooleanField(
        _("ask those who have submitted as well"),
        default=False,
        help_text=_("Otherwise the version that they submitted counts as it is."),
    )
    state = models.CharField(
        _("state"),
        max_length=10,
        choices=FormState,
        default=FormState.PREPARING,
        editable=False,
    )
    made_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    published_at = models.DateTimeField(_("in force since"), null=True, editable=False)

    class Meta:
        verbose_name = _("version of the form")
        verbose_name_plural = _("versions of the form")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["call", "number"], name="form_version_stands_once"),
            models.CheckConstraint(
                condition=Q(state__in=FormState.values), name="form_version_state_is_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.call} – {self.number}"

    @property
    def waiting(self) -> bool:
        """Whether it is still in preparation."""
        return self.state == FormState.PREPARING

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.call.programme_id


class CriterionQuerySet(models.QuerySet["Criterion"]):
    """Evaluation criteria."""

    def total_weight(self) -> int:
        """The sum of the weights; 100 before a call is published."""
        total: int | None = self.aggregate(total=models.Sum("weight"))["total"]
        return total or 0


class Criterion(Record):
    """What an application is judged by, with its weight and what each level means."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="criteria")
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    name = models.CharField(_("name"), max_length=100)
    description = models.CharField(_("what to look for"), max_length=500, blank=True)
    weight = models.PositiveSmallIntegerField(
        _("weight in %"), validators=[MinValueValidator(1), MaxValueValidator(100)]
    )
    levels = ArrayField(
        models.CharField(max_length=300),
        verbose_name=_("levels"),
        help_text=_("One on each line, the weakest first; the first line is level 1."),
    )

    objects = CriterionQuerySet.as_manager()

    class Meta:
        verbose_name = _("evaluation criterion")
        verbose_name_plural = _("evaluation criteria")
        ordering = ["order", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(weight__gte=1, weight__lte=100), name="criterion_weight_is_a_share"
            ),
            models.CheckConstraint(
                condition=Q(levels__len__gte=2), name="criterion_has_levels_to_choose_from"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def field(self) -> str:
        """The name of its field on the review page."""
        return f"c_{self.pk.hex}"

    @property
    def numbered_levels(self) -> list[tuple[int, str]]:
        """Each level's number with its words."""
        return list(enumerate(self.levels, start=1))

    @property
    def programme_key(self) -> UUID:
        """The programme for rules."""
        return self.call.programme_id

    def share_of(self, value: int) -> float:
        """How much of the criterion a level earns: 0 for the first level, 1 for the last."""
        return (value - 1) / (len(self.levels) - 1)
