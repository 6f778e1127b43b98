"""The life of an invitation and of a request to join, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from portal.workflow import Step, StepRefused, Transition, Workflow
from startups.choices import InvitationState, JoinRequestState, MemberRole
from startups.models import Invitation, JoinRequest, Membership
from startups.notices import JoinAnswered, MemberJoined

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

#: The startup's row first: joining, leaving and changing roles take turns.
STARTUP_FIRST = (("startup", "NO KEY UPDATE"),)


def while_it_lasts(step: Step[Invitation]) -> StrOrPromise | None:
    """An invitation ends by the database's clock."""
    if step.at < step.record.expires_at:
        return None
    return _("The invitation has expired. Ask for a new one.")


def while_the_record_stands(step: Step[Any]) -> StrOrPromise | None:
    """Nobody joins a record that was merged into another."""
    if step.record.startup.merged_into_id is None:
        return None
    return _("This record was merged into another. Ask for an invitation to that one.")


def with_the_link_or_the_address(step: Step[Invitation]) -> StrOrPromise | None:
    """Whoever holds the mailed link, or has proved to own the address it was sent to."""
    if step.data.get("token_hash") == step.record.token_hash:
        return None
    mine = Invitation.objects.addressed_to(step.actor) if step.actor else Invitation.objects.none()
    if mine.filter(pk=step.record.pk).exists():
        return None
    return _("This invitation was sent to another address. Open the link in the letter.")


def when_not_a_member(step: Step[Invitation]) -> StrOrPromise | None:
    """Nobody belongs twice."""
    startup = step.record.startup
    if step.actor is None or not startup.has_member(step.actor):
        return None
    return _("You belong to this organisation already.")


def when_asker_is_not_a_member(step: Step[JoinRequest]) -> StrOrPromise | None:
    """They may have accepted an invitation meanwhile."""
    if not step.record.startup.has_member(step.record.user):
        return None
    return _("This person belongs to the organisation already. Decline the request.")


def become_member(step: Step[Invitation]) -> None:
    """Whoever accepts belongs, in the role that was offered."""
    assert step.actor is not None
    Membership.objects.create(startup=step.record.startup, user=step.actor, role=step.record.role)
    step.record.accepted_by = step.actor
    step.record.save(update_fields=["accepted_by"])
    step.facts.update(member=str(step.actor.pk), role=step.record.role)


def admit(step: Step[JoinRequest]) -> None:
    """The person belongs, in the role the owner chose."""
    role = step.data.get("role", "")
    if role not in MemberRole.values:
        raise StepRefused(_("Choose what the person may do."))
    Membership.objects.create(startup=step.record.startup, user=step.record.user, role=role)
    step.facts.update(member=str(step.record.user_id), role=role)


invitation_workflow: Workflow[Invitation] = Workflow(
    Invitation,
    Transition(
        name="accept",
        label=_("Accept"),
        permission="startups.answer_invitation",
        sources={InvitationState.OPEN},
        target=InvitationState.ACCEPTED,
        guards=(
            while_the_record_stands,
            with_the_link_or_the_address,
            while_it_lasts,
            when_not_a_member,
        ),
        effects=(become_member,),
        notices=(MemberJoined(),),
        locks=STARTUP_FIRST,
        primary=True,
    ),
    Transition(
        name="decline",
        label=_("Decline"),
        permission="startups.answer_invitation",
        sources={InvitationState.OPEN},
        target=InvitationState.DECLINED,
        guards=(with_the_link_or_the_address,),
        locks=STARTUP_FIRST,
    ),
    Transition(
        name="withdraw",
        label=_("Withdraw"),
        permission="startups.withdraw_invitation",
        sources={InvitationState.OPEN},
        target=InvitationState.WITHDRAWN,
        locks=STARTUP_FIRST,
        destructive=True,
    ),
)

join_request_workflow: Workflow[JoinRequest] = Workflow(
    JoinRequest,
    Transition(
        name="accept",
        label=_("Accept"),
        permission="startups.answer_joinrequest",
        sources={JoinRequestState.OPEN},
        target=JoinRequestState.ACCEPTED,
        guards=(while_the_record_stands, when_asker_is_not_a_member),
        effects=(admit,),
        notices=(JoinAnswered(),),
        locks=STARTUP_FIRST,
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="decline",
        label=_("Decline"),
        permission="startups.answer_joinrequest",
        sources={JoinRequestState.OPEN},
        target=JoinRequestState.DECLINED,
        notices=(JoinAnswered(),),
        locks=STARTUP_FIRST,
    ),
)
