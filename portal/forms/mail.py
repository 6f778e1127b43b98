"""What a person wants by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms.base import helper, kindly

if TYPE_CHECKING:
    from collections.abc import Collection

    from portal.notices import Notice

ALL, SOME, MANDATORY = "all", "some", "mandatory"


class MailForm(forms.Form):
    """Three plain choices; the kinds count for the second alone."""

    wanted = forms.ChoiceField(
        label=_("Which letters do you want by mail?"),
        choices=[
            (ALL, _("All letters")),
            (SOME, _("All but some kinds: tick below what you want")),
            (MANDATORY, _("Only what I must know")),
        ],
        widget=forms.RadioSelect,
    )
    kinds = forms.MultipleChoiceField(
        label=_("These kinds I want by mail"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Counts with the second choice. Every letter stands in your inbox anyway."),
    )

    def __init__(self, *args: Any, kinds: Collection[type[Notice]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["kinds"].choices = [(kind().name, kind.kind) for kind in kinds]  # type: ignore[attr-defined]
        self.helper = helper()
        kindly(self)

    @property
    def only_mandatory(self) -> bool:
        """Whether everything that may be is switched off, later kinds included."""
        return bool(self.cleaned_data["wanted"] == MANDATORY)

    @property
    def stopped(self) -> set[str]:
        """The kinds that were left out."""
        if self.cleaned_data["wanted"] != SOME:
            return set()
        offered = {name for name, _label in self.fields["kinds"].choices}  # type: ignore[attr-defined]
        return offered - set(self.cleaned_data["kinds"])
