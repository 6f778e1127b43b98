"""Questions about calls for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from challenges.choices import ClarificationState
from challenges.models import Clarification
from tests.factories.challenges import make_call
from tests.factories.portal import make_user

if TYPE_CHECKING:
    from challenges.models import Call


def make_question(call: Call | None = None, **fields: Any) -> Clarification:
    """A question that waits; ``answered="…"`` is answered for everybody, or for the asker."""
    answered = fields.pop("answered", "")
    fields = {"text": "Do teams from two countries count as one?", "private": False} | fields
    fields.setdefault("asked_by", fields.pop("by", None) or make_user())
    if answered:
        now = timezone.now()
        fields = {
            "state": ClarificationState.ANSWERED,
            "answer": answered,
            "answered_at": now,
        } | fields
        if not fields["private"]:
            fields = {"published_text": fields["text"], "published_at": now} | fields
    return Clarification.objects.create(call=call or make_call(), **fields)
