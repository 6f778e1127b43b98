"""My organisations, and the first step for somebody who is new."""

from __future__ import annotations

import pytest

from portal.choices import Role
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import make_invitation, make_join_request, make_startup
from tests.pages import text_of
from tests.startups.views.addresses import LIST, NEW

pytestmark = pytest.mark.django_db


def test_list_is_empty_with_one_action(client, user):
    page = text_of(client.get(LIST))
    assert "You belong to no organisation yet" in page
    assert page.count(NEW) == 1


def test_list_shows_mine_only(client, startup):
    make_startup(legal_name="Others Ltd")
    page = text_of(client.get(LIST))
    assert "Maji Safi Ltd" in page
    assert "You own it." in page
    assert "Others Ltd" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(client, user, count, django_assert_num_queries):
    for _number in range(count):
        make_startup(user)
        make_invitation(email=user.email)
        make_join_request(user=user)
    # session, person, addresses, invitations, startups, requests, unread, my roles on staff
    with django_assert_num_queries(8):
        client.get(LIST)


def test_pages_need_a_person(client):
    startup = make_startup()
    for path in (LIST, NEW, startup.get_absolute_url()):
        response = client.get(path)
        assert response.status_code == 302
        assert "/accounts/login/" in response.url


def test_new_founder_is_told_to_describe_the_organisation(client, user):
    assert "Describe</strong>" in text_of(client.get("/"))
    make_startup(user)
    assert "Describe</strong>" not in text_of(client.get("/"))


@pytest.mark.parametrize("who", ["invited", "asking", "staff", "administrator"])
def test_nobody_else_is_told_to_describe_an_organisation(client, who):
    person = {
        "invited": make_user,
        "asking": make_user,
        "staff": lambda: make_staff(role=Role.REVIEWER),
        "administrator": lambda: make_user(is_superuser=True),
    }[who]()
    if who == "invited":
        make_invitation(email=person.email)
    if who == "asking":
        make_join_request(user=person)
    client.force_login(person)
    assert "Describe</strong>" not in text_of(client.get("/"))
