"""What the tables of calls and applications hold about people, and what becomes of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.inventory import JURY_KEEPS, SENT_STAYS, TEAM_KEEPS, declare, declare_events

# -- calls: the programme's own words -------------------------------------------------------------

declare(
    "challenges.Call",
    _("Calls"),
    plain="id created_at state_changed_at programme kind title slug summary description languages"
    " places state published_at opens_at closes_at accepts_until time_zone deadline_version gives"
    " amount currency takes travel who_may_apply last_year usual_hours questions_until"
    " shortlist_on interviews results_on who_reads contact_name contact_email not_applicable terms"
    " terms_version reviewers_wanted review_due_on feeds form_version next_news_on news_version"
    " answers_within copied_from to_confirm",
)
declare_events(
    "challenges.CallEvent",
    _("How calls changed"),
    plain="programme kind title slug state opens_at closes_at accepts_until time_zone places amount"
    " currency terms_version reviewers_wanted review_due_on results_on",
)
declare(
    "challenges.CallPreview",
    _("Links to calls not yet published"),
    plain="id created_at call made_by expires_at withdrawn_at",
    sealed="token_hash",
)
declare(
    "challenges.Question",
    _("Questions of calls"),
    plain="id created_at call order section label help kind required limit options minimum maximum"
    " unit read_by limit_unit most file_kinds currencies blind shown_if shown_if_values fact"
    " lineage added_in removed_in replaces translations",
)
declare(
    "challenges.FormVersion",
    _("Changes of what calls ask"),
    plain="id created_at state_changed_at call number note ask_submitted state made_by"
    " published_at",
    mine={"made_by": "call__title number note created_at"},
)
declare(
    "challenges.EligibilityRule",
    _("Who may apply to calls"),
    plain="id created_at call order kind text values minimum maximum otherwise translations",
)
declare(
    "challenges.Statement",
    _("What you said of your organisation when you applied"),
    plain="id created_at application rule text answer said_by",
    mine={"said_by": "application__reference text answer created_at"},
)
declare(
    "challenges.EligibilityCheck",
    _("How often it was checked who may apply, without a name"),
    plain="id created_at call outcome not_met",
)
declare(
    "challenges.CallAlert",
    _("Calls you wanted to hear of"),
    plain="id created_at user call programme language time_zone confirmed_at told_at",
    personal="email",
    sealed="token_hash",
    mine={
        "user": "email programme__name created_at told_at",
        "@email": "email programme__name created_at told_at",
    },
    goes="user @email",
)
declare(
    "challenges.FaqEntry",
    _("Frequent questions about calls"),
    plain="id created_at call order question answer",
)
declare(
    "challenges.Clarification",
    _("Questions you asked about calls"),
    plain="id created_at state_changed_at call asked_by private state answered_by answered_at"
    " published_text published_at answer answered_with",
    personal="text",
    mine={
        "asked_by": "call__title text private created_at answer answered_at",
        "answered_by": "call__title answer answered_at",
    },
    stays=SENT_STAYS,
    retention="submissions",
)
declare(
    "challenges.Wording",
    _("Letters of calls that you worded"),
    plain="id created_at call notice language subject text signature written_by updated_at",
    mine={"written_by": "call__title notice language subject text updated_at"},
)
declare(
    "challenges.Extension",
    _("Extensions of deadlines that you gave or confirmed"),
    plain="id created_at state_changed_at call applications country until state granted_by"
    " confirm_by confirmed_by confirmed_at",
    personal="reason",
    mine={
        "granted_by": "call__title until reason created_at",
        "confirmed_by": "call__title until confirmed_at",
    },
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "challenges.Extension_applications",
    _("Applications that were given more time"),
    plain="id extension application",
)
declare(
    "challenges.MoreTimeRequest",
    _("Requests for more time"),
    plain="id created_at state_changed_at application asked_by facts state answered_by answered_at"
    " extension",
    personal="reason answer",
    mine={
        "asked_by": "application__reference reason created_at",
        "answered_by": "application__reference answer answered_at",
    },
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "challenges.RefusedAttempt",
    _("When saving or submitting was refused to you"),
    plain="id created_at application person kind count",
    personal="instants last_at",
    mine={"person": "application__reference kind count instants last_at"},
    goes="person",
)
declare(
    "challenges.Criterion",
    _("Criteria of calls"),
    plain="id created_at call order name description weight levels",
)
declare(
    "challenges.Circular",
    _("Letters you wrote to applicants"),
    plain="id created_at state_changed_at call audience state written_by sent_to",
    personal="subject text",
    mine={"written_by": "call__title subject text created_at"},
    stays=SENT_STAYS,
    retention="letters",
)

# -- applications ---------------------------------------------------------------------------------

declare(
    "challenges.Application",
    _("Applications you started"),
    plain="id created_at state_changed_at call startup reference state started_by edited_at"
    " completeness revision_count submitted_at deadline extended_until open_to_staff assigned_count"
    " review_count mean_score responsible labels place extension_version form_version",
    mine={"started_by": "reference call__title startup__legal_name created_at submitted_at"},
)
declare("challenges.Application_labels", _("Labels of applications"), plain="id application label")
declare_events(
    "challenges.ApplicationEvent",
    _("How applications changed"),
    plain="call startup state revision_count submitted_at deadline extended_until open_to_staff"
    " responsible",
)
declare(
    "challenges.Answer",
    _("Answers you wrote"),
    plain="id created_at application question document version edited_by edited_at came_from",
    personal="value",
    mine={"edited_by": "application__reference question__label value edited_at"},
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "challenges.Revision",
    _("Versions you submitted"),
    plain="id created_at application number terms_version fingerprint submitted_by submitted_at",
    others="answers startup_facts",
    mine={"submitted_by": "application__reference number fingerprint submitted_at"},
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "challenges.Collaborator",
    _("Applications you were asked to help with"),
    plain="id created_at application invited_by expires_at user",
    personal="email",
    sealed="token_hash",
    mine={
        "user": "application__reference email created_at",
        "@email": "application__reference email created_at",
        "invited_by": "application__reference created_at",
    },
    goes="user @email",
)
declare(
    "challenges.ConsortiumMember",
    _("Organisations that apply together"),
    plain="id created_at application name kind country registration_number",
)
declare(
    "challenges.Message",
    _("Messages you wrote about an application"),
    plain="id created_at application author from_staff by_mail files_left",
    personal="text",
    sealed="mail_hash",
    mine={"author": "application__reference text created_at by_mail"},
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "challenges.MessageReading",
    _("Which messages you have read"),
    plain="id created_at application user by_staff",
    personal="read_at",
    mine={"user": "application__reference read_at"},
    goes="user",
)
declare(
    "challenges.SavedFilter",
    _("Your own views of a list"),
    plain="id created_at owner programme",
    personal="name query",
    mine={"owner": "name query created_at"},
    goes="owner",
)
declare(
    "challenges.AnswerNote",
    _("Notes you wrote beside questions"),
    plain="id created_at application question author settled_at",
    personal="text",
    mine={"author": "application__reference question__label text created_at"},
    stays=TEAM_KEEPS,
    retention="submissions",
)
declare(
    "challenges.Replacement",
    _("Files of submitted versions that were replaced"),
    plain="id created_at state_changed_at application question revision refused document open_until"
    " state replaced_by",
    mine={"replaced_by": "application__reference state created_at"},
)
declare(
    "challenges.ApplicationNote",
    _("Notes you wrote for colleagues"),
    plain="id created_at application author",
    personal="text",
    mine={"author": "application__reference text created_at"},
    stays=JURY_KEEPS,
    retention="submissions",
)

# -- the jury -------------------------------------------------------------------------------------

declare(
    "challenges.ReviewAssignment",
    _("Applications you were asked to review"),
    plain="id created_at state_changed_at application reviewer state assigned_by due_on",
    mine={"reviewer": "application__reference state created_at due_on"},
)
declare_events(
    "challenges.ReviewAssignmentEvent",
    _("How review work went on"),
    plain="application reviewer state assigned_by due_on",
)
declare(
    "challenges.ConflictOfInterest",
    _("What you declared about conflicts of interest"),
    plain="id created_at application person",
    personal="has_conflict reason",
    mine={"person": "application__reference has_conflict reason created_at"},
    stays=JURY_KEEPS,
    retention="submissions",
)
declare_events(
    "challenges.ConflictOfInterestEvent",
    _("Earlier versions of what you declared"),
    plain="application person",
    personal="has_conflict reason",
    mine={"person": "has_conflict reason pgh_created_at"},
    stays=JURY_KEEPS,
    retention="submissions",
)
declare(
    "challenges.Review",
    _("Reviews you wrote"),
    plain="id created_at assignment version submitted_at",
    personal="comment feedback total",
    mine={
        "assignment__reviewer": "assignment__application__reference comment feedback total"
        " submitted_at"
    },
    stays=JURY_KEEPS,
    retention="submissions",
)
declare_events(
    "challenges.ReviewEvent",
    _("Earlier versions of your reviews"),
    plain="assignment submitted_at",
    personal="comment feedback total",
    mine={"assignment__reviewer": "comment feedback total pgh_created_at"},
    stays=JURY_KEEPS,
    retention="submissions",
)
declare(
    "challenges.Score",
    _("Scores you gave"),
    plain="id created_at review criterion",
    personal="value",
    mine={
        "review__assignment__reviewer": "review__assignment__application__reference"
        " criterion__name value"
    },
    stays=JURY_KEEPS,
    retention="submissions",
)
declare_events(
    "challenges.ScoreEvent",
    _("Earlier versions of your scores"),
    plain="review criterion",
    personal="value",
    mine={"review__assignment__reviewer": "criterion__name value pgh_created_at"},
    stays=JURY_KEEPS,
    retention="submissions",
)
declare(
    "challenges.Decision",
    _("Decisions you prepared"),
    plain="id created_at application outcome prepared_by sent_by sent_at",
    personal="reason",
    mine={
        "prepared_by": "application__reference outcome reason created_at",
        "sent_by": "application__reference outcome sent_at",
    },
    stays=JURY_KEEPS,
    retention="submissions",
)
declare_events(
    "challenges.DecisionEvent",
    _("Earlier versions of decisions you prepared"),
    plain="application outcome prepared_by sent_by sent_at",
    personal="reason",
    mine={"prepared_by": "outcome reason pgh_created_at"},
    stays=JURY_KEEPS,
    retention="submissions",
)
