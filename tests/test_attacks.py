"""Attacks as a stranger, an applicant and a juror make them; docs/asvs.md leads here."""

from __future__ import annotations

import hashlib
import json
import re
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.contrib.auth.password_validation import validate_password
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.choices import DocumentState, Role
from portal.models import AuditEntry, Document, OutboxMessage, User
from startups.actions.record import RECORDS_A_DAY
from startups.choices import MemberRole
from startups.models import Membership, Startup
from tests.access_table import ROWS, admin_rows
from tests.cast import set_the_stage
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member, make_startup, record_data
from tests.pages import text_of
from tests.portal.codes import SECRET, app_code, mailed_code, show_factor
from tests.portal.test_logs import lines_of
from tests.portal.test_production import PRODUCTION, run
from tests.test_access import address_of, client_of

pytestmark = pytest.mark.django_db

ROOT = Path(django_settings.BASE_DIR)
PASSWORD = "correct horse battery"
OTHER_PASSWORD = " Ħarbour of no  king 港 7 " * 4


def browser(user, password=PASSWORD, **options):
    client = Client(**options)
    client.post(reverse("account_login"), {"login": user.email, "password": password})
    return client


def is_in(client):
    return client.get(reverse("inbox-list")).status_code == 200


# -- cookies, headers, other origins ----------------------------------------------------------


def test_every_cookie_is_this_hosts_alone(settings):
    code = (
        "import django, json; django.setup(); from django.conf import settings as s;"
        "from portal import adapters, flash, known; print(json.dumps([s.SESSION_COOKIE_NAME,"
        " s.CSRF_COOKIE_NAME, flash.HostCookieStorage.cookie_name, known.COOKIE,"
        " adapters.DEVICE_COOKIE]))"
    )
    done = run(sys.executable, "-c", code, **PRODUCTION)
    names = json.loads(done.stdout)
    assert all(name.startswith("__Host-") for name in names)
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.STAFF_SECOND_FACTOR = "required"
    user, client = make_staff(role=Role.REVIEWER), Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD}, secure=True)
    code = re.search(r"^Code: (\S+)$", OutboxMessage.objects.last().text, re.MULTILINE)[1]
    client.post(reverse("account_confirm_login_code"), {"code": code}, secure=True)
    profile = {"given_name": "A", "language": "en-gb", "time_zone": "UTC"}
    client.post(reverse("profile-edit"), profile, secure=True)
    seen = {name: (c["secure"], c["httponly"], c["samesite"]) for name, c in client.cookies.items()}
    plain = {name.removeprefix("__Host-") for name in names}
    assert {name.removeprefix("__Host-") for name in seen} == plain
    assert set(seen.values()) == {(True, True, "Lax")}


def test_no_other_origin_may_read(client):
    headers = {"origin": "https://evil.example", "access-control-request-method": "POST"}
    for path in ("/", "/accounts/login/", "/healthz", "/calls/", "/static/portal/portal.css"):
        for ask in (client.get, client.options):
            answer = ask(path, headers=headers)
            assert not [name for name in answer.headers if name.startswith("Access-Control")]


def test_every_text_says_its_charset():
    world = set_the_stage()
    owner, manager = client_of(world, "owner"), client_of(world, "manager")
    for name, row in {**ROWS, **admin_rows()}.items():
        client = manager if name.startswith("admin:") else owner
        kind = client.get(address_of(world, row, name)).get("Content-Type", "")
        if kind.startswith("text/"):
            assert "charset=utf-8" in kind.replace('"', ""), name


def test_nothing_of_a_person_is_kept_in_a_cache():
    world, wrong = set_the_stage(), []
    client = client_of(world, "owner")
    for name, row in ROWS.items():
        answer = client.get(address_of(world, row, name))
        wrong += [name] * ("no-store" not in answer.get("Cache-Control", ""))
    assert set(wrong) <= {"healthz"} or wrong == []


def test_trace_repeats_nothing():
    world, wrong = set_the_stage(), []
    client = client_of(world, "manager")
    for name, row in {**ROWS, **admin_rows()}.items():
        path = address_of(world, row, name)
        answer = client.generic("TRACE", path, headers={"x-canary": "hunter22"})
        body = b"" if answer.streaming else answer.content
        if b"hunter22" in body or answer.status_code == 200:
            wrong.append(name)
    assert wrong == []


OUT = (
    "//evil.example/",
    "https://evil.example",
    "/\\evil.example",
    "////evil.example",
    "javascript:alert(1)",
)


