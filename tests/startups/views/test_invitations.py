"""The link of an invitation, before sign-in and after it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from startups.choices import InvitationState, MemberRole
from startups.models import Membership
from tests.factories.portal import make_user
from tests.factories.startups import make_invitation
from tests.pages import text_of
from tests.startups.views.addresses import LIST

pytestmark = pytest.mark.django_db


def link(token="token"):
    return reverse("startups:invitation-accept", args=[token])


def test_link_works_with_another_address(client, user):
    invitation = make_invitation(token="token", role=MemberRole.VIEWER)
    page = text_of(client.get(link()))
    assert invitation.startup.name in page
    response = client.post(link(), {"answer": "accept"})
    assert response.url == invitation.startup.get_absolute_url()
    assert Membership.objects.get(user=user).role == MemberRole.VIEWER


def test_link_clicked_twice_leads_to_the_organisation(client, user):
    invitation = make_invitation(token="token")
    client.post(link(), {"answer": "accept"})
    for response in (
        client.post(link(), {"answer": "accept"}, follow=True),
        client.get(link(), follow=True),
    ):
        assert "You have accepted this invitation already" in text_of(response)
        assert response.redirect_chain[-1][0] == invitation.startup.get_absolute_url()


def test_link_used_by_somebody_else_says_so(client, user):
    invitation = make_invitation(token="token")
    client.post(link(), {"answer": "accept"})
    client.force_login(make_user())
    assert "was used already" in text_of(client.get(link()))
    page = text_of(client.post(link(), {"answer": "accept"}, follow=True))
    assert "was used already" in page
    assert invitation.startup.memberships.count() == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"state": InvitationState.WITHDRAWN}, "was withdrawn"),
        ({"state": InvitationState.DECLINED}, "was declined"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "has expired"),
    ],
)
def test_link_that_does_not_work_says_why_and_shows_nothing(client, user, fields, sentence):
    invitation = make_invitation(token="token", **fields)
    page = text_of(client.get(link()))
    assert sentence in page
    assert invitation.startup.name not in page
    page = text_of(client.post(link(), {"answer": "accept"}, follow=True))
    assert sentence in page
    assert not Membership.objects.filter(user=user).exists()


def test_unknown_link(client, user):
    response = client.get(link("nonsense"))
    assert response.status_code == 404
    assert "not known" in text_of(response)
    make_invitation(token="token")
    assert client.post(link(), {"answer": "perhaps"}).status_code == 200


def test_invitation_to_my_address_waits_on_my_pages(client, user):
    invitation = make_invitation(email=user.email)
    other = make_invitation()
    assert invitation.startup.name in text_of(client.get("/"))
    page = text_of(client.get(LIST))
    assert invitation.startup.name in page
    assert other.startup.name not in page
    answer = reverse("startups:invitation-answer", args=[invitation.pk])
    assert client.post(answer, {"answer": "withdraw"}).status_code == 404
    client.post(answer, {"answer": "accept"})
    assert invitation.startup.has_member(user)
    theirs = reverse("startups:invitation-answer", args=[other.pk])
    assert client.post(theirs, {"answer": "accept"}).status_code == 404


def test_invitation_is_declined(client, user):
    invitation = make_invitation(token="token")
    client.post(link(), {"answer": "decline"})
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.DECLINED


def test_invitation_is_shown_before_sign_in(client):
    invitation = make_invitation(token="token")
    page = text_of(client.get(link()))
    assert invitation.invited_by.shown_name in page
    assert invitation.startup.name in page
    for name in ("account_login", "account_signup"):
        assert f"{reverse(name)}?next={link()}" in page
    response = client.post(link(), {"answer": "accept"})
    assert response.url == f"{reverse('account_login')}?next={link()}"
    assert invitation.startup.memberships.count() == 1
    assert client.get(link("nonsense")).status_code == 404


def test_invitation_that_does_not_work_shows_nothing_before_sign_in(client):
    invitation = make_invitation(token="token", state=InvitationState.WITHDRAWN)
    page = text_of(client.get(link()))
    assert "was withdrawn" in page
    assert invitation.startup.name not in page
