"""What comes in from browsers to the kernel's own pages."""

from portal.forms.base import FILL_IN, helper, kindly, plain_name
from portal.forms.people import ProfileForm, SignupForm
from portal.forms.staff import ProgrammeForm, StaffInvitationForm

__all__ = [
    "FILL_IN",
    "ProfileForm",
    "ProgrammeForm",
    "SignupForm",
    "StaffInvitationForm",
    "helper",
    "kindly",
    "plain_name",
]