@pytest.mark.parametrize("out", OUT)
def test_way_on_stays_on_this_site(client, out):
    user = make_user()
    signed = client.post(
        reverse("account_login"), {"login": user.email, "password": PASSWORD, "next": out}
    )
    assert signed.url == "/"
    assert client.get(reverse("second-factor"), {"next": out}).url == reverse("account-security")
    again = client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": out})
    assert "evil" not in again.get("Location", "")
    made = client.post(reverse("startups:startup-create"), record_data(next=out))
    assert "evil" not in made.url
    # Signed out, a button leads back to the page it stood on, as the browser names that page.
    answer = Client().post(
        reverse("startups:startup-create"), headers={"referer": f"http://testserver{out}"}
    )
    back = answer.url.partition("next=")[2]
    assert not back.startswith(("//", "/%5C", "%2F%2F", "/%2F"))


def test_webhook_over_plain_http_is_refused(client, settings):
    settings.ROOT_URLCONF = "tests.portal.mail_events_urls"
    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "provider:secret"}
    settings.HTTPS = settings.SECURE_SSL_REDIRECT = True
    refused = client.post("/mail/events/", {}, content_type="application/json")
    assert refused.status_code == 403
    assert refused.content == b"https only"
    answer = client.post("/mail/events/", {}, content_type="application/json", secure=True)
    assert answer.content != b"https only"
    assert client.post("/inbox/").status_code == 301
    template = (ROOT / "deploy/nginx/portal.conf.template").read_text()
    assert re.search(r"location /mail/ \{ return 403; \}\s+location / \{ return 308", template)


def test_proxy_offers_strong_suites_only():
    template = (ROOT / "deploy/nginx/portal.conf.template").read_text()
    (suites,) = re.findall(r"ssl_ciphers (\S+);", template)
    for suite in suites.split(":"):
        assert re.fullmatch(r"ECDHE-(ECDSA|RSA)-(AES\d+-GCM-SHA\d+|CHACHA20-POLY1305)", suite)
    assert re.findall(r"ssl_protocols (.+);", template) == ["TLSv1.2 TLSv1.3"]


def test_nothing_switches_off_the_check_of_certificates():
    off = re.compile(r"verify\s*=\s*False|CERT_NONE|_create_unverified|check_hostname\s*=\s*False")
    for app in ("portal", "startups", "challenges", "procurement"):
        for path in (ROOT / app).rglob("*.py"):
            assert not off.search(path.read_text(encoding="utf-8")), path


def test_secret_may_stand_in_a_file(tmp_path):
    secret, hook = tmp_path / "secret", tmp_path / "hook"
    secret.write_text(PRODUCTION["SECRET_KEY"] + "\n")
    hook.write_text("provider:secret\n")
    code = "from portal import settings as s; print(s.SECRET_KEY, s.ANYMAIL.get('WEBHOOK_SECRET'))"
    given = {
        **PRODUCTION,
        "SECRET_KEY": "",
        "SECRET_KEY_FILE": str(secret),
        "ANYMAIL_WEBHOOK_SECRET_FILE": str(hook),
    }
    done = run(sys.executable, "-c", code, **given)
    assert done.stdout.split() == [PRODUCTION["SECRET_KEY"], "provider:secret"]
    done = run(sys.executable, "-c", code, **given | {"SECRET_KEY_FILE": "/nowhere"})
    assert "SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


# -- passwords --------------------------------------------------------------------------------


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


# -- codes ------------------------------------------------------------------------------------


def test_code_of_an_app_opens_once():
    TOTP.activate(user := make_user(), SECRET)
    code = app_code(number=2)
    first, second = browser(user), browser(user)
    assert first.post(reverse("mfa_authenticate"), {"code": code}).status_code == 302
    # Half a minute later allauth has forgotten it, and the clock still takes it.
    caches["default"].clear()
    assert second.post(reverse("mfa_authenticate"), {"code": code}).status_code == 200
    assert not is_in(second)
    first.post(reverse("mfa_reauthenticate"), {"code": code, "next": "/inbox/"})
    assert "did not fit" in text_of(
        first.post(reverse("mfa_reauthenticate"), {"code": f"{code[:3]} {code[3:]}"})
    )


@pytest.mark.parametrize(("seconds", "opens"), [(590, True), (603, False)])
def test_mailed_code_lives_ten_minutes(monkeypatch, seconds, opens):
    user, client, begun = make_user(), Client(), time.time()
    client.post(reverse("account_request_login_code"), {"email": user.email})
    monkeypatch.setattr(time, "time", lambda: begun + seconds)
    mailed_code(client)
    assert is_in(client) is opens


