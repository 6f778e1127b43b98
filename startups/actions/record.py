"""Verbs of startups: make the record, change its facts, its people, whose it is."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _, gettext_lazy

from portal import audit, clock, outbox
from portal.actions import hash_of, new_token
from portal.models import Programme, User
from portal.workflow import Step, StepRefused
from startups.choices import InvitationState, JoinRequestState, MemberRole
from startups.models import (
    Acquaintance,
    Contact,
    Founder,
    Invitation,
    JoinRequest,
    Membership,
    Startup,
)
from startups.notices import (
    JoinRequested,
    MemberDeparted,
    MemberInvited,
    MemberRemoved,
    OwnershipHandedOver,
    OwnershipPassedOn,
)
from startups.workflow import invitation_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from portal.notices import Notice

INVITATION_DAYS = 14
#: More invitations than this waiting at once are no team but a mailing.
INVITATIONS_AT_ONCE = 30
#: More records of organisations than this in a day are no founder's but a program's.
RECORDS_A_DAY = 20
#: More requests than this waiting at once are no search for one's colleagues.
REQUESTS_AT_ONCE = 5
#: After a no, owners are left in peace for as long.
DAYS_AFTER_A_NO = 30

MERGED_MEANWHILE = gettext_lazy(
    "The programme team has merged this record with another of your organisation. "
    "Open it from “My organisations”; nothing is lost."
)

FOUNDER_FIELDS = ("name", "role", "gender", "full_time")
CONTACT_FIELDS = ("name", "email", "telephone")


class ChangedMeanwhile(StepRefused):
    """Somebody saved the record since the page was opened; nothing was overwritten."""

    def __init__(self, startup: Startup) -> None:
        self.startup = startup
        super().__init__(_("Somebody saved this record while you were writing."))


@transaction.atomic
def create_startup(
    *,
    facts: Mapping[str, Any],
    founders: Sequence[Mapping[str, Any]] = (),
    contacts: Sequence[Mapping[str, Any]] = (),
    by: User,
) -> Startup:
    """Make the one record of an organisation; whoever makes it owns it."""
    if not by.has_perm("startups.add_startup"):
        raise StepRefused(_("You may not do this."), permission=True)
    recent = Membership.objects.filter(user=by, created_at__gt=timezone.now() - timedelta(days=1))
    if recent.count() >= RECORDS_A_DAY:
        raise StepRefused(
            _("You have made %(number)d records since yesterday. Go on tomorrow, or write to us.")
            % {"number": RECORDS_A_DAY}
        )
    startup = Startup.objects.create(**facts)
    _write_people(startup, founders, contacts)
    Membership.objects.create(startup=startup, user=by, role=MemberRole.OWNER)
    audit.record(startup, "create", actor=by)
    return startup


@transaction.atomic
def change_facts(
    *,
    startup: Startup,
    facts: Mapping[str, Any],
    founders: Sequence[Mapping[str, Any]],
    contacts: Sequence[Mapping[str, Any]],
    version: int,
    by: User,
) -> Startup:
    """Save what was changed since ``version``, the number the page was opened with.

    Raises:
        ChangedMeanwhile: the record has another version by now; nothing is written.
    """
    startup = _locked(startup, by, "startups.change_startup")
    if startup.version != version:
        raise ChangedMeanwhile(startup)
    changed = [name for name, value in facts.items() if getattr(startup, name) != value]
    changed += _write_people(startup, founders, contacts)
    if not changed:
        return startup
    for name, value in facts.items():
        setattr(startup, name, value)
    startup.version += 1
    startup.save(update_fields=[*facts, "version", "updated_at"])
    audit.record(
        startup,
        "change-facts",
        actor=by,
        facts={"fields": changed, "version": startup.version},
    )
    return startup


@transaction.atomic
def invite_member(*, startup: Startup, email: str, role: str, by: User) -> Invitation:
    """Invite an address to a role; the link in the letter works once, for two weeks."""
    startup = _locked(startup, by, "startups.manage_members")
    email = email.strip().lower()
    if startup.memberships.filter(user__email__iexact=email).exists():
        raise StepRefused(_("This person belongs to the organisation already."))
    now = clock.database_now()
    for earlier in startup.invitations.filter(email=email, state=InvitationState.OPEN):
        if earlier.expires_at > now:
            raise StepRefused(
                _("This address is invited already. Withdraw that invitation to send a new one.")
            )
        invitation_workflow.perform(earlier, "withdraw", actor=by)
    if startup.invitations.waiting().count() >= INVITATIONS_AT_ONCE:
        raise StepRefused(_("Wait for answers to the invitations you have sent already."))
    token, token_hash = new_token()
    invitation = Invitation.objects.create(
        startup=startup,
        email=email,
        role=role,
        token_hash=token_hash,
        invited_by=by,
        expires_at=now + timedelta(days=INVITATION_DAYS),
    )
    step = _done(invitation, "invite", by=by, facts={"role": role}, data={"token": token})
    reader = User.objects.with_address(email).first()
    notice = MemberInvited()
    with translation.override(reader.language if reader else by.language):
        outbox.post(
            notice.compose(step, reader),
            to=email,
            dedup_key=f"{notice.name}:{invitation.pk}",
            lane=notice.lane,
            notice=notice.name,
            recipient=reader,
            subject=invitation,
        )
    return invitation


def answer_invitation(
    *, invitation: Invitation, name: str, by: User, token: str = ""
) -> Step[Invitation]:
    """Accept or decline, with the mailed link's secret or the address it was sent to."""
    data = {"token_hash": hash_of(token)} if token else {}
    return invitation_workflow.perform(invitation, name, actor=by, data=data)


