"""Who reads the plan of a call's reminders, and a letter of it."""

from __future__ import annotations

from tests.access_table import CALL_KEY, RUNS, Row, staff_page

STAFF: dict[str, Row] = {
    "admin:challenges_call_reminders": staff_page(*RUNS, arguments=CALL_KEY),
    "admin:challenges_call_reminder": staff_page(
        *RUNS, arguments={**CALL_KEY, "reminder_id": "reminder"}
    ),
}