def test_mailed_code_works_in_its_own_browser_only():
    user, mine, thief = make_user(), Client(), Client()
    for client in (thief, mine):
        client.post(reverse("account_request_login_code"), {"email": user.email})
    mailed_code(thief)
    assert not is_in(thief)
    mailed_code(mine)
    assert is_in(mine)


# -- sessions ---------------------------------------------------------------------------------


def test_session_gets_another_key_at_sign_in():
    user, client = make_user(), Client()
    client.post(reverse("account_request_login_code"), {"email": user.email})
    planted = client.session.session_key
    mailed_code(client)
    assert is_in(client)
    assert re.fullmatch(r"[a-z0-9]{32}", client.session.session_key)
    assert not Session.objects.filter(session_key=planted).exists()


def test_session_gets_another_key_when_one_proves_oneself_again():
    client = browser(user := make_user())
    old, copied = client.session.session_key, Client()
    copied.cookies[django_settings.SESSION_COOKIE_NAME] = old
    assert is_in(copied)
    client.post(reverse("account_reauthenticate"), {"password": "wrong", "next": "/inbox/"})
    assert client.session.session_key == old
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD, "next": "/inbox/"})
    assert client.session.session_key != old
    assert is_in(client)
    assert not is_in(copied)
    listed = UserSession.objects.filter(user=user).values_list("session_key", flat=True)
    assert list(listed) == [client.session.session_key]


@pytest.mark.parametrize(
    ("make", "hours", "ends"),
    [
        (make_user, 167, False),
        (make_user, 169, True),
        (make_staff, 11, False),
        (make_staff, 13, True),
    ],
)
def test_session_that_is_not_used_ends(settings, make, hours, ends):
    settings.STAFF_SECOND_FACTOR = "optional"
    client = browser(make())
    assert is_in(client)
    key = client.session.session_key
    UserSession.objects.update(last_seen_at=timezone.now() - timedelta(hours=hours))
    caches["local"].clear()
    assert is_in(client) is not ends
    assert Session.objects.filter(session_key=key).exists() is not ends


def test_administrator_signs_somebody_out_everywhere(settings):
    settings.STAFF_SECOND_FACTOR = "required"
    user, administrator = make_user(), make_user(is_superuser=True)
    here, admin = browser(user), Client()
    admin.force_login(administrator, backend=django_settings.AUTHENTICATION_BACKENDS[-1])
    show_factor(admin)
    admin.post(
        reverse("admin:portal_user_changelist"),
        {"action": "end_sessions", "_selected_action": [str(user.pk)]},
    )
    assert not is_in(here)
    assert AuditEntry.objects.filter(verb="end-sessions", actor=administrator).exists()


def test_signing_out_clears_what_the_browser_keeps():
    client = browser(make_user())
    assert "Clear-Site-Data" not in client.get(reverse("inbox-list")).headers
    assert client.post(reverse("account_logout"))["Clear-Site-Data"] == '"storage"'
    # A session that merely ended leaves what was being typed.
    client = browser(make_user())
    Session.objects.all().delete()
    assert "Clear-Site-Data" not in client.post(reverse("account_logout")).headers


def test_sign_ins_are_logged_without_who_was_meant():
    import logging  # noqa: PLC0415 -- a handler of its own for this test alone

    user = make_user(email="canary@example.org")
    with lines_of(logging.getLogger("portal")) as lines:
        client = browser(user)
        client.post(reverse("account_logout"))
        for address in ("canary@example.org", "nobody@example.org"):
            for _time in range(11):
                client.post(reverse("account_login"), {"login": address, "password": "hunter22"})
        told = [(one["message"], one.get("user"), one.get("ways")) for one in lines()]
    key = str(user.pk)
    assert ("signed in", key, ["password"]) in told
    assert ("signed out", key, None) in told
    assert told.count(("wrong password", key, None)) == 10
    assert told.count(("wrong password", None, None)) == 10
    assert told.count(("no more tries", None, None)) == 2
    assert "canary" not in str(told) + str(lines())
    assert "hunter22" not in str(lines())


# -- others' keys in one's own hands ----------------------------------------------------------


