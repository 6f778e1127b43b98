"""Nothing tells whether an address is known: the same status, headers, page, letters and work."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.choices import Role
from portal.models import OutboxMessage
from tests.factories.challenges import make_application
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db

#: As long as each other, so that lengths may be compared too.
KNOWN, UNKNOWN = "amina.known@example.org", "nobody.else@example.org"
PASSWORD = "correct horse battery"
SIGN_UP = {
    "given_name": "Amina",
    "family_name": "Diallo",
    "password1": "a long new password 7",
    "password2": "a long new password 7",
    "time_zone": "UTC",
}


#: What the clock writes, and the length, which is compared with the page after masking.
CHANGING = {"Content-Length", "Expires", "Last-Modified", "X-Request-ID"}


@dataclass
class Seen:
    """All that the person at the browser can see of one answer, and the work it took."""

    status: int
    headers: dict[str, str]
    cookies: dict[str, Any]
    page: str
    queries: int


def masked(text: str) -> str:
    """Without what differs between any two requests: tokens, and the address that was typed."""
    text = re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", text)
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}", "UUID", text)
    return text.replace(KNOWN, "ADDRESS").replace(UNKNOWN, "ADDRESS")


def look(client: Client, ask: Callable[[Client], Any]) -> Seen:
    """Ask and write down everything."""
    with CaptureQueriesContext(connection) as queries:
        answer = ask(client)
    return Seen(
        status=answer.status_code,
        headers={name: masked(value) for name, value in answer.items() if name not in CHANGING},
        cookies={
            name: {key: value for key, value in morsel.items() if key != "expires"}
            for name, morsel in answer.cookies.items()
        },
        page=masked(answer.content.decode()),
        queries=len(queries),
    )


def post(name: str, **data: str) -> Callable[[Client, str], Any]:
    """A form in which the address is typed."""

    def ask(client: Client, address: str) -> Any:
        typed = {key: value.replace("ADDRESS", address) for key, value in data.items()}
        return client.post(reverse(name), typed)

    return ask


ASK = {
    "sign-in": post("account_login", login="ADDRESS", password="wrong wrong wrong"),
    "sign-up": post("account_signup", email="ADDRESS", **SIGN_UP),
    "reset": post("account_reset_password", email="ADDRESS"),
    "code": post("account_request_login_code", email="ADDRESS"),
}


#: Statements by which the work may differ, beside a password's hash or a letter.
APART = {"sign-in": 1, "sign-up": 6, "reset": 0, "code": 0}


def follow(client: Client, flow: str, address: str) -> list[Seen]:
    """The flow's answer and the pages after it, with a wrong code and one more letter."""
    seen = [look(client, lambda browser: ASK[flow](browser, address))]
    after = {
        "sign-up": "account_email_verification_sent",
        "code": "account_confirm_login_code",
        "reset": "account_reset_password_done",
    }.get(flow)
    if after is None:
        return seen
    path = reverse(after)
    seen.append(look(client, lambda browser: browser.get(path)))
    if flow != "reset":
        seen.append(look(client, lambda browser: browser.post(path, {"code": "AAA-AAA"})))
        seen.append(look(client, lambda browser: browser.post(path, {"action": "resend"})))
        seen.append(look(client, lambda browser: browser.get(path)))
        seen += [
            look(client, lambda browser: browser.post(path, {"code": "AAA-AAA"}))
            for _time in range(3)
        ]
    return seen


@pytest.mark.parametrize("flow", ASK)
def test_known_and_unknown_addresses_look_alike(flow):
    make_user(email=KNOWN)
    # What a process does once (caches of templates and types) is not part of the answer.
    follow(Client(), flow, "warm.up.first@example.org")
    known, unknown = follow(Client(), flow, KNOWN), follow(Client(), flow, UNKNOWN)
    for one, other in zip(known, unknown, strict=True):
        assert (one.status, one.headers, one.cookies) == (
            other.status,
            other.headers,
            other.cookies,
        )
        assert one.page == other.page


