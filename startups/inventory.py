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
declare(
    "startups.Cohort",
    _("Cohorts"),
    plain="id created_at state_changed_at programme kind name slug theme description mode starts_on"
    " ends_on places time_zone terms terms_version state published_at",
)
declare("startups.Group", _("Groups of a cohort"), plain="id created_at cohort name time_zone")
declare(
    "startups.Place",
    _("Places of organisations in a cohort"),
    plain="id created_at state_changed_at cohort startup group state answer_by answer_version"
    " answer_path offered_by terms_version answered_at answered_by reason public_text"
    " public_text_approved_at public_text_approved_by",
    mine={
        "answered_by": "cohort__name startup__legal_name state answered_at",
        "public_text_approved_by": "cohort__name startup__legal_name public_text_approved_at",
        "offered_by": "cohort__name startup__legal_name created_at",
    },
)
declare(
    "startups.Mentor",
    _("Your profile as a mentor"),
    plain="id created_at programme user sectors languages capacity conduct_version"
    " conduct_accepted_at",
    personal="organisation expertise call_link",
    mine={
        "user": "organisation expertise languages capacity call_link conduct_version"
        " conduct_accepted_at created_at"
    },
    cleared={"user": {"organisation": "", "expertise": "", "call_link": ""}},
)
declare("startups.Mentor_sectors", _("Sectors of mentors"), plain="id mentor sector")
declare(
    "startups.Mentoring",
    _("Organisations you coach"),
    plain="id created_at state_changed_at place mentor assigned_by state ended_at",
    mine={
        "assigned_by": "place__startup__legal_name created_at",
        "mentor__user": "place__startup__legal_name state created_at ended_at",
    },
)
declare(
    "startups.CoachingSession",
    _("Coaching sessions"),
    plain="id created_at state_changed_at place mentor state topic starts_at ends_at call_link"
    " plan_version planned_by minutes_contact minutes_preparation minutes_travel logged_at"
    " confirmed_at confirmed_by next_session",
    personal="discussed advice shared_note agenda",
    mine={
        "planned_by": "place__startup__legal_name starts_at created_at",
        "confirmed_by": "place__startup__legal_name starts_at confirmed_at",
        "mentor__user": "place__startup__legal_name state topic starts_at ends_at agenda discussed"
        " advice shared_note minutes_contact minutes_preparation minutes_travel logged_at",
    },
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "startups.PrivateNote",
    _("Your private notes on sessions"),
    plain="id created_at session author updated_at",
    personal="text",
    mine={"author": "session__place__startup__legal_name text created_at updated_at"},
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "startups.ActionItem",
    _("What was promised in coaching"),
    plain="id created_at state_changed_at place session mentor side due_on due_version state"
    " done_at done_by",
    personal="what",
    mine={
        "done_by": "place__startup__legal_name done_at",
        "mentor__user": "what side due_on state done_at",
    },
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "startups.Goal",
    _("Goals of organisations"),
    plain="id created_at state_changed_at place starts_on ends_on title measure baseline target"
    " state ends_version",
)
declare(
    "startups.GoalReview",
    _("What you said of goals"),
    plain="id created_at goal voice by value verdict",
    personal="text",
    mine={"by": "goal__title voice value text verdict created_at"},
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "startups.DemoDay",
    _("Demo Days"),
    plain="id created_at event cohort deck_due_at deck_version planned_version planned_deck_version"
    " planned_at decks_frozen_at opening_minutes",
)
declare(
    "startups.Pitch",
    _("Pitches"),
    plain="id created_at demo_day place order minutes question_minutes language deck frozen_deck"
    " late_until started_at ended_at",
    others="presenter",
    stays=TEAM_KEEPS,
    retention="submissions",
)
