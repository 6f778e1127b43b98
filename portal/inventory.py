"""The data inventory: what each field of each table is, and what becomes of it with an account.

Each app says it of its own tables in a module ``inventory``, found as Django finds ``admin``. From
the same lines come the page that closes an account, the erasure after it, and "download my data".
A field that nobody classified fails `tests/portal/test_inventory.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True)
class Holding:
    """One table: what for, whose its rows are, what its fields are, what becomes of them."""

    model: str
    purpose: StrOrPromise
    #: Says nothing of a person, or only through the key of an account (which erasure empties).
    plain: frozenset[str] = frozenset()
    #: Says something of the person the row belongs to; it is in their download.
    personal: frozenset[str] = frozenset()
    #: Says something of somebody else (a contact, an invited person): in nobody else's download.
    others: frozenset[str] = frozenset()
    #: Opens something (a password's or a link's hash): never leaves.
    sealed: frozenset[str] = frozenset()
    #: Whose row it is: a lookup that leads to the account, or ``@field`` that holds its address;
    #: for each the fields that person's download has.
    mine: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    #: How a field reads in the download where it is not simply its value.
    shown: Mapping[str, Callable[[Any], Any]] = field(default_factory=dict)
    #: Lookups whose rows go: at once with the account, or when its days of grace are over.
    goes_at_once: tuple[str, ...] = ()
    goes: tuple[str, ...] = ()
    #: By lookup: fields overwritten when the days of grace are over, in rows that stay.
    cleared: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    #: Why personal words stay, in one sentence; and the row of `Retention` that says how long.
    stays: StrOrPromise = ""
    retention: str = ""

    @property
    def fields(self) -> frozenset[str]:
        """All that is classified."""
        return self.plain | self.personal | self.others | self.sealed


def letter_without_secrets(message: Any) -> str:
    """A letter's words; those of sign-in open something and are left out."""
    return "" if message.programme_id is None else message.text


#: By the label of the model, in small letters.
INVENTORY: dict[str, Holding] = {}


def declare(model: str, purpose: StrOrPromise, **given: Any) -> None:
    """Add a table; fields are written as words in one string."""
    for name in ("plain", "personal", "others", "sealed"):
        given[name] = frozenset(given.get(name, "").split())
    for name in ("goes", "goes_at_once"):
        given[name] = tuple(given.get(name, "").split())
    given["mine"] = {
        lookup: tuple(words.split()) for lookup, words in given.get("mine", {}).items()
    }
    INVENTORY[model.lower()] = Holding(model=model.lower(), purpose=purpose, **given)


def declare_events(model: str, purpose: StrOrPromise, plain: str, **given: Any) -> None:
    """Add the table of events that triggers write of another: its fields and their own."""
    declare(model, purpose, plain=f"{plain} {EVENT_FIELDS}", **given)


def pseudonym(user: Any) -> str:
    """The address of an account that was erased: nobody's, and still one of a kind."""
    return f"closed-{user.pk.hex}@closed.invalid"


#: A value that `cleared` fills in from the account.
PSEUDONYM = pseudonym
EVENT_FIELDS = "pgh_id pgh_created_at pgh_label pgh_obj pgh_context"

#: The words on which most of what stays stays.
TEAM_KEEPS = _("It belongs to the organisation that applied, and to the programme's record of it.")
JURY_KEEPS = _("A decision must stay traceable, so the jury's work stays with the programme.")
SENT_STAYS = _("What was sent stays as it was sent, so that nobody can dispute what was said.")
TRAIL_KEEPS = _("The record of what was decided holds keys, steps and reasons, never names.")

# -- the kernel's own tables ----------------------------------------------------------------------

