"""What the tables of startups hold about people, and what becomes of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.inventory import PSEUDONYM, TEAM_KEEPS, declare, declare_events

FACTS = (
    "kind legal_name trading_name country city registration_number registration_scheme founded_on"
    " website size_band women_owned disability_inclusive sector funding_stage product_stage summary"
    " editors_may_submit"
)

declare(
    "startups.Startup",
    _("Organisations"),
    plain=f"id created_at {FACTS} version updated_at merged_into",
)
declare_events("startups.StartupEvent", _("How an organisation's facts changed"), plain=FACTS)
declare(
    "startups.Founder",
    _("Founders, as their organisation names them"),
    plain="id created_at startup order",
    others="name role gender full_time",
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "startups.Contact",
    _("Whom to call at an organisation, as it says"),
    plain="id created_at startup order",
    others="name email telephone",
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "startups.Membership",
    _("Organisations you belong to"),
    plain="id created_at startup user role",
    mine={"user": "startup__legal_name role created_at"},
)
declare_events(
    "startups.MembershipEvent", _("When people joined and left"), plain="startup user role"
)
declare(
    "startups.Invitation",
    _("Invitations to an organisation"),
    plain="id created_at state_changed_at startup role invited_by expires_at accepted_by state",
    personal="email",
    sealed="token_hash",
    mine={
        "@email": "email startup__legal_name role state created_at",
        "invited_by": "startup__legal_name role state created_at",
        "accepted_by": "startup__legal_name role state created_at",
    },
    cleared={"@email": {"email": PSEUDONYM}},
)
declare(
    "startups.JoinRequest",
    _("Requests to join an organisation"),
    plain="id created_at state_changed_at startup user state",
    personal="name_asked message",
    mine={"user": "name_asked message state created_at"},
    goes="user",
)
declare(
    "startups.Acquaintance",
    _("Which programme has met which organisation"),
    plain="id created_at startup programme",
)
declare(
    "startups.Merge",
    _("Two records of one organisation made one"),
    plain="id created_at kept gone by version entry undo_until undone_at undone_by",
    personal="reason",
    others="moved removed before",
    mine={"by": "created_at reason"},
    stays=TEAM_KEEPS,
    retention="submissions",
)
