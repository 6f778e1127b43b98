"""Who gets what at which address.

In words: a page; away, sent on; done, a form was taken or answered; login; unknown, 404; barred,
403 or 404. Who is not named gets ``rest``; the anonymous are sent to sign in unless named.
"""

from __future__ import annotations

import pkgutil
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path

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
    "readyz": public(),
    "metrics": Row(login=(), rest="unknown"),  # with a token in the settings only
    "robots": public(),
    "sitemap": public(),
    "favicon": Row(login=(), rest="away"),
    "security-txt": Row(login=(), rest="unknown"),  # with a contact in the settings only
    "change-password": Row(login=(), rest="away"),
    "styleguide": Row(page=ON_STAFF),
    "privacy": public(),
    "terms": public(),
    "accessibility": public(),
    "mentors": public(),
    "inbox-list": signed_in(),
    "inbox-detail": Row({"pk": "notice"}, page=("owner",)),
    "profile-edit": signed_in(),
    "mail-preferences": signed_in(),
    "address-check": signed_in(),
    # Whoever has the link from the letter, signed in or not; a bad one changes nothing.
    "address-proof": public(proof="x" * 43),
    "letters-stop": Row({"token": "x" * 43}, login=()),
    "staff-invitation": public(token="x" * 43),
    "mailbox-list": Row(login=(), rest="unknown"),  # in the demonstration only
    "mailbox-detail": Row({"key": "x"}, login=(), rest="unknown"),
    "mailbox-html": Row({"key": "x"}, login=(), rest="unknown"),
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
    # Whoever holds the link reads who asks for help with what, before they sign in.
    "challenges:helper-accept": public(token="x" * 43),
    "challenges:application-detail": Row(APPLICATION, page=TEAM),
    # The cast's application has led to a place, which its team looks up there.
    "challenges:application-offer": Row(APPLICATION, page=TEAM),
    "challenges:message-create": Row(APPLICATION, post={"text": "Hello."}, done=WRITERS),
    "challenges:application-edit": Row({**APPLICATION, "section": "1"}, page=WRITERS),
    "challenges:application-check": Row(APPLICATION, page=TEAM),
    "challenges:application-receipt": Row(APPLICATION, page=TEAM),
    "challenges:application-print": Row(APPLICATION, page=TEAM),
    "challenges:application-copy": Row(APPLICATION, page=TEAM),
    "challenges:application-word": Row(APPLICATION, page=TEAM),
    "challenges:application-versions": Row(APPLICATION, page=TEAM),
    "challenges:application-pdf": Row({**APPLICATION, "number": "1"}, page=TEAM),
    "challenges:call-form": public(slug="call.slug"),
    "challenges:call-form-word": public(slug="call.slug"),
    "challenges:application-step": Row(
        {**APPLICATION, "name": "restore"}, post={}, done=("owner", "editor")
    ),
    "challenges:application-withdraw": Row(APPLICATION, page=("owner", "editor")),
    "challenges:application-file": Row({**APPLICATION, "document_id": "document"}, page=TEAM),
    "challenges:helper-invite": Row(APPLICATION, page=("owner", "editor")),
    "challenges:partner-list": Row(APPLICATION, page=WRITERS),
    "challenges:partner-remove": Row(
        {**APPLICATION, "partner_id": "partner"}, post={}, done=WRITERS
    ),
    "challenges:helper-end": Row(
        {**APPLICATION, "helper_id": "helping"}, post={}, done=("owner", "editor")
    ),
}

#: Those who read a place: its members, its mentor, and who reads the programme's cohorts.
READS_COHORTS = ("manager", "coordinator", "approver", "procurement", "compliance", "superuser")
SEE_PLACE = (*MEMBERS, "mentor", *READS_COHORTS)

