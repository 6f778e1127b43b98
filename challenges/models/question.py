"""What a call asks, and by what the answers are judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from challenges.choices import Audience, QuestionKind
from challenges.models.call import Call
from portal.models import Record

if TYPE_CHECKING:
    from uuid import UUID


class Question(Record):
    """One question of a call."""

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
        _("limit in characters"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(20_000)],
        help_text=_("For text. Empty: 300 for a short one, 3,000 for a long one."),
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

    class Meta:
        verbose_name = _("question")
        verbose_name_plural = _("questions")
        ordering = ["order", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=QuestionKind.values), name="question_kind_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(kind="choice") | ~Q(options=[]), name="choice_has_options"
            ),
            models.CheckConstraint(
                condition=Q(minimum=None) | Q(maximum=None) | Q(maximum__gte=F("minimum")),
                name="question_bounds_are_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.label

    @property
    def field(self) -> str:
        """The name of its field in the form."""
        return f"q_{self.pk.hex}"

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
