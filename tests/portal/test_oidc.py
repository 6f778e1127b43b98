"""Sign-in elsewhere: a small OpenID Connect provider of our own, real requests, signed tokens."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlsplit

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from cryptography.hazmat.primitives.asymmetric import rsa
from django.conf import settings
from django.test import Client
from django.urls import reverse

from portal.models import OutboxMessage, User
from tests.factories.portal import make_staff, make_user
from tests.pages import text_of

pytestmark = pytest.mark.django_db

LOGIN = "/accounts/oidc/oidc/login/"
STOCK = re.compile(r"Third-Party|third-party|Sign Up|Login Cancelled|Account Connections")
KEYS = {
    name: rsa.generate_private_key(public_exponent=65537, key_size=2048)
    for name in ("its own", "a stranger's")
}


class Provider:
    """The other side: who signs in there, and what it signs."""

    def __init__(self) -> None:
        self.claims = {"sub": "1", "email": "amina@example.org", "email_verified": True}
        self.key = KEYS["its own"]
        self.signed: dict[str, object] = {}
        self.userinfo: dict[str, object] | None = None
        self.challenges: dict[str, str] = {}
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None:
                """Nothing."""

            def do_GET(self) -> None:
                outer.answer(self, urlsplit(self.path).path)

            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                sent = dict(parse_qsl(self.rfile.read(length).decode()))
                outer.token(self, sent)

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.issuer = self.url
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    @staticmethod
    def send(handler: BaseHTTPRequestHandler, status: int, content: object) -> None:
        body = json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def answer(self, handler: BaseHTTPRequestHandler, path: str) -> None:
        if path == "/.well-known/openid-configuration":
            names = {
                "authorization_endpoint": "/authorize",
                "token_endpoint": "/token",
                "jwks_uri": "/keys",
                "userinfo_endpoint": "/userinfo",
            }
            self.send(
                handler,
                200,
                {"issuer": self.issuer, **{name: self.url + path for name, path in names.items()}},
            )
        elif path == "/keys":
            public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEYS["its own"].public_key()))
            self.send(handler, 200, {"keys": [{**public, "kid": "k1", "alg": "RS256"}]})
        elif path == "/userinfo":
            self.send(handler, 200, self.userinfo or self.claims)
        else:
            self.send(handler, 404, {})

    def token(self, handler: BaseHTTPRequestHandler, sent: dict[str, str]) -> None:
        """Only for the code it gave, to whoever knows the secret and the verifier of PKCE."""
        made = base64.urlsafe_b64encode(hashlib.sha256(sent["code_verifier"].encode()).digest())
        is_ours = sent["client_secret"] == "s3cret" and sent["client_id"] == "portal"
        if not is_ours or self.challenges.get(sent["code"]) != made.rstrip(b"=").decode():
            self.send(handler, 400, {"error": "invalid_grant"})
            return
        now = int(time.time())
        signed = {"iss": self.url, "aud": "portal", "iat": now, "exp": now + 60, **self.claims}
        token = jwt.encode(signed | self.signed, self.key, "RS256", headers={"kid": "k1"})
        self.send(handler, 200, {"access_token": "x", "token_type": "Bearer", "id_token": token})

    def consent(self, address: str) -> str:
        """What its page does once the person has signed in there: the way back."""
        asked = {key: value for key, (value,) in parse_qs(urlsplit(address).query).items()}
        assert address.startswith(f"{self.url}/authorize")
        assert asked["client_id"] == "portal"
        assert asked["code_challenge_method"] == "S256"
        code = f"code{len(self.challenges)}"
        self.challenges[code] = asked["code_challenge"]
        back = urlsplit(asked["redirect_uri"])
        return f"{back.path}?code={code}&state={asked['state']}"


@pytest.fixture
def provider(settings):
    made = Provider()
    app = {
        "provider_id": "oidc",
        "name": "City login",
        "client_id": "portal",
        "secret": "s3cret",
        "settings": {"server_url": made.url},
    }
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": [app]}
    }
    yield made
    made.close()


def through(client, provider, address=LOGIN):
    away = client.post(address)
    assert away.status_code == 302, away.content
    return client.get(provider.consent(away.url))


def who(client):
    found = client.session.get("_auth_user_id")
    return User.objects.get(pk=found) if found else None


# -- when none is configured ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        *(LOGIN, f"{LOGIN}callback/", f"{LOGIN}callback/?code=1&state=2"),
        *("/accounts/oidc/other/login/", "/accounts/oidc/%00/login/"),
        *("/accounts/elsewhere/", "/accounts/elsewhere/new/", "/accounts/elsewhere/failed/"),
        "/accounts/elsewhere/cancelled/",
    ],
)
def test_without_configuration_there_is_no_such_address(client, path):
    client.force_login(make_user(), backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert client.get(path).status_code in {400, 404}
    assert client.post(path).status_code in {400, 404, 405}


def test_without_configuration_there_is_no_button(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = text_of(client.get(reverse("account_login")))
    assert "Sign in with" not in page


# -- in -------------------------------------------------------------------------------------------


def test_button_leads_there_and_back_to_a_new_account(client, provider):
    page = text_of(client.get(reverse("account_login")))
    assert "Sign in with City login" in page
    provider.claims |= {"given_name": "Amina", "family_name": "Diallo\u202e"}
    assert through(client, provider).url == "/"
    user = who(client)
    assert (user.email, user.shown_name) == ("amina@example.org", "Amina Diallo")
    assert EmailAddress.objects.get(user=user).verified
    again = Client()
    through(again, provider)
    assert who(again) == user
    assert User.objects.count() == 1


def test_address_confirmed_on_both_sides_leads_to_the_account_there_is(client, provider):
    user = make_user(email="amina@example.org")
    through(client, provider)
    assert who(client) == user
    assert user.check_password("correct horse battery")
    assert SocialAccount.objects.get().user == user


@pytest.mark.parametrize("said", [False, None, "true", "false", 1, "missing"])
def test_address_the_other_side_does_not_vouch_for_leads_to_nobody(client, provider, said):
    user = make_user(email="amina@example.org")
    provider.claims["email_verified"] = said
    if said == "missing":
        del provider.claims["email_verified"]
    answer = through(client, provider)
    assert answer.status_code in {200, 302}
    assert who(client) is None
    assert not SocialAccount.objects.filter(user=user).exists()
    # Its owner hears that somebody tried, nobody else learns whether there is an account.
    assert OutboxMessage.objects.get().to_address == "amina@example.org"


def test_address_not_vouched_for_is_confirmed_here_before_anything_opens(client, provider):
    provider.claims["email_verified"] = False
    through(client, provider)
    assert who(client) is None
    assert not EmailAddress.objects.filter(verified=True).exists()


def test_address_somebody_only_typed_here_gives_them_nothing(client, provider):
    """The trap: add a stranger's address to one's own account, and wait for their sign-in."""
    attacker = make_user(email="mallory@example.org")
    EmailAddress.objects.create(user=attacker, email="amina@example.org", verified=False)
    through(client, provider)
    assert who(client) != attacker
    assert not SocialAccount.objects.filter(user=attacker).exists()


def test_account_made_by_a_stranger_and_never_confirmed_gives_them_nothing(client, provider):
    squatter = make_user(email="amina@example.org")
    EmailAddress.objects.filter(user=squatter).update(verified=False)
    through(client, provider)
    assert who(client) is None
    assert not SocialAccount.objects.exists()


def test_second_factor_is_asked_for_here_all_the_same(client, provider, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    user = make_staff(email="amina@example.org")
    through(client, provider)
    assert who(client) == user
    assert client.get("/admin/").status_code == 302
    TOTP.activate(user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    again = Client()
    assert through(again, provider).url == reverse("mfa_authenticate")
    assert who(again) is None


# -- tokens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "spoil",
    [
        pytest.param(lambda one: setattr(one, "key", KEYS["a stranger's"]), id="signature"),
        pytest.param(lambda one: one.signed.update(aud="another"), id="audience"),
        pytest.param(lambda one: one.signed.update(iss="http://evil.example"), id="issuer"),
        pytest.param(lambda one: one.signed.update(exp=int(time.time()) - 600), id="time"),
    ],
)
def test_token_that_is_not_right_signs_nobody_in(client, provider, spoil):
    make_user(email="amina@example.org")
    spoil(provider)
    page = through(client, provider)
    assert who(client) is None
    assert "Signing in did not work" in text_of(page)
    assert not STOCK.search(text_of(page))


def test_metadata_of_another_issuer_signs_nobody_in(client, provider):
    make_user(email="amina@example.org")
    provider.issuer = "https://accounts.evil.example"
    provider.signed["iss"] = provider.issuer
    page = client.post(LOGIN)
    assert "Location" not in page.headers
    assert "did not" in text_of(page)
    assert who(client) is None


def test_answer_about_somebody_else_signs_nobody_in(client, provider):
    make_user(email="amina@example.org")
    provider.userinfo = {**provider.claims, "sub": "2"}
    del provider.claims["email"]
    through(client, provider)
    assert who(client) is None


def test_answer_beside_the_token_is_taken_for_the_same_person(client, provider):
    user = make_user(email="amina@example.org")
    provider.userinfo = dict(provider.claims)
    del provider.claims["email"]
    through(client, provider)
    assert who(client) == user


def test_way_back_of_another_browser_signs_nobody_in(client, provider):
    make_user(email="amina@example.org")
    back = provider.consent(client.post(LOGIN).url)
    victim = Client()
    assert "did not work" in text_of(victim.get(back))
    assert who(victim) is None


def test_leaving_needs_a_button_of_ours(client, provider):
    page = client.get(LOGIN)
    assert page.status_code == 200
    assert "Go on to City login?" in text_of(page)
    assert Client(enforce_csrf_checks=True).post(LOGIN).status_code == 403


def test_other_side_that_is_down_is_said(client, provider):
    provider.close()
    answer = client.post(LOGIN)
    assert answer.status_code == 401
    assert "did not answer" in text_of(answer)


def test_refusal_there_is_said_here(client, provider):
    state = parse_qs(urlsplit(client.post(LOGIN).url).query)["state"][0]
    page = client.get(f"{LOGIN}callback/?error=access_denied&state={state}", follow=True)
    assert "You stopped on the other side" in text_of(page)


# -- connections ----------------------------------------------------------------------------------


def test_connecting_asks_whether_it_is_still_you_and_writes_a_letter(client, provider, settings):
    settings.REAUTHENTICATION_MINUTES = 30
    user = make_user()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    page = text_of(client.get("/accounts/elsewhere/"))
    assert "Connect City login" in page
    assert not STOCK.search(page)
    answer = through(client, provider, f"{LOGIN}?process=connect")
    assert answer.url.startswith(reverse("account_reauthenticate"))
    assert not SocialAccount.objects.exists()
    client.post(answer.url, {"password": "correct horse battery"})
    assert SocialAccount.objects.get().user == user
    letter = OutboxMessage.objects.get()
    assert "City login" in letter.text
    assert not STOCK.search(letter.text + letter.subject)


def test_connected_account_is_disconnected(client, provider):
    make_user(email="amina@example.org")
    through(client, provider)
    account = SocialAccount.objects.get()
    client.post("/accounts/elsewhere/", {"account": account.pk})
    assert not SocialAccount.objects.exists()
