"""What comes in from browsers to the kernel's own pages."""

from portal.forms.base import FILL_IN, helper, kindly, plain_name
from portal.forms.mail import MailForm
from portal.forms.people import ProfileForm, SignupForm
from portal.forms.staff import ProgrammeForm, ReasonForm, StaffInvitationForm
from portal.forms.together import TogetherMixin

__all__ = [
    "FILL_IN",
    "MailForm",
    "ProfileForm",
    "ProgrammeForm",
    "ReasonForm",
    "SignupForm",
    "StaffInvitationForm",
    "TogetherMixin",
    "helper",
    "kindly",
    "plain_name",
]
