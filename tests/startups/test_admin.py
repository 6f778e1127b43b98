"""Organisations in the admin: whose, what is shown, the hand-over."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.choices import Role
from portal.models import AuditEntry
from startups import actions
from startups.choices import MemberRole
from startups.models import Membership
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import (
    add_member,
    make_invitation,
    make_join_request,
    make_startup,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/startups/startup/"
SEES = {
    Role.MANAGER,
    Role.COORDINATOR,
    Role.CHAIR,
    Role.APPROVER,
    Role.COMPLIANCE,
    Role.PROCUREMENT,
}


@pytest.fixture
def met():
    programme = make_programme()
    startup = make_startup(legal_name="Maji Safi Ltd", city="Nairobi")
    actions.meet(startup=startup, programme=programme)
    return startup, programme


def page_of(startup, name="change"):
    return reverse(f"admin:startups_startup_{name}", args=[startup.pk])


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_what_its_programme_met(client, met, role):
    startup, programme = met
    make_startup(legal_name="Elsewhere Ltd")
    client.force_login(make_staff(programme, role))
    response = client.get(LIST)
    if role not in SEES:
        assert response.status_code == 403
        assert client.get(page_of(startup)).status_code == 404
        return
    page = response.content.decode()
    assert "Maji Safi Ltd" in page
    assert "Elsewhere Ltd" not in page
    assert client.get(page_of(startup)).status_code == 200
    assert ("Hand over" in client.get(page_of(startup)).content.decode()) == (role == Role.MANAGER)
    status = client.get(page_of(startup, "hand_over")).status_code
    assert status == (200 if role == Role.MANAGER else 404)


def test_staff_elsewhere_get_404(client, met):
    startup, _programme = met
    client.force_login(make_staff())
    for name in ("change", "hand_over", "history"):
        assert client.get(page_of(startup, name)).status_code == 404
    assert client.get(f"{LIST}nonsense/change/").status_code == 404


@pytest.mark.parametrize("name", ["add", "changelist"])
def test_staff_add_nothing(client, met, name):
    client.force_login(make_staff(met[1]))
    response = client.get(reverse(f"admin:startups_startup_{name}"))
    assert response.status_code == (404 if name == "add" else 200)


def test_a_member_on_staff_still_changes_nothing_here(client, met):
    startup, programme = met
    manager = make_staff(programme)
    add_member(startup, manager, MemberRole.OWNER)
    client.force_login(manager)
    response = client.post(page_of(startup), {"legal_name": "Mine now"})
    startup.refresh_from_db()
    assert startup.legal_name == "Maji Safi Ltd"
    assert response.status_code == 200
    assert client.get(page_of(startup, "delete")).status_code in {403, 404}


def test_record_shows_telephone_members_invitations_and_no_requests(client, met):
    startup, programme = met
    invitation = make_invitation(startup)
    request = make_join_request(startup, message="I am the cousin")
    client.force_login(make_staff(programme))
    page = client.get(page_of(startup)).content.decode()
    assert "+254 700 000 001" in page
    assert startup.owners()[0].email in page
    assert invitation.email in page
    assert "cousin" not in page
    assert request.user.email not in page
    client.force_login(make_staff(programme, Role.COORDINATOR))
    assert invitation.email not in client.get(page_of(startup)).content.decode()


def test_search_and_filters(client, met):
    startup, programme = met
    other = make_startup(legal_name="Kobe Robotics", country="JP", kind="sme")
    actions.meet(startup=other, programme=programme)
    client.force_login(make_staff(programme))
    for query, found in (
        ("?q=nairobi", startup),
        ("?country=JP", other),
        ("?kind__exact=sme", other),
    ):
        page = client.get(LIST + query).content.decode()
        names = {startup: "Maji Safi Ltd", other: "Kobe Robotics"}
        assert names.pop(found) in page
        assert names.popitem()[1] not in page
    hidden = client.get(LIST + "?memberships__user__email__startswith=a")
    assert hidden.status_code in {302, 400}


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(client, met, count, django_assert_num_queries):
    _startup, programme = met
    for _number in range(count):
        actions.meet(startup=make_startup(), programme=programme)
    client.force_login(make_staff(programme))
    client.get(LIST)
    with django_assert_num_queries(9):
        client.get(LIST)


def test_hand_over(client, met):
    startup, programme = met
    gone, new = startup.owners()[0], make_user()
    client.force_login(make_staff(programme))
    path = page_of(startup, "hand_over")
    page = client.post(path, {"email": "nobody@example.org", "reason": "Checked the register"})
    assert "Nobody has an account" in page.content.decode()
    assert "Checked the register" in page.content.decode()
    page = client.post(path, {"email": new.email, "reason": " "})
    assert "Please fill this in." in page.content.decode()
    assert startup.owners() == [gone]
    response = client.post(path, {"email": new.email.upper(), "reason": "Checked the register"})
    assert response.url == page_of(startup)
    assert startup.owners() == [new]
    assert Membership.objects.get(user=gone).role == MemberRole.VIEWER
    assert AuditEntry.objects.get(verb="hand-over").reason == "Checked the register"
    assert "Handed over to" in client.get(page_of(startup)).content.decode()


def test_hand_over_to_oneself_is_refused(client, met):
    startup, programme = met
    manager = make_staff(programme)
    client.force_login(manager)
    page = client.post(
        page_of(startup, "hand_over"), {"email": manager.email, "reason": "I like it"}
    )
    assert "yourself" in page.content.decode()
    assert manager not in startup.owners()
