"""What staff decide of applications, and how they sort their work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from challenges.choices import Outcome
from challenges.models import Application, ApplicationNote
from portal.forms import helper
from portal.models import Label, User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.db.models import QuerySet

NOTHING = ("", _("not decided"))


class DecisionForm(forms.Form):
    """An outcome with its reason, for one application or for many."""

    outcome = forms.ChoiceField(label=_("Outcome"), choices=[NOTHING, *Outcome.choices])
    reason = forms.CharField(
        label=_("Reason"),
        max_length=3_000,
        help_text=_("The applicant reads it in the letter."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper()


class RankingRowForm(forms.Form):
    """A row of the ranking page: what is prepared for one application, and what one had seen."""

    outcome = forms.ChoiceField(
        label=_("Outcome"), choices=[NOTHING, *Outcome.choices], required=False
    )
    reason = forms.CharField(
        label=_("Reason"),
        max_length=3_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """An outcome needs its reason."""
        cleaned = super().clean() or {}
        cleaned["reason"] = str(cleaned.get("reason", "")).replace("\r\n", "\n").strip()
        if cleaned.get("outcome") and not cleaned["reason"]:
            self.add_error("reason", _("Say why: the applicant reads it in the letter."))
        return cleaned


class SendForm(forms.Form):
    """The last question before the results go out."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=64)
    only_prepared = forms.BooleanField(required=False)


class NoteForm(forms.ModelForm[ApplicationNote]):
    """A note to colleagues."""

    class Meta:
        model = ApplicationNote
        fields = ["text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 3})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = helper()


class HandlingForm(forms.ModelForm[Application]):
    """Labels, and who looks after it."""

    class Meta:
        model = Application
        fields = ["responsible", "labels"]
        widgets = {"labels": forms.CheckboxSelectMultiple}

    def __init__(
        self, colleagues: Iterable[User], labels: QuerySet[Label], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        person, words = self.fields["responsible"], self.fields["labels"]
        assert isinstance(person, forms.ModelChoiceField)
        assert isinstance(words, forms.ModelMultipleChoiceField)
        person.queryset = User.objects.filter(pk__in=[each.pk for each in colleagues])
        person.empty_label = str(_("nobody"))
        words.queryset = labels
        self.helper = helper()


class LabelForm(forms.Form):
    """Labels to put on many applications, or take off."""

    labels = forms.ModelMultipleChoiceField(
        label=_("Labels"), queryset=Label.objects.none(), widget=forms.CheckboxSelectMultiple
    )
    how = forms.ChoiceField(
        label=_("What to do"),
        choices=[("add", _("Put them on")), ("remove", _("Take them off"))],
        initial="add",
        widget=forms.RadioSelect,
    )

    def __init__(self, labels: QuerySet[Label], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        words = self.fields["labels"]
        assert isinstance(words, forms.ModelMultipleChoiceField)
        words.queryset = labels
        self.helper = helper()


class ResponsibleForm(forms.Form):
    """Who looks after many applications."""

    responsible = forms.ModelChoiceField(
        label=_("Responsible colleague"),
        queryset=User.objects.none(),
        required=False,
        empty_label=_("nobody"),
    )

    def __init__(self, colleagues: Iterable[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        person = self.fields["responsible"]
        assert isinstance(person, forms.ModelChoiceField)
        person.queryset = User.objects.filter(pk__in=[each.pk for each in colleagues])
        self.helper = helper()
