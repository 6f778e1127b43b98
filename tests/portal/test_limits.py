"""Limits: ten guesses whatever the headers say, however many at once; nobody locks out others."""

from __future__ import annotations

import re
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal import known
from portal.actions import tries
from portal.forms.guess import guesses
from portal.models import OutboxMessage, Tries
from tests.factories.challenges import make_application
from tests.factories.portal import make_user
from tests.factories.startups import make_startup
from tests.pages import text_of
from tests.portal.codes import app_code, give_app

pytestmark = pytest.mark.django_db

RIGHT = "correct horse battery"
NEW = "another horse battery staple"
#: What attackers write to look like somebody else each time.
SPOOFED = (
    *("X-Forwarded-For", "X-Real-IP", "Forwarded", "True-Client-IP", "CF-Connecting-IP"),
    *("X-Client-IP", "X-Cluster-Client-IP", "X-Originating-IP", "Fastly-Client-IP", "Via"),
)


def spoofed(number):
    return dict.fromkeys(SPOOFED, f"for=10.0.0.{number}") | {
        "X-Forwarded-For": f"10.0.0.{number}, 10.1.0.{number}",
        "User-Agent": f"Browser {number}",
    }


def sign_in(client, user, password, number=0):
    return client.post(
        reverse("account_login"),
        {"login": user.email, "password": password},
        headers=spoofed(number),
    )


def attack(user, times=10):
    """Wrong passwords from many places, as a stranger."""
    for number in range(times):
        assert sign_in(Client(), user, f"wrong {number}", number).status_code == 200


# -- passwords ------------------------------------------------------------------------------------


def test_eleventh_password_is_refused_even_if_it_is_right():
    user = make_user()
    attack(user)
    refused = sign_in(Client(), user, RIGHT, 99)
    assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 15 * 60 + 1
    page = text_of(refused)
    assert "Too many tries from here. Try again in 15 minutes" in page
    assert "choose a new password" in page
    assert sign_in(Client(), make_user(), RIGHT).status_code == 302


def test_address_without_an_account_is_refused_likewise():
    nobody = make_user().__class__(email="nobody@example.org")
    attack(nobody)
    assert sign_in(Client(), nobody, RIGHT).status_code == 429


def test_other_spellings_of_the_address_are_the_same_account():
    user = make_user(email="amina@example.org")
    for number in range(10):
        user.email = ["AMINA@example.org", " amina@EXAMPLE.org", "Amina@Example.org "][number % 3]
        assert sign_in(Client(), user, "wrong").status_code == 200
    user.email = "amina@example.org"
    assert sign_in(Client(), user, RIGHT).status_code == 429


def test_right_passwords_do_not_count():
    user = make_user()
    for _time in range(12):
        assert sign_in(Client(), user, RIGHT).status_code == 302
    attack(user, 9)
    assert sign_in(Client(), user, RIGHT).status_code == 302


def test_tries_come_back_after_their_time():
    allowance = tries.Allowance("x", 2, 1)
    assert isinstance(tries.spend(allowance, "a"), tries.Try)
    assert isinstance(tries.spend(allowance, "a"), tries.Try)
    assert tries.spend(allowance, "a") == tries.Pause(1)
    assert isinstance(tries.spend(allowance, "b"), tries.Try)
    long_ago = "UPDATE portal_tries SET at = ARRAY(SELECT one - interval '2 s' FROM unnest(at) one)"
    with connection.cursor() as cursor:
        cursor.execute(long_ago)
    assert isinstance(tries.spend(allowance, "a"), tries.Try)


def test_old_rows_are_dropped():
    tries.spend(tries.Allowance("x", 2, 60), "a")
    assert tries.forget_old_tries() == 0
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_tries SET expires_at = now() - interval '1 s'")
    assert tries.forget_old_tries() == 1


@pytest.mark.django_db(transaction=True)
def test_two_hundred_guesses_at_once_are_ten():
    user = make_user()

    def guess(number):
        try:
            return sign_in(Client(), user, f"wrong {number}", number).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(guess, range(200)))
    assert sorted(answers) == [200] * 10 + [429] * 190


@pytest.mark.django_db(transaction=True)
def test_two_hundred_tries_at_once_are_ten_in_the_row():
    allowance = guesses("password")

    def spend(_number):
        try:
            return isinstance(tries.spend(allowance, "somebody"), tries.Try)
        finally:
            connection.close()

    with ThreadPoolExecutor(40) as pool:
        assert sum(pool.map(spend, range(200))) == 10
    assert len(Tries.objects.get().at) == 10


# -- nobody locks out somebody else ---------------------------------------------------------------


def test_owner_signs_in_where_they_did_before_after_a_stranger_used_up_the_tries():
    user, browser = make_user(), Client()
    assert sign_in(browser, user, RIGHT).status_code == 302
    browser.post(reverse("account_logout"))
    attack(user)
    assert sign_in(Client(), user, RIGHT).status_code == 429
    assert sign_in(browser, user, RIGHT).status_code == 302


