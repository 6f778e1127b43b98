"""Who asks and answers questions about a call, moves the day of its news, words its letters."""

from __future__ import annotations

from tests.access_table import CALL_KEY, NOT_STAFF, RUNS, Row, public, signed_in, staff_page

QUESTION = {"pk": "clarification"}
LETTER = {**CALL_KEY, "notice": "application_received", "language": "en-gb"}

ROWS: dict[str, Row] = {
    "challenges:clarification-list": public(slug="call.slug"),
    "challenges:clarification-create": signed_in(slug="call.slug"),
}
STAFF: dict[str, Row] = {
    "admin:challenges_clarification_answer": staff_page(*RUNS, arguments=QUESTION),
    # The cast's question waits: there is nothing to correct yet.
    "admin:challenges_clarification_correct": Row(
        QUESTION, away=RUNS, login=NOT_STAFF, rest="barred"
    ),
    "admin:challenges_clarification_step": staff_page(
        *RUNS,
        arguments={"object_id": "clarification", "name": "set-aside"},
        post={"reason": "Why."},
    ),
    "admin:challenges_call_move_news": staff_page(*RUNS, arguments=CALL_KEY),
    "admin:challenges_call_letters": staff_page(*RUNS, arguments=CALL_KEY),
    "admin:challenges_call_letter": staff_page(*RUNS, arguments=LETTER),
    "admin:challenges_call_letter_supplied": staff_page(*RUNS, arguments=LETTER, post={}),
}
