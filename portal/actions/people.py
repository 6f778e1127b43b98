"""Verbs about people: roles and invitations to them."""

from __future__ import annotations

from datetime import timedelta

from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, clock, outbox
from portal.actions.tokens import hash_of, new_token
from portal.choices import Lane, Role
from portal.models import (
    Programme,
    ProgrammeStaff,
    StaffInvitation,
    User,
)
from portal.notices import Letter
from portal.workflow import StepRefused

INVITATION_DAYS = 14


def why_not_invite(*, programme: Programme, email: str, role: str) -> str | None:
    """Why a second invitation would only confuse: the role is held or offered already."""
    holders = ProgrammeStaff.objects.active().filter(programme=programme, role=role)
    if holders.filter(user__email=email.strip().lower()).exists():
        return _("This person has the role already.")
    waiting = StaffInvitation.objects.open().filter(programme=programme, role=role)
    if waiting.filter(email=email.strip().lower()).exists():
        return _("This person is invited already. Withdraw that invitation to send another.")
    return None


@transaction.atomic
def invite_staff(*, programme: Programme, email: str, role: Role, by: User) -> StaffInvitation:
    """Invite somebody to a role; the link in the letter works once, for two weeks."""
    if not by.has_perm("portal.add_staffinvitation", programme):
        raise StepRefused(_("You may not invite staff to this programme."), permission=True)
    email = email.strip().lower()
    if refusal := why_not_invite(programme=programme, email=email, role=role):
        raise StepRefused(refusal)
    token, token_hash = new_token()
    invitation = StaffInvitation.objects.create(
        programme=programme,
        email=email,
        role=role,
        token_hash=token_hash,
        invited_by=by,
        expires_at=timezone.now() + timedelta(days=INVITATION_DAYS),
    )
    audit.record(invitation, "invite-staff", actor=by, facts={"role": role})
    letter = Letter(
        subject=_("You are invited: %(role)s, %(programme)s")
        % {"role": Role(role).label, "programme": programme.name},
        heading=_("You are invited"),
        paragraphs=[
            _("%(who)s asks you to be %(role)s of %(programme)s.")
            % {"who": by.shown_name, "role": Role(role).label, "programme": programme.name},
            _(
                "The link works once and until the day below. If it was not meant for you,"
                " do nothing."
            ),
        ],
        facts=[
            (_("Programme"), programme.name),
            (_("Role"), str(Role(role).label)),
            (_("Valid until"), clock.in_words(invitation.expires_at, programme.time_zone)),
        ],
        action=(_("Accept the invitation"), reverse("staff-invitation", args=[token])),
        ask=programme.mailbox,
    )
    outbox.post(
        letter,
        to=invitation.email,
        dedup_key=f"staff_invited:{invitation.pk}",
        lane=Lane.CODE,
        notice="staff_invited",
        programme=programme,
        subject=invitation,
    )
    return invitation


@transaction.atomic
def accept_staff_invitation(*, token: str, by: User) -> ProgrammeStaff:
    """Take up the role; the row lock makes a link that is clicked twice work once."""
    invitation = (
        StaffInvitation.objects.open()
        .select_for_update(of=("self",))
        .select_related("programme")
        .filter(token_hash=hash_of(token))
        .first()
    )
    if invitation is None:
        raise StepRefused(_("This invitation was used already or has expired. Ask for a new one."))
    invitation.accepted_at = timezone.now()
    invitation.accepted_by = by
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    held, _created = ProgrammeStaff.objects.get_or_create(
        programme=invitation.programme, user=by, role=invitation.role, ended_at=None
    )
    audit.record(held, "take-role", actor=by, facts={"role": invitation.role})
    return held


@transaction.atomic
def withdraw_staff_invitation(*, invitation: StaffInvitation, by: User) -> bool:
    """Make an invitation's link stop working; whether it was still open."""
    if not by.has_perm("portal.withdraw_staffinvitation", invitation):
        raise StepRefused(_("You may not withdraw this invitation."), permission=True)
    changed = (
        StaffInvitation.objects.open().filter(pk=invitation.pk).update(withdrawn_at=timezone.now())
    )
    if changed:
        audit.record(invitation, "withdraw-staff-invitation", actor=by)
    return bool(changed)


@transaction.atomic
def give_role(*, programme: Programme, user: User, role: Role, by: User | None) -> ProgrammeStaff:
    """Give a person a role without an invitation (by the administrator, or the demonstration)."""
    try:
        with transaction.atomic():
            held = ProgrammeStaff.objects.create(programme=programme, user=user, role=role)
    except IntegrityError:
        return ProgrammeStaff.objects.active().get(programme=programme, user=user, role=role)
    audit.record(held, "give-role", actor=by, facts={"role": role})
    return held


@transaction.atomic
def end_role(*, held: ProgrammeStaff, by: User, reason: str = "") -> ProgrammeStaff:
    """End a role: from the next request on the person sees nothing more of the programme."""
    if not by.has_perm("portal.end_programmestaff", held):
        raise StepRefused(_("You may not end this role."), permission=True)
    held = ProgrammeStaff.objects.select_for_update().get(pk=held.pk)
    if held.ended_at is not None:
        raise StepRefused(_("This role has ended already."))
    if held.role == Role.MANAGER:
        # The programme's row is the lock: two managers who end each other's role take turns.
        Programme.objects.select_for_update().get(pk=held.programme_id)
        others = ProgrammeStaff.objects.active().filter(
            programme=held.programme_id, role=Role.MANAGER
        )
        if not others.exclude(pk=held.pk).exists():
            raise StepRefused(_("A programme needs a manager: give somebody else the role first."))
    held.ended_at = timezone.now()
    held.save(update_fields=["ended_at"])
    audit.record(held, "end-role", actor=by, reason=reason, facts={"role": held.role})
    return held
