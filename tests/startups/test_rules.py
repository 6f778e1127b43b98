"""Listed is permitted: whoever may view a record finds it, and nobody else."""

from __future__ import annotations

import pytest

from portal.choices import Role
from startups.choices import InvitationState, JoinRequestState, MemberRole
from startups.models import Invitation, JoinRequest, Membership, Startup
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import (
    add_member,
    make_invitation,
    make_join_request,
    make_startup,
)

pytestmark = pytest.mark.django_db


def cast(startup, programme):
    """Everybody who could look: members, strangers, each role here and elsewhere."""
    elsewhere = make_programme()
    people = {
        "owner": startup.owners()[0],
        "editor": add_member(startup, role=MemberRole.EDITOR),
        "viewer": add_member(startup, role=MemberRole.VIEWER),
        "stranger": make_user(),
        "administrator": make_user(is_superuser=True),
        "inactive": make_user(is_active=False),
    }
    for role in Role:
        people[f"{role} here"] = make_staff(programme, role)
        people[f"{role} elsewhere"] = make_staff(elsewhere, role)
    return people


READERS = {"manager", "coordinator", "chair", "approver", "compliance", "procurement"}
TEAM = {"owner", "editor", "viewer"}


def agree(model, permission, people, rows):
    """Compare list and object for everybody; answers who sees the first row."""
    seen = set()
    for name, user in people.items():
        listed = set(model.objects.visible_to(user))
        permitted = {row for row in rows if user.has_perm(permission, row)}
        assert listed == permitted, name
        if rows[0] in listed:
            seen.add(name)
    return seen


@pytest.fixture
def met():
    startup, programme = make_startup(), make_programme()
    startup.acquaintances.create(programme=programme)
    return startup, programme


def test_startup_listed_is_permitted(met):
    startup, programme = met
    people = cast(startup, programme)
    rows = [Startup.objects.get(pk=startup.pk), make_startup()]
    seen = agree(Startup, "startups.view_startup", people, rows)
    assert seen == TEAM | {"administrator"} | {f"{role} here" for role in READERS}


def test_membership_listed_is_permitted(met):
    startup, programme = met
    people = cast(startup, programme)
    make_startup()
    rows = list(Membership.objects.select_related("startup").order_by("created_at"))
    rows.sort(key=lambda row: row.startup_id != startup.pk)
    seen = agree(Membership, "startups.view_membership", people, rows)
    assert seen == TEAM | {"administrator"} | {f"{role} here" for role in READERS}


@pytest.mark.parametrize("state", InvitationState)
def test_invitation_listed_is_permitted(met, state):
    startup, programme = met
    people = cast(startup, programme)
    rows = [make_invitation(startup, state=state), make_invitation(state=state)]
    rows = [Invitation.objects.get(pk=row.pk) for row in rows]
    seen = agree(Invitation, "startups.view_invitation", people, rows)
    assert seen == {"owner", "editor", "administrator", "manager here"}


@pytest.mark.parametrize("state", JoinRequestState)
def test_join_request_listed_is_permitted(met, state):
    startup, programme = met
    people = cast(startup, programme)
    people["asker"] = make_user()
    rows = [
        make_join_request(startup, people["asker"], state=state),
        make_join_request(state=state),
    ]
    rows = [JoinRequest.objects.get(pk=row.pk) for row in rows]
    seen = agree(JoinRequest, "startups.view_joinrequest", people, rows)
    assert seen == {"owner", "asker"}


def test_a_role_that_ended_opens_nothing(met):
    startup, programme = met
    manager = make_staff(programme, Role.MANAGER)
    manager.staff_roles.update(ended_at="2020-01-01T00:00Z")
    assert not Startup.objects.visible_to(manager).exists()
    assert not manager.has_perm("startups.view_startup", startup)


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ("startups.change_startup", {"owner", "editor"}),
        ("startups.manage_members", {"owner"}),
        ("startups.hand_over_startup", {"manager here", "administrator"}),
    ],
)
def test_who_may_change(met, permission, allowed):
    startup, programme = met
    people = cast(startup, programme)
    startup = Startup.objects.get(pk=startup.pk)
    assert {name for name, user in people.items() if user.has_perm(permission, startup)} == allowed
