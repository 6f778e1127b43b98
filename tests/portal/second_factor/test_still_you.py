"""What asks once more whether it is still you, and how one shows it."""

from __future__ import annotations

import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from django.urls import reverse
from django.utils import timezone

from portal.choices import Role
from portal.models import ProgrammeStaff
from tests.cast import set_the_stage
from tests.factories.portal import make_staff, make_user
from tests.pages import text_of
from tests.portal.codes import PASSWORD, app_code, give_app, show_factor, sign_in
from tests.test_access import client_of

pytestmark = pytest.mark.django_db


def wait(client, minutes=31):
    """Let the last proof of this session be older."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [
        {**record, "at": record["at"] - minutes * 60}
        for record in session[AUTHENTICATION_METHODS_SESSION_KEY]
    ]
    session.save()


ASKED = ("mfa_add_webauthn", "mfa_activate_totp", "account_set_password")


@pytest.mark.parametrize("name", ASKED)
def test_factors_and_password_are_asked_about_after_a_while(client, name):
    user = make_user()
    sign_in(client, user)
    assert "reauthenticate" not in client.get(reverse(name)).headers.get("Location", "")
    wait(client)
    assert client.get(reverse(name)).url.startswith(reverse("account_reauthenticate"))


def test_inviting_staff_asks_before_the_form_and_loses_nothing_after_it(client):
    manager = make_staff()
    give_app(manager)
    sign_in(client, manager)
    client.post(reverse("mfa_authenticate"), {"code": app_code()})
    address = reverse("admin:portal_staffinvitation_add")
    assert client.get(address).status_code == 200
    wait(client)
    asked = client.get(address)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    # The form was open all the while: what was typed is carried out after the proof.
    programme = ProgrammeStaff.objects.get(user=manager).programme
    typed = {"programme": str(programme.pk), "email": "ren@example.org", "role": Role.REVIEWER}
    asked = client.post(address, typed)
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert not programme.staff_invitations.exists()
    client.get(asked.url)
    wrong = client.post(asked.url, {"password": "wrong", "next": address})
    assert wrong.status_code == 200
    assert not programme.staff_invitations.exists()
    client.post(asked.url, {"password": PASSWORD, "next": address})
    assert programme.staff_invitations.get().email == "ren@example.org"


def test_the_same_for_owners_results_and_roles():
    world = set_the_stage()
    people = {
        "startups:member-transfer": ("owner", [world["startup"]]),
        "admin:startups_startup_hand_over": ("manager", [world["startup"]]),
        "admin:challenges_application_results": ("manager", [world["call"]]),
        "admin:portal_programmestaff_add": ("superuser", []),
        "admin:portal_staffinvitation_add": ("manager", []),
    }
    for name, (who, arguments) in people.items():
        client = client_of(world, who)
        show_factor(client)
        answer = client.get(reverse(name, args=arguments))
        assert answer.status_code == 302, name
        assert answer.url.startswith(reverse("account_reauthenticate")), name
        session = client.session
        session[AUTHENTICATION_METHODS_SESSION_KEY] = [
            {"method": "mfa", "at": timezone.now().timestamp()}
        ]
        session.save()
        assert client.get(reverse(name, args=arguments)).status_code == 200, name


def test_code_of_the_app_shows_that_it_is_still_you(client):
    user = make_user()
    give_app(user)
    sign_in(client, user)
    client.post(reverse("mfa_authenticate"), {"code": app_code()})
    wait(client)
    asked = client.get(reverse("mfa_generate_recovery_codes"))
    page = text_of(client.get(asked.url))
    assert "Use a code of your app" in page
    back = client.post(
        reverse("mfa_reauthenticate"),
        {"code": app_code(number=1), "next": reverse("mfa_generate_recovery_codes")},
    )
    assert back.url == reverse("mfa_generate_recovery_codes")
    assert client.get(back.url).status_code == 200
