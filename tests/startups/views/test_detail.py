"""The page of one organisation: for whom it is, and its journey."""

from __future__ import annotations

import pytest
from django.urls import reverse

from portal.choices import Role
from startups import actions
from startups.choices import MemberRole
from startups.models import Membership
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_invitation, make_join_request, make_startup
from tests.pages import text_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", 200),
        ("editor", 200),
        ("viewer", 200),
        ("stranger", 404),
        ("manager", 200),
        ("manager elsewhere", 404),
        ("reviewer", 404),
        ("administrator", 200),
    ],
)
@pytest.mark.parametrize("page", ["startup-detail", "member-list"])
def test_detail_and_people_are_for_those_who_may(client, startup, who, status, page):
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    person = {
        "owner": lambda: startup.owners()[0],
        "editor": lambda: add_member(startup, role=MemberRole.EDITOR),
        "viewer": lambda: add_member(startup, role=MemberRole.VIEWER),
        "stranger": make_user,
        "manager": lambda: make_staff(programme),
        "manager elsewhere": make_staff,
        "reviewer": lambda: make_staff(programme, Role.REVIEWER),
        "administrator": lambda: make_user(is_superuser=True),
    }[who]()
    client.force_login(person)
    response = client.get(reverse(f"startups:{page}", args=[startup.pk]))
    assert response.status_code == status
    if status == 200:
        assert ("Send the invitation" in text_of(response)) == (
            page == "member-list" and who == "owner"
        )


@pytest.mark.parametrize("count", [1, 3])
def test_detail_query_count(client, startup, count, django_assert_num_queries):
    for _number in range(count):
        member = add_member(startup)
        startup.contacts.create(name="C", telephone="123456")
        startup.founders.create(name="F")
        membership = Membership.objects.get(user=member)
        actions.change_role(membership=membership, role="viewer", by=startup.owners()[0])
    path = startup.get_absolute_url()
    client.get(path)
    with django_assert_num_queries(NUMBER_OF_DETAIL):
        client.get(path)


# session, person, startup, roles, supplier statements, supplier file, applications, places, people,
# contacts, founders, merged records, journey, names in the journey, unread, my roles on staff
NUMBER_OF_DETAIL = 16


@pytest.mark.parametrize("count", [1, 3])
def test_people_query_count(client, startup, count, django_assert_num_queries):
    for _number in range(count):
        add_member(startup)
        make_invitation(startup)
        make_join_request(startup)
    path = reverse("startups:member-list", args=[startup.pk])
    client.get(path)
    # session, person, startup, roles, requests, people, invitations, unread, my roles on staff
    with django_assert_num_queries(9):
        client.get(path)


def test_journey_reads_as_sentences(client, startup):
    owner = startup.owners()[0]
    member = add_member(startup, make_user(given_name="Sukarno"))
    membership = Membership.objects.get(user=member)
    actions.change_role(membership=membership, role="viewer", by=owner)
    page = text_of(client.get(startup.get_absolute_url()))
    assert "Sukarno is now Viewer" in page


def test_journey_tells_nothing_that_has_no_sentence(client, startup):
    """A decision that is prepared and not sent must not be read off the timeline."""
    from portal import audit  # noqa: PLC0415

    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    manager = make_staff(programme)

    class Decision:
        """Stands for a record of a higher app."""

        class _meta:  # noqa: N801
            label_lower = "portal.document"

        pk = startup.pk
        startup_key = startup.pk
        programme_key = programme.pk

    audit.record(Decision, "prepare-selected", actor=manager)
    audit.record(Decision, "send-deck", actor=startup.owners()[0])
    for reader in (startup.owners()[0], manager, make_staff(programme, Role.COORDINATOR)):
        client.force_login(reader)
        page = text_of(client.get(startup.get_absolute_url()))
        assert "Send deck" not in page
        assert "Prepare selected" not in page


def test_requests_in_the_journey_are_for_owners(client, startup):
    make_startup(legal_name="Maji Safy", country="KE")
    asker = make_user(given_name="Aoi")
    actions.ask_to_join(name="Maji Safi Ltd", country="KE", message="", by=asker)
    assert "A person asked to join" in text_of(client.get(startup.get_absolute_url()))
    client.force_login(add_member(startup))
    assert "asked to join" not in text_of(client.get(startup.get_absolute_url()))
