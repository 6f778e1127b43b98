"""The people of an organisation as browsers send them: invitations, requests, a new owner."""

from __future__ import annotations

from typing import Any

from crispy_forms.layout import Field, Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms import helper, kindly
from portal.models import User
from portal.validators import without_direction_marks
from startups.choices import MemberRole
from startups.models import Membership, Startup

ROLES_EXPLAINED = [
    (MemberRole.OWNER, _("Owner: everything, also people")),
    (MemberRole.EDITOR, _("Editor: writes and applies")),
    (MemberRole.VIEWER, _("Viewer: reads")),
]


class InviteForm(forms.Form):
    """Whom to invite to what."""

    email = forms.EmailField(label=_("E-mail address"))
    role = forms.ChoiceField(
        label=_("What they may do"), choices=ROLES_EXPLAINED, initial=MemberRole.EDITOR
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()
        self.helper.layout = Layout(Field("email", autocomplete="off"), "role")


class JoinForm(forms.Form):
    """What the owners read of whoever asks."""

    message = forms.CharField(max_length=500, required=False)

    def clean_message(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(str(self.cleaned_data["message"]))


class TransferForm(forms.Form):
    """Which member owns it from now on."""

    to = forms.ModelChoiceField(
        label=_("New owner"), queryset=Membership.objects.none(), empty_label=_("Choose a member")
    )

    def __init__(self, *args: Any, startup: Startup, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        to: Any = self.fields["to"]
        to.queryset = startup.memberships.exclude(user=by).select_related("user")
        kindly(self)
        self.helper = helper()


class HandOverForm(forms.Form):
    """To whom staff hand an organisation over, and why."""

    #: The account behind the address, once the form is valid.
    person_found: User

    email = forms.EmailField(
        label=_("E-mail address of the new owner"),
        help_text=_("The address of an account in this portal; a member or not."),
        widget=forms.EmailInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    reason = forms.CharField(
        label=_("What you checked, and why"),
        max_length=1000,
        help_text=_("All members read this, and it stays in the record's history."),
        widget=forms.Textarea(attrs={"rows": 4, "class": "vTextField"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()

    def clean_email(self) -> str:
        """There must be an account: ownership cannot wait for one."""
        address = str(self.cleaned_data["email"])
        person = User.objects.with_address(address).filter(is_active=True).first()
        if person is None:
            raise forms.ValidationError(
                _("Nobody has an account with this address. Ask them to create one first.")
            )
        self.person_found = person
        return address
