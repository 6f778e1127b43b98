"""Each step tried by everybody from every state."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone

from portal.actions import hash_of
from portal.models import AuditEntry, InboxNotice
from portal.workflow import StepRefused
from startups.choices import InvitationState, JoinRequestState, MemberRole
from startups.models import Membership
from startups.workflow import invitation_workflow, join_request_workflow
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import (
    add_member,
    make_invitation,
    make_join_request,
    make_startup,
)

pytestmark = pytest.mark.django_db

TARGETS = {
    "accept": InvitationState.ACCEPTED,
    "decline": InvitationState.DECLINED,
    "withdraw": InvitationState.WITHDRAWN,
}
WHO = ["owner", "editor", "viewer", "invited", "holder", "stranger", "manager", "administrator"]


def person(who, startup):
    """One of those who could try."""
    if who == "owner":
        return startup.owners()[0]
    if who in {"editor", "viewer"}:
        return add_member(startup, role=MemberRole(who))
    if who == "manager":
        programme = make_programme()
        startup.acquaintances.create(programme=programme)
        return make_staff(programme)
    return make_user(
        is_superuser=who == "administrator",
        email="invited@example.org" if who == "invited" else f"{who}@example.org",
    )


@pytest.mark.parametrize("state", InvitationState)
@pytest.mark.parametrize("who", WHO)
@pytest.mark.parametrize("name", TARGETS)
def test_invitation_steps(name, who, state):
    startup = make_startup()
    invitation = make_invitation(
        startup, token="secret", email="Invited@example.org".lower(), state=state
    )
    actor = person(who, startup)
    data = {"token_hash": hash_of("secret")} if who == "holder" else {}
    allowed = {"withdraw": {"owner"}}.get(name, {"invited", "holder"})
    if who in allowed and state == InvitationState.OPEN:
        invitation_workflow.perform(invitation, name, actor=actor, data=data)
        invitation.refresh_from_db()
        assert invitation.state == TARGETS[name]
        entry = AuditEntry.objects.about(invitation).get()
        assert (entry.verb, entry.actor, entry.startup_id) == (name, actor, startup.pk)
        joined = Membership.objects.filter(startup=startup, user=actor, role=MemberRole.EDITOR)
        assert joined.exists() == (name == "accept")
    else:
        with pytest.raises(StepRefused):
            invitation_workflow.perform(invitation, name, actor=actor, data=data)
        invitation.refresh_from_db()
        assert invitation.state == state
        assert not AuditEntry.objects.about(invitation).exists()


def test_invitation_that_expired_is_refused():
    invitation = make_invitation(token="s", expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(StepRefused, match="expired"):
        invitation_workflow.perform(
            invitation, "accept", actor=make_user(), data={"token_hash": hash_of("s")}
        )


def test_member_does_not_join_twice():
    invitation = make_invitation(token="s")
    owner = invitation.startup.owners()[0]
    with pytest.raises(StepRefused, match="already"):
        invitation_workflow.perform(
            invitation, "accept", actor=owner, data={"token_hash": hash_of("s")}
        )


def test_an_address_that_is_not_verified_does_not_count():
    user = make_user(email="invited@example.org")
    EmailAddress.objects.filter(user=user).update(verified=False)
    invitation = make_invitation(email="invited@example.org")
    with pytest.raises(StepRefused, match="another address"):
        invitation_workflow.perform(invitation, "accept", actor=user)


@pytest.mark.parametrize("state", JoinRequestState)
@pytest.mark.parametrize(
    "who", ["owner", "editor", "viewer", "asker", "stranger", "manager", "administrator"]
)
@pytest.mark.parametrize("name", ["accept", "decline"])
def test_join_request_steps(name, who, state):
    startup = make_startup()
    asker = make_user()
    request = make_join_request(startup, asker, state=state)
    actor = asker if who == "asker" else person(who, startup)
    data = {"role": "viewer"}
    if who == "owner" and state == JoinRequestState.OPEN:
        join_request_workflow.perform(request, name, actor=actor, data=data)
        request.refresh_from_db()
        assert request.state == {"accept": "accepted", "decline": "declined"}[name]
        assert Membership.objects.filter(user=asker, role="viewer").exists() == (name == "accept")
        assert InboxNotice.objects.get().recipient == asker
    else:
        with pytest.raises(StepRefused):
            join_request_workflow.perform(request, name, actor=actor, data=data)
        request.refresh_from_db()
        assert request.state == state
        assert not InboxNotice.objects.exists()
        assert not Membership.objects.filter(user=asker).exists()


def test_join_request_needs_a_known_role():
    request = make_join_request()
    with pytest.raises(StepRefused, match="Choose"):
        join_request_workflow.perform(
            request, "accept", actor=request.startup.owners()[0], data={"role": "king"}
        )
    request.refresh_from_db()
    assert request.state == JoinRequestState.OPEN


def test_a_no_shows_only_the_name_that_was_typed():
    startup = make_startup(legal_name="Secret Holdings Ltd", city="Mombasa")
    request = make_join_request(startup, name_asked="Secrt Holding")
    join_request_workflow.perform(request, "decline", actor=startup.owners()[0])
    notice = InboxNotice.objects.get()
    assert "Secrt Holding" in notice.body
    assert "Secret Holdings" not in notice.body + notice.subject + notice.url
    assert str(startup.pk) not in notice.url


def test_asker_who_joined_meanwhile_is_not_added_twice():
    request = make_join_request()
    add_member(request.startup, request.user, MemberRole.VIEWER)
    with pytest.raises(StepRefused, match="already"):
        join_request_workflow.perform(
            request, "accept", actor=request.startup.owners()[0], data={"role": "editor"}
        )
