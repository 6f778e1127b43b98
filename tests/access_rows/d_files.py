"""Files in pieces, pictures of their pages, and a refused file's day to be replaced."""

from __future__ import annotations

from tests.access_table import (
    APPLICATION,
    ASSIGNMENT,
    LEADS,
    READS_APPLICATIONS,
    RECORD,
    TEAM,
    WRITERS,
    Row,
    staff_page,
)

#: One's own alone: colleagues do not see what somebody else sends.
UPLOAD = {**APPLICATION, "upload_id": "upload"}
PAGE = {"document_id": "document", "number": "1"}

ROWS: dict[str, Row] = {
    "challenges:upload-begin": Row(APPLICATION, post={"purpose": "x"}, done=WRITERS),
    "challenges:upload-detail": Row(UPLOAD, page=("owner",)),
    "challenges:upload-finish": Row(UPLOAD, post={}, done=("owner",)),
    "challenges:upload-stop": Row(UPLOAD, post={}, done=("owner",)),
    "challenges:application-original": Row({**APPLICATION, "document_id": "document"}, page=TEAM),
    "challenges:application-page": Row({**APPLICATION, **PAGE}, page=TEAM),
    "challenges:file-replace": Row({**APPLICATION, "replacement_id": "replacement"}, page=TEAM),
}
STAFF: dict[str, Row] = {
    "admin:challenges_application_page": staff_page(
        *READS_APPLICATIONS, arguments={**RECORD, **PAGE}
    ),
    # Not the jury's chair: jurors read the cleaned copy.
    "admin:challenges_application_original": staff_page(
        *(one for one in READS_APPLICATIONS if one != "chair"),
        arguments={**RECORD, "document_id": "document"},
    ),
    "admin:challenges_reviewassignment_page": staff_page(
        *LEADS, "reviewer", arguments={**ASSIGNMENT, **PAGE}
    ),
}
