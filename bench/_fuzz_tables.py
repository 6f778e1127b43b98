"""Who may write what, by table and role, for `bench/fuzz.py`.

Written down once more on purpose: nothing here knows of `rules.py` or of views, so that a mistake
there is seen.
"""

from __future__ import annotations

#: Of the machine, not of people: sessions, counters, what was answered, a cache.
MACHINE = {
    *("django_session", "portal_cache", "portal_tries", "portal_answeredrequest"),
    *("portal_heartbeat", "portal_dispatch", "pghistory_context", "django_migrations"),
    "challenges_eligibilitycheck",
}
#: Written with a change and never changed again: by nobody, the administrator included.
TRAIL = {
    *(
        "portal_auditentry",
        "portal_auditseal",
        "challenges_revision",
        "challenges_applicationevent",
    ),
    *("challenges_callevent", "challenges_conflictofinterestevent", "challenges_decisionevent"),
    *("challenges_reviewassignmentevent", "challenges_reviewevent", "challenges_scoreevent"),
    *("portal_programmestaffevent", "portal_userevent", "startups_membershipevent"),
    *("startups_startupevent", "django_admin_log"),
}
#: Follow from a change that is judged itself: who is told, what is planned.
CONSEQUENCES = {
    *("portal_inboxnotice", "portal_outboxmessage", "portal_reminder"),
    # Drawn by the check of a file.
    "portal_documentpage",
    # An address that anybody typed, until its own letter confirms it.
    "challenges_callalert",
}
#: One's own account.
PERSONAL = {
    *("portal_user", "account_emailaddress", "account_emailconfirmation", "mfa_authenticator"),
    *("usersessions_usersession", "portal_knowndevice", "portal_notificationpreference"),
    *("portal_emailchange", "portal_closing", "portal_inboxnotice", "socialaccount_socialaccount"),
    *("portal_calendarfeed", "startups_mentor", "startups_mentor_sectors"),
    "challenges_callalert",
}
#: What somebody with an account may bring about with others' things: ask, answer, found.
ANYBODY = {"startups_joinrequest", "events_registration", "challenges_clarification"}
WRITES = {
    *("challenges_application", "challenges_answer", "challenges_consortiummember"),
    "challenges_answernote",
    *("portal_document", "challenges_message", "challenges_messagereading"),
    *("portal_upload", "challenges_replacement"),
    # A team asks for more time, and what was refused to it is noted.
    *("challenges_moretimerequest", "challenges_refusedattempt"),
    "challenges_statement",
}
APPLIES = {
    *WRITES,
    *("startups_acquaintance", "challenges_collaborator"),
    *("startups_startup", "startups_founder", "startups_contact"),
    *("procurement_supplierstatement",),
}
#: What whoever writes for a startup does in its cohort, and for its supplier file.
TAKES_PART = {
    *("startups_place", "startups_coachingsession", "startups_actionitem", "startups_goal"),
    *("startups_goalreview", "startups_pitch", "portal_reminder"),
    *("procurement_supplierfile", "procurement_evidence", "procurement_referee"),
    "procurement_standing",
}
OWNS = {*APPLIES, *TAKES_PART, "startups_membership", "startups_invitation", "startups_joinrequest"}
#: What a mentor does for a startup that they coach, and for no other.
COACHES = {
    *("startups_coachingsession", "startups_privatenote", "startups_actionitem"),
    *("startups_goalreview", "portal_reminder"),
}
#: What the programme's staff do in its cohorts and for its events.
RUNS_COHORTS = {
    *("startups_cohort", "startups_group", "startups_place", "startups_mentoring"),
    *("startups_coachingsession", "startups_actionitem", "startups_goal", "startups_goalreview"),
    *("startups_demoday", "startups_pitch", "events_event", "events_registration"),
    *("portal_reminder", "portal_document"),
}
#: What the procurement adviser judges, and the rules of the UN that they keep.
ADVISES = {
    *("procurement_evidence", "procurement_standing", "procurement_supplierfile"),
    *("procurement_requirement", "procurement_coderevision", "procurement_threshold"),
}
#: Rows that belong to no programme, and what may be done to them by whom the table is open to.
OF_NO_PROGRAMME = {
    "portal_organisation": {"INSERT"},
    "procurement_requirement": {"INSERT", "UPDATE"},
    "procurement_threshold": {"INSERT", "UPDATE"},
    "procurement_coderevision": {"INSERT"},
}
REVIEWS = {
    *("challenges_reviewassignment", "challenges_review", "challenges_score"),
    "challenges_conflictofinterest",
}
LEADS = {*REVIEWS, "challenges_application", "challenges_applicationnote", "challenges_savedfilter"}
DECIDES = {"challenges_decision", "challenges_application"}
RUNS = {
    *LEADS,
    *RUNS_COHORTS,
    *("challenges_call", "challenges_question", "challenges_criterion", "challenges_callpreview"),
    "challenges_eligibilityrule",
    # Questions are answered, and letters of a call worded.
    *("challenges_clarification", "challenges_faqentry", "challenges_wording"),
    # A new version of a form carries answers on; a slip in an option is mended in them.
    *("challenges_formversion", "challenges_answer", "challenges_answernote"),
    *("challenges_circular", "challenges_message", "challenges_messagereading", "portal_label"),
    *("challenges_application_labels", "portal_outboxmessage"),
}
MANAGES = {
    *RUNS,
    *DECIDES,
    *("portal_programme", "portal_programmestaff", "portal_staffinvitation", "portal_organisation"),
    *("portal_location", "portal_partnership", "portal_reportedfigure"),
    *("startups_membership", "startups_merge"),
}
#: Making two records one moves nearly all that hangs on them.
MERGES = {
    *OWNS,
    "startups_merge",
    "portal_auditentry",
    "portal_inboxnotice",
    "portal_outboxmessage",
}
#: What taking an application back does to its reviews: they end, and nothing else of them changes.
ENDS_WITH_IT = ("challenges_reviewassignment", {"state", "updated_at"})
#: What ends or falls away with a person: nobody moves a reminder, a closed account coaches no more.
GOES_WITH_ONESELF = {
    "portal_reminder": {"state"},
    "startups_mentoring": {"state", "ended_at", "state_changed_at"},
    "startups_coachingsession": {"state", "plan_version", "state_changed_at"},
}
#: What each may change in the startup that is theirs.
IN_STARTUP: dict[str, set[str]] = {
    "owner": OWNS,
    "teammate": OWNS,
    "editor": APPLIES | TAKES_PART,
    "helper": WRITES,
    "viewer": {"challenges_messagereading"},
}
#: More time is given by managers and approvers; the drafts it is about have another deadline.
EXTENDS = {
    *("challenges_extension", "challenges_extension_applications", "challenges_moretimerequest"),
    *("challenges_application", "portal_reminder"),
}
#: What each may change in the programme that is theirs.
IN_PROGRAMME: dict[str, set[str]] = {
    "manager": MANAGES | MERGES | EXTENDS,
    "other_manager": MANAGES | MERGES | EXTENDS,
    "coordinator": RUNS,
    "chair": LEADS | DECIDES,
    "approver": {*DECIDES, *EXTENDS, "challenges_applicationnote", "challenges_savedfilter"},
    "compliance": {*MERGES, "challenges_savedfilter"},
    "reviewer": set(),
    "mentor": set(),
    "partner": set(),
    "statistics": set(),
    "procurement": ADVISES,
}
#: Whose a row is: the columns that name a person as its subject, never those that name an actor.
PEOPLE = (
    *("user_id", "recipient_id", "reviewer_id", "owner_id", "person_id", "uploaded_by_id"),
    "asked_by_id",
)
#: The columns that lead on, and to which table.
LEADS_TO = {
    "application_id": "challenges_application",
    "call_id": "challenges_call",
    "rule_id": "challenges_eligibilityrule",
    "startup_id": "startups_startup",
    "programme_id": "portal_programme",
    "assignment_id": "challenges_reviewassignment",
    "review_id": "challenges_review",
    "question_id": "challenges_question",
    "criterion_id": "challenges_criterion",
    "kept_id": "startups_startup",
    "gone_id": "startups_startup",
    "place_id": "startups_place",
    "cohort_id": "startups_cohort",
    "group_id": "startups_group",
    "mentor_id": "startups_mentor",
    "session_id": "startups_coachingsession",
    "goal_id": "startups_goal",
    "demo_day_id": "startups_demoday",
    "event_id": "events_event",
    "file_id": "procurement_supplierfile",
    "evidence_id": "procurement_evidence",
}
#: Records through which a row belongs to a person as well.
LEADS_TO_PEOPLE = {"challenges_reviewassignment", "challenges_review", "startups_mentor"}