STARTUPS = {
    "startups:cohort-detail": public(slug="cohort.slug"),
    "startups:place-detail": Row({"pk": "place"}, page=SEE_PLACE),
    "startups:place-text": Row(
        {"pk": "place"}, post={"public_text": "We."}, done=("owner", "editor")
    ),
    "startups:startup-list": signed_in(),
    "startups:startup-create": signed_in(),
    "startups:join-request-create": Row(post={}, done=PEOPLE),
    "startups:join-request-answer": Row(
        {"pk": "join_request"}, post={"answer": "decline"}, done=("owner",), barred=("teammate",)
    ),
    "startups:invitation-accept": Row({"token": "x" * 43}, login=()),
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

#: Whoever sees the startup's place in the cohort: its people, its mentor, those of the cohort.
COHORT_STAFF = (*("manager", "coordinator", "approver", "procurement", "compliance", "superuser"),)
SEE_PLACE = (*MEMBERS, "mentor", *COHORT_STAFF)
PLANS = ("mentor", "manager", "coordinator", "superuser")
SESSION = {"pk": "session"}

COACHING = {
    "startups:mentor-profile": Row({"slug": "programme.slug"}, page=("mentor",)),
    "startups:coaching-file": Row({"pk": "place"}, page=SEE_PLACE),
    "startups:session-plan": Row({"pk": "place"}, page=PLANS, barred=SEE_PLACE),
    # Everybody's own startups to coach, which for most are none.
    "startups:session-create": signed_in(),
    "startups:session-detail": Row(SESSION, page=SEE_PLACE),
    "startups:session-log": Row(SESSION, page=("mentor",), barred=SEE_PLACE),
    # The author and the programme lead alone; being administrator opens none.
    "startups:session-private-note": Row(SESSION, page=("mentor", "manager")),
    "startups:session-move": Row(SESSION, page=PLANS, barred=SEE_PLACE),
    "startups:session-calendar": Row(SESSION, page=SEE_PLACE),
    "startups:session-step": Row(
        {**SESSION, "name": "cancel"},
        post={"reason": "Ill."},
        done=(*PLANS, "owner", "editor"),
        barred=SEE_PLACE,
    ),
}

#: Whoever reads supplier files of organisations that met their programme (procurement.rules).
SUPPLIER_STAFF = ("manager", "coordinator", "procurement", "compliance", "superuser")
SEE_FILE = (*MEMBERS, *SUPPLIER_STAFF)
#: Those who see the organisation but not how it stands as a supplier learn nothing.
OF_FILE = {"startup": "startup"}
PREPARERS = ("owner", "editor")

DEMO_DAY = {"slug": "event.slug"}
PITCH = {"pk": "pitch"}

STARTUPS |= {
    "startups:demo-day-detail": Row(DEMO_DAY, page=SEE_PLACE),
    "startups:demo-day-stage": Row(DEMO_DAY, page=SEE_PLACE),
    "startups:demo-day-desk": Row(DEMO_DAY, page=("manager", "coordinator", "superuser")),
    "startups:demo-day-run-sheet": Row(DEMO_DAY, page=READS_COHORTS),
    "startups:pitch-prepare": Row(
        PITCH, post={"presenter": "Wanjiku", "language": "en"}, done=("owner", "editor")
    ),
    "startups:pitch-deck": Row(PITCH, page=SEE_PLACE),
}

GOAL = {"pk": "goal"}
#: Whoever writes for the startup, and whoever runs the cohort.
SETS_GOALS = ("owner", "editor", "manager", "coordinator", "superuser")

GOALS = {
    "startups:goal-list": Row({"pk": "place"}, page=SEE_PLACE),
    "startups:goal-create": Row({"pk": "place"}, page=SETS_GOALS, barred=SEE_PLACE),
    "startups:goal-change": Row(GOAL, page=SETS_GOALS, barred=SEE_PLACE),
    "startups:goal-say": Row(
        {**GOAL, "name": "report"},
        post={"text": "Six of ten."},
        done=("owner", "editor"),
        barred=SEE_PLACE,
    ),
    "startups:goal-step": Row(
        {**GOAL, "name": "drop"}, post={"reason": "Why."}, done=SETS_GOALS, barred=SEE_PLACE
    ),
    "startups:action-list": Row({"pk": "place"}, page=SEE_PLACE),
    "startups:action-create": Row(
        {"pk": "place"},
        post={"what": "Call", "owner": "startup"},
        done=(*SETS_GOALS, "mentor"),
        barred=SEE_PLACE,
    ),
    "startups:action-step": Row(
        {"pk": "action_item", "name": "finish"}, post={}, done=SETS_GOALS, barred=SEE_PLACE
    ),
    # A mentor reads the part of it that they coach.
    "startups:startup-journey": Row(STARTUP, page=(*SEE_STARTUP, "mentor")),
}

PROCUREMENT = {
    "procurement:supplier-file-detail": Row(OF_FILE, page=SEE_FILE),
    "procurement:supplier-file-open": Row(OF_FILE, post={}, done=PREPARERS, barred=SEE_FILE),
    "procurement:supplier-file-target": Row(
        OF_FILE, post={"level": "level_1"}, done=PREPARERS, barred=SEE_FILE
    ),
    "procurement:standing-write": Row(OF_FILE, page=(*PREPARERS, "procurement"), barred=SEE_FILE),
    "procurement:standing-unchanged": Row(
        {"pk": "standing"}, post={}, done=(*PREPARERS, "procurement"), barred=SEE_FILE
    ),
    "procurement:evidence-create": Row(
        {**OF_FILE, "requirement": "requirement"}, page=PREPARERS, barred=SEE_FILE
    ),
    "procurement:evidence-accept": Row(
        {"pk": "evidence"}, post={}, done=("procurement",), barred=SEE_FILE
    ),
    "procurement:evidence-reject": Row(
        {"pk": "restricted"},
        post={"why": "A page is missing."},
        done=("procurement",),
        # The administrator, manager and coordinator do not know that it is there.
        barred=(*MEMBERS, "compliance"),
    ),
    "procurement:evidence-file": Row({"pk": "evidence", "document": "paper"}, page=SEE_FILE),
    "procurement:supplier-statement-create": Row(
        {"startup": "startup"}, page=("owner", "editor"), barred=SEE_STARTUP
    ),
}

ROWS: dict[str, Row] = {
    **PORTAL,
    **CHALLENGES,
    **STARTUPS,
    **COACHING,
    **GOALS,
    **PROCUREMENT,
}

# -- staff ----------------------------------------------------------------------------------------

NOT_STAFF = ("anonymous", "stranger", "teammate", "revoked", *MEMBERS, "helper")


def staff_page(
    *roles: str, arguments: dict[str, str] | None = None, post: dict[str, str] | None = None
) -> Row:
    """A page of the admin: nothing for those who are not on staff, 403 or 404 for other roles."""
    return Row(
        arguments or {},
        post,
        page=roles if post is None else (),
        done=() if post is None else roles,
        login=NOT_STAFF,
        rest="barred",
    )


ROWS |= {
    "admin:index": staff_page(*ON_STAFF),
    "admin:login": Row(away=ON_STAFF),
    "admin:logout": Row(post={}, rest="away"),
    "admin:password_change": Row(away=ON_STAFF, login=NOT_STAFF),
    "admin:password_change_done": staff_page(*ON_STAFF),
    "admin:autocomplete": staff_page(),
    "admin:jsi18n": staff_page(*ON_STAFF),
    "admin:app_list": Row({"app_label": "portal"}, login=NOT_STAFF, rest="away"),
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
    #: Whether the record has a page of its own elsewhere, to which its address leads.
    leads_on: bool = False


RUNS = ("manager", "coordinator", "superuser")
MANAGES = ("manager", "superuser")
LEADS = ("manager", "coordinator", "chair", "superuser")
DECIDES = ("manager", "chair", "approver", "superuser")
READS_CALLS = (
    *("manager", "coordinator", "chair", "approver", "partner", "statistics", "compliance"),
    "superuser",
)
READS_APPLICATIONS = ("manager", "coordinator", "chair", "approver", "compliance", "superuser")
READS_EVENTS = (*RUNS, "compliance")
THERE = ("other_manager",)
ADMINISTRATOR = ("superuser",)

#: What UN organisations ask is the same for all programmes: readers, who adds, who gets the list.
OF_ADVISERS = (
    (*SUPPLIER_STAFF, *THERE),
    ("procurement", "superuser"),
    (*SUPPLIER_STAFF, *THERE),
)

#: By model: the pages that each admin has. ``other_manager`` gets lists and forms of their own.
ADMIN: dict[str, Register] = {
    "portal.programme": Register("programme", (*ROLES, "superuser"), ADMINISTRATOR),
    "portal.programmestaff": Register("held", RUNS, ADMINISTRATOR),
    "portal.staffinvitation": Register("staff_invitation", MANAGES, (*MANAGES, *THERE)),
    "portal.user": Register("reviewer", (*LEADS, "reviewer"), listers=(*LEADS, *THERE)),
    "portal.outboxmessage": Register("message", (*RUNS, "compliance")),
    "portal.auditentry": Register("entry", ("manager", "compliance", "approver", "superuser")),
    "portal.label": Register("label", RUNS, (*RUNS, *THERE)),
    "portal.organisation": Register("organisation", ON_STAFF, (*MANAGES, *THERE), listers=ON_STAFF),
    "portal.sector": Register("sector", ON_STAFF, ADMINISTRATOR, listers=ON_STAFF),
    "portal.emailchange": Register("email_change", ADMINISTRATOR, listers=ADMINISTRATOR),
    "portal.closing": Register("closing", ADMINISTRATOR, listers=ADMINISTRATOR),
    "portal.retention": Register("retention", ADMINISTRATOR, listers=ADMINISTRATOR),
    "portal.policytext": Register("policy", ADMINISTRATOR, ADMINISTRATOR, listers=ADMINISTRATOR),
    "events.event": Register("event", READS_EVENTS, (*RUNS, *THERE)),
    "events.registration": Register("registration", READS_EVENTS),
    "startups.startup": Register("startup", STARTUP_STAFF),
    "startups.demoday": Register("demo_day", READS_COHORTS, (*RUNS, *THERE)),
    "startups.cohort": Register("cohort", READS_COHORTS, (*RUNS, *THERE)),
    "startups.place": Register("place", READS_COHORTS),
    "startups.mentor": Register(
        "mentor_profile", (*COHORT_STAFF, "mentor"), listers=(*COHORT_STAFF, *THERE)
    ),
    "startups.mentoring": Register(
        "mentoring",
        (*COHORT_STAFF, "mentor"),
        (*RUNS, *THERE),
    ),
    "startups.goal": Register("goal", (*COHORT_STAFF, "mentor")),
    "startups.coachingsession": Register("session", (*COHORT_STAFF, "mentor"), leads_on=True),
    "challenges.call": Register("call", READS_CALLS, (*RUNS, *THERE)),
    "challenges.application": Register("application", READS_APPLICATIONS),
    "challenges.reviewassignment": Register(
        "assignment", (*LEADS, "reviewer"), listers=(*LEADS, "reviewer", *THERE), leads_on=True
    ),
    "challenges.decision": Register("decision", DECIDES, leads_on=True),
    "challenges.circular": Register("circular", RUNS, (*RUNS, *THERE)),
    "challenges.clarification": Register("clarification", RUNS),
    "challenges.extension": Register("extension", READS_APPLICATIONS),
    "challenges.moretimerequest": Register("time_request", READS_APPLICATIONS),
    "procurement.supplierfile": Register("supplier_file", SUPPLIER_STAFF, leads_on=True),
    "procurement.requirement": Register("requirement", *OF_ADVISERS),
    "procurement.coderevision": Register("revision", *OF_ADVISERS),
    "procurement.threshold": Register("threshold", *OF_ADVISERS),
    "procurement.supplierstatement": Register(
        "statement", ("manager", "coordinator", "procurement", "compliance", "superuser")
    ),
}

#: Those who may make two records of an organisation one.
MERGES = ("manager", "compliance", "superuser")
#: Those who lead reviews or decide; a ranking is for both.
RANKS = ("manager", "coordinator", "chair", "approver", "superuser")
CALL_KEY = {"pk": "call"}
CALL_ID = {"call_id": "call"}
RECORD = {"object_id": "application"}
ASSIGNMENT = {"object_id": "assignment"}
CIRCULAR = {"object_id": "circular"}


def admin_rows() -> dict[str, Row]:
    """The list, the form to add, the record, its history and its deletion, which nobody gets."""
    rows: dict[str, Row] = {}
    for label, register in ADMIN.items():
        name = f"admin:{label.replace('.', '_')}"
        one = {"object_id": register.record}
        rows |= {
            f"{name}_changelist": staff_page(
                *(register.listers or (*register.readers, "other_manager"))
            ),
            f"{name}_add": staff_page(*register.adders),
            f"{name}_change": Row(
                one,
                page=() if register.leads_on else register.readers,
                away=register.readers if register.leads_on else (),
                login=NOT_STAFF,
                rest="barred",
            ),
            f"{name}_history": staff_page(*register.readers, arguments=one),
            f"{name}_delete": staff_page(arguments=one),
        }
    return rows


# -- rows that stand in a module of their own, by subject ------------------------------------------

#: Each has ``ROWS``, pages of people, ``STAFF``, pages of the admin, or ``OWN``, those of accounts.
#: At the end of the file, since these modules take their words from this one.
for _found in pkgutil.iter_modules([str(Path(__file__).parent / "access_rows")]):
    _module = import_module(f"tests.access_rows.{_found.name}")
    CHALLENGES |= getattr(_module, "ROWS", {})
    ROWS |= getattr(_module, "ROWS", {}) | getattr(_module, "STAFF", {})
    ROWS |= getattr(_module, "OWN", {})
