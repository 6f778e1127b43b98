"""Who asks for more time, who sees that anybody did, and who gives it."""

from __future__ import annotations

from tests.access_table import APPLICATION, CALL_ID, WRITERS, Row, staff_page

#: Managers and approvers; nobody confirms what they granted themselves.
EXTENDS = ("manager", "approver", "superuser")
ASKED = {"object_id": "time_request"}

ROWS: dict[str, Row] = {"challenges:more-time": Row(APPLICATION, page=WRITERS)}
STAFF: dict[str, Row] = {
    "admin:challenges_extension_new": staff_page(*EXTENDS, arguments=CALL_ID),
    "admin:challenges_extension_admit": staff_page(*EXTENDS, arguments=CALL_ID),
    "admin:challenges_extension_step": staff_page(
        *EXTENDS, arguments={"object_id": "extension", "name": "end"}, post={"reason": "Why."}
    ),
    "admin:challenges_moretimerequest_grant": staff_page(
        *EXTENDS, arguments=ASKED, post={"until": "2030-01-01T12:00", "reason": "Why."}
    ),
    "admin:challenges_moretimerequest_refuse": staff_page(
        *EXTENDS, arguments=ASKED, post={"answer": "The jury has begun."}
    ),
}
