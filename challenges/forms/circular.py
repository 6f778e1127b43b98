"""A letter to many, as staff write it."""

from __future__ import annotations

from django import forms

from challenges.models import Circular


class CircularForm(forms.ModelForm[Circular]):
    """To whom, about what, and the words."""

    class Meta:
        model = Circular
        fields = ["call", "audience", "subject", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 12, "class": "vLargeTextField"})}

    def clean_text(self) -> str:
        """Lines end as everywhere else."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n").strip()