declare(
    "portal.User",
    _("Your account: how you sign in, are named and are written to"),
    plain="id created_at is_superuser is_active language time_zone groups user_permissions",
    personal="email family_name given_name display_name last_login bounced_at",
    sealed="password",
    mine={
        "pk": "email given_name family_name display_name language time_zone created_at"
        " last_login bounced_at"
    },
    cleared={
        "pk": {
            "email": PSEUDONYM,
            "family_name": "",
            "given_name": "",
            "display_name": "Closed account",
            "last_login": None,
            "bounced_at": None,
            "time_zone": "UTC",
        }
    },
)
declare("portal.User_groups", _("Groups of accounts"), plain="id user group", goes="user")
declare(
    "portal.CalendarFeed",
    _("The secret address of your calendar"),
    plain="id created_at user revoked_at read_at",
    sealed="token_hash",
    mine={"user": "created_at revoked_at read_at"},
    goes="user",
    goes_at_once="user",
)
declare(
    "portal.User_user_permissions",
    _("Single permissions of accounts"),
    plain="id user permission",
    goes="user",
)
declare_events(
    "portal.UserEvent", _("When an account was opened and closed"), plain="is_superuser is_active"
)
declare(
    "portal.ProgrammeStaff",
    _("Your roles in programmes"),
    plain="id created_at programme user role ended_at",
    personal="telephone",
    mine={"user": "programme__name role telephone created_at ended_at"},
    cleared={"user": {"telephone": ""}},
)
declare_events(
    "portal.ProgrammeStaffEvent",
    _("When roles began and ended"),
    plain="programme user role ended_at",
)
declare(
    "portal.StaffInvitation",
    _("Invitations to a role"),
    plain="id created_at programme role invited_by expires_at accepted_at accepted_by withdrawn_at",
    personal="email",
    sealed="token_hash",
    mine={
        "@email": "email role programme__name created_at accepted_at withdrawn_at",
        "invited_by": "role programme__name created_at accepted_at withdrawn_at",
    },
    cleared={"@email": {"email": PSEUDONYM}},
)
declare(
    "portal.KnownDevice",
    _("Devices on which you signed in with a mailed code"),
    plain="id created_at user expires_at",
    personal="user_agent last_used_at",
    sealed="token_hash",
    mine={"user": "user_agent last_used_at created_at expires_at"},
    goes_at_once="user",
)
declare("portal.Tries", _("How often sign-in was tried, without names"), plain="key at expires_at")
declare(
    "portal.EmailChange",
    _("Changes of your address"),
    plain="id created_at user new_confirmed_at old_confirmed_at counts_from expires_at done_at"
    " stopped_at",
    personal="new_email",
    sealed="new_hash old_hash",
    mine={"user": "new_email created_at new_confirmed_at old_confirmed_at done_at stopped_at"},
    goes="user",
)
declare(
    "portal.Closing",
    _("That an account was closed"),
    plain="id created_at user erase_from reopened_at erased_at",
    mine={"user": "created_at reopened_at"},
)
declare("portal.Retention", _("How long things are kept"), plain="id created_at kind days ground")
declare(
    "portal.AuditEntry",
    _("What you did: steps with their reasons"),
    plain="id at actor verb subject_type subject_id startup_id programme_id from_state to_state"
    " facts",
    personal="reason",
    mine={"actor": "at verb subject_type subject_id from_state to_state reason"},
    stays=TRAIL_KEEPS,
    retention="audit-trail",
)
declare(
    "portal.AuditSeal",
    _("Seals over the record of what happened"),
    plain="id at label first_id last_id count columns prints keyed previous hash",
)
declare(
    "portal.Document",
    _("Files you handed in"),
    plain="id created_at file content_type size sha256 subject_type subject_id startup_id"
    " uploaded_by state refusal attempts check_after original cleaned_of"
    " original_sha256 pictures",
    personal="name",
    mine={"uploaded_by": "id name content_type size sha256 state created_at"},
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "portal.Upload",
    _("Files you began to send"),
    plain="id created_at user subject_type subject_id purpose size received state document"
    " expires_at mark pieces",
    personal="name",
    mine={"user": "name size received state created_at"},
    goes="user",
)
declare(
    "portal.DocumentPage",
    _("Pictures of the pages of files"),
    plain="id created_at document number image width height sha256",
)
declare(
    "portal.InboxNotice",
    _("Notices in your inbox"),
    plain="id created_at recipient event_key notice url subject_type subject_id startup_id",
    personal="subject body read_at",
    mine={"recipient": "subject body url created_at read_at"},
    goes="recipient",
)
declare(
    "portal.OutboxMessage",
    _("Letters to you"),
    plain="id created_at dedup_key lane notice recipient reply_to sender_name html programme_id"
    " startup_id subject_type subject_id state attempts available_at sent_at why_not"
    " delivered_at bounced_at again_of calendar digest",
    personal="to_address subject text last_error",
    sealed="stop_hash",
    mine={
        "recipient": "to_address subject text state created_at sent_at last_error",
        "@to_address": "to_address subject text state created_at sent_at last_error",
    },
    shown={"text": letter_without_secrets},
    stays=SENT_STAYS,
    retention="letters",
)
declare(
    "portal.Reminder",
    _("Reminders planned for you"),
    plain="id created_at kind subject_type subject_id programme_id recipient version state why_not",
    personal="due_at",
    mine={"recipient": "kind due_at state why_not"},
    goes="recipient",
)
declare(
    "portal.NotificationPreference",
    _("Which letters you want"),
    plain="id created_at user",
    personal="notice by_mail in_digest",
    mine={"user": "notice by_mail in_digest"},
    goes="user",
)
declare(
    "portal.AnsweredRequest",
    _("Forms you sent, so that a second click does nothing twice"),
    plain="id user key fingerprint created_at answer",
    mine={"user": "created_at answer"},
    goes="user",
)
for name, words in {
    "portal.PolicyText": "id created_at kind version text in_force_from",
    "portal.Heartbeat": "name at",
    "portal.Dispatch": "id created_at name mark held_since cause",
    "portal.Location": "id created_at programme address since until",
    "portal.Organisation": "id created_at name website country",
    "portal.Partnership": "id created_at programme organisation role note",
    "portal.ReportedFigure": "id created_at programme value label year source published_on on_home"
    " order",
    "portal.Sector": "id created_at code name order",
    "portal.Label": "id created_at programme name",
    "portal.Programme": "id created_at slug name kind summary description city country time_zone"
    " languages mailbox telephone opened_on published programme_countries holidays",
    "auth.Permission": "id name content_type codename",
    "auth.Group": "id name permissions",
    "auth.Group_permissions": "id group permission",
    "contenttypes.ContentType": "id app_label model",
    "pghistory.Context": "id created_at updated_at metadata",
}.items():
    declare(name, _("The portal's own facts"), plain=words)

