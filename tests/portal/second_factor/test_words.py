"""The words of the pages about signing in."""

from __future__ import annotations

from pathlib import Path

import allauth
import pytest
from django.conf import settings
from django.urls import reverse

from tests.factories.portal import make_user
from tests.pages import text_of
from tests.portal.codes import give_app
from tests.portal.second_factor.words import STOCK

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("app", ["mfa", "socialaccount", "usersessions"])
def test_no_stock_text_of_allauth_is_left(app):
    stock = Path(allauth.__file__).parent / "templates" / app
    own = settings.BASE_DIR / "templates" / app
    # Never shown: another page stands at the address, or the feature is off.
    unused = {
        *("index.html", "trust.html", "signup_form.html", "recovery_codes/download.txt"),
        *("snippets/login.html", "snippets/login_extra.html", "snippets/provider_list.html"),
        *("webauthn/signup_form.html", "base_manage.html", "messages/sessions_logged_out.txt"),
    }
    wanted = {str(path.relative_to(stock)) for path in stock.rglob("*") if path.is_file()} - unused
    assert {name for name in wanted if not (own / name).is_file()} == set()


def test_security_page_names_everything(client):
    user = make_user()
    give_app(user)
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[-1])
    page = text_of(client.get(reverse("account-security")))
    for word in ("Passkeys", "Authenticator app", "10 codes are left", "Password", user.email):
        assert word in page
    assert not STOCK.search(page)
    assert client.get(reverse("mfa_index")).url == reverse("account-security")


def test_sign_in_page_of_a_demonstration_says_that_it_is_optional(client, settings):
    sentence = "In this demonstration staff need no second factor"
    settings.DEMO = True
    assert sentence not in text_of(client.get(reverse("account_login")))
    settings.STAFF_SECOND_FACTOR = "optional"
    assert sentence in text_of(client.get(reverse("account_login")))
