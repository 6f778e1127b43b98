"""A passkey from beginning to end, with the browser's own pretended authenticator."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from allauth.mfa.models import Authenticator
from django.urls import reverse

from portal.models import OutboxMessage
from tests.factories.portal import make_staff

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

PASSWORD = "correct horse battery"
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(autouse=True)
def _required(settings):
    settings.STAFF_SECOND_FACTOR = "required"
    settings.REAUTHENTICATION_MINUTES = 30
    settings.KNOWN_DEVICE_DAYS = 120
    settings.MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True


def give_authenticator(page: Page) -> None:
    """A device with a finger on it."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})


def mailed_code() -> str:
    text = OutboxMessage.objects.latest("created_at").text
    return text.split("Code: ")[1].split()[0]


def test_manager_adds_a_passkey_and_signs_in_with_it_alone(
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    user = make_staff()
    page = new_page()
    give_authenticator(page)
    page.goto("/admin/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    looks_right(page)
    page.get_by_role("button", name="Sign in", exact=True).click()
    # No factor yet: a code from the mailbox, and the role stays closed until there is one.
    page.get_by_label("Code").fill(mailed_code())
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("heading", name="One more step").wait_for()
    looks_right(page)
    page.get_by_role("link", name="Add a passkey").click()
    page.get_by_role("heading", name="Add a passkey").wait_for()
    looks_right(page)
    page.get_by_label("Name").fill("Laptop")
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    looks_right(page)
    page.get_by_role("link", name="Go on to the staff pages").click()
    page.wait_for_url("**/admin/")
    page.goto(reverse("account-security"))
    assert page.get_by_text("Laptop").is_visible()
    looks_right(page)
    page.goto(reverse("usersessions_list"))
    looks_right(page)

    page.locator("details.account summary").click()
    page.get_by_role("button", name="Sign out").first.click()
    page.wait_for_url("**/")
    page.goto("/admin/")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_role("heading", name="What waits for me").wait_for()
    assert page.url.endswith("/admin/")
    passkey = Authenticator.objects.get(user=user, type=Authenticator.Type.WEBAUTHN)
    assert passkey.last_used_at is not None


def test_device_that_gives_no_passkey_is_said_and_the_password_still_works(
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    page = new_page()
    give_authenticator(page)  # it holds no passkey of this site
    page.goto(reverse("account_login"))
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("the device gave no passkey").wait_for()
    looks_right(page)


def test_passkey_beside_the_password_shows_that_it_is_still_me(
    new_page: Callable[..., Page], settings, looks_right: Callable[[Page], None]
) -> None:
    user = make_staff()
    page = new_page(user)
    give_authenticator(page)
    page.goto(reverse("mfa_add_webauthn"))
    page.get_by_label("Password").fill(PASSWORD)
    looks_right(page)
    page.get_by_role("button", name="Go on").click()
    page.get_by_role("button", name="Add it").click()
    page.get_by_role("heading", name="Recovery codes").wait_for()
    # Another session of the same person, from before: it shows the passkey and the role opens.
    page.context.clear_cookies()
    page.goto("/admin/")
    page.get_by_label("E-mail").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("heading", name="Second factor").wait_for()
    looks_right(page)
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.get_by_role("heading", name="What waits for me").wait_for()
    settings.REAUTHENTICATION_MINUTES = 1e-6
    page.goto(reverse("mfa_generate_recovery_codes"))
    page.get_by_role("link", name="Use a passkey").click()
    looks_right(page)
    settings.REAUTHENTICATION_MINUTES = 30
    page.get_by_role("button", name="Use a passkey or security key").click()
    page.get_by_role("heading", name="Make new recovery codes").wait_for()
    page.goto(reverse("mfa_list_webauthn"))
    looks_right(page)
    page.get_by_role("link", name="Remove").click()
    page.get_by_role("button", name="Remove it").click()
    page.get_by_text("The passkey is removed.").wait_for()
    page.goto("/admin/")
    page.get_by_role("heading", name="One more step").wait_for()
