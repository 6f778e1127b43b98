"""What the tables of events hold about people, and what becomes of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.inventory import declare

declare(
    "events.Event",
    _("Events"),
    plain="id created_at state_changed_at programme kind title slug summary description starts_at"
    " ends_at time_zone version mode place join_link languages capacity needs_approval"
    " registration_until state published_at",
)
declare(
    "events.Registration",
    _("Events you registered for"),
    plain="id created_at state_changed_at event user kind state answered_by",
    personal="organisation interest",
    mine={
        "answered_by": "event__title state created_at",
        "user": "event__title kind organisation interest state created_at",
    },
    cleared={"user": {"organisation": "", "interest": ""}},
)