def test_known_browser_has_ten_guesses_too():
    user, browser = make_user(), Client()
    sign_in(browser, user, RIGHT)
    browser.post(reverse("account_logout"))
    for _time in range(10):
        assert sign_in(browser, user, "wrong").status_code == 200
    assert sign_in(browser, user, RIGHT).status_code == 429


def test_proof_of_a_browser_is_signed_bound_to_its_person_and_to_the_password():
    user, browser = make_user(), Client()
    sign_in(browser, user, RIGHT)
    cookie = browser.cookies[known.COOKIE]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    attack(victim := make_user())
    # The attacker's own proof opens nothing of somebody else.
    stranger = Client()
    stranger.cookies[known.COOKIE] = cookie.value
    assert sign_in(stranger, victim, RIGHT).status_code == 429
    attack(user)
    tampered = Client()
    tampered.cookies[known.COOKIE] = cookie.value[:-1] + ("A" if cookie.value[-1] != "A" else "B")
    assert sign_in(tampered, user, RIGHT).status_code == 429
    user.set_password(NEW)
    user.save(update_fields=["password"])
    assert sign_in(browser, user, NEW).status_code == 429


def test_mailed_code_still_signs_in_after_a_stranger_used_up_the_passwords(client):
    user = make_user()
    attack(user)
    page = client.post(reverse("account_request_login_code"), {"email": user.email}, follow=True)
    code = re.search(r"^Code: (\S+)$", OutboxMessage.objects.get().text, re.MULTILINE)[1]
    assert client.post(page.redirect_chain[-1][0], {"code": code}).status_code == 302
    assert client.get(reverse("profile-edit")).status_code == 200