@pytest.mark.parametrize("flow", ASK)
def test_known_and_unknown_addresses_are_as_much_work(flow):
    make_user(email=KNOWN)
    follow(Client(), flow, "warm.up.first@example.org")
    known, unknown = (follow(Client(), flow, one)[0].queries for one in (KNOWN, UNKNOWN))
    assert abs(known - unknown) <= APART[flow], (known, unknown)


@pytest.mark.parametrize("flow", ["sign-up", "reset", "code"])
def test_each_address_gets_one_letter(flow):
    make_user(email=KNOWN)
    for address in (KNOWN, UNKNOWN):
        ASK[flow](Client(), address)
        assert OutboxMessage.objects.filter(to_address=address).count() == 1


@pytest.mark.parametrize("flow", ["sign-in", "sign-up"])
@pytest.mark.parametrize("address", [KNOWN, UNKNOWN])
def test_password_is_hashed_once_for_any_address(flow, address, monkeypatch):
    """A hash is nearly all of the time an answer takes, so it must not be left out."""
    from django.contrib.auth import hashers  # noqa: PLC0415 -- beside what it watches

    make_user(email=KNOWN)
    hasher, hashed = hashers.get_hasher(), []
    encode = type(hasher).encode
    monkeypatch.setattr(
        type(hasher), "encode", lambda *rest, **more: (hashed.append(1), encode(*rest, **more))[1]
    )
    ASK[flow](Client(), address)
    assert len(hashed) == 1


def test_sign_up_with_a_known_address_leaves_nothing(client):
    from allauth.account.models import EmailAddress  # noqa: PLC0415 -- beside what it counts

    from portal.models import User  # noqa: PLC0415

    user = make_user(email=KNOWN, given_name="Amina", password=PASSWORD)
    ASK["sign-up"](client, KNOWN)
    assert User.objects.get() == user
    assert EmailAddress.objects.get().email == KNOWN
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_closed_account_says_so_only_to_its_password(client):
    make_user(email=KNOWN, password=PASSWORD, is_active=False)
    follow(Client(), "sign-in", "warm.up.first@example.org")
    wrong, unknown = follow(Client(), "sign-in", KNOWN), follow(Client(), "sign-in", UNKNOWN)
    assert [one.page for one in wrong] == [one.page for one in unknown]
    for flow in ("reset", "code", "sign-up"):
        closed, unknown = follow(Client(), flow, KNOWN), follow(Client(), flow, UNKNOWN)
        assert [(one.status, one.page) for one in closed] == [
            (one.status, one.page) for one in unknown
        ]


# -- invitations and requests ---------------------------------------------------------------------


def invite_member(client: Client, address: str) -> Any:
    startup = make_startup(legal_name="Umi Robotics KK", registration_number="1")
    client.force_login(startup.owners()[0])
    data = {"email": address, "role": "editor"}
    return client.post(reverse("startups:member-invite", args=[startup.pk]), data, follow=True)


def invite_helper(client: Client, address: str) -> Any:
    application = make_application()
    client.force_login(application.startup.owners()[0])
    path = reverse("challenges:helper-invite", args=[application.pk])
    return client.post(path, {"email": address}, follow=True)


def invite_staff(client: Client, address: str) -> Any:
    programme = make_programme()
    client.force_login(make_staff(programme, Role.MANAGER))
    data = {"programme": str(programme.pk), "email": address, "role": "reviewer"}
    return client.post(reverse("admin:portal_staffinvitation_add"), data, follow=True)


@pytest.mark.parametrize("invite", [invite_member, invite_helper, invite_staff])
def test_invitations_look_alike(invite, settings):
    """The inviter reads what they typed and nothing of whose address it is."""
    settings.STAFF_SECOND_FACTOR = "optional"
    make_user(email=KNOWN, given_name="Amina", display_name="Amina of the known address")
    answers = [invite(Client(), address) for address in (KNOWN, UNKNOWN)]
    numbers = re.compile(r"[0-9A-Z]{4}-[0-9A-Z]{4}|\d+")
    pages = [numbers.sub("0", masked(answer.content.decode())) for answer in answers]
    assert pages[0] == pages[1]
    assert "Amina of the known" not in pages[0]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert OutboxMessage.objects.count() == 2
