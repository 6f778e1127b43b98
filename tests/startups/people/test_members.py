"""Who belongs to a startup: invited, leaving, handed over."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from portal.choices import Lane, Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage
from portal.workflow import StepRefused
from startups import actions
from startups.choices import InvitationState, MemberRole
from startups.models import Membership, Startup
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import (
    add_member,
    make_invitation,
    make_startup,
)
from tests.startups.people.steps import verbs


@pytest.mark.django_db
def test_invite_writes_to_an_address_without_account_in_the_fastest_lane():
    startup = make_startup(legal_name="Umi KK")
    owner = startup.owners()[0]
    invitation = actions.invite_member(
        startup=startup, email=" New@Example.org ", role="editor", by=owner
    )
    letter = OutboxMessage.objects.get()
    assert (letter.to_address, letter.lane, letter.recipient) == (
        "new@example.org",
        Lane.CODE,
        None,
    )
    assert "/startups/invitations/" in letter.text
    assert "Umi KK" in letter.subject
    assert invitation.token_hash not in letter.text
    facts = AuditEntry.objects.get(verb="invite").facts
    assert facts == {"role": "editor"}


@pytest.mark.django_db
def test_invite_twice_is_refused_but_an_expired_one_is_replaced():
    startup = make_startup()
    owner = startup.owners()[0]
    first = actions.invite_member(startup=startup, email="a@example.org", role="viewer", by=owner)
    with pytest.raises(StepRefused, match="invited already"):
        actions.invite_member(startup=startup, email="A@example.org", role="viewer", by=owner)
    first.expires_at = timezone.now() - timedelta(days=1)
    first.save(update_fields=["expires_at"])
    actions.invite_member(startup=startup, email="a@example.org", role="editor", by=owner)
    first.refresh_from_db()
    assert first.state == InvitationState.WITHDRAWN
    assert startup.invitations.waiting().get().role == "editor"


@pytest.mark.django_db
def test_invite_refuses_a_member():
    startup = make_startup()
    member = add_member(startup)
    with pytest.raises(StepRefused, match="belongs"):
        actions.invite_member(
            startup=startup, email=member.email.upper(), role="viewer", by=startup.owners()[0]
        )


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["editor", "viewer", "stranger", "administrator"])
def test_only_owners_manage_people(who):
    startup = make_startup()
    other = Membership.objects.get(user=add_member(startup))
    if who in {"editor", "viewer"}:
        user = add_member(startup, role=MemberRole(who))
    else:
        user = make_user(is_superuser=who == "administrator")
    for attempt in (
        lambda: actions.invite_member(startup=startup, email="a@b.org", role="owner", by=user),
        lambda: actions.change_role(membership=other, role="owner", by=user),
        lambda: actions.remove_member(membership=other, by=user),
        lambda: actions.transfer_ownership(startup=startup, to=other, by=user),
        lambda: actions.let_editors_submit(startup=startup, allowed=False, by=user),
    ):
        with pytest.raises(StepRefused) as refusal:
            attempt()
        assert refusal.value.permission
    other.refresh_from_db()
    assert other.role == MemberRole.EDITOR
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_last_owner_cannot_leave_nor_step_down():
    startup = make_startup()
    owner = startup.owners()[0]
    add_member(startup)
    membership = Membership.objects.get(user=owner)
    with pytest.raises(StepRefused, match="Hand over the ownership"):
        actions.leave(startup=startup, by=owner)
    with pytest.raises(StepRefused, match="Hand over the ownership"):
        actions.change_role(membership=membership, role="viewer", by=owner)
    assert startup.owners() == [owner]


@pytest.mark.django_db
def test_leave_after_transfer():
    startup = make_startup()
    owner, colleague = startup.owners()[0], add_member(startup)
    actions.transfer_ownership(startup=startup, to=Membership.objects.get(user=colleague), by=owner)
    assert startup.owners() == [colleague]
    assert Membership.objects.get(user=owner).role == MemberRole.EDITOR
    actions.leave(startup=startup, by=owner)
    assert not Membership.objects.filter(user=owner).exists()
    assert verbs(startup) == ["transfer-ownership", "leave"]


@pytest.mark.django_db
def test_transfer_refuses_somebody_of_another_startup():
    startup, elsewhere = make_startup(), make_startup()
    with pytest.raises(StepRefused, match="does not belong"):
        actions.transfer_ownership(
            startup=startup, to=elsewhere.memberships.get(), by=startup.owners()[0]
        )


@pytest.mark.django_db
def test_removed_member_is_told_and_sees_nothing():
    startup = make_startup()
    member = add_member(startup)
    actions.remove_member(membership=Membership.objects.get(user=member), by=startup.owners()[0])
    assert InboxNotice.objects.get().recipient == member
    assert not Startup.objects.visible_to(member).exists()


@pytest.mark.django_db
def test_owner_does_not_remove_themselves():
    startup = make_startup()
    with pytest.raises(StepRefused, match="leave"):
        actions.remove_member(membership=startup.memberships.get(), by=startup.owners()[0])


@pytest.mark.django_db
def test_hand_over_demotes_tells_all_and_keeps_the_reason():
    startup, programme = make_startup(), make_programme()
    actions.meet(startup=startup, programme=programme)
    gone, colleague, new = startup.owners()[0], add_member(startup), make_user()
    manager = make_staff(programme, Role.MANAGER)
    with pytest.raises(StepRefused, match="reason"):
        actions.hand_over(startup=startup, to=new, by=manager, reason="  ")
    actions.hand_over(startup=startup, to=new, by=manager, reason="Register extract checked")
    assert startup.owners() == [new]
    assert Membership.objects.get(user=gone).role == MemberRole.VIEWER
    told = set(InboxNotice.objects.values_list("recipient", flat=True))
    assert told == {gone.pk, colleague.pk, new.pk}
    entry = AuditEntry.objects.get(verb="hand-over")
    assert entry.reason == "Register extract checked"
    assert entry.facts == {"member": str(new.pk), "before": [str(gone.pk)]}
    assert OutboxMessage.objects.all()[0].reply_to == programme.mailbox


@pytest.mark.django_db
def test_hand_over_by_a_manager_who_has_not_met_it_is_refused():
    startup = make_startup()
    for user in (make_staff(), startup.owners()[0], make_user()):
        with pytest.raises(StepRefused) as refusal:
            actions.hand_over(startup=startup, to=make_user(), by=user, reason="x")
        assert refusal.value.permission


@pytest.mark.django_db
def test_invitations_are_no_mailing():
    startup = make_startup()
    for _number in range(actions.INVITATIONS_AT_ONCE):
        make_invitation(startup)
    with pytest.raises(StepRefused, match="Wait for answers"):
        actions.invite_member(
            startup=startup, email="one@example.org", role="viewer", by=startup.owners()[0]
        )


def told(notice):
    """Who got a letter and an inbox notice of the kind."""
    letters = set(OutboxMessage.objects.filter(notice=notice).values_list("to_address", flat=True))
    inbox = InboxNotice.objects.filter(notice=notice).values_list("recipient__email", flat=True)
    assert letters == set(inbox)
    return letters


@pytest.mark.django_db
def test_new_and_old_owner_are_told_of_a_handover():
    owner = make_user()
    startup = make_startup(owner)
    heir = add_member(startup)
    add_member(startup)
    actions.transfer_ownership(startup=startup, to=startup.memberships.get(user=heir), by=owner)
    assert told("ownership_passed_on") == {owner.email, heir.email}
    text = OutboxMessage.objects.filter(notice="ownership_passed_on")[0].text
    assert owner.shown_name in text
    assert heir.shown_name in text


@pytest.mark.django_db
def test_owners_are_told_who_joined_and_with_which_address():
    startup = make_startup()
    add_member(startup)
    invitation = make_invitation(startup, "token", email="invited@example.org")
    joiner = make_user(email="other@example.org")
    actions.answer_invitation(invitation=invitation, name="accept", by=joiner, token="token")
    assert told("member_joined") == {startup.owners()[0].email}
    letter = OutboxMessage.objects.get(notice="member_joined")
    assert letter.subject == f"{joiner.shown_name} joined {startup.name}"
    assert "It was accepted with another address: other@example.org." in letter.text


@pytest.mark.django_db
def test_owners_are_told_who_left():
    startup = make_startup()
    member = add_member(startup)
    add_member(startup)
    actions.leave(startup=startup, by=member)
    assert told("member_departed") == {startup.owners()[0].email}
    letter = OutboxMessage.objects.get(notice="member_departed")
    assert letter.subject == f"{member.shown_name} left {startup.name}"
