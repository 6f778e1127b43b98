"""Whom staff offer to take part, and until when they answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _, ngettext

from challenges.models import Application
from startups.forms.cohort import AnswerDateForm

if TYPE_CHECKING:
    from collections.abc import Iterable


class OffersForm(AnswerDateForm):
    """The applications that get an offer now."""

    chosen = forms.ModelMultipleChoiceField(
        label=_("Who gets an offer"),
        queryset=Application.objects.none(),
        error_messages={"required": _("Choose who gets an offer.")},
    )

    def __init__(
        self, *args: Any, applications: Iterable[Application], left: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.left = left
        self.fields["chosen"].error_messages["required"] = str(_("Choose who gets an offer."))
        field = self.fields["chosen"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        keys = [one.pk for one in applications]
        field.queryset = Application.objects.filter(pk__in=keys).select_related(
            "call__programme", "startup"
        )

    def clean_chosen(self) -> Any:
        """No more offers than can be kept."""
        chosen = self.cleaned_data["chosen"]
        if not self.left:
            raise forms.ValidationError(_("Nobody more can be offered to take part now."))
        if len(chosen) > self.left:
            raise forms.ValidationError(
                ngettext(
                    "Only %(left)d more can be offered to take part. Choose fewer.",
                    "Only %(left)d more can be offered to take part. Choose fewer.",
                    self.left,
                )
                % {"left": self.left}
            )
        return chosen
