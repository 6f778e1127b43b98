"""Verbs of calls: preview links, copies of the team's own."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from challenges.models import CallPreview
from challenges.workflow.call import call_workflow
from portal import audit
from portal.actions import hash_of, new_token
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from challenges.models import Call
    from portal.models import User
    from portal.workflow import Step

PREVIEW_DAYS = 14


@transaction.atomic
def make_preview(*, call: Call, by: User, days: int = PREVIEW_DAYS) -> tuple[CallPreview, str]:
    """A link that shows the call without account until it expires; its secret is shown once."""
    if not by.has_perm("challenges.preview_call", call):
        raise StepRefused(_("You may not make a preview link."), permission=True)
    token, token_hash = new_token()
    preview = CallPreview.objects.create(
        call=call,
        token_hash=token_hash,
        made_by=by,
        expires_at=timezone.now() + timedelta(days=days),
    )
    audit.record(call, "make-preview", actor=by, facts={"until": preview.expires_at.isoformat()})
    return preview, token


@transaction.atomic
def withdraw_previews(*, call: Call, by: User) -> int:
    """Make every preview link of a call stop working; answers how many there were."""
    if not by.has_perm("challenges.preview_call", call):
        raise StepRefused(_("You may not withdraw preview links."), permission=True)
    count = call.previews.filter(withdrawn_at=None).update(withdrawn_at=timezone.now())
    if count:
        audit.record(call, "withdraw-previews", actor=by, facts={"count": count})
    return count


def previewed(*, slug: str, token: str) -> CallPreview | None:
    """The preview a link belongs to, while it is valid."""
    return (
        CallPreview.objects.select_related("call__programme")
        .filter(
            call__slug=slug,
            token_hash=hash_of(token),
            withdrawn_at=None,
            expires_at__gt=timezone.now(),
        )
        .first()
    )


def move_deadline(
    *, call: Call, closes_at: datetime, accepts_until: datetime | None, reason: str, by: User
) -> Step[Call]:
    """Move a published deadline; everybody with a draft or a submission is told at once.

    Without ``accepts_until`` the grace keeps its length.
    """
    grace = call.accepts_until - call.closes_at
    return call_workflow.perform(
        call,
        "move-deadline",
        actor=by,
        reason=reason,
        data={"closes_at": closes_at, "accepts_until": accepts_until or closes_at + grace},
    )
