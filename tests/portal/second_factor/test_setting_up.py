"""Second factor, passkeys apart (those need a browser): setting up, showing, losing."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings
from django.test import Client
from django.urls import reverse

from portal import actions
from portal.models import AuditEntry, OutboxMessage
from portal.workflow import StepRefused
from tests.factories.portal import make_staff, make_user
from tests.pages import text_of
from tests.portal.codes import SECRET, app_code, give_app, mailed_code, sign_in
from tests.portal.second_factor.words import STOCK

pytestmark = pytest.mark.django_db


def test_manager_is_led_to_an_app_and_then_in(client):
    user = make_staff()
    sign_in(client, user)
    mailed_code(client)
    led = client.get("/admin/", follow=True)
    assert led.redirect_chain[-1][0].startswith(reverse("second-factor"))
    assert "Set one up now" in text_of(led)
    # Whatever an applicant may do is open all the while.
    assert client.get("/startups/new/").status_code == 200
    page = client.get(reverse("mfa_activate_totp"))
    assert not STOCK.search(text_of(page))
    code = app_code(page.context["form"].secret)
    done = client.post(reverse("mfa_activate_totp"), {"code": code}, follow=True)
    assert done.status_code == 200
    assert "10 codes are left" in text_of(done)
    assert not STOCK.search(text_of(done))


@pytest.mark.django_db(transaction=True)
def test_setting_up_an_app_opens_the_role_in_this_session_alone():
    user = make_staff()
    here, elsewhere = Client(), Client()
    for client in (here, elsewhere):
        sign_in(client, user)
        mailed_code(client)
    page = here.get(reverse("mfa_activate_totp"))
    here.post(reverse("mfa_activate_totp"), {"code": app_code(page.context["form"].secret)})
    assert here.get("/admin/").status_code == 200
    # Whoever sat in the other session set up nothing: the role stays closed there.
    assert elsewhere.get("/admin/").status_code == 302
    message = OutboxMessage.objects.get(subject="An authenticator app was set up")
    assert not STOCK.search(message.text)
    assert "From the address" in message.text
    assert AuditEntry.objects.filter(verb="add-app", subject_id=user.pk).exists()


def test_app_is_asked_for_at_sign_in_and_opens_the_staff_pages(client):
    user = make_staff()
    give_app(user)
    answer = sign_in(client, user)
    assert answer.url == reverse("mfa_authenticate")
    assert client.get("/admin/").status_code == 302
    page = client.get(answer.url)
    assert not STOCK.search(text_of(page))
    wrong = client.post(answer.url, {"code": "000000"})
    assert "That did not fit" in text_of(wrong)
    assert client.post(answer.url, {"code": app_code()}).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_recovery_code_works_once(client):
    user = make_staff()
    code = give_app(user).get_unused_codes()[0]
    sign_in(client, user)
    assert client.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    assert client.get("/admin/").status_code == 200
    again = Client()
    sign_in(again, user)
    assert again.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert again.get("/admin/").status_code == 302


def test_mailed_sign_in_code_alone_does_not_open_a_managing_role(client):
    user = make_staff()
    client.post(reverse("account_request_login_code"), {"email": user.email})
    mailed_code(client)
    assert client.get("/inbox/").status_code == 200
    assert client.get("/admin/").status_code == 302


def test_session_from_before_the_app_shows_it_once_and_goes_on(client):
    user = make_staff()
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    give_app(user)
    page = client.get(f"{reverse('second-factor')}?next=/admin/")
    assert f"{reverse('mfa_reauthenticate')}?next=/admin/" in page.content.decode()
    done = client.post(
        reverse("mfa_reauthenticate"), {"code": app_code(), "next": "/admin/"}, follow=True
    )
    assert done.redirect_chain[-1][0] == "/admin/"
    assert done.status_code == 200


@pytest.mark.django_db(transaction=True)
def test_removing_the_app_closes_the_role_and_ends_the_other_sessions():
    user = make_staff()
    give_app(user)
    here, elsewhere = Client(), Client()
    for number, client in enumerate((here, elsewhere)):
        sign_in(client, user)
        client.post(reverse("mfa_authenticate"), {"code": app_code(number=number)})
        assert client.get("/admin/").status_code == 200
    page = here.get(reverse("mfa_deactivate_totp"))
    assert not STOCK.search(text_of(page))
    here.post(reverse("mfa_deactivate_totp"))
    assert not Authenticator.objects.filter(user=user).exists()
    assert here.get("/admin/").status_code == 302
    assert here.get("/inbox/").status_code == 200
    assert elsewhere.get("/inbox/").status_code == 302


def test_secrets_are_not_readable_in_the_database():
    user = make_user()
    TOTP.activate(user, SECRET)
    stored = Authenticator.objects.get(user=user).data["secret"]
    assert SECRET not in stored
    assert Authenticator.objects.get(user=user).wrap().validate_code(app_code())


def test_older_key_still_opens_what_it_closed(settings):
    user = make_user()
    settings.SECRET_KEY = "an older secret" * 4
    TOTP.activate(user, SECRET)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a newer secret" * 4
    assert Authenticator.objects.get(user=user).wrap().validate_code(app_code())


def test_administrator_takes_away_the_factors_of_somebody_who_lost_them(client):
    administrator, user = make_user(is_superuser=True), make_staff()
    give_app(user)
    sign_in(client, user)
    client.post(reverse("mfa_authenticate"), {"code": app_code()})
    actions.take_away_factors(user=user, by=administrator)
    assert client.get("/inbox/").status_code == 302
    assert "taken away" in OutboxMessage.objects.order_by("created_at").last().subject
    assert sign_in(client, user).url == reverse("account_confirm_login_code")
    with pytest.raises(StepRefused):
        actions.take_away_factors(user=user, by=administrator)
    with pytest.raises(StepRefused) as refused:
        actions.take_away_factors(user=administrator, by=user)
    assert refused.value.permission
