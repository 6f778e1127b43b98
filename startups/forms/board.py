"""What staff choose on the board of a cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from portal.forms import helper
from startups.models import Group

if TYPE_CHECKING:
    from startups.models import Cohort


class BoardFilterForm(forms.Form):
    """One group, or those that need attention."""

    group: forms.ModelChoiceField[Group] = forms.ModelChoiceField(
        Group.objects.none(), required=False, label=gettext_lazy("Group")
    )
    worries = forms.BooleanField(required=False, label=gettext_lazy("Only what needs attention"))

    def __init__(self, *args: Any, cohort: Cohort, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = self.fields["group"]
        assert isinstance(groups, forms.ModelChoiceField)
        groups.queryset = cohort.groups.all()
        groups.empty_label = _("All groups")
        self.helper = helper()
