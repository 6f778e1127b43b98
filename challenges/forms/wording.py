"""A letter of a call in staff's own words."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from challenges.actions.wording import why_not
from challenges.notices.wording import Own
from portal.forms import TogetherMixin, helper, kindly


class WordingForm(TogetherMixin, forms.Form):
    """Subject, text and signature, with names in braces from a list."""

    subject = forms.CharField(
        label=_("Subject"),
        max_length=250,
        help_text=_("Read on locked screens: say no result in it."),
    )
    text = forms.CharField(
        label=_("Text"),
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 14}),
        help_text=_("Paragraphs with an empty line between them."),
    )
    signature = forms.CharField(
        label=_("Signature"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, notice: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.notice = notice
        kindly(self)
        self.helper = helper()
        self.remember()

    @property
    def own(self) -> Own:
        """What was typed, once it is checked."""
        said = self.cleaned_data
        return Own(said["subject"], said["text"].replace("\r\n", "\n"), said["signature"])

    def clean(self) -> dict[str, Any]:
        """Only names that the letter has, and those it cannot do without."""
        super().clean()
        self.mind_colleagues()
        if not self.errors and (refusal := why_not(self.notice, self.own)):
            self.add_error("text", refusal)
        return self.cleaned_data
