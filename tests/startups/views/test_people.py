"""The people of an organisation: inviting, roles, handing over, leaving."""

from __future__ import annotations

import pytest
from django.urls import reverse

from startups import actions
from startups.choices import InvitationState, MemberRole
from startups.models import Invitation, Membership, Startup
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_invitation
from tests.pages import text_of

pytestmark = pytest.mark.django_db


def people(startup, name="member-list"):
    return reverse(f"startups:{name}", args=[startup.pk])


def test_invite_and_withdraw(client, startup):
    client.post(people(startup, "member-invite"), {"email": "new@example.org", "role": "viewer"})
    invitation = Invitation.objects.get()
    assert "new@example.org" in text_of(client.get(people(startup)))
    client.post(reverse("startups:invitation-withdraw", args=[invitation.pk]))
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.WITHDRAWN


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"email": "nobody", "role": "viewer"}, "Write the whole e-mail address"),
        ({"email": "a@example.org", "role": "king"}, "is not one of the available choices"),
        ({}, "Please fill this in"),
    ],
)
def test_invite_says_what_is_wrong(client, startup, data, sentence):
    response = client.post(people(startup, "member-invite"), data)
    assert sentence in text_of(response)
    assert data.get("email", "") in text_of(response)


def test_invite_a_member_says_so_beside_the_field(client, startup):
    member = add_member(startup)
    data = {"email": member.email, "role": "viewer"}
    page = text_of(client.post(people(startup, "member-invite"), data))
    assert "belongs to the organisation already" in page


def test_last_owner_is_told_to_hand_over(client, startup):
    page = text_of(client.post(people(startup, "member-leave"), follow=True))
    assert "Hand over the ownership to another member first" in page
    assert startup.owners()


def test_transfer_then_leave(client, startup):
    member = add_member(startup)
    to = Membership.objects.get(user=member)
    assert member.shown_name in text_of(client.get(people(startup, "member-transfer")))
    assert "Please fill this in" in text_of(
        client.post(people(startup, "member-transfer"), {"to": ""})
    )
    client.post(people(startup, "member-transfer"), {"to": to.pk})
    assert startup.owners() == [member]
    assert client.get(people(startup, "member-leave")).status_code == 200
    response = client.post(people(startup, "member-leave"), follow=True)
    assert "You have left Maji Safi Ltd" in text_of(response)


def test_change_role_remove_and_switch(client, startup):
    member = add_member(startup)
    membership = Membership.objects.get(user=member)
    role = reverse("startups:member-role", args=[membership.pk])
    client.post(role, {"role": "viewer"})
    membership.refresh_from_db()
    assert membership.role == "viewer"
    assert "Choose what the person may do" in text_of(client.post(role, {}, follow=True))
    client.post(people(startup, "editors-submit"))
    assert not Startup.objects.get().editors_may_submit
    client.post(people(startup, "editors-submit"), {"allowed": "on"})
    assert Startup.objects.get().editors_may_submit
    remove = reverse("startups:member-remove", args=[membership.pk])
    assert member.shown_name in text_of(client.get(remove))
    client.post(remove)
    assert not Membership.objects.filter(pk=membership.pk).exists()
    assert client.post(remove).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("editor", 403), ("viewer", 403), ("stranger", 404)])
def test_people_are_managed_by_owners_only(client, startup, who, status):
    membership = Membership.objects.get(user=add_member(startup))
    invitation = make_invitation(startup)
    client.force_login(
        make_user() if who == "stranger" else add_member(startup, role=MemberRole(who))
    )
    paths = [
        people(startup, "member-invite"),
        people(startup, "member-transfer"),
        people(startup, "editors-submit"),
        reverse("startups:member-role", args=[membership.pk]),
        reverse("startups:member-remove", args=[membership.pk]),
    ]
    data = {"role": "owner", "email": "x@example.org", "to": membership.pk}
    assert [client.post(path, data).status_code for path in paths] == [status] * 5
    withdraw = reverse("startups:invitation-withdraw", args=[invitation.pk])
    assert client.post(withdraw).status_code == (404 if who != "editor" else 403)
    membership.refresh_from_db()
    assert membership.role == MemberRole.EDITOR


def test_leave_is_for_members(client, startup):
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    client.force_login(make_staff(programme))
    assert client.post(people(startup, "member-leave")).status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        "member-invite",
        "editors-submit",
        "invitation-answer",
        "invitation-withdraw",
        "member-role",
        "join-request-answer",
    ],
)
def test_changes_are_posted(client, startup, name):
    assert client.get(reverse(f"startups:{name}", args=[startup.pk])).status_code == 405


def test_only_owner_hears_before_that_they_must_hand_over(client, startup):
    page = text_of(client.get(people(startup, "member-leave")))
    assert "Invite somebody" in page
    assert "btn-destructive" not in page
    add_member(startup)
    page = text_of(client.get(people(startup, "member-leave")))
    assert "Hand over to another member first" in page
    assert people(startup, "member-transfer") in page
    assert "btn-destructive" not in page
    add_member(startup, role=MemberRole.OWNER)
    assert "btn-destructive" in text_of(client.get(people(startup, "member-leave")))