@transaction.atomic
def ask_to_join(*, name: str, country: str, message: str, by: User) -> JoinRequest:
    """Ask the owners of the startup whose name is most alike; the asker learns nothing of it."""
    others = Startup.objects.most_alike(name, country).exclude(memberships__user=by)
    startup = others.first()
    if startup is None:
        raise StepRefused(_("We know no other organisation with a similar name in this country."))
    # Taking turns on the person's own row keeps two quick clicks from asking twice.
    User.objects.select_for_update(no_key=True).get(pk=by.pk)
    mine = JoinRequest.objects.filter(user=by)
    if mine.waiting().filter(startup=startup).exists():
        raise StepRefused(_("You have asked already. An owner will answer."))
    if mine.waiting().count() >= REQUESTS_AT_ONCE:
        raise StepRefused(_("Wait for the answers to the requests you have sent already."))
    a_while_ago = clock.database_now() - timedelta(days=DAYS_AFTER_A_NO)
    if mine.filter(
        startup=startup, state=JoinRequestState.DECLINED, state_changed_at__gt=a_while_ago
    ).exists():
        raise StepRefused(_("Your request was declined. Speak to your colleagues first."))
    request = JoinRequest.objects.create(startup=startup, user=by, name_asked=name, message=message)
    _done(request, "ask-to-join", by=by, notices=(JoinRequested(),))
    return request


@transaction.atomic
def change_role(*, membership: Membership, role: str, by: User) -> Membership:
    """Give a member another role; the last owner stays owner."""
    startup = _locked(membership.startup, by, "startups.manage_members")
    membership = _member(startup, membership)
    if role not in MemberRole.values:
        raise StepRefused(_("Choose what the person may do."))
    if membership.role == role:
        return membership
    if membership.role == MemberRole.OWNER:
        _keep_an_owner(startup, without=membership)
    before, membership.role = membership.role, role
    membership.save(update_fields=["role"])
    audit.record(
        membership,
        "change-role",
        actor=by,
        facts={"member": str(membership.user_id), "from": before, "role": role},
    )
    return membership


@transaction.atomic
def remove_member(*, membership: Membership, by: User) -> None:
    """End somebody's membership; what they wrote stays with the team."""
    startup = _locked(membership.startup, by, "startups.manage_members")
    membership = _member(startup, membership)
    if membership.user_id == by.pk:
        raise StepRefused(_("To end your own membership, leave the organisation."))
    member = membership.user
    facts = {"member": str(member.pk), "role": membership.role}
    membership.delete()
    _done(
        startup,
        "remove-member",
        by=by,
        facts=facts,
        data={"member": member},
        notices=(MemberRemoved(),),
    )


@transaction.atomic
def leave(*, startup: Startup, by: User) -> None:
    """End one's own membership; the last owner hands over first."""
    # The lock comes before the owners are counted: two who leave at once must not leave none.
    startup = _standing(startup)
    membership = startup.memberships.filter(user=by).first()
    if membership is None:
        raise StepRefused(_("You do not belong to this organisation."), permission=True)
    if membership.role == MemberRole.OWNER:
        _keep_an_owner(startup, without=membership)
    facts = {"member": str(by.pk), "role": membership.role}
    membership.delete()
    _done(startup, "leave", by=by, facts=facts, notices=(MemberDeparted(),))


@transaction.atomic
def transfer_ownership(*, startup: Startup, to: Membership, by: User) -> Membership:
    """Make another member the owner and oneself an editor, in one step."""
    startup = _locked(startup, by, "startups.manage_members")
    to = _member(startup, to)
    if to.user_id == by.pk:
        raise StepRefused(_("Choose another member."))
    to.role = MemberRole.OWNER
    to.save(update_fields=["role"])
    startup.memberships.filter(user=by).update(role=MemberRole.EDITOR)
    _done(
        startup,
        "transfer-ownership",
        by=by,
        facts={"member": str(to.user_id)},
        data={"owner": to.user},
        notices=(OwnershipPassedOn(),),
    )
    return to


