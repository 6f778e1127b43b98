"""Accounts: the letters and pages of sign-in in our own words, and the way back to one's place."""

from __future__ import annotations

import re
from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse

from portal import actions
from portal.choices import Role
from portal.forms import ProfileForm, SignupForm
from portal.models import OutboxMessage, ProgrammeStaff, StaffInvitation
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import make_startup
from tests.pages import text_of

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery staple"
STOCK = re.compile(
    r"Hello from|Thank you for using|example\.com|register an account|Verification Code"
    r"|Successfully|Bad Token|Change Password|Email Address|associated|Incorrect code"
    r"|Confirmation email|Please reauthenticate|Confirm Access|Sign Up|Account Inactive",
)
SIGN_UP = {
    "given_name": "Win a prize",
    "family_name": "at spam.example",
    "email": "amina@example.org",
    "password1": PASSWORD,
    "password2": PASSWORD,
    "time_zone": "UTC",
}


def letter():
    """The one letter, which has no stock words and says whose it is."""
    found = OutboxMessage.objects.get()
    assert not STOCK.search(found.subject + found.text)
    assert settings.SITE_NAME in found.text
    assert "an account on ." not in found.text
    assert not found.subject.startswith("[")
    return found


def code_of(message):
    found = re.search(r"^Code: ([A-Z0-9-]{6,})$", message.text, re.MULTILINE)
    assert found is not None
    return found[1]


# -- letters --------------------------------------------------------------------------------------


def test_letter_of_a_new_account_has_the_code_and_not_the_typed_name(client):
    response = client.post(reverse("account_signup"), SIGN_UP, follow=True)
    message = letter()
    code = code_of(message)
    assert "prize" not in message.text + message.html + message.subject
    assert "spam" not in message.text + message.html + message.subject
    assert re.search(rf"font-size: 25px[^<]*>\s*{code}", message.html)
    page = text_of(response)
    assert not STOCK.search(page)
    assert "amina@example.org" in page
    wrong = text_of(client.post(response.redirect_chain[-1][0], {"code": "AAAAAA"}))
    assert "This is not the code of our latest letter" in wrong
    done = client.post(response.redirect_chain[-1][0], {"code": code}, follow=True)
    assert done.context["user"].is_authenticated
    assert not STOCK.search(text_of(done))


def test_new_code_can_be_sent(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"confirm_email": "100/s/key"}
    response = client.post(reverse("account_signup"), SIGN_UP, follow=True)
    path = response.redirect_chain[-1][0]
    assert "Send a new code" in text_of(response)
    # Whether an address has an account must not be read off what the page offers.
    assert "another e-mail address" not in text_of(response)
    client.post(path, {"action": "resend"})
    first, second = OutboxMessage.objects.order_by("created_at")
    assert client.post(path, {"code": code_of(first)}).status_code == 200
    assert client.post(path, {"code": code_of(second)}).status_code == 302


def test_sign_up_with_a_known_address_looks_the_same(client):
    make_user(email="amina@example.org")
    response = client.post(reverse("account_signup"), SIGN_UP, follow=True)
    assert "Send a new code" in text_of(response)
    message = letter()
    assert "You have an account already" in message.subject
    assert f"{settings.SITE_URL}{reverse('account_reset_password')}" in message.text
    assert "prize" not in message.text


def test_sign_in_code_works(client):
    make_user(email="amina@example.org")
    response = client.post(
        reverse("account_request_login_code"), {"email": "amina@example.org"}, follow=True
    )
    page = text_of(response)
    assert not STOCK.search(page)
    assert "Send a new code" in page
    path = response.redirect_chain[-1][0]
    assert client.post(path, {"code": code_of(letter())}).url == "/"


def test_link_to_a_new_password_is_a_button_with_our_own_host(client):
    make_user(email="amina@example.org")
    response = client.post(
        reverse("account_reset_password"),
        {"email": "amina@example.org"},
        headers={"host": "localhost"},
        follow=True,
    )
    page = text_of(response)
    assert f'href="{reverse("account_login")}"' in page.split("<main")[1]
    message = letter()
    link = re.search(
        rf'href="{settings.SITE_URL}(/accounts/password/reset/key/[^"]+)"', message.html
    )
    assert link is not None
    assert "Choose a new password:" in message.text
    assert len(re.findall(r"https?://", message.text)) == 1
    page = client.get(link[1], follow=True)
    assert not STOCK.search(text_of(page))
    new = {"password1": f"{PASSWORD} 2", "password2": f"{PASSWORD} 2"}
    done = text_of(client.post(page.redirect_chain[-1][0], new, follow=True))
    assert not STOCK.search(done)
    assert f'href="{reverse("account_login")}"' in done.split("<main")[1]
    again = text_of(client.get(link[1], follow=True))
    assert "This link does not work any more" in again
    assert not STOCK.search(again)
    assert reverse("account_reset_password") in again


def test_letter_to_an_unknown_address(client):
    client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    message = letter()
    assert f"{settings.SITE_URL}{reverse('account_signup')}" in message.text
    assert message.to_address == "nobody@example.org"


