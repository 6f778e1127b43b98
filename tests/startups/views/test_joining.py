"""A similar record exists: asking to join it, which shows nothing of it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from portal.models import OutboxMessage
from startups import actions
from startups.choices import MemberRole
from startups.models import JoinRequest, Membership, Startup
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_join_request, record_data
from tests.pages import text_of
from tests.startups.views.addresses import JOIN, LIST, NEW

pytestmark = pytest.mark.django_db


SECRETS = [
    "Kabushiki",
    "Umibot",
    "umibot",
    "Akashi",
    "JCN-777",
    "Buoys",
    "Zebedee",
    "zebra",
    "Xanthippe",
    "999 9999",
]


def shows_nothing(page, hidden):
    return [word for word in [*SECRETS, str(hidden.pk)] if word in page]


def test_similar_name_warns_and_shows_nothing(client, user, hidden):
    page = text_of(client.post(NEW, record_data()))
    assert "An organisation with a similar name in this country has a record already" in page
    assert "Ask to join" in page
    assert 'value="Umi Robotics KK"' in page
    assert shows_nothing(page, hidden) == []
    assert Startup.objects.count() == 1


def test_similar_name_in_another_country_is_no_matter(client, user, hidden):
    client.post(NEW, record_data(country="SE"))
    assert Startup.objects.filter(country="SE").exists()


def test_similar_name_may_be_created_anyway(client, user, hidden):
    client.post(NEW, record_data(anyway="1"))
    assert Startup.objects.filter(legal_name="Umi Robotics KK").exists()


def test_ask_to_join_shows_nothing_before_and_after_the_answer(client, user, hidden):
    response = client.post(JOIN, record_data(message="Let me in"), follow=True)
    page = text_of(response)
    assert "Your request is with the owners" in page
    assert "Umi Robotics KK" in page
    assert shows_nothing(page, hidden) == []
    request = JoinRequest.objects.get()
    assert (request.startup, request.name_asked, request.message) == (
        hidden,
        "Umi Robotics KK",
        "Let me in",
    )
    letter = OutboxMessage.objects.get()
    assert letter.to_address == "zebedee@zebra.example"
    client.force_login(hidden.owners()[0])
    client.post(reverse("startups:join-request-answer", args=[request.pk]), {"answer": "decline"})
    client.force_login(user)
    pages = [text_of(client.get(path)) for path in (LIST, "/inbox/", "/")]
    assert [shows_nothing(page, hidden) for page in pages] == [[], [], []]
    letter = OutboxMessage.objects.get(to_address=user.email)
    assert shows_nothing(letter.text + letter.subject, hidden) == []
    assert client.get(hidden.get_absolute_url()).status_code == 404


def test_ask_to_join_with_bad_input_keeps_the_text(client, user, hidden):
    response = client.post(JOIN, record_data(legal_name="", message="Let me in"))
    page = text_of(response)
    assert "Please fill this in" in page
    assert "Let me in" in page
    response = client.post(JOIN, record_data(message="x" * 501))
    assert "at most 500 characters" in text_of(response)
    assert not JoinRequest.objects.exists()


def test_ask_to_join_twice_says_so(client, user, hidden):
    client.post(JOIN, record_data())
    page = text_of(client.post(JOIN, record_data(), follow=True))
    assert "You have asked already" in page
    assert JoinRequest.objects.count() == 1


def test_owner_answers_a_request(client, startup):
    request = make_join_request(startup)
    members = reverse("startups:member-list", args=[startup.pk])
    page = text_of(client.get(members))
    assert request.user.email in page
    client.post(
        reverse("startups:join-request-answer", args=[request.pk]),
        {"answer": "accept", "role": "editor"},
    )
    assert Membership.objects.get(user=request.user).role == MemberRole.EDITOR


@pytest.mark.parametrize(
    ("who", "status"), [("editor", 404), ("asker", 403), ("stranger", 404), ("manager", 404)]
)
def test_nobody_else_answers_a_request(client, startup, who, status):
    request = make_join_request(startup)
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    client.force_login(
        {
            "editor": lambda: add_member(startup),
            "asker": lambda: request.user,
            "stranger": make_user,
            "manager": lambda: make_staff(programme),
        }[who]()
    )
    response = client.post(
        reverse("startups:join-request-answer", args=[request.pk]),
        {"answer": "accept", "role": "owner"},
    )
    assert response.status_code == status
    assert not Membership.objects.filter(user=request.user).exists()


def test_request_is_answered_once(client, startup):
    request = make_join_request(startup)
    path = reverse("startups:join-request-answer", args=[request.pk])
    client.post(path, {"answer": "decline"})
    page = text_of(client.post(path, {"answer": "accept", "role": "editor"}, follow=True))
    assert "not possible any more" in page
    assert client.post(path, {"answer": "explode"}).status_code == 404


def test_request_waits_on_the_owners_home_page(client, startup):
    request = make_join_request(startup)
    assert f"{request.user.shown_name} asks to join" in text_of(client.get("/"))
    client.force_login(add_member(startup))
    assert "asks to join" not in text_of(client.get("/"))


def test_address_of_asking_leads_to_a_new_record(client, user):
    assert client.get(JOIN).url == NEW


def test_another_founder_after_a_message_that_is_too_long(client, user, hidden):
    page = text_of(client.post(JOIN, record_data(message="x" * 501)))
    button = re.search(r"<button[^>]*add-founder[^>]*>", page)
    assert button is not None
    assert f'formaction="{NEW}"' in button[0]
    data = record_data(message="Let me in", **{"add-founder": "1"})
    page = text_of(client.post(NEW, data))
    assert 'name="founders-1-name"' in page
    assert "Let me in" in page
