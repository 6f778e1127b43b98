"""Who gets the pages of the staff's desk: steps, exports, files, lists of their own."""

from __future__ import annotations

from tests.access_table import (
    ADMINISTRATOR,
    ASSIGNMENT,
    CALL_ID,
    CALL_KEY,
    CIRCULAR,
    DECIDES,
    LEADS,
    MANAGES,
    MERGES,
    NOT_STAFF,
    RANKS,
    READS_APPLICATIONS,
    READS_COHORTS,
    READS_EVENTS,
    RECORD,
    RUNS,
    THERE,
    Row,
    staff_page,
)

STAFF: dict[str, Row] = {
    "admin:events_event_move": staff_page(*RUNS, arguments={"pk": "event"}),
    "admin:events_event_export": staff_page(*READS_EVENTS, arguments={"pk": "event"}),
    "admin:events_event_step": staff_page(
        *RUNS, arguments={"object_id": "event", "name": "cancel"}, post={"reason": "Why."}
    ),
    "admin:events_registration_decline": staff_page(*RUNS, arguments={"pk": "registration"}),
    "admin:events_registration_step": staff_page(
        *RUNS, arguments={"object_id": "registration", "name": "approve"}, post={}
    ),
    "admin:startups_mentoring_step": staff_page(
        *RUNS,
        arguments={"object_id": "mentoring", "name": "end"},
        post={"reason": "Why."},
    ),
    "admin:challenges_call_move_deadline": staff_page(*RUNS, arguments=CALL_KEY),
    "admin:challenges_call_practice": staff_page(*RUNS, arguments=CALL_KEY),
    "admin:challenges_call_copy": staff_page(*RUNS, arguments=CALL_KEY),
    "admin:challenges_call_timetable": staff_page(*RUNS, arguments=CALL_KEY),
    "admin:challenges_call_preview": staff_page(*RUNS, arguments=CALL_KEY, post={}),
    "admin:challenges_call_step": staff_page(
        *MANAGES, arguments={"object_id": "call", "name": "cancel"}, post={"reason": "Why."}
    ),
    "admin:challenges_application_step": staff_page(
        *LEADS, arguments={"object_id": "application", "name": "start-review"}, post={}
    ),
    "admin:challenges_application_rankings": staff_page(*RANKS, *THERE),
    "admin:challenges_application_ranking": staff_page(*RANKS, arguments=CALL_ID),
    "admin:challenges_application_offers": staff_page(arguments=CALL_ID),
    "admin:challenges_application_results": staff_page(*DECIDES, arguments=CALL_ID),
    "admin:challenges_application_export": staff_page(
        *RUNS, "compliance", arguments={**CALL_ID, "kind": "csv"}
    ),
    "admin:challenges_application_note": staff_page(
        *RANKS, arguments=RECORD, post={"text": "Strong."}
    ),
    "admin:challenges_application_message": staff_page(
        *RUNS, arguments=RECORD, post={"text": "Hello."}
    ),
    "admin:challenges_application_message_aside": staff_page(*RUNS, arguments=RECORD, post={}),
    "admin:challenges_application_as_applicant": staff_page(*READS_APPLICATIONS, arguments=RECORD),
    "admin:challenges_application_versions": staff_page(*READS_APPLICATIONS, arguments=RECORD),
    "admin:challenges_application_pdf": staff_page(
        *READS_APPLICATIONS, arguments={**RECORD, "number": "1"}
    ),
    "admin:challenges_application_filter_save": staff_page(
        *READS_APPLICATIONS, *THERE, post={"name": "Mine", "query": "state=draft"}
    ),
    "admin:challenges_application_filter_delete": staff_page(
        "manager", arguments={"filter_id": "filter"}, post={}
    ),
    "admin:challenges_application_handle": staff_page(*RUNS, arguments=RECORD, post={}),
    "admin:challenges_application_file": staff_page(
        *READS_APPLICATIONS, arguments={**RECORD, "document_id": "document"}
    ),
    "admin:challenges_reviewassignment_review": staff_page(
        *LEADS, "reviewer", arguments=ASSIGNMENT
    ),
    "admin:challenges_reviewassignment_file": staff_page(
        *LEADS, "reviewer", arguments={**ASSIGNMENT, "document_id": "document"}
    ),
    "admin:challenges_reviewassignment_step": staff_page(
        *LEADS, arguments={**ASSIGNMENT, "name": "cancel"}, post={"reason": "Why."}
    ),
    "admin:challenges_circular_preview": staff_page(*RUNS, arguments=CIRCULAR),
    "admin:challenges_circular_test": staff_page(*RUNS, arguments=CIRCULAR, post={}),
    "admin:challenges_circular_step": staff_page(
        *RUNS, arguments={**CIRCULAR, "name": "send"}, post={}
    ),
    "admin:portal_emailchange_act": staff_page(
        *ADMINISTRATOR, arguments={"object_id": "email_change"}, post={"reason": "Why."}
    ),
    "admin:portal_closing_act": staff_page(
        *ADMINISTRATOR, arguments={"object_id": "closing"}, post={"reason": "Why."}
    ),
    "admin:portal_auditentry_export": staff_page("compliance", "superuser"),
    "admin:portal_outboxmessage_resend": staff_page(
        *RUNS, arguments={"object_id": "message"}, post={}
    ),
    "admin:startups_demoday_order": staff_page(*RUNS, arguments={"pk": "demo_day"}),
    "admin:startups_demoday_move_decks": staff_page(*RUNS, arguments={"pk": "demo_day"}),
    "admin:startups_demoday_late": staff_page(
        *RUNS, arguments={"pk": "demo_day", "pitch": "pitch"}
    ),
    "admin:startups_cohort_invite": staff_page(*RUNS, arguments={"pk": "cohort"}),
    "admin:startups_cohort_boards": Row(
        away=(*READS_COHORTS, *THERE), login=NOT_STAFF, rest="barred"
    ),
    "admin:startups_cohort_board": staff_page(*READS_COHORTS, arguments={"pk": "cohort"}),
    "admin:startups_cohort_board_export": staff_page(
        *READS_COHORTS, arguments={"pk": "cohort", "table": "startups", "kind": "csv"}
    ),
    "admin:startups_cohort_step": staff_page(
        *RUNS, arguments={"object_id": "cohort", "name": "publish"}, post={}
    ),
    "admin:startups_place_move_answer_date": staff_page(*RUNS, arguments={"pk": "place"}),
    "admin:startups_place_step": staff_page(
        *RUNS, arguments={"object_id": "place", "name": "complete"}, post={}
    ),
    "admin:startups_goal_judge": staff_page(*RUNS, arguments={"pk": "goal"}),
    "admin:startups_goal_step": staff_page(
        *RUNS, arguments={"object_id": "goal", "name": "meet"}, post={}
    ),
    "admin:startups_startup_hand_over": staff_page(*MANAGES, arguments={"object_id": "startup"}),
    "admin:startups_startup_duplicates": staff_page(*MERGES, *THERE),
    "admin:startups_startup_merge_choose": staff_page(*MERGES, arguments={"object_id": "startup"}),
    "admin:startups_startup_merge": staff_page(
        *MERGES, arguments={"object_id": "startup", "gone_id": "twin"}
    ),
    "admin:startups_startup_merge_undo": staff_page(
        *MERGES, arguments={"merge_id": "merge"}, post={"reason": "Why."}
    ),
}
