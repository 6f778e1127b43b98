"""What staff type about a call: hours on the wall clock of the call's own zone."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import CallState, Fact
from challenges.models import Call, Criterion
from challenges.validators import validate_currency
from challenges.workflow.call import (
    problem_with_facts,
    problem_with_terms,
    problem_with_weights,
)
from portal import reading
from portal.forms import TogetherMixin, kindly
from portal.forms.hours import WallClockField, is_near, read_hours
from portal.models import zone_choices

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: The fields of a call that are hours on its own wall clock.
LOCAL_HOURS = ("opens_at", "closes_at", "accepts_until", "questions_until")
#: Languages named beside the field, as an example of codes.
OFTEN = ("ar", "en", "es", "fr", "ja", "pt", "ru", "sv", "sw", "zh")
#: The fields of a call that are days.
DAYS = ("shortlist_on", "results_on", "review_due_on", "next_news_on")


class LinesField(SimpleArrayField):
    """A list, one entry on each line."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("delimiter", "\n")
        kwargs.setdefault("widget", forms.Textarea(attrs={"rows": 5}))
        super().__init__(*args, **kwargs)

    def to_python(self, value: Any) -> Any:
        """Empty lines are no entries."""
        if isinstance(value, str):
            value = "\n".join(line.strip() for line in value.splitlines() if line.strip())
        return super().to_python(value)


class CallForm(TogetherMixin, forms.ModelForm[Call]):
    """A call as staff write it."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the call"),
        choices=lambda: [("", _("Choose …")), *zone_choices()],
        required=False,
        help_text=gettext_lazy("Every hour here is meant in it. Empty: the programme’s own."),
    )
    amount = forms.DecimalField(
        label=gettext_lazy("Amount"),
        max_digits=14,
        decimal_places=2,
        min_value=0,
        required=False,
        error_messages={"min_value": gettext_lazy("An amount is not below nought.")},
    )
    opens_at = WallClockField(label=gettext_lazy("Opens"))
    closes_at = WallClockField(label=gettext_lazy("Closes"))
    accepts_until = WallClockField(
        label=gettext_lazy("Grace until"),
        required=False,
        help_text=gettext_lazy("Staff only. A submission is accepted until then. Empty: no grace."),
    )
    questions_until = WallClockField(label=gettext_lazy("Questions until"), required=False)
    not_applicable = forms.MultipleChoiceField(
        label=gettext_lazy("Not applicable"),
        choices=Fact.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("An empty fact blocks publishing until it is ticked here."),
    )

    class Meta:
        model = Call
        fields = [
            "programme",
            "kind",
            "title",
            "slug",
            "summary",
            "description",
            "languages",
            "places",
            "time_zone",
            "opens_at",
            "closes_at",
            "accepts_until",
            "gives",
            "amount",
            "currency",
            "takes",
            "travel",
            "who_may_apply",
            "last_year",
            "usual_hours",
            "questions_until",
            "shortlist_on",
            "interviews",
            "results_on",
            "next_news_on",
            "answers_within",
            "who_reads",
            "contact_name",
            "contact_email",
            "not_applicable",
            "terms",
            "terms_version",
            "reviewers_wanted",
            "review_due_on",
            "feeds",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "languages" in self.fields:
            names = ", ".join(f"{code} {reading.name_of(code)}" for code in OFTEN)
            self.fields["languages"].help_text = _(
                "Codes with commas between; the form is written in the first, applicants choose"
                " among those into which it is translated. Any language of the world: %(names)s …"
            ) % {"names": names}
        zone = self.instance.zone if self.instance.time_zone else None
        for name in LOCAL_HOURS:
            value = getattr(self.instance, name, None)
            if zone and value and name in self.fields:
                self.initial[name] = value.astimezone(zone).replace(tzinfo=None)
        self.remember()

    @cached_property
    def changed_data(self) -> list[str]:
        """What changed; in another zone the same hour is another instant."""
        changed = super().changed_data
        follow: set[str] = set()
        if "time_zone" in changed:
            follow = {name for name in LOCAL_HOURS if name in self.fields}
        elif "closes_at" in changed and "accepts_until" in self.fields:
            follow = {"accepts_until"}
        return [*changed, *sorted(follow - set(changed))]

    def clean_languages(self) -> list[str]:
        """Codes of languages that we know by name, each once; the first is the form's own."""
        codes = [str(code).strip().lower() for code in self.cleaned_data["languages"]]
        if strange := [code for code in codes if not reading.is_language(code)]:
            sentence = _("We know no language with the code “%(code)s”. Japanese is ja, French fr.")
            raise ValidationError(sentence % {"code": strange[0]})
        return list(dict.fromkeys(codes))

    def clean_currency(self) -> str:
        """A currency there is, in capital letters."""
        code = str(self.cleaned_data["currency"]).strip().upper()
        if code:
            validate_currency(code)
        return code

    def clean(self) -> dict[str, Any]:
        """Hours become instants in the call's zone; no grace means until the deadline itself."""
        super().clean()
        self.mind_colleagues()
        programme = self.cleaned_data.get("programme")
        if "time_zone" in self.fields and not self.cleaned_data.get("time_zone"):
            self.cleaned_data["time_zone"] = programme.time_zone if programme else ""
        zone = self.cleaned_data.get("time_zone") or self.instance.time_zone
        present = [name for name in LOCAL_HOURS if name in self.fields]
        # Without a zone nothing is saved; the hours are still compared with each other.
        read_hours(self, present, zone or "UTC")
        for name in DAYS:
            is_near(self, name)
        if self.cleaned_data.get("amount") is not None and not self.cleaned_data.get("currency"):
            self._say("currency", _("Say in which currency the amount is."))
        if "accepts_until" in present and not self.cleaned_data.get("accepts_until"):
            self.cleaned_data["accepts_until"] = self.cleaned_data.get("closes_at")
        opens, closes = self.cleaned_data.get("opens_at"), self.cleaned_data.get("closes_at")
        grace = self.cleaned_data.get("accepts_until")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("The call closes before it opens."))
        elif closes and grace and grace < closes:
            self.add_error("accepts_until", _("The grace ends before the deadline."))
        feeds = self.cleaned_data.get("feeds")
        runs = programme.pk if programme else self.instance.programme_id
        if feeds and runs and feeds.programme_id != runs:
            self._say("feeds", _("This cohort belongs to another programme. Choose one of this."))
        return self.cleaned_data

    def _say(self, name: str, sentence: StrOrPromise) -> None:
        """Beside the field, unless something is said there already or it is not on the page."""
        if name in self.fields and name not in self.errors:
            self.add_error(name, str(sentence))

    def _post_clean(self) -> None:
        """What was published stays complete: the facts and the terms."""
        super()._post_clean()  # type: ignore[misc]
        if self.instance.state != CallState.PUBLISHED:
            return
        if problem := problem_with_facts(self.instance):
            self._say("not_applicable", problem)
        if problem := problem_with_terms(self.instance):
            self._say("terms", problem)