# -- tables of packages ---------------------------------------------------------------------------

declare(
    "account.EmailAddress",
    _("The address with which you sign in"),
    plain="id user verified primary",
    personal="email",
    mine={"user": "email verified primary"},
    goes="user",
)
declare(
    "account.EmailConfirmation",
    _("Confirmations of addresses"),
    plain="id email_address created sent",
    sealed="key",
    goes="email_address__user",
)
declare(
    "mfa.Authenticator",
    _("Your passkeys, your authenticator app, your recovery codes"),
    plain="id user",
    personal="type created_at last_used_at",
    sealed="data",
    mine={"user": "type created_at last_used_at"},
    goes_at_once="user",
)
declare(
    "usersessions.UserSession",
    _("Where you are signed in"),
    plain="id user",
    personal="created_at ip last_seen_at user_agent",
    sealed="session_key data",
    mine={"user": "created_at last_seen_at ip user_agent"},
    goes_at_once="user",
)
declare(
    "sessions.Session",
    _("What a browser carries on between two pages; gone after two weeks"),
    plain="expire_date",
    sealed="session_key session_data",
)
declare(
    "socialaccount.SocialApp",
    _("The organisation's own sign-in"),
    plain="id provider provider_id name client_id settings",
    sealed="secret key",
)
declare(
    "socialaccount.SocialAccount",
    _("Your sign-in with another organisation"),
    plain="id user provider",
    personal="uid last_login date_joined extra_data",
    mine={"user": "provider uid last_login date_joined extra_data"},
    goes_at_once="user",
)
declare(
    "socialaccount.SocialToken",
    _("Proofs from another organisation"),
    plain="id app account expires_at",
    sealed="token token_secret",
    goes_at_once="account__user",
)
declare(
    "admin.LogEntry",
    _("Django's own history, which this portal does not write"),
    plain="id action_time user content_type object_id action_flag",
    others="object_repr change_message",
    goes="user",
)