@transaction.atomic
def let_editors_submit(*, startup: Startup, allowed: bool, by: User) -> Startup:
    """Say whether editors may submit applications, or owners only."""
    startup = _locked(startup, by, "startups.manage_members")
    if startup.editors_may_submit != allowed:
        startup.editors_may_submit = allowed
        startup.save(update_fields=["editors_may_submit"])
        audit.record(startup, "let-editors-submit" if allowed else "let-owners-submit", actor=by)
    return startup


@transaction.atomic
def hand_over(*, startup: Startup, to: User, by: User, reason: str) -> Membership:
    """Staff make somebody the owner after a check, because the owner has left; all are told."""
    startup = _locked(startup, by, "startups.hand_over_startup")
    reason = reason.strip()
    if not reason:
        raise StepRefused(_("Say why: a reason is needed."))
    if not to.is_active:
        raise StepRefused(_("This person cannot sign in."))
    if to.pk == by.pk:
        raise StepRefused(_("You cannot hand an organisation over to yourself."))
    owners = startup.memberships.filter(role=MemberRole.OWNER)
    if owners.filter(user=to).exists() and owners.count() == 1:
        raise StepRefused(_("This person is the owner already."))
    before = [str(key) for key in owners.values_list("user_id", flat=True)]
    # Whoever has left keeps reading until the new owner decides.
    owners.exclude(user=to).update(role=MemberRole.VIEWER)
    membership, _created = Membership.objects.update_or_create(
        startup=startup, user=to, defaults={"role": MemberRole.OWNER}
    )
    members = [held.user for held in startup.memberships.select_related("user")]
    programme = Programme.objects.filter(pk__in=startup.met_by & set(by.programmes_as())).first()
    _done(
        startup,
        "hand-over",
        by=by,
        reason=reason,
        facts={"member": str(to.pk), "before": before},
        data={"owner": to, "members": members},
        notices=(OwnershipHandedOver(),),
        programme=programme,
    )
    return membership


def meet(*, startup: Startup, programme: Programme) -> Acquaintance:
    """Let a programme's staff read the record from now on; done once, repeated without harm."""
    met, _created = Acquaintance.objects.get_or_create(startup=startup, programme=programme)
    return met


def _locked(startup: Startup, by: User, permission: str) -> Startup:
    """The startup's row, locked, after asking whether the person may; roles are read afresh."""
    startup = _standing(startup)
    if not by.has_perm(permission, startup):
        raise StepRefused(_("You may not do this."), permission=True)
    return startup


def _standing(startup: Startup) -> Startup:
    """The startup's row, locked, unless staff have merged it into another meanwhile."""
    found = Startup.objects.select_for_update(no_key=True).filter(pk=startup.pk).first()
    if found is None:
        raise StepRefused(MERGED_MEANWHILE)
    return found


def _member(startup: Startup, membership: Membership) -> Membership:
    """The membership as it is now that the startup is locked."""
    found = startup.memberships.select_related("user").filter(pk=membership.pk).first()
    if found is None:
        raise StepRefused(_("This person does not belong to the organisation any more."))
    return found


def _keep_an_owner(startup: Startup, *, without: Membership) -> None:
    others = startup.memberships.filter(role=MemberRole.OWNER).exclude(pk=without.pk)
    if not others.exists():
        raise StepRefused(
            _(
                "Somebody must own the organisation. "
                "Hand over the ownership to another member first."
            )
        )


def _write_people(
    startup: Startup,
    founders: Sequence[Mapping[str, Any]],
    contacts: Sequence[Mapping[str, Any]],
) -> list[str]:
    """Replace founders and contacts where they differ; answers which did."""
    changed = []
    if list(startup.founders.values(*FOUNDER_FIELDS)) != [dict(row) for row in founders]:
        startup.founders.all().delete()
        Founder.objects.bulk_create(
            Founder(startup=startup, order=order, **row) for order, row in enumerate(founders, 1)
        )
        changed.append("founders")
    if list(startup.contacts.values(*CONTACT_FIELDS)) != [dict(row) for row in contacts]:
        startup.contacts.all().delete()
        Contact.objects.bulk_create(
            Contact(startup=startup, order=order, **row) for order, row in enumerate(contacts, 1)
        )
        changed.append("contacts")
    return changed


def _done(
    record: Any,
    verb: str,
    *,
    by: User,
    reason: str = "",
    facts: dict[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
    notices: Sequence[Notice] = (),
    programme: Programme | None = None,
) -> Step[Any]:
    """Write the audit entry of something that was done, and tell whom it concerns."""
    step: Step[Any] = Step(
        record=record,
        actor=by,
        at=clock.database_now(),
        reason=reason,
        data=data or {},
        facts=facts or {},
    )
    step.entry = audit.record(record, verb, actor=by, reason=reason, facts=step.facts)
    for notice in notices:
        outbox.tell(notice, step, programme=programme)
    return step
