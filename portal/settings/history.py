"""The trail: what triggers keep field by field, and the seals over it."""

from __future__ import annotations

import pghistory

from portal import env

# Events name rows without indexes of their own: only the watched row itself is ever looked up by.
PGHISTORY_FOREIGN_KEY_FIELD = pghistory.ForeignKey(db_index=False)
# The instant of the statement, as in the trail; NOW() is the beginning of the transaction.
PGHISTORY_CREATED_AT_FUNCTION = "CLOCK_TIMESTAMP()"
# With a key of the portal's own, whoever has only the database cannot make seals.
AUDIT_SEAL_KEY = env.text("AUDIT_SEAL_KEY")
# How often the sweep seals what is new, in seconds.
AUDIT_SEAL_SECONDS = env.number("AUDIT_SEAL_SECONDS", 60, at_least=1)
