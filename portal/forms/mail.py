"""What a person wants by mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms.base import helper, kindly

if TYPE_CHECKING:
    from collections.abc import Collection

    from portal.notices import Notice

ALL, DIGEST, MANDATORY = "all", "digest", "mandatory"


class MailForm(forms.Form):
    """Three plain choices; behind “more”, the kinds to leave out of the first two."""

    wanted = forms.ChoiceField(
        label=_("Which letters do you want by mail?"),
        choices=[
            (ALL, _("All, each when it is written")),
            (DIGEST, _("All that can wait in one letter a day; the rest at once")),
            (MANDATORY, _("Only what I must know")),
        ],
        widget=forms.RadioSelect,
    )
    kinds = forms.MultipleChoiceField(
        label=_("Of letters that can be left out, these I want"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Counts with the first two choices. Every letter stands in your inbox anyway."),
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
    def in_digest(self) -> bool:
        """Whether what can wait comes once a day, in one letter."""
        return bool(self.cleaned_data["wanted"] == DIGEST)

    @property
    def stopped(self) -> set[str]:
        """The kinds that were left out."""
        if self.only_mandatory:
            return set()
        offered = {name for name, _label in self.fields["kinds"].choices}  # type: ignore[attr-defined]
        return offered - set(self.cleaned_data["kinds"])
