"""What the tests here do again and again."""

from __future__ import annotations

from typing import Any

from portal.models import AuditEntry

PEOPLE: dict[str, Any] = {
    "founders": [{"name": "Sukarno", "role": "CEO", "gender": "", "full_time": True}],
    "contacts": [{"name": "Aoi", "email": "", "telephone": "+81 78 000 0001"}],
}


def verbs(startup):
    return list(
        AuditEntry.objects.filter(startup_id=startup.pk)
        .order_by("id")
        .values_list("verb", flat=True)
    )
