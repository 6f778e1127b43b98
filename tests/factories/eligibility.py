"""Rules of calls, alerts and checks for tests."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from challenges.actions.alert import secret_of
from challenges.choices import RuleKind
from challenges.models import CallAlert, EligibilityRule
from portal.actions import hash_of

if TYPE_CHECKING:
    from challenges.models import Call

_number = count(1)


def make_rule(call: Call, kind: RuleKind = RuleKind.COUNTRY, **fields: Any) -> EligibilityRule:
    """A rule: registered in Kenya or Japan, unless told otherwise."""
    number = next(_number)
    fields = {"order": number, "text": f"Rule {number} of the call."} | fields
    if kind == RuleKind.COUNTRY:
        fields.setdefault("values", ["KE", "JP"])
    return EligibilityRule.objects.create(call=call, kind=kind, **fields)


def make_alert(call: Call | None = None, *, confirmed: bool = True, **fields: Any) -> CallAlert:
    """A wish to hear of a call, by default an upcoming one of a stranger, confirmed."""
    assert call is not None or "programme" in fields
    fields = {
        "email": f"waits-{next(_number)}@example.org",
        "call": call,
        "language": "en",
        "time_zone": "Europe/Stockholm",
        "confirmed_at": timezone.now() if confirmed else None,
    } | fields
    fields.setdefault("programme", call.programme if call else None)
    alert = CallAlert(**fields)
    alert.token_hash = hash_of(secret_of(alert))
    alert.save(force_insert=True)
    return alert
