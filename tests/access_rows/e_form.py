"""Who gets the pages of a call's form: who runs the call, and to look who reads it."""

from __future__ import annotations

from tests.access_table import CALL_KEY, NOT_STAFF, READS_CALLS, RUNS, Row, staff_page
from tests.cast import EVERYBODY

QUESTION = {**CALL_KEY, "question_id": "question"}
SECTION = {"section": "Solution", "to": "down"}

ROWS: dict[str, Row] = {
    # In which language one reads is nobody's secret, and is kept with the browser.
    "challenges:call-read": Row(
        {"slug": "call.slug"}, post={"read": "ja"}, done=EVERYBODY, login=()
    ),
}
STAFF: dict[str, Row] = {
    "admin:challenges_call_form": staff_page(*RUNS, arguments=CALL_KEY),
    # Without a question in it there is nothing to move.
    "admin:challenges_call_form_move": staff_page(
        *RUNS, arguments=CALL_KEY, post={"up": "question"}
    ),
    "admin:challenges_call_form_section": staff_page(*RUNS, arguments=CALL_KEY, post=SECTION),
    "admin:challenges_call_question_add": staff_page(*RUNS, arguments=CALL_KEY),
    "admin:challenges_call_question": staff_page(*RUNS, arguments=QUESTION),
    "admin:challenges_call_question_wording": staff_page(*RUNS, arguments=QUESTION),
    "admin:challenges_call_question_remove": staff_page(*RUNS, arguments=QUESTION),
    "admin:challenges_call_question_duplicate": staff_page(*RUNS, arguments=QUESTION, post={}),
    "admin:challenges_call_question_put_back": staff_page(*RUNS, arguments=QUESTION, post={}),
    # No version is in preparation: whoever may prepare one is sent to the form.
    "admin:challenges_call_form_version": Row(CALL_KEY, away=RUNS, login=NOT_STAFF, rest="barred"),
    "admin:challenges_call_form_words": staff_page(*RUNS, arguments={**CALL_KEY, "language": "ja"}),
    # The cast's call is published, so partners and readers of statistics see what the public sees.
    "admin:challenges_call_form_look": staff_page(
        *READS_CALLS, arguments={**CALL_KEY, "section": "1"}
    ),
}
