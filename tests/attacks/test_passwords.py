"""Passwords: which are taken, which are known to others, what a new one does not open."""

from __future__ import annotations

import hashlib
import re

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.urls import reverse

from portal.models import OutboxMessage
from tests.attacks.browsers import OTHER_PASSWORD, browser, is_in
from tests.factories.portal import make_staff, make_user
from tests.pages import text_of
from tests.portal.codes import PASSWORD, SECRET
from tests.strict import ROOT

pytestmark = pytest.mark.django_db


def change_password(client, new):
    return client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )


@pytest.mark.parametrize("bad", ["elevenchars", "password1234", "passwordPassword", "iloveyou1234"])
def test_password_is_long_and_none_that_everybody_knows(bad):
    client = browser(user := make_user())
    assert change_password(client, bad).status_code == 200
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


@pytest.mark.parametrize(
    "ours",
    ["Minato-Portal-2026", "innovation partnership!", "P0rtalW3lcome2027", "OsakaStaffTeam1"],
)
def test_words_of_the_portal_are_no_password(settings, ours):
    settings.PASSWORD_WORDS = ["Osaka"]
    with pytest.raises(ValidationError) as refused:
        validate_password(ours)
    assert "words of this site" in str(refused.value)
    validate_password(f"{ours} under seven bridges")
    validate_password("831-774-209-556")  # no letters at all: not for this rule to say


def test_leaked_password_is_refused(settings, tmp_path):
    words = [f"stolen somewhere {number}" for number in range(501)]
    hashes = sorted(hashlib.sha1(word.encode()).hexdigest().upper() for word in words)
    listed = tmp_path / "leaked.txt"
    listed.write_text("".join(f"{one}:{number + 1}\r\n" for number, one in enumerate(hashes)))
    settings.LEAKED_PASSWORDS = str(listed)
    for word in words:
        with pytest.raises(ValidationError, match="stolen"):
            validate_password(word)
    for number in range(501, 700):
        validate_password(f"stolen somewhere {number}")
    client = browser(make_user())
    assert "stolen somewhere" in text_of(change_password(client, words[7]))
    listed.write_text("")
    validate_password(words[0])


def test_any_long_password_is_taken_as_typed():
    client = browser(user := make_user())
    assert change_password(client, OTHER_PASSWORD).status_code == 302
    assert is_in(browser(user, OTHER_PASSWORD))
    for other in (OTHER_PASSWORD.strip(), OTHER_PASSWORD.lower(), OTHER_PASSWORD[:72]):
        assert not is_in(browser(user, other))


def test_password_fields_are_masked_and_may_be_pasted(client):
    signed = browser(make_user())
    names = ("account_login", "account_signup", "account_change_password", "account_reauthenticate")
    found = 0
    for name in names:
        page = (signed if name in names[2:] else client).get(reverse(name)).content.decode()
        for field in re.findall(r"<input[^>]*name=\"\w*password\w*\"[^>]*>", page):
            assert 'type="password"' in field
            assert re.search(r'autocomplete="(current|new)-password"', field), field
            found += 1
    assert found >= 7
    assert not [p for p in (ROOT / "static/portal").glob("*.js") if "paste" in p.read_text()]


def test_new_password_does_not_pass_by_the_second_factor(client):
    user = make_staff()
    TOTP.activate(user, SECRET)
    client.post(reverse("account_reset_password"), {"email": user.email})
    link = re.search(r"/accounts/password/reset/key/\S+", OutboxMessage.objects.last().text)[0]
    form = client.get(link, follow=True).redirect_chain[-1][0]
    done = client.post(form, {"password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD})
    assert done.status_code == 302
    assert not is_in(client)
    answer = client.post(
        reverse("account_login"), {"login": user.email, "password": OTHER_PASSWORD}
    )
    assert answer.url == reverse("mfa_authenticate")
    assert not is_in(client)
