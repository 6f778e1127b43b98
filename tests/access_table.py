"""Who gets what at which address.

In words: a page; away, sent on; done, a form was taken or answered; login; unknown, 404; barred,
403 or 404. Who is not named gets ``rest``; the anonymous are sent to sign in unless named.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from tests.cast import EVERYBODY, MEMBERS, PEOPLE, ROLES

__all__ = ["ADMIN", "ROWS", "Row", "admin_rows"]


@dataclass(frozen=True)
class Row:
    """One address: what stands in it, what is sent, who gets what."""

    arguments: dict[str, str] = field(default_factory=dict)
    post: dict[str, str] | None = None
    page: tuple[str, ...] = ()
    away: tuple[str, ...] = ()
    done: tuple[str, ...] = ()
    barred: tuple[str, ...] = ()
    login: tuple[str, ...] = ("anonymous",)
    rest: str = "unknown"

    def expected(self, who: str) -> str:
        """The word for one person."""
        for word in ("page", "away", "done", "barred", "login"):
            if who in getattr(self, word):
                return word
        return self.rest


def public(**arguments: str) -> Row:
    """A page for the whole world."""
    return Row(arguments, page=EVERYBODY)


def signed_in(**arguments: str) -> Row:
    """A page for everybody who is signed in, of their own things."""
    return Row(arguments, page=PEOPLE)


APPLICATION = {"pk": "application"}
STARTUP = {"pk": "startup"}
ON_STAFF = (*ROLES, "other_manager", "superuser")
#: Whoever sees a startup that has met their programme (startups.rules).
STARTUP_STAFF = (
    *("manager", "coordinator", "chair", "approver", "compliance", "procurement", "superuser"),
)

PORTAL = {
    "home": public(),
    "programme-detail": public(slug="programme.slug"),
    "healthz": public(),
    "privacy": Row(login=(), rest="unknown"),  # until a version is in force
    "terms": Row(login=(), rest="unknown"),
    "accessibility": Row(login=(), rest="unknown"),
    "inbox-list": signed_in(),
    "inbox-detail": Row({"pk": "notice"}, page=("owner",)),
    "profile-edit": signed_in(),
    "staff-invitation": signed_in(token="x" * 43),
    "mailbox-list": Row(login=(), rest="unknown"),  # in the demonstration only
    "mailbox-detail": Row({"key": "x"}, login=(), rest="unknown"),
    "mailbox-html": Row({"key": "x"}, login=(), rest="unknown"),
}

#: The pages of allauth: the signed-in are sent on from those that sign in.
ALLAUTH = {
    **dict.fromkeys(
        (
            "account_login",
            "account_signup",
            "account_request_login_code",
        ),
        Row(page=("anonymous",), login=(), rest="away"),
    ),
    **dict.fromkeys(
        (
            "account_inactive",
            "account_reset_password",
            "account_reset_password_done",
            "account_reset_password_from_key_done",
        ),
        public(),
    ),
    **dict.fromkeys(("account_email", "account_change_password"), signed_in()),
    "account_logout": Row(page=PEOPLE, away=("anonymous",), login=()),
    "account_reauthenticate": signed_in(),
    "account_set_password": Row(rest="away"),
    "account_email_verification_sent": Row(rest="away"),
    "account_confirm_login_code": Row(rest="away"),
    "account_reset_password_from_key": Row({"uidb36": "1", "key": "a-b"}, page=EVERYBODY),
}

WRITERS = ("owner", "editor", "helper")
TEAM = (*MEMBERS, "helper")
#: Those who see the startup but do not own it.
SEE_STARTUP = (*MEMBERS, *STARTUP_STAFF)
NOT_OWNER = tuple(who for who in SEE_STARTUP if who != "owner")

CHALLENGES = {
    "challenges:call-list": public(),
    "challenges:call-detail": public(slug="call.slug"),
    "challenges:call-preview": Row({"slug": "call.slug", "token": "x" * 43}, login=()),
    "challenges:application-start": signed_in(slug="call.slug"),
    "challenges:application-list": signed_in(),
    "challenges:helper-accept": signed_in(token="x" * 43),
    "challenges:application-detail": Row(APPLICATION, page=TEAM),
    "challenges:application-edit": Row({**APPLICATION, "section": "1"}, page=WRITERS),
    "challenges:application-check": Row(APPLICATION, page=TEAM),
    "challenges:application-receipt": Row(APPLICATION, page=TEAM),
    "challenges:application-print": Row(APPLICATION, page=TEAM),
    "challenges:application-copy": Row(APPLICATION, page=TEAM),
    "challenges:application-step": Row(
        {**APPLICATION, "name": "withdraw"}, post={}, done=("owner", "editor")
    ),
    "challenges:application-file": Row({**APPLICATION, "document_id": "document"}, page=TEAM),
    "challenges:helper-invite": Row(APPLICATION, page=("owner", "editor")),
    "challenges:helper-end": Row(
        {**APPLICATION, "helper_id": "helping"}, post={}, done=("owner", "editor")
    ),
}

STARTUPS = {
    "startups:startup-list": signed_in(),
    "startups:startup-create": signed_in(),
    "startups:join-request-create": Row(post={}, done=PEOPLE),
    "startups:join-request-answer": Row(
        {"pk": "join_request"}, post={"answer": "decline"}, done=("owner",), barred=("teammate",)
    ),
    "startups:invitation-accept": Row({"token": "x" * 43}),
    "startups:invitation-answer": Row(
        {"pk": "invitation"}, post={"answer": "decline"}, done=("stranger",)
    ),
    "startups:invitation-withdraw": Row(
        {"pk": "invitation"},
        post={},
        done=("owner",),
        # Those who see it may not take it back.
        barred=("editor", "viewer", "stranger", "manager", "superuser"),
    ),
    "startups:startup-detail": Row(STARTUP, page=SEE_STARTUP),
    "startups:startup-edit": Row(STARTUP, page=("owner", "editor"), barred=SEE_STARTUP),
    "startups:member-list": Row(STARTUP, page=SEE_STARTUP),
    "startups:member-invite": Row(STARTUP, post={}, done=("owner",), barred=NOT_OWNER),
    "startups:editors-submit": Row(STARTUP, post={}, done=("owner",), barred=NOT_OWNER),
    "startups:member-leave": Row(STARTUP, page=MEMBERS, barred=STARTUP_STAFF),
    "startups:member-transfer": Row(STARTUP, page=("owner",), barred=NOT_OWNER),
    "startups:member-role": Row(
        {"pk": "membership"}, post={"role": "viewer"}, done=("owner",), barred=NOT_OWNER
    ),
    "startups:member-remove": Row({"pk": "membership"}, page=("owner",), barred=NOT_OWNER),
}

ROWS: dict[str, Row] = {**PORTAL, **ALLAUTH, **CHALLENGES, **STARTUPS}

# -- staff ----------------------------------------------------------------------------------------

NOT_STAFF = ("anonymous", "stranger", "teammate", "revoked", *MEMBERS, "helper")


def staff_page(
    *roles: str, arguments: dict[str, str] | None = None, post: dict[str, str] | None = None
) -> Row:
    """A page of the admin: nothing for those who are not on staff, 403 or 404 for other roles."""
    word = "page" if post is None else "done"
    return Row(arguments or {}, post, login=NOT_STAFF, rest="barred", **{word: roles})


ROWS |= {
    "admin:index": staff_page(*ON_STAFF),
    "admin:login": Row(away=ON_STAFF),
    "admin:logout": Row(post={}, rest="away"),
    "admin:password_change": staff_page(*ON_STAFF),
    "admin:password_change_done": staff_page(*ON_STAFF),
    "admin:autocomplete": staff_page(),
    "admin:jsi18n": staff_page(*ON_STAFF),
    "admin:view_on_site": Row({"content_type_id": "1", "object_id": "1"}),
}


@dataclass(frozen=True)
class Register:
    """An admin: a record of the cast, who may read it and its list, who may add one."""

    record: str
    readers: tuple[str, ...]
    adders: tuple[str, ...] = ()
    #: Who gets the list (with rows of their own or none), where these are more than the readers.
    listers: tuple[str, ...] = ()


#: By model: the pages that each admin has.
ADMIN: dict[str, Register] = {}


def admin_rows() -> dict[str, Row]:
    """The list, the form to add, the record, its history and its deletion, which nobody gets."""
    rows = {}
    for label, register in ADMIN.items():
        name = f"admin:{label.replace('.', '_')}"
        one = {"object_id": register.record}
        rows |= {
            f"{name}_changelist": staff_page(
                *(register.listers or (*register.readers, "other_manager"))
            ),
            f"{name}_add": staff_page(*register.adders),
            f"{name}_change": staff_page(*register.readers, arguments=one),
            f"{name}_history": staff_page(*register.readers, arguments=one),
            f"{name}_delete": staff_page(arguments=one),
        }
    return rows
