"""What staff type about a call: hours on the wall clock of the call's own zone."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import Fact
from challenges.models import Call, Criterion, Question
from portal import clock
from portal.models import zone_choices

if TYPE_CHECKING:
    from collections.abc import Iterable

#: The fields of a call that are hours on its own wall clock.
LOCAL_HOURS = ("opens_at", "closes_at", "accepts_until", "questions_until")


class WallClockField(forms.DateTimeField):
    """A date and hour without a zone: which zone is meant stands in another field."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> Any:
        """The hour as typed, not taken for an hour of the reader's zone."""
        if value in self.empty_values:
            return None
        if isinstance(value, datetime):
            return value.replace(tzinfo=None)
        with timezone.override(ZoneInfo("UTC")):
            parsed = super().to_python(value)
        return parsed.replace(tzinfo=None) if parsed else None

    def prepare_value(self, value: Any) -> Any:
        """As it stands on the wall there."""
        return value


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


def read_hours(form: forms.BaseForm, names: Iterable[str], zone: str) -> None:
    """Turn typed hours into instants; an hour that comes twice or never is sent back."""
    for name in names:
        typed = form.cleaned_data.get(name)
        if typed is None:
            continue
        try:
            form.cleaned_data[name] = clock.instant_in(zone, typed)
        except ValueError as error:
            form.add_error(name, str(error))


class CallForm(forms.ModelForm[Call]):
    """A call as staff write it."""

    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone of the call"), choices=zone_choices)
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
            "who_reads",
            "contact_name",
            "contact_email",
            "not_applicable",
            "terms",
            "terms_version",
            "reviewers_wanted",
            "review_due_on",
        ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        zone = self.instance.zone if self.instance.time_zone else None
        for name in LOCAL_HOURS:
            value = getattr(self.instance, name, None)
            if zone and value and name in self.fields:
                self.initial[name] = value.astimezone(zone).replace(tzinfo=None)

    def clean(self) -> dict[str, Any]:
        """Hours become instants in the call's zone; no grace means until the deadline itself."""
        super().clean()
        zone = self.cleaned_data.get("time_zone") or self.instance.time_zone
        present = [name for name in LOCAL_HOURS if name in self.fields]
        if zone:
            read_hours(self, present, zone)
        if "accepts_until" in present and not self.cleaned_data.get("accepts_until"):
            self.cleaned_data["accepts_until"] = self.cleaned_data.get("closes_at")
        opens, closes = self.cleaned_data.get("opens_at"), self.cleaned_data.get("closes_at")
        grace = self.cleaned_data.get("accepts_until")
        if opens and closes and closes <= opens:
            self.add_error("closes_at", _("The call closes before it opens."))
        elif closes and grace and grace < closes:
            self.add_error("accepts_until", _("The grace ends before the deadline."))
        return self.cleaned_data


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
        self.call = call

    def clean(self) -> dict[str, Any]:
        """Hours become instants in the call's zone."""
        super().clean()
        read_hours(self, ("closes_at", "accepts_until"), self.call.time_zone)
        return self.cleaned_data


class QuestionForm(forms.ModelForm[Question]):
    """A question of a call."""

    options = LinesField(
        forms.CharField(max_length=150),
        label=gettext_lazy("Options"),
        required=False,
        help_text=gettext_lazy("For a choice: one on each line."),
    )

    class Meta:
        model = Question
        fields = [
            "order", "section", "label", "help", "kind", "required", "limit", "options",
            "minimum", "maximum", "unit", "read_by",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        """A choice needs something to choose from, and bounds stand in order."""
        super().clean()
        if self.cleaned_data.get("kind") == "choice" and not self.cleaned_data.get("options"):
            self.add_error("options", _("A choice needs options, one on each line."))
        low, high = self.cleaned_data.get("minimum"), self.cleaned_data.get("maximum")
        if low is not None and high is not None and high < low:
            self.add_error("maximum", _("The largest number is below the smallest."))
        return self.cleaned_data


class CriterionForm(forms.ModelForm[Criterion]):
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
