"""Asking somebody to help with one application, and what comes of it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from challenges.models import Collaborator
from challenges.notices.application import HelperInvited
from portal import audit, outbox
from portal.actions import hash_of, new_token
from portal.workflow import Step, StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

    from challenges.models import Application
    from portal.models import User

HELPER_DAYS = 14


@transaction.atomic
def invite_helper(*, application: Application, email: str, by: User) -> Collaborator:
    """Ask somebody to help with this application and nothing else of the startup."""
    if not by.has_perm("challenges.invite_helper", application):
        raise StepRefused(_("You may not invite anybody to this application."), permission=True)
    email = email.strip().lower()
    if email == by.email.lower():
        raise StepRefused(_("This is your own address. You work on this application already."))
    if application.startup.memberships.filter(user__email__iexact=email).exists():
        raise StepRefused(
            _("This person belongs to %(startup)s and sees this application already.")
            % {"startup": application.startup.name}
        )
    token, token_hash = new_token()
    helper, created = Collaborator.objects.get_or_create(
        application=application,
        email=email,
        defaults={
            "token_hash": token_hash,
            "invited_by": by,
            "expires_at": timezone.now() + timedelta(days=HELPER_DAYS),
        },
    )
    if not created:
        if helper.user_id is not None:
            raise StepRefused(_("This person helps already."))
        helper.token_hash = token_hash
        helper.expires_at = timezone.now() + timedelta(days=HELPER_DAYS)
        helper.save(update_fields=["token_hash", "expires_at"])
    audit.record(application, "invite-helper", actor=by)
    data = {"token": token, "expires_at": helper.expires_at}
    step = Step(record=application, actor=by, at=timezone.now(), data=data)
    notice = HelperInvited()
    outbox.post(
        notice.compose(step, reader=None),
        to=email,
        dedup_key=f"{notice.name}:{helper.pk}:{token_hash[:12]}",
        lane=notice.lane,
        notice=notice.name,
        programme=application.call.programme,
        subject=application,
    )
    return helper


def asked_to_help(*, token: str) -> Collaborator | None:
    """The invitation behind a link while it is valid, with what it is about."""
    return (
        Collaborator.objects.select_related(
            "application__call__programme", "application__startup", "invited_by"
        )
        .filter(token_hash=hash_of(token), expires_at__gt=timezone.now())
        .first()
    )


def used_or_expired() -> StrOrPromise:
    """The sentence for a link that leads nowhere any more."""
    return _("This invitation was used already or has expired. Ask for a new one.")


@transaction.atomic
def accept_help(*, token: str, by: User) -> Application:
    """Begin to help, with whatever address one signs in; the link works for one person.

    Raises:
        StepRefused: the link was used, has expired, or the person belongs to the team already.
    """
    helper = _locked(token, by)
    if helper.user_id is None:
        if helper.application.startup.has_member(by):
            raise StepRefused(
                _("You belong to %(startup)s and see this application already.")
                % {"startup": helper.application.startup.name}
            )
        helper.user = by
        helper.save(update_fields=["user"])
        audit.record(helper.application, "begin-to-help", actor=by)
    return helper.application


@transaction.atomic
def decline_help(*, token: str, by: User) -> None:
    """Say no, thank you: the invitation is gone, and the team sees that it was declined.

    Raises:
        StepRefused: the link was used or has expired.
    """
    helper = _locked(token, by)
    if helper.user_id is not None:
        raise StepRefused(used_or_expired())
    helper.delete()
    audit.record(helper.application, "decline-help", actor=by)


def _locked(token: str, by: User) -> Collaborator:
    helper = (
        Collaborator.objects.select_for_update(of=("self",))
        .select_related("application__call", "application__startup")
        .filter(token_hash=hash_of(token), expires_at__gt=timezone.now())
        .first()
    )
    if helper is None or (helper.user_id is not None and helper.user_id != by.pk):
        raise StepRefused(used_or_expired())
    return helper


@transaction.atomic
def end_help(*, application: Application, helper_id: UUID, by: User) -> None:
    """Stop somebody's help: from the next request on they see nothing."""
    if not by.has_perm("challenges.invite_helper", application):
        raise StepRefused(_("You may not change who helps."), permission=True)
    removed, _rows = application.collaborators.filter(pk=helper_id).delete()
    if removed:
        audit.record(application, "end-help", actor=by)