class MoveDeadlineForm(forms.Form):
    """Where a published deadline moves, and why."""

    closes_at = WallClockField(label=gettext_lazy("New deadline"))
    accepts_until = WallClockField(
        label=gettext_lazy("Grace until"),
        required=False,
        help_text=gettext_lazy("Staff only. Empty: as long after the deadline as now."),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Everybody with a draft or a submission reads it."),
    )

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.call = call

    def clean(self) -> dict[str, Any]:
        """Hours become instants in the call's zone."""
        super().clean()
        read_hours(self, ("closes_at", "accepts_until"), self.call.time_zone)
        return self.cleaned_data


class CompleteFormSet(forms.BaseInlineFormSet[Any, Call, Any], ABC):
    """Rows of a call; as long as they may change after publishing, they stay complete."""

    def clean(self) -> None:
        """As at publishing."""
        super().clean()
        call = self.instance
        if any(self.errors) or call.state != CallState.PUBLISHED or call.applications.exists():
            return
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data]
        problem = self.problem_with([row for row in rows if not row.get("DELETE")])
        if problem:
            raise ValidationError(str(problem))

    @abstractmethod
    def problem_with(self, rows: list[dict[str, Any]]) -> StrOrPromise | None:
        """What is missing from the rows that stay."""


class CriterionFormSet(CompleteFormSet):
    """The criteria of a call."""

    def problem_with(self, rows: list[dict[str, Any]]) -> StrOrPromise | None:
        """Their weights make 100."""
        return problem_with_weights(sum(row["weight"] for row in rows))


class TogetherForm(TogetherMixin, forms.ModelForm[Any]):
    """A row of a call that two people may have open at once."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.remember()

    def clean(self) -> dict[str, Any]:
        """What a colleague has saved meanwhile stays, or is asked about."""
        super().clean()
        self.mind_colleagues()
        return self.cleaned_data


class CriterionForm(TogetherForm):
    """A criterion with its levels."""

    levels = LinesField(
        forms.CharField(max_length=300),
        label=gettext_lazy("Levels"),
        min_length=2,
        max_length=10,
        help_text=gettext_lazy("One on each line, the weakest first; the first line is level 1."),
    )

    class Meta:
        model = Criterion
        fields = ["order", "name", "description", "weight", "levels"]
