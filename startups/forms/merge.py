"""The question before two records become one: which facts stand, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from portal.forms import helper, kindly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_stubs_ext import StrOrPromise

FACT = "fact-"


class MergeForm(forms.Form):
    """For each fact in which two records differ whose it is, and the reason."""

    reason = forms.CharField(
        label=_("What you checked, and why"),
        max_length=1000,
        help_text=_("All members read this, and it stays in the record’s history."),
        widget=forms.Textarea(attrs={"rows": 4, "class": "vTextField"}),
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=40)

    def __init__(
        self, *args: Any, differing: Sequence[tuple[str, StrOrPromise, Any, Any]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        facts: dict[str, forms.Field] = {
            f"{FACT}{name}": forms.ChoiceField(
                label=capfirst(label),
                choices=[("kept", str(ours)), ("gone", str(theirs))],
                initial="kept",
                widget=forms.RadioSelect,
            )
            for name, label, ours, theirs in differing
        }
        self.fields = {**facts, **self.fields}
        kindly(self)
        self.helper = helper()

    def taken(self) -> list[str]:
        """The facts that come from the record that goes."""
        return [
            name.removeprefix(FACT)
            for name, value in self.cleaned_data.items()
            if name.startswith(FACT) and value == "gone"
        ]
