"""Who may do what with an event and the registrations to it."""

from __future__ import annotations

from typing import Any

import rules

from events.choices import EventState
from portal.choices import Role
from portal.rules import holds, is_administrator

#: Who reads an event's guests and its drafts, and who runs it.
EVENT_READERS = (Role.MANAGER, Role.COORDINATOR, Role.COMPLIANCE)
EVENT_RUNNERS = (Role.MANAGER, Role.COORDINATOR)


@rules.predicate
def is_public(user: Any, event: Any = None) -> bool:  # noqa: ARG001 -- a predicate's signature
    """Whether everybody may read it."""
    return event is not None and event.state != EventState.DRAFT


@rules.predicate
def is_guest(user: Any, registration: Any = None) -> bool:
    """Whether the registration is the person's own."""
    return registration is not None and registration.user_id == user.pk


reads = holds(*EVENT_READERS)
runs = holds(*EVENT_RUNNERS)

for name, predicate in {
    "events.view_event": is_administrator | reads,
    "events.add_event": is_administrator | runs,
    "events.change_event": is_administrator | runs,
    "events.publish_event": is_administrator | runs,
    "events.move_event": is_administrator | runs,
    "events.cancel_event": is_administrator | runs,
    "events.join_event": is_administrator | reads,
    "events.register_event": rules.is_authenticated & is_public,
    "events.view_registration": is_administrator | is_guest | reads,
    "events.answer_registration": is_administrator | runs,
    "events.export_registration": is_administrator | reads,
    "events.cancel_registration": is_guest,
}.items():
    rules.add_perm(name, predicate)
