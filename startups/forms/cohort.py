"""What comes in about cohorts and offers: from staff in the admin, from the organisation."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms import BaseInlineFormSet
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy

from portal.forms import helper, kindly
from portal.forms.hours import WallClockField, is_near, read_hours
from portal.models import zone_choices
from portal.validators import without_direction_marks
from startups.models import Cohort, Group, Place, Startup

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

#: What is proposed for an answer, at the end of that day; staff type another as they like.
DAYS_TO_ANSWER = 14


class CohortForm(forms.ModelForm[Cohort]):
    """A cohort as staff write it."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone of the cohort"),
        choices=lambda: [("", _("Choose …")), *zone_choices()],
        required=False,
        help_text=gettext_lazy("Answer dates are meant in it. Empty: the programme’s own."),
    )

    class Meta:
        model = Cohort
        fields = [
            "programme",
            "kind",
            "name",
            "slug",
            "theme",
            "description",
            "mode",
            "starts_on",
            "ends_on",
            "places",
            "time_zone",
            "terms",
            "terms_version",
        ]

    def clean(self) -> dict[str, Any]:
        """Dates in order, room for all who take part, and a new version for new terms."""
        super().clean()
        given = self.cleaned_data
        programme = given.get("programme")
        if "time_zone" in self.fields and not given.get("time_zone"):
            given["time_zone"] = self.instance.time_zone or (
                programme.time_zone if programme else ""
            )
        for name in ("starts_on", "ends_on"):
            is_near(self, name)
        starts, ends = given.get("starts_on"), given.get("ends_on")
        if starts and ends and ends < starts:
            self.add_error("ends_on", _("The cohort ends before it begins."))
        if self.instance._state.adding:
            return given
        taken = self.instance.held_places.taken().count()
        if given.get("places") is not None and given["places"] < taken:
            self.add_error("places", _("%(count)d take part already.") % {"count": taken})
        self._check_terms(given)
        return given

    def _check_terms(self, given: dict[str, Any]) -> None:
        """Nobody finds other words under the version they agreed to."""
        if not self.instance.held_places.exists():
            return
        if not given.get("terms") or not given.get("terms_version"):
            self.add_error("terms", _("Offers were made with these terms, so there must be some."))
        elif "terms" in self.changed_data and "terms_version" not in self.changed_data:
            self.add_error(
                "terms_version",
                _("Offers were made with this version. Give the new terms another."),
            )


class GroupForm(forms.ModelForm[Group]):
    """A group of a cohort."""

    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lambda: [("", _("Choose …")), *zone_choices()],
        error_messages={"required": gettext_lazy("Choose the time zone of the group.")},
    )

    class Meta:
        model = Group
        fields = ["name", "time_zone"]


class GroupFormSet(BaseInlineFormSet[Group, Cohort, GroupForm]):
    """The groups of a cohort."""


class AnswerDateForm(forms.Form):
    """Until when an offer can be answered, on the wall clock of the cohort."""

    answer_by = WallClockField(label=gettext_lazy("Answer by"))

    def __init__(self, *args: Any, cohort: Cohort, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.cohort = cohort
        field = self.fields["answer_by"]
        field.help_text = _("As it stands on the wall clock of %(zone)s.") % {
            "zone": cohort.time_zone
        }
        field.initial = proposed_answer_date(cohort)
        kindly(self)
        self.helper = helper()

    def clean(self) -> dict[str, Any]:
        """The hour becomes an instant."""
        super().clean()
        read_hours(self, ["answer_by"], self.cohort.time_zone)
        return self.cleaned_data


def proposed_answer_date(cohort: Cohort) -> datetime:
    """Two weeks from today, at the end of the day there."""
    there = timezone.now().astimezone(cohort.zone) + timedelta(days=DAYS_TO_ANSWER)
    return there.replace(hour=23, minute=59, second=0, microsecond=0, tzinfo=None)


class InviteToCohortForm(AnswerDateForm):
    """Whom to offer to take part without a call, and until when they answer."""

    startup = forms.ModelChoiceField(
        label=gettext_lazy("Organisation"),
        queryset=Startup.objects.none(),
        empty_label=gettext_lazy("Choose …"),
    )
    field_order = ("startup", "answer_by")

    def __init__(self, *args: Any, startups: QuerySet[Startup], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["startup"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = startups


class MoveAnswerDateForm(AnswerDateForm):
    """Another answer date, and why."""

    reason = forms.CharField(
        label=gettext_lazy("Why? (optional)"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The organisation reads it."),
    )


class PlaceForm(forms.ModelForm[Place]):
    """What staff set on a place: its group."""

    class Meta:
        model = Place
        fields = ["group"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "group" in self.fields:
            group: Any = self.fields["group"]
            group.queryset = Group.objects.filter(cohort=self.instance.cohort_id)
            group.empty_label = str(_("no group"))


class AcceptForm(forms.Form):
    """The tick with which an owner accepts an offer."""

    terms_version = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)
    accept_terms = forms.BooleanField(
        label=gettext_lazy("I have read the terms and accept them for my organisation."),
        required=False,
    )

    def agreed_to(self) -> str:
        """The version of the terms that was accepted, or nothing."""
        agreed = self.cleaned_data.get("accept_terms")
        return str(self.cleaned_data.get("terms_version") or "") if agreed else ""


class RefuseForm(forms.Form):
    """The question before refusing; the reason helps and is not required."""

    reason = forms.CharField(
        label=gettext_lazy("Why? (optional)"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The programme team reads it, and it stays in the history."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper()


class PublicTextForm(forms.ModelForm[Place]):
    """What the public reads of an organisation in a cohort."""

    class Meta:
        model = Place
        fields = ["public_text"]
        widgets = {"public_text": forms.Textarea(attrs={"rows": 4, "data-limit": "400"})}

    def clean_public_text(self) -> str:
        """As typed, without marks that turn other words around."""
        return without_direction_marks(str(self.cleaned_data["public_text"]))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()
