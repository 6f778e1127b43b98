"""What one side of a conversation says, and filters kept under a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from challenges.models import LONGEST_MESSAGE
from portal.forms import helper, kindly
from portal.validators import without_direction_marks

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import Programme


class MessageForm(forms.Form):
    """A private message to the other side."""

    text = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST_MESSAGE,
        error_messages={"required": _("Write something first.")},
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # The record's page has another text field, for notes.
        super().__init__(*args, **{"auto_id": "message_%s", **kwargs})
        self.helper = helper()


class SaveFilterForm(forms.Form):
    """Under which name a filter is kept, and for whom."""

    name = forms.CharField(label=_("Name"), max_length=60)
    shared = forms.ChoiceField(label=_("For whom"), required=False)
    query = forms.CharField(max_length=500, required=False, widget=forms.HiddenInput)

    def __init__(self, programmes: Iterable[Programme], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "filter_%s", **kwargs})
        choice: Any = self.fields["shared"]
        choice.choices = [
            ("", _("for me")),
            *(
                (str(one.pk), _("for all of %(programme)s") % {"programme": one.name})
                for one in programmes
            ),
        ]
        kindly(self)
        self.helper = helper()

    def clean_name(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(str(self.cleaned_data["name"]))
