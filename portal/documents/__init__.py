"""Private files: taken in at once, checked in a bounded process, served to whoever may.

The owning app has the address and asks its own record first; `serve` is the single way out.
"""

from portal.documents.checking import check_due, check_in_turn, hand_on
from portal.documents.copying import copy_in
from portal.documents.intake import (
    ACCEPTED,
    clean_name,
    kinds_accepted,
    take_in,
    validate_upload,
)
from portal.documents.pieces import tidy
from portal.documents.serving import NotServed, serve, serve_original, serve_page

__all__ = [
    "ACCEPTED",
    "NotServed",
    "check_due",
    "check_in_turn",
    "clean_name",
    "copy_in",
    "hand_on",
    "kinds_accepted",
    "serve",
    "serve_original",
    "serve_page",
    "take_in",
    "tidy",
    "validate_upload",
]
