"""What a team says when it asks for more time, and what staff answer or grant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy
from django_countries import countries

from portal import clock
from portal.forms import helper, kindly
from portal.forms.hours import WallClockField, read_hours
from portal.validators import without_direction_marks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from challenges.models import Call

LONGEST = 2_000


class AskTimeForm(forms.Form):
    """Why a team needs more time, in its own words."""

    reason = forms.CharField(
        label=gettext_lazy("What happened?"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "In your own words: what kept you from submitting, since when, and how much time you"
            " need."
        ),
        error_messages={"required": gettext_lazy("Write what happened first.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()

    def clean_reason(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(str(self.cleaned_data["reason"]))


class ExtensionForm(forms.Form):
    """Until when, and why; for whom stands on the page."""

    until = WallClockField(label=gettext_lazy("More time until"))
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("For colleagues and the history. The teams do not read it."),
    )

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.call = call
        self.fields["until"].help_text = _(
            "On the wall clock of %(zone)s. The deadline of the call is %(when)s."
        ) % {
            "zone": call.time_zone,
            "when": clock.in_words(call.closes_at, call.time_zone),
        }
        kindly(self)
        self.helper = helper()

    def clean(self) -> dict[str, Any]:
        """The hour becomes an instant in the call's zone."""
        super().clean()
        read_hours(self, ("until",), self.call.time_zone)
        return self.cleaned_data


class NewExtensionForm(ExtensionForm):
    """More time for all of a country, or for teams with references."""

    COUNTRY, TEAMS = "country", "teams"
    whom = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        choices=[
            (TEAMS, gettext_lazy("Teams, by the references of their applications")),
            (COUNTRY, gettext_lazy("All teams registered in a country")),
        ],
        widget=forms.RadioSelect,
    )
    references = forms.CharField(
        label=gettext_lazy("References"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("As K7QF-3MPD, one or several with spaces or lines between."),
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"),
        required=False,
        help_text=gettext_lazy("Drafts that are begun while it holds have the same time."),
    )
    field_order = ("whom", "references", "country", "until", "reason")

    def __init__(self, *args: Any, call: Call, **kwargs: Any) -> None:
        super().__init__(*args, call=call, **kwargs)
        choice: Any = self.fields["country"]
        choice.choices = [("", _("Choose …")), *countries]

    def clean(self) -> dict[str, Any]:
        """One of the two, and each reference is one of this call."""
        super().clean()
        whom = self.cleaned_data.get("whom")
        if whom == self.COUNTRY and not self.cleaned_data.get("country"):
            self.add_error("country", _("Choose the country."))
        if whom == self.TEAMS:
            self.cleaned_data["applications"] = self._found()
        return self.cleaned_data

    def _found(self) -> list[Any]:
        said = str(self.cleaned_data.get("references", "")).upper().replace(",", " ").split()
        wanted = {one.replace("-", "").replace("–", "") for one in said}
        if not wanted:
            self.add_error("references", _("Write at least one reference."))
            return []
        known = {
            reference.replace("-", ""): key
            for key, reference in self.call.applications.values_list("pk", "reference")
        }
        if lacking := sorted(wanted - known.keys()):
            self.add_error(
                "references",
                _("No application to this call has this reference: %(references)s.")
                % {"references": ", ".join(lacking[:5])},
            )
        return [known[one] for one in wanted & known.keys()]


class GrantForm(ExtensionForm):
    """What staff grant a team that asked, and whether all who asked get the same."""

    answer = forms.CharField(
        label=gettext_lazy("What the team reads"),
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Goes into their letter. May stay empty."),
    )
    everybody = forms.BooleanField(required=False)
    field_order = ("until", "reason", "answer", "everybody")

    def __init__(self, *args: Any, call: Call, asked: int, **kwargs: Any) -> None:
        super().__init__(*args, call=call, **kwargs)
        if asked > 1:
            self.fields["everybody"].label = _(
                "For all %(count)d teams of this call that have asked and wait"
            ) % {"count": asked}
        else:
            del self.fields["everybody"]


class RefuseForm(forms.Form):
    """Why there is no more time."""

    answer = forms.CharField(
        label=gettext_lazy("Why not"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("The whole team reads it."),
        error_messages={"required": gettext_lazy("Write the team why: they read it.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "refuse_%s", **kwargs})
        kindly(self)
        self.helper = helper()


class AdmitForm(ExtensionForm):
    """Which complete drafts are admitted."""

    def __init__(self, *args: Any, call: Call, drafts: Iterable[Any], **kwargs: Any) -> None:
        self.known = {str(draft.pk): draft for draft in drafts}
        super().__init__(*args, call=call, **kwargs)

    def chosen(self) -> list[Any]:
        """The keys that are ticked, as far as they are complete drafts of the call."""
        data: Any = self.data
        return [self.known[key].pk for key in data.getlist("chosen") if key in self.known]

    def clean(self) -> dict[str, Any]:
        """At least one."""
        super().clean()
        if not self.chosen():
            self.add_error(None, _("Tick at least one draft."))
        return self.cleaned_data