def test_letter_of_a_changed_password_says_when_and_from_where(client, settings):
    settings.ACCOUNT_EMAIL_NOTIFICATIONS = True
    user = make_user()
    client.force_login(user)
    data = {"oldpassword": "correct horse battery", "password1": PASSWORD, "password2": PASSWORD}
    page = text_of(client.post(reverse("account_change_password"), data, follow=True))
    assert "Your password is changed." in page
    message = letter()
    assert "From the address: 127.0.0.1" in message.text
    assert "When: " in message.text


@pytest.mark.parametrize("folder", ["email", "messages"])
def test_no_stock_text_of_allauth_is_left(folder):
    stock = Path(allauth.__file__).parent / "templates" / "account" / folder
    own = settings.BASE_DIR / "templates" / "account" / folder
    without = {"phone_verified.txt", "phone_verification_sent.txt", "base_message.txt"}
    wanted = {path.name for path in stock.iterdir()} - without - {"base_notification.txt"}
    assert wanted - {path.name for path in own.iterdir()} == set()


def test_letters_break_long_words(client):
    client.post(reverse("account_reset_password"), {"email": f"{'a' * 60}@example.org"})
    assert letter().html.count("overflow-wrap: anywhere") >= 3


# -- pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["account_email", "account_change_password", "account_reauthenticate"]
)
def test_pages_of_my_account_have_our_own_words(client, name):
    client.force_login(make_user())
    page = text_of(client.get(reverse(name)))
    assert not STOCK.search(page)
    assert "<h1>" in page


def test_link_that_is_no_link_leads_to_a_new_one(client):
    user = make_user()
    token = default_token_generator.make_token(user)
    key = {"uidb36": "zz", "key": token}
    page = text_of(client.get(reverse("account_reset_password_from_key", kwargs=key)))
    assert "Send me a new link" in page


def test_marks_that_turn_text_around_are_taken_out_of_names():
    typed = {"given_name": "A\u202emina\u2066", "family_name": "\u202eDiallo", "time_zone": "UTC"}
    form = SignupForm(typed)
    assert form.is_valid()
    assert (form.cleaned_data["given_name"], form.cleaned_data["family_name"]) == (
        "Amina",
        "Diallo",
    )
    assert not SignupForm(typed | {"given_name": "\u202e"}).is_valid()
    profile = typed | {"language": "en-gb", "display_name": "\u2069Dr Diallo"}
    form = ProfileForm(profile, instance=make_user())
    assert form.is_valid()
    assert form.cleaned_data["display_name"] == "Dr Diallo"


# -- the way back ---------------------------------------------------------------------------------


def next_of(response):
    assert response.status_code == 302
    assert response.url.startswith(reverse("account_login"))
    return response.url.partition("next=")[2]


@pytest.mark.parametrize(
    ("page", "back"),
    [
        ("http://testserver/startups/?a=1&b=2#there", "/startups/%3Fa%3D1%26b%3D2"),
        ("http://evil.example/startups/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
    ],
)
def test_button_pressed_signed_out_leads_back_to_its_page(client, page, back):
    pressed = reverse("startups:member-invite", args=[make_startup().pk])
    headers = {"referer": page} if page else {}
    response = client.post(pressed, {}, headers=headers)
    assert next_of(response) == back
    assert "press the button once more" in text_of(client.get(response.url))


def test_page_opened_signed_out_leads_to_itself(client):
    assert next_of(client.get("/startups/")) == "/startups/"


def test_address_of_a_button_has_a_page(client):
    startup = make_startup()
    client.force_login(startup.owners()[0])
    address = reverse("startups:member-invite", args=[startup.pk])
    response = client.get(address, headers={"accept": "text/html,*/*"})
    assert (response.status_code, response["Allow"]) == (405, "POST")
    assert "only takes what a button sends" in text_of(response)
    bare = client.get(address, headers={"accept": "application/json"})
    assert (bare.status_code, bare.content) == (405, b"")


# -- an invitation to a role ----------------------------------------------------------------------


def test_invitation_to_a_role_is_shown_before_sign_in(client):
    programme = make_programme(name="GIC Kobe")
    manager = make_staff(programme, given_name="Hanako")
    actions.invite_staff(
        programme=programme, email="ren@example.org", role=Role.REVIEWER, by=manager
    )
    path = re.search(r"https?://[^/]+(/\S+)", OutboxMessage.objects.get().text)[1]
    page = text_of(client.get(path))
    assert "Hanako" in page
    assert "GIC Kobe" in page
    assert f"{reverse('account_login')}?next={path}" in page
    assert f"{reverse('account_signup')}?next={path}" in page
    assert next_of(client.post(path)) == path
    assert StaffInvitation.objects.open().exists()
    user = make_user()
    client.force_login(user)
    client.post(path)
    assert ProgrammeStaff.objects.get(user=user).role == Role.REVIEWER
    client.logout()
    assert "not valid any more" in text_of(client.get(path))
