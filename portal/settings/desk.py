"""The staff's work: how long a step back stays possible, and where answers by mail come in."""

from __future__ import annotations

from portal import env

#: Days in which staff can undo the merge of two records of an organisation.
MERGE_UNDO_DAYS = env.number("MERGE_UNDO_DAYS", 30)
#: The domain whose mail comes in through the provider's webhook (anymail); without one, answers to
#: private messages go to the programme's mailbox.
INBOUND_DOMAIN = env.text("INBOUND_DOMAIN").strip().lower()
#: Days after which the status of a registration, typed by hand, counts as not known any more.
STANDING_STALE_DAYS = env.number("STANDING_STALE_DAYS", 60)
