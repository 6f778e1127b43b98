"""Second factor, passkeys apart (those need a browser): who must, who may, what opens when."""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from pathlib import Path

import allauth
import pytest
from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.conf import settings
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal import actions
from portal.choices import MANAGING_ROLES, Role
from portal.models import AuditEntry, KnownDevice, OutboxMessage, ProgrammeStaff, User
from portal.workflow import StepRefused
from tests.access_table import ROWS, admin_rows
from tests.cast import set_the_stage
from tests.factories.portal import make_programme, make_staff, make_user
from tests.pages import text_of
from tests.test_access import MEANINGS, address_of, client_of, outcome

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
STOCK = re.compile(
    r"Two-Factor|Security Key|Authenticator App|Reauthenticat|Third-Party|Activate|Deactivate"
    r"|third-party|Confirm Access|example\.com|Master key|Successfully|Incorrect code",
)


@pytest.fixture(autouse=True)
def _required(settings):
    settings.STAFF_SECOND_FACTOR = "required"
    settings.REAUTHENTICATION_MINUTES = 30


def sign_in(client, user, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def app_code(secret=SECRET, number=0):
    """A code of the app; each is taken once, so a second one at once has the number 1."""
    counter = sorted(yield_hotp_counters_from_time())[number]
    return format_hotp_value(hotp_value(secret, counter))


def give_app(user):
    TOTP.activate(user, SECRET)
    return RecoveryCodes.activate(user)


def code_of(message):
    return re.search(r"^Code: ([A-Z0-9-]{6,})$", message.text, re.MULTILINE)[1]


def mailed_code(client):
    return client.post(
        reverse("account_confirm_login_code"),
        {"code": code_of(OutboxMessage.objects.order_by("created_at").last())},
    )


def show_factor(client):
    """A session that has shown a second factor, without its pages."""
    session = client.session
    session[AUTHENTICATION_METHODS_SESSION_KEY] = [{"method": "mfa", "at": 0}]
    session["account_authentication_methods_user"] = session["_auth_user_id"]
    session.save()


# -- no staff address opens without it -------------------------------------------------------------

#: Together they may open every page; that each managing role must is asked below.
MUST = ("manager", "superuser")


def test_no_address_gives_a_managing_role_more_than_nobodys_before_the_second_factor(settings):
    settings.REAUTHENTICATION_MINUTES = 0  # the question whether it is still you comes first
    world, wrong, asked = set_the_stage(), defaultdict(list), 0
    clients = {who: client_of(world, who) for who in MUST}
    for name, row in {**ROWS, **admin_rows()}.items():
        if row.expected("anonymous") == "page" or name == "second-factor":
            continue  # for the whole world; and the page that leads there
        posted = {key: world[path] for key, path in (row.post or {}).items()}
        # Who has no role any more is the measure: whatever they get, an applicant may have.
        allowed = MEANINGS[row.expected("revoked")] | {"403", "factor"}
        for who, client in clients.items():
            with transaction.atomic():
                address = address_of(world, row, name)
                answer = client.get(address) if row.post is None else client.post(address, posted)
                found = outcome(answer)
                if answer.status_code == 302 and "/second-factor/" in answer["Location"]:
                    found = "factor"
                transaction.set_rollback(True)
            asked += 1
            if found not in allowed:
                wrong[f"{name}: {found} instead of {sorted(allowed)}"].append(who)
    assert asked > 200
    assert not wrong, "\n" + "\n".join(f"{what}: {' '.join(who)}" for what, who in wrong.items())


def test_the_same_addresses_open_after_it():
    world = set_the_stage()
    client = client_of(world, "manager")
    show_factor(client)
    for name in ("admin:index", "styleguide", "admin:challenges_application_changelist"):
        assert client.get(reverse(name)).status_code == 200


def test_startup_of_an_application_is_closed_to_the_manager_without_it():
    world = set_the_stage()
    client = client_of(world, "manager")
    address = reverse("startups:startup-detail", args=[world["startup"]])
    answer = client.get(address)
    assert answer.status_code == 403
    assert "opens with a second factor only" in text_of(answer)
    assert reverse("mfa_add_webauthn") in answer.content.decode()
    show_factor(client)
    assert client.get(address).status_code == 200


def test_who_must_is_every_managing_role_and_the_administrator():
    for role in Role:
        user = make_staff(role=role)
        assert User.objects.get(pk=user.pk).needs_second_factor == (role in MANAGING_ROLES)
    assert make_user(is_superuser=True).needs_second_factor
    assert not make_user().needs_second_factor


def test_optional_asks_nobody(client, settings):
    settings.STAFF_SECOND_FACTOR = "optional"
    sign_in(client, make_staff())
    assert client.get("/admin/").status_code == 200


def test_a_role_that_rests_is_not_taken_away_by_a_save():
    user = make_user(is_superuser=True, given_name="Aya")
    user.come_without_factor()
    user.given_name = "Aiko"
    user.save()
    again = User.objects.get(pk=user.pk)
    assert (again.given_name, again.is_superuser) == ("Aiko", True)
    user.refresh_from_db()
    assert not user.is_superuser


# -- setting one up --------------------------------------------------------------------------------


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


# -- a mailed code per device ----------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.PARTNER, Role.STATISTICS, Role.MENTOR])
def test_others_on_staff_get_a_mailed_code_once_a_device(client, role):
    user = make_staff(role=role)
    answer = sign_in(client, user)
    assert answer.url == reverse("account_confirm_login_code")
    assert client.get("/inbox/").status_code == 302
    mailed_code(client)
    assert client.get("/admin/").status_code == 200
    letter = OutboxMessage.objects.get(subject="A new device has signed in")
    assert not STOCK.search(letter.text)
    client.post(reverse("account_logout"))
    assert sign_in(client, user).url == "/"
    assert client.get("/admin/").status_code == 200
    # Another browser asks anew.
    assert sign_in(Client(), user).url == reverse("account_confirm_login_code")


def test_applicant_needs_the_password_only(client):
    assert sign_in(client, make_user()).url == "/"


def test_one_persons_device_is_not_another_persons(client):
    programme = make_programme()
    first, second = (make_staff(programme, Role.REVIEWER) for _ in range(2))
    for user in (first, second):
        assert sign_in(client, user).url == reverse("account_confirm_login_code")
        mailed_code(client)
        client.post(reverse("account_logout"))
    for user in (first, second):
        assert sign_in(client, user).url == "/"
        client.post(reverse("account_logout"))


def test_device_is_known_for_its_time_and_not_longer(client):
    user = make_staff(role=Role.REVIEWER)
    sign_in(client, user)
    mailed_code(client)
    device = KnownDevice.objects.get()
    assert device.expires_at - timezone.now() > timedelta(days=settings.KNOWN_DEVICE_DAYS - 1)
    assert client.cookies["device"].value not in device.token_hash
    client.post(reverse("account_logout"))
    KnownDevice.objects.update(expires_at=timezone.now())
    assert sign_in(client, user).url == reverse("account_confirm_login_code")


def test_new_password_forgets_every_device(client):
    user = make_staff(role=Role.REVIEWER)
    sign_in(client, user)
    mailed_code(client)
    # Even one set beside the pages, by a command, where no row is deleted.
    user = User.objects.get(pk=user.pk)
    user.set_password("another horse battery")
    user.save(update_fields=["password"])
    again = sign_in(client, user, "another horse battery")
    assert KnownDevice.objects.exists()
    assert again.url == reverse("account_confirm_login_code")


def test_forgotten_device_asks_anew_and_only_its_person_forgets_it(client):
    user = make_staff(role=Role.REVIEWER)
    sign_in(client, user)
    mailed_code(client)
    forget = reverse("device-forget", args=[KnownDevice.objects.get().pk])
    stranger = Client()
    stranger.force_login(make_user(), backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert stranger.post(forget).status_code == 404
    assert client.post(forget).status_code == 302
    client.post(reverse("account_logout"))
    assert sign_in(client, user).url == reverse("account_confirm_login_code")


# -- still you? ------------------------------------------------------------------------------------


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


# -- the administrator's help ----------------------------------------------------------------------


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


# -- words -----------------------------------------------------------------------------------------


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
