"""What staff read of the kernel's own part of the trail."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.registry import FieldSource, Sentence, registry

registry.facts |= {
    "member": "portal.user",
    "person": "portal.user",
    "user": "portal.user",
    "programme": "portal.programme",
}
registry.sentences |= {
    f"portal.{key}": Sentence(text)
    for key, text in {
        "staffinvitation:invite-staff": _("{who} invited somebody as {role}"),
        "staffinvitation:withdraw-staff-invitation": _("{who} withdrew the invitation"),
        "programmestaff:take-role": _("{who} accepted the invitation and is now {role}"),
        "programmestaff:give-role": _("{who} gave the role {role}"),
        "programmestaff:end-role": _("{who} ended the role {role}"),
        "outboxmessage:resend-letter": _("{who} sent the letter again"),
        "dispatch:hold-letters": _("{who} held the letters"),
        "dispatch:release-letters": _(
            "{who} let the letters go: {released} to be sent, {given_up} given up, {left} had left"
            " before"
        ),
        "user:remember-device": _("{who} signed in with a mailed code on a new device"),
        "user:forget-device": _("{who} made a device unknown again"),
        "user:end-session": _("{who} signed out another device"),
        "user:end-sessions": _("{who} signed out all other devices: {count}"),
        "user:take-away-factors": _("{who} took away the second factor"),
        "user:add-app": _("{who} set up an authenticator app"),
        "user:remove-app": _("{who} removed the authenticator app"),
        "user:add-passkey": _("{who} added a passkey"),
        "user:remove-passkey": _("{who} removed a passkey"),
        "user:make-recovery-codes": _("{who} made new recovery codes"),
        "emailchange:ask-for-address": _("{who} asked for another e-mail address"),
        "emailchange:confirm-new-address": _("The new address was confirmed ({who})"),
        "emailchange:confirm-old-address": _("The old address agreed ({who})"),
        "emailchange:stop-address": _("{who} stopped the change of the address"),
        "emailchange:change-address": _("{who} changed the e-mail address"),
        "emailchange:let-address-count": _("{who} let the new address count without the old one"),
        "closing:close-account": _("{who} closed the account"),
        "closing:reopen-account": _("{who} opened the account again"),
        "closing:erase-account": _("{who} erased the personal data of a closed account"),
        "user:download-data": _("{who} downloaded the personal data"),
    }.items()
}
registry.field_sources += [
    FieldSource("portal.programmestaff", "portal.ProgrammeStaff", "pgh_obj"),
    FieldSource("portal.user", "portal.User", "pgh_obj"),
]
