"""A form carried out once, however often it is sent: a second click gets the first answer."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils.translation import gettext as _

from portal.models import AnsweredRequest
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User


def fingerprint_of(content: Any) -> str:
    """What a request asks for, as a hash: the same key with another request is no second click."""
    canonical = json.dumps(content, sort_keys=True, default=str, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()


def first_time(*, user: User, key: UUID, content: Any) -> AnsweredRequest | None:
    """Claim the key for this transaction; the earlier row if the form was carried out before.

    The claim waits on the unique index for a twin that is under way, and disappears with the
    transaction if that fails, so no crash leaves a key locked.

    Raises:
        StepRefused: the key belongs to a request for something else.
        RuntimeError: outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("A key is claimed in the transaction of the change it stands for.")
    fingerprint = fingerprint_of(content)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO portal_answeredrequest (user_id, key, fingerprint, answer)"
            " VALUES (%s, %s, %s, '') ON CONFLICT (user_id, key) DO NOTHING RETURNING id",
            [user.pk, key, fingerprint],
        )
        if cursor.fetchone() is not None:
            return None
    earlier = AnsweredRequest.objects.get(user=user, key=key)
    if earlier.fingerprint != fingerprint:
        raise StepRefused(_("This form was used for something else. Open the page again."))
    return earlier