def test_keys_of_others_inside_ones_own_address_lead_nowhere():
    world = set_the_stage()
    mine, theirs = world.records["application"], set_the_stage()
    foreign = theirs.records["application"]
    draft = Document.objects.create(
        name="secret.pdf",
        file=ContentFile(b"%PDF-1.4", name="secret.pdf"),
        content_type="application/pdf",
        size=8,
        sha256=hashlib.sha256(b"%PDF-1.4").hexdigest(),
        subject_type="startups.startup",
        subject_id=mine.pk,
        uploaded_by=world.people["owner"],
        state=DocumentState.CLEAN,
    )
    owner, manager = client_of(world, "owner"), client_of(world, "manager")
    juror = client_of(world, "reviewer")
    assignment = world.records["assignment"]
    for document in (theirs.records["document"], draft):
        for client, name, key in (
            (owner, "challenges:application-file", {"pk": mine.pk}),
            (manager, "admin:challenges_application_file", {"object_id": mine.pk}),
            (juror, "admin:challenges_reviewassignment_file", {"object_id": assignment.pk}),
        ):
            answer = client.get(reverse(name, kwargs={**key, "document_id": document.pk}))
            assert answer.status_code == 404, name
    partner, helping = theirs.records["partner"], theirs.records["helping"]
    path = reverse("challenges:partner-remove", args=[mine.pk, partner.pk])
    owner.post(path)
    assert foreign.consortium.filter(pk=partner.pk).exists()
    owner.post(reverse("challenges:helper-end", args=[mine.pk, helping.pk]))
    helping.refresh_from_db()
    assert client_of(theirs, "helper").get(foreign.get_absolute_url()).status_code == 200
    member = Membership.objects.get(user=theirs.people["editor"])
    for name, data in (("member-role", {"role": "viewer"}), ("member-remove", {})):
        assert owner.post(reverse(f"startups:{name}", args=[member.pk]), data).status_code == 404
    own = world.records["startup"].pk
    owner.post(reverse("startups:member-transfer", args=[own]), {"to": str(member.pk)})
    member.refresh_from_db()
    assert member.role == MemberRole.EDITOR
    chosen = {"action": "end_sessions", "_selected_action": [str(theirs.people["owner"].pk)]}
    manager.post(reverse("admin:portal_user_changelist"), chosen)
    assert not AuditEntry.objects.filter(verb="end-sessions").exists()


def test_nobody_gives_themselves_what_a_form_does_not_ask(client):
    wishes = {
        **dict.fromkeys(("is_superuser", "is_staff", "is_active", "superuser", "verified"), "on"),
        "email": "else@example.org",
        "id": "1",
        "pk": "1",
        "state": "selected",
        "version": "99",
        "merged_into": "1",
        "owner": "1",
        "programme": "1",
        "bounced_at": "2026-01-01",
    }
    profile = {"given_name": "Aoi", "language": "en-gb", "time_zone": "UTC"}
    signed = browser(user := make_user())
    assert signed.post(reverse("profile-edit"), {**wishes, **profile}).status_code == 302
    user.refresh_from_db()
    assert (user.given_name, user.email != "else@example.org") == ("Aoi", True)
    assert not user.is_superuser
    assert user.bounced_at is None
    new = {"email": "new@example.org", "password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD}
    client.post(reverse("account_signup"), {**wishes, **profile, **new})
    for one in User.objects.filter(email="new@example.org"):
        assert not one.is_superuser
        assert not one.is_staff
    signed.post(reverse("startups:startup-create"), {**wishes, **record_data()})
    made = Startup.objects.get(legal_name="Umi Robotics KK")
    assert (str(made.pk) != "1", made.version, made.merged_into_id) == (True, 1, None)


def test_doubled_parameters_open_nothing():
    startup = make_startup(owner=(owner := make_user()))
    viewer = add_member(startup, role=MemberRole.VIEWER)
    answer = browser(viewer).post(
        reverse("startups:member-invite", args=[startup.pk]),
        {"email": ["a@example.org", "b@example.org"], "role": ["viewer", "owner"]},
    )
    assert answer.status_code == 403
    client = browser(owner)
    answer = client.get(f"{reverse('second-factor')}?next=/inbox/&next=//evil.example/")
    assert "evil" not in answer.url
    role = reverse("startups:member-role", args=[Membership.objects.get(user=viewer).pk])
    client.post(role, {"role": ["owner", "editor"]})
    assert Membership.objects.get(user=viewer).role == MemberRole.EDITOR


def test_one_person_does_not_fill_the_register():
    client = browser(user := make_user())
    for number in range(RECORDS_A_DAY + 2):
        answer = client.post(
            reverse("startups:startup-create"),
            record_data(legal_name=f"Umi {number} KK", anyway="1"),
        )
    assert answer.status_code == 200
    assert "Go on tomorrow" in text_of(answer)
    assert "Umi 21 KK" in text_of(answer)
    assert Membership.objects.filter(user=user).count() == RECORDS_A_DAY
