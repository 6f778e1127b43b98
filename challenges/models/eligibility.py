"""Who may apply, as rules that a machine reads, and who asked to hear when a call opens."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from challenges.choices import Eligibility, RuleKind, Said
from challenges.models.application import Application
from challenges.models.call import Call
from portal import reading
from portal.models import Record

if TYPE_CHECKING:
    from uuid import UUID

    from django.utils.safestring import SafeString


class EligibilityRule(Record):
    """One condition of applying, with the words in which it is quoted."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="rules")
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    kind = models.CharField(_("looks at"), max_length=10, choices=RuleKind)
    text = models.CharField(
        _("the rule as it is quoted"),
        max_length=300,
        help_text=_("A sentence: “Your company is registered in one of these countries.”"),
    )
    values = ArrayField(
        models.CharField(max_length=150),
        verbose_name=_("one of"),
        default=list,
        blank=True,
        help_text=_("Codes of countries, stages or kinds, one on each line."),
    )
    minimum = models.PositiveSmallIntegerField(_("at least (years)"), null=True, blank=True)
    maximum = models.PositiveSmallIntegerField(_("at most (years)"), null=True, blank=True)
    otherwise = models.CharField(
        _("who does not meet it"),
        max_length=12,
        choices=[
            (Eligibility.NOT_ELIGIBLE.value, _("may not apply")),
            (Eligibility.ASK_US.value, _("asks us first")),
        ],
        default=Eligibility.NOT_ELIGIBLE.value,
    )
    #: By language: ``{"ja": {"text": …}}``.
    translations = models.JSONField(default=dict, blank=True, editable=False)

    class Meta:
        verbose_name = _("eligibility rule")
        verbose_name_plural = _("eligibility rules")
        ordering = ["order", "created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=RuleKind.values), name="rule_kind_is_known"
            ),
            models.CheckConstraint(
                condition=Q(otherwise__in=["not_eligible", "ask_us"]),
                name="rule_has_a_consequence",
            ),
            models.CheckConstraint(
                condition=Q(minimum=None) | Q(maximum=None) | Q(maximum__gte=F("minimum")),
                name="rule_bounds_are_in_order",
            ),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def quoted(self) -> tuple[str, str]:
        """The rule for the reader, and in which language that is: theirs where it is translated."""
        call: Call | None = self._state.fields_cache.get("call")
        base = call.base_language if call else ""
        language = reading.best(self.translations, base, reading.order())
        text = (self.translations.get(language) or {}).get("text")
        return (str(text), language) if text else (self.text, base)

    @property
    def shown_text(self) -> str:
        """The rule as it is quoted, in the reader's language where it is translated."""
        return self.quoted[0]

    @property
    def marked_text(self) -> SafeString:
        """The rule as HTML that says in which language it is."""
        return reading.marked(*self.quoted)

    @property
    def field(self) -> str:
        """The name of its field in the check."""
        return f"r_{self.pk.hex}"

    @property
    def programme_key(self) -> UUID:
        """The programme for rules."""
        return self.call.programme_id


class Statement(Record):
    """What a team says of itself for one rule of a call, in the words that the rule had then."""

    application = models.ForeignKey(
        Application, on_delete=models.CASCADE, related_name="statements"
    )
    rule = models.ForeignKey(EligibilityRule, on_delete=models.CASCADE, related_name="+")
    text = models.CharField(_("the rule as it was quoted"), max_length=300)
    answer = models.CharField(_("answer"), max_length=10, choices=Said)
    said_by = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("statement of a team")
        verbose_name_plural = _("statements of teams")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["application", "rule"], name="rule_is_answered_once"),
            models.CheckConstraint(condition=Q(answer__in=Said.values), name="statement_is_known"),
        ]

    def __str__(self) -> str:
        return str(self.get_answer_display())


class EligibilityCheck(Record):
    """That somebody checked, and what came of it: counted, never named."""

    call = models.ForeignKey(Call, on_delete=models.CASCADE, related_name="checks")
    outcome = models.CharField(_("outcome"), max_length=12, choices=Eligibility)
    #: The rules that were not met, as they were quoted then.
    not_met = ArrayField(models.CharField(max_length=300), default=list, blank=True)

    class Meta:
        verbose_name = _("eligibility check")
        verbose_name_plural = _("eligibility checks")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=Eligibility.values), name="check_outcome_is_known"
            ),
        ]
        indexes = [models.Index(fields=["call", "outcome"], name="check_by_outcome")]

    def __str__(self) -> str:
        return str(self.get_outcome_display())


class CallAlert(Record):
    """A wish to hear when a call opens: one letter to a confirmed address, then the row is done.

    For a call that is still to open, or for the next of a programme.
    """

    email = models.EmailField(_("e-mail address"))
    user = models.ForeignKey(
        "portal.User", on_delete=models.CASCADE, null=True, blank=True, related_name="call_alerts"
    )
    call = models.ForeignKey(
        Call, on_delete=models.CASCADE, null=True, blank=True, related_name="alerts"
    )
    programme = models.ForeignKey(
        "portal.Programme", on_delete=models.CASCADE, related_name="call_alerts"
    )
    language = models.CharField(max_length=10)
    time_zone = models.CharField(max_length=50)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    confirmed_at = models.DateTimeField(_("confirmed"), null=True, blank=True)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)

    class Meta:
        verbose_name = _("request to hear of an opening")
        verbose_name_plural = _("requests to hear of openings")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                "programme",
                "call",
                models.functions.Lower("email"),
                name="alert_stands_once",
                condition=Q(told_at=None),
                nulls_distinct=False,
            ),
        ]
        indexes = [
            models.Index(
                fields=["programme"],
                name="alert_waiting",
                condition=Q(told_at=None, confirmed_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def shown_name(self) -> str:
        """How a letter calls whoever has no account."""
        return self.email
