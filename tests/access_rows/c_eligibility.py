"""Who gets the eligibility check, the alerts of calls, and what goes into the record."""

from __future__ import annotations

from tests.access_table import (
    APPLICATION,
    CALL_KEY,
    READS_APPLICATIONS,
    Row,
    public,
    signed_in,
    staff_page,
)

ROWS: dict[str, Row] = {
    # The cast's call has a rule, without which there would be nothing to check.
    "challenges:call-check": public(slug="call.slug"),
    "challenges:alert-create": public(slug="call.slug"),
    "challenges:alert-list": signed_in(),
    # One's own; the cast waits for nothing.
    "challenges:alert-end": Row({"pk": "call"}, post={}),
    # Whoever has the link; a bad one says that nothing is kept.
    "challenges:alert-answer": Row({"token": "x" * 43}, login=()),
    "challenges:record-change": Row(APPLICATION, post={"question": "x"}, done=("owner", "editor")),
}
STAFF: dict[str, Row] = {
    "admin:challenges_call_checks": staff_page(*READS_APPLICATIONS, arguments=CALL_KEY),
}