def test_new_password_opens_the_way_whatever_strangers_used_up(client):
    user = make_user()
    attack(user)
    for _time in range(8):
        asked = Client().post(reverse("account_reset_password"), {"email": user.email})
        assert asked.status_code == 302
    # Beyond five an hour nothing more is mailed: the links sent before go on working.
    letters = OutboxMessage.objects.filter(text__contains="/password/reset/key/")
    assert letters.count() == 5
    link = re.search(r"(/accounts/password/reset/key/\S+)", letters.earliest("created_at").text)[1]
    page = client.get(link, follow=True)
    done = client.post(page.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    assert done.status_code == 302
    assert sign_in(client, user, NEW).status_code == 302
    assert sign_in(Client(), user, NEW).status_code == 429


# -- codes ----------------------------------------------------------------------------------------


def ask_for_a_code(client, user):
    page = client.post(reverse("account_request_login_code"), {"email": user.email}, follow=True)
    assert page.status_code == 200
    return page.redirect_chain[-1][0]


def test_eleventh_mailed_code_is_refused_even_if_it_is_right():
    user = make_user()
    for number in range(4):
        stranger = Client()
        path = ask_for_a_code(stranger, user)
        for _time in range(3 if number < 3 else 1):
            stranger.post(path, {"code": "AAA-AAA"})
    last = OutboxMessage.objects.latest("created_at")
    code = re.search(r"^Code: (\S+)$", last.text, re.MULTILINE)[1]
    assert stranger.post(path, {"code": code}).status_code == 429
    stranger.get("/")
    assert stranger.get(reverse("profile-edit")).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_burst_of_codes_in_one_session_is_ten_at_most():
    user, stranger = make_user(), Client()
    path = ask_for_a_code(stranger, user)
    cookies = stranger.cookies.output()

    def guess(number):
        browser = Client()
        browser.cookies.load(cookies.replace("Set-Cookie: ", ""))
        try:
            return browser.post(path, {"code": f"AAA-{number:03}"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(24) as pool:
        list(pool.map(guess, range(200)))
    spent = Tries.objects.get(key=tries.key_of("guess:code", f"{user.pk}:"))
    assert len(spent.at) <= 10


def test_strangers_who_ask_for_codes_do_not_stop_the_owner():
    user, browser = make_user(), Client()
    sign_in(browser, user, RIGHT)
    browser.post(reverse("account_logout"))
    stranger = reverse("account_request_login_code")
    answers = [Client().post(stranger, {"email": user.email}).status_code for _time in range(6)]
    assert answers == [302] * 5 + [429]
    ask_for_a_code(browser, user)


def test_proving_again_who_one_is_counts_too(client):
    user = make_user()
    client.force_login(user)
    path = reverse("account_reauthenticate")
    for _time in range(10):
        assert client.post(path, {"password": "wrong"}).status_code == 200
    refused = client.post(path, {"password": RIGHT})
    assert refused.status_code == 429
    assert "Too many tries" in text_of(refused)


def test_eleventh_code_of_an_app_is_refused_even_if_it_is_right():
    user = make_user()
    recovery = give_app(user).get_unused_codes()
    known_before = Client()
    assert sign_in(known_before, user, RIGHT).status_code == 302
    known_before.post(reverse("mfa_authenticate"), {"code": recovery[0]})
    known_before.post(reverse("account_logout"))
    path = reverse("mfa_authenticate")
    for number in range(10):
        stranger = Client()
        sign_in(stranger, user, RIGHT, number)
        assert (
            stranger.post(path, {"code": f"{number:06}"}, headers=spoofed(number)).status_code
            == 200
        )
    stranger = Client()
    sign_in(stranger, user, RIGHT)
    for code in (recovery[1], app_code()):
        assert stranger.post(path, {"code": code}).status_code == 429
    # Whoever has the password cannot shut out the person behind it.
    sign_in(known_before, user, RIGHT)
    assert known_before.post(path, {"code": recovery[2]}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_burst_of_app_codes_is_ten():
    user = make_user()
    give_app(user)
    stranger, path = Client(), reverse("mfa_authenticate")
    sign_in(stranger, user, RIGHT)
    cookies = stranger.cookies.output().replace("Set-Cookie: ", "")

    def guess(number):
        browser = Client()
        browser.cookies.load(cookies)
        try:
            return browser.post(path, {"code": f"{number:06}"}).status_code
        finally:
            connection.close()

    with ThreadPoolExecutor(24) as pool:
        answers = list(pool.map(guess, range(200)))
    assert answers.count(200) == 10
    assert answers.count(429) == 190


def test_code_of_an_app_before_something_important_counts_too(client):
    user = make_user()
    recovery = give_app(user).get_unused_codes()
    client.force_login(user)
    path = reverse("mfa_reauthenticate")
    for number in range(10):
        assert client.post(path, {"code": f"{number:06}"}).status_code == 200
    assert client.post(path, {"code": recovery[0]}).status_code == 429


def test_admins_own_sign_in_takes_no_password(client):
    user = make_user(is_superuser=True)
    data = {"username": user.email, "password": RIGHT, "next": "/admin/"}
    client.post("/admin/login/", data)
    assert client.get("/admin/").status_code == 302


# -- by network -----------------------------------------------------------------------------------


def test_network_pauses_with_a_page_that_says_until_when(client, settings):
    settings.SIGN_INS_PER_MINUTE = 3
    for _time in range(3):
        assert sign_in(client, make_user(), RIGHT).status_code == 302
        client.post(reverse("account_logout"))
    for number in range(3):
        refused = sign_in(client, make_user(), RIGHT, number)
        assert refused.status_code == 429
    assert 0 < int(refused["Retry-After"]) <= 61
    page = text_of(refused)
    assert "Too many tries in a short time" in page
    assert "Wait 1 minute" in page
    assert client.get(reverse("account_login")).status_code == 200


def test_only_the_trusted_proxys_word_counts(settings, rf):
    from portal.http import address_of, network_of  # noqa: PLC0415 -- beside what it tests

    def asked(forwarded, address="192.0.2.1"):
        return rf.get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=address)

    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 0
    assert address_of(asked("198.51.100.7")) == "192.0.2.1"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert address_of(asked("203.0.113.9, 198.51.100.7")) == "198.51.100.7"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert address_of(asked("1.1.1.1, 203.0.113.9, 198.51.100.7")) == "203.0.113.9"
    # Fewer entries than proxies, or words that are no address: the connection's own, and no error.
    assert address_of(asked("198.51.100.7")) == "192.0.2.1"
    assert address_of(asked("a, b")) == "192.0.2.1"
    assert address_of(asked("", address="")) == "0.0.0.0"
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    assert network_of(asked("2001:db8:1:2:3::4")) == network_of(asked("2001:db8:1:2:ffff::9"))
    assert network_of(asked("2001:db8:1:2::1")) != network_of(asked("2001:db8:1:3::1"))


def test_page_answers_where_fewer_proxies_wrote_than_expected(client, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    assert sign_in(client, make_user(), RIGHT).status_code == 302


def test_saving_and_submitting_are_never_held_up(client, settings):
    settings.SIGN_INS_PER_MINUTE = settings.GUESSES = 1
    founder = make_user()
    application = make_application(startup=make_startup(owner=founder), complete=True)
    client.force_login(founder)
    attack(founder, 1)
    question, theme = application.call.questions.filter(section="Solution").order_by("order")
    address = reverse("challenges:application-edit", args=[application.pk, 1])
    before = Tries.objects.count()
    for number in range(500):
        version = application.answers.get(question=question).version
        data = {"go": "next", question.field: f"Title {number}", theme.field: "Water"}
        data |= {f"v_{question.pk.hex}": str(version), f"v_{theme.pk.hex}": "0"}
        saved = client.post(address, data)
        assert saved.status_code == 302
    assert application.answers.get(question=question).value == "Title 499"
    check = reverse("challenges:application-check", args=[application.pk])
    data = {"key": str(uuid.uuid4()), "accept_terms": "on"}
    submitted = client.post(check, data | {"terms_version": application.call.terms_version})
    assert submitted["Location"].endswith("/receipt/")
    assert Tries.objects.count() == before
