"""Sessions: each person sees their own, ends them at once; they die when the password does."""

from __future__ import annotations

import re

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.test import Client
from django.urls import reverse

from portal import actions
from portal.agents import in_words
from portal.choices import Role
from portal.models import KnownDevice, OutboxMessage, ProgrammeStaff
from tests.factories.portal import make_staff, make_user
from tests.pages import text_of

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"
SAFARI = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/18.0 Mobile/15E148 Safari/604.1"
)


def browser(user, agent=FIREFOX, **headers):
    client = Client(headers={"user-agent": agent}, **headers)
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def is_in(client):
    return client.get("/inbox/").status_code == 200


def test_each_session_is_listed_in_words_and_mine_is_marked():
    user = make_user()
    here, _telephone = browser(user), browser(user, SAFARI, REMOTE_ADDR="203.0.113.7")
    browser(make_user(), "curl/8")
    page = text_of(here.get(reverse("usersessions_list")))
    assert re.search(r"Firefox on Windows <span class=\"quiet\">\(this one\)", page)
    assert "Safari on iPhone" in page
    assert 'Another network <span class="quiet">(203.0.113.7)' in page
    assert "Unknown browser" not in page


@pytest.mark.parametrize("sessions", [1, 3])
def test_list_asks_as_often_for_three_as_for_one(django_assert_num_queries, sessions):
    user = make_user()
    clients = [browser(user) for _ in range(sessions)]
    page = reverse("usersessions_list")
    clients[0].get(page)
    with django_assert_num_queries(7):
        clients[0].get(page)


def test_end_takes_effect_at_once_and_deletes_the_row():
    user = make_user()
    here, there = browser(user), browser(user, SAFARI)
    key = there.session.session_key
    pk = UserSession.objects.get(session_key=key).pk
    here.post(reverse("session-end", args=[pk]))
    assert not Session.objects.filter(session_key=key).exists()
    assert not UserSession.objects.filter(pk=pk).exists()
    assert not is_in(there)
    assert is_in(here)


def test_nobody_ends_another_persons_session_nor_their_own_current_one():
    here, there = browser(make_user()), browser(make_user())
    theirs = UserSession.objects.get(session_key=there.session.session_key).pk
    mine = UserSession.objects.get(session_key=here.session.session_key).pk
    here.post(reverse("session-end", args=[theirs]))
    assert is_in(there)
    assert here.post(reverse("session-end", args=[mine])).status_code == 404
    assert is_in(here)


def test_end_all_others_keeps_this_one():
    user = make_user()
    here, *others = (browser(user) for _ in range(3))
    page = text_of(here.post(reverse("sessions-end"), follow=True))
    assert "2 other sessions ended." in page
    assert is_in(here)
    assert not any(is_in(other) for other in others)


def test_ending_others_asks_whether_it_is_still_you(settings):
    user = make_user()
    settings.REAUTHENTICATION_MINUTES = 30
    there = browser(user)
    here = Client()
    here.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    asked = here.post(reverse("sessions-end"))
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert is_in(there)
    here.post(asked.url, {"password": PASSWORD, "next": reverse("sessions-end")})
    assert not is_in(there)


def test_new_password_ends_them_all():
    user = make_user()
    here, there = browser(user), browser(user)
    new = "another horse battery staple"
    here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert not is_in(there)
    assert not UserSession.objects.filter(user=user, session_key=there.session.session_key).exists()


def test_password_by_a_mailed_link_ends_them_all():
    user = make_user()
    there = browser(user)
    key = there.session.session_key
    stranger = Client()
    stranger.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"https?://[^/]+(/\S+)", OutboxMessage.objects.get().text)[1]
    page = stranger.get(link, follow=True)
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    stranger.post(page.redirect_chain[-1][0], new)
    assert not Session.objects.filter(session_key=key).exists()
    assert not is_in(there)


def test_deactivation_in_the_admin_ends_them_all():
    administrator, user = make_user(is_superuser=True), make_user()
    there = browser(user)
    key = there.session.session_key
    desk = Client()
    desk.force_login(administrator, backend=settings.AUTHENTICATION_BACKENDS[-1])
    address = reverse("admin:portal_user_change", args=[user.pk])
    form = desk.get(address).context["adminform"].form
    typed = {name: form.initial.get(name) or "" for name in form.fields}
    typed.pop("is_active")
    assert desk.post(address, typed).status_code == 302
    user.refresh_from_db()
    assert not user.is_active
    assert not Session.objects.filter(session_key=key).exists()
    assert not is_in(there)


def test_ended_role_closes_the_staff_pages_at_the_next_click():
    user = make_staff()
    here = browser(user)
    assert here.get("/admin/").status_code == 200
    colleague = make_staff(ProgrammeStaff.objects.get(user=user).programme)
    actions.end_role(held=ProgrammeStaff.objects.get(user=user), by=colleague)
    assert here.get("/admin/").status_code == 302
    assert is_in(here)


def test_ended_session_takes_its_known_device_along(settings):
    settings.STAFF_SECOND_FACTOR = "required"
    user = make_staff(role=Role.REVIEWER)
    there = browser(user)
    code = re.search(
        r"^Code: (\S+)$", OutboxMessage.objects.latest("created_at").text, re.MULTILINE
    )[1]
    there.post(reverse("account_confirm_login_code"), {"code": code})
    assert is_in(there)
    assert KnownDevice.objects.filter(user=user).count() == 1
    pk = UserSession.objects.get(session_key=there.session.session_key).pk
    assert actions.end_session(user=user, pk=pk)
    assert not KnownDevice.objects.filter(user=user).exists()


def test_last_seen_is_written_but_not_at_each_click(django_assert_num_queries):
    user = make_user()
    here = browser(user)
    row = UserSession.objects.get(session_key=here.session.session_key)
    caches["local"].clear()
    is_in(here)
    seen = UserSession.objects.get(pk=row.pk).last_seen_at
    assert seen > row.last_seen_at
    is_in(here)
    assert UserSession.objects.get(pk=row.pk).last_seen_at == seen


def test_session_ends_after_its_time_however_much_it_is_used():
    here = browser(make_user())
    session = here.session
    session["began_at"] -= settings.SESSION_COOKIE_AGE + 1
    session.save()
    assert not is_in(here)


def test_session_that_came_another_way_is_listed_once_it_looks():
    user = make_user()
    here = Client()
    here.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert "(this one)" in text_of(here.get(reverse("usersessions_list")))


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (SAFARI, "Safari on iPhone"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140.0 Safari/537.36 Edg/140.0", "Edge on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome on Android"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
    ],
)
def test_browser_in_words(agent, words):
    assert in_words(agent) == words
