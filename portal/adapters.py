"""How allauth meets the portal: its letters go through the outbox like all others."""

from __future__ import annotations

import base64
import logging
import re
import secrets
import time
from copy import copy
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import (
    AUTHENTICATION_METHODS_SESSION_KEY,
    get_authentication_records,
)
from allauth.account.models import EmailAddress
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import transaction
from django.db.models.expressions import DatabaseDefault
from django.utils import timezone, translation
from django.utils.crypto import salted_hmac
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from portal import actions, audit
from portal.actions import tries
from portal.agents import in_words
from portal.forms.guess import counted_as, guesses, owner_of, spend
from portal.http import address_of
from portal.models import User
from portal.notices import Code
from portal.validators import without_direction_marks

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrPromise

logger = logging.getLogger(__name__)

#: The one thing to do in a letter, by the address allauth hands to its template.
LABELS = {
    "password_reset_url": gettext_lazy("Choose a new password"),
    "signup_url": gettext_lazy("Create an account"),
    "activate_url": gettext_lazy("Confirm the address"),
}


#: How one shows that it is still oneself, by allauth's names.
WAYS = {
    "reauthenticate": gettext_lazy("Use your password"),
    "mfa_reauthenticate": gettext_lazy("Use a code of your app, or a recovery code"),
    "mfa_reauthenticate:webauthn": gettext_lazy("Use a passkey"),
}
#: What changed, by the letter allauth writes about it; the word is the audit trail's.
FACTOR_CHANGES = {
    "mfa/email/totp_activated": "add-app",
    "mfa/email/totp_deactivated": "remove-app",
    "mfa/email/webauthn_added": "add-passkey",
    "mfa/email/webauthn_removed": "remove-passkey",
    "mfa/email/recovery_codes_generated": "make-recovery-codes",
}
DEVICE_COOKIE = "__Host-device" if settings.HTTPS else "device"


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in pages of the portal."""

    error_messages: ClassVar[dict[str, StrPromise]] = {
        **DefaultAccountAdapter.error_messages,
        "account_inactive": gettext_lazy("This account is closed. Write to us to open it again."),
        "cannot_remove_primary_email": gettext_lazy(
            "Letters go to this address. Make another one the main address first."
        ),
        "duplicate_email": gettext_lazy("This address belongs to your account already."),
        "email_password_mismatch": gettext_lazy(
            "The e-mail address and the password do not fit together. Try again,"
            " or choose a new password."
        ),
        "email_taken": gettext_lazy("There is an account with this e-mail address already."),
        "enter_current_password": gettext_lazy("Type the password you use now."),
        "incorrect_code": gettext_lazy(
            "This is not the code of our latest letter. Look at it again, letter by letter."
        ),
        "incorrect_password": gettext_lazy("This is not your password."),
        "invalid_or_expired_key": gettext_lazy("This link does not work any more."),
        "invalid_login": gettext_lazy("Signing in did not work. Try again."),
        "invalid_password_reset": gettext_lazy(
            "This link does not work any more. Ask for a new one."
        ),
        "max_email_addresses": gettext_lazy("You cannot have more than %d addresses."),
        "too_many_login_attempts": gettext_lazy(
            "Too many tries. Wait a few minutes, then try again."
        ),
        "unknown_email": gettext_lazy("There is no account with this e-mail address."),
        "unverified_primary_email": gettext_lazy("Confirm this address first."),
        "same_as_current": gettext_lazy("This is what you have already. Type a new one."),
        "rate_limited": gettext_lazy("Too many requests. Wait a moment, then try again."),
    }

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the letter into the fastest lane, so that its sending never shows in the timing."""
        user = User.objects.with_address(email).first()
        language = user.language if user else translation.get_language() or "en-gb"
        zone = user.zone if user else timezone.get_current_timezone()
        with translation.override(language), timezone.override(zone):
            message = self.render_mail(
                template_prefix, email, {**context, "SITE_NAME": settings.SITE_NAME}
            )
            actions.post_code(
                subject=str(message.subject),
                paragraphs=[
                    " ".join(part.split())
                    for part in re.split(r"\n\s*\n", str(message.body))
                    if part.strip()
                ],
                to=email,
                facts=facts_of(context),
                action=action_of(context),
                user=user,
            )

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Count the password before it is looked at, in a row of our own."""
        address = str(credentials.get("email", ""))
        self._meant = owner_of(address)
        who = counted_as(request, self._meant, address)
        self._spent = spend(request, guesses("password"), who)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> Any:
        """A right password does not count."""
        user = super().authenticate(request, **credentials)
        if user is not None:
            tries.give_back(self._spent)
        else:
            _log("wrong password", user=self._meant)
        return user

    def set_password(self, user: Any, password: str) -> None:
        """Whoever could choose a new one holds the mailbox: their browser is known from now on."""
        super().set_password(user, password)
        self.request.known_to = user
        # Whoever was signed in with the old one is not any more; the row itself goes.
        keep = self.request.session.session_key if self.request.user == user else None
        actions.end_sessions(user=user, by=user, keep=keep)

    def get_client_ip(self, request: HttpRequest) -> str:
        """The reader's address as the nearest trusted proxy names it; never an error."""
        return address_of(request)

    # -- more than a password -----------------------------------------------------------------

    def is_login_by_code_required(self, login: Any) -> bool:
        """A role without a second factor: a mailed code after the password, once a device."""
        user = login.user
        records = get_authentication_records(self.request, user)
        if (
            settings.STAFF_SECOND_FACTOR != "required"
            or user is None
            or not records
            or records[-1]["method"] != "password"
            or not (user.is_superuser or user.held_roles)
            or actions.has_factor(user)
        ):
            return False
        return actions.known_device(user=user, token=device_token(self.request)) is None

    def login(self, request: HttpRequest, user: Any) -> None:
        """Django's; the session knows when it began."""
        super().login(request, user)
        request.session["began_at"] = time.time()
        ways = [record["method"] for record in get_authentication_records(request, user)]
        _log("signed in", user=user, ways=ways)

    def logout(self, request: HttpRequest) -> None:
        """Django's, with a line of the log."""
        _log("signed out", user=request.user if request.user.is_authenticated else None)
        super().logout(request)

    def post_login(self, request: HttpRequest, user: Any, **kwargs: Any) -> HttpResponse:
        """Allauth's answer; a device that has shown a mailed code is remembered."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        if settings.STAFF_SECOND_FACTOR != "required" or not (user.is_superuser or user.held_roles):
            return response
        token = device_token(request)
        device = actions.known_device(user=user, token=token)
        records = get_authentication_records(request, user)
        if device is None and any(record["method"] == "code" for record in records):
            token = token or secrets.token_urlsafe(32)
            agent = self.get_http_user_agent(request)
            device = actions.remember_device(user=user, token=token, user_agent=agent)
            self.send_notification_mail(
                "account/email/new_device", user, {"device": in_words(agent)}
            )
            response.set_cookie(
                DEVICE_COOKIE,
                token,
                max_age=settings.KNOWN_DEVICE_DAYS * 24 * 60 * 60,
                secure=settings.HTTPS,
                httponly=True,
                samesite="Lax",
            )
        if device is not None:
            request.session[actions.DEVICE_KEY] = str(device.pk)
        return response

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """Whether the last proof (signing in is one) is older than the settings allow."""
        del app, kwargs
        if not settings.REAUTHENTICATION_MINUTES:
            return False
        records = get_authentication_records(self.request, self.request.user)
        newest = max((record["at"] for record in records), default=0)
        return bool(time.time() - newest > settings.REAUTHENTICATION_MINUTES * 60)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Allauth's ways to show that it is still you, in our words."""
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        return [one | {"description": WAYS[one["id"]]} for one in methods]

    def send_notification_mail(
        self,
        template_prefix: str,
        user: Any,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Write the letter about a change; a factor that comes or goes has consequences."""
        super().send_notification_mail(template_prefix, user, context, email)
        if verb := FACTOR_CHANGES.get(template_prefix):
            note_factor(self.request, user, verb)

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody may apply, so anybody may have an account."""
        del request
        return True


def _log(words: str, *, user: Any, **told: Any) -> None:
    """A line about a sign-in: a key, never an address; nothing where nobody was meant."""
    if user is not None:
        told["user"] = str(user.pk)
    logger.info(words, extra={"told": told})


def note_factor(request: HttpRequest, user: Any, verb: str) -> None:
    """A new factor was shown by setting it up; one that went takes all other sessions with it.

    Sessions that began without the factor stay without: whoever holds one of those set up nothing.
    """
    with transaction.atomic():
        audit.record(user, verb, actor=user)
        if verb.startswith("add-"):
            records = [*get_authentication_records(request, user)]
            request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
                *records,
                {"method": "mfa", "at": time.time(), "type": verb},
            ]
            request.session["account_authentication_methods_user"] = str(user.pk)
        elif verb.startswith("remove-"):
            actions.end_sessions(user=user, by=user, keep=request.session.session_key)
            if not actions.has_factor(user):
                kept = get_authentication_records(request, user)
                request.session[AUTHENTICATION_METHODS_SESSION_KEY] = [
                    record for record in kept if record["method"] != "mfa"
                ]


def device_token(request: HttpRequest) -> str:
    """The secret of this browser, where it has one."""
    return str(request.COOKIES.get(DEVICE_COOKIE, ""))[:100]


class FactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Passkeys, authenticator apps and recovery codes of the portal."""

    error_messages: ClassVar[dict[str, StrPromise]] = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": gettext_lazy("This one cannot be taken away."),
        "cannot_generate_recovery_codes": gettext_lazy(
            "Recovery codes stand in for a passkey or an app. Set one of these up first."
        ),
        "incorrect_code": gettext_lazy("That did not fit. Try again with a fresh code."),
        "unverified_email": gettext_lazy(
            "Confirm all your e-mail addresses first, or remove those that are not confirmed."
        ),
    }

    def encrypt(self, text: str) -> str:
        """Secrets of apps and recovery codes are not readable in a copy of the database."""
        return _vault().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret, with the key of today or one before."""
        return _vault().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: Any, type: Any) -> str:  # noqa: A002 -- allauth's
        """A name to begin with."""
        count = Authenticator.objects.filter(user=user, type=type).count()
        return _("My passkey") if not count else _("Passkey %(number)d") % {"number": count + 1}

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site as the settings name it; a request's headers have no say."""
        return {"id": urlsplit(settings.SITE_URL).hostname or "", "name": settings.SITE_NAME}


def _vault() -> MultiFernet:
    """The key is made from the portal's secret; older secrets still open what they closed."""
    keys = (
        base64.urlsafe_b64encode(
            salted_hmac("portal.factors", "key", secret=one, algorithm="sha256").digest()
        )
        for one in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    )
    return MultiFernet([Fernet(key) for key in keys])


class ElsewhereAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Sign-in with an account elsewhere (OpenID Connect)."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[Any]:
        """The settings alone say where people may sign in; no query, no row to slip in."""
        del request
        return [
            SocialApp(provider="openid_connect", **one)
            for one in settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
            if provider in {None, "openid_connect", one["provider_id"]}
            and client_id in {None, one["client_id"]}
        ]

    def serialize_instance(self, instance: Any) -> Any:
        """Without what the database fills in: allauth takes that for text."""
        kept = copy(instance)
        for name, value in vars(instance).items():
            if isinstance(value, DatabaseDefault):
                del kept.__dict__[name]
        return super().serialize_instance(kept)

    def populate_user(self, request: HttpRequest, sociallogin: Any, data: dict[str, Any]) -> Any:
        """Name and zone as the other side has them; only a plain yes makes an address confirmed."""
        user = super().populate_user(request, sociallogin, data)
        for address in sociallogin.email_addresses:
            address.verified = address.verified is True
        user.email = user.email.lower()
        given, _space, family = str(data.get("name") or "").partition(" ")
        user.given_name = without_direction_marks(str(data.get("first_name") or given))[:100]
        user.family_name = without_direction_marks(str(data.get("last_name") or family))[:100]
        return user

    def authenticate_by_email(self, sociallogin: Any) -> tuple[Any, str] | None:
        """The account whose owner confirmed the very address that the other side vouches for.

        An address that somebody only typed, there or here, leads to nobody: else whoever adds a
        stranger's address to an account of their own would get the stranger's sign-in.
        """
        vouched = [one.email.lower() for one in sociallogin.email_addresses if one.verified is True]
        mine = EmailAddress.objects.filter(email__in=vouched, verified=True).select_related("user")
        found = mine.first()
        return (found.user, found.email) if found is not None else None

    def send_notification_mail(self, *args: Any, **kwargs: Any) -> None:
        """Through the outbox like all others."""
        AccountAdapter(self.request).send_notification_mail(*args, **kwargs)


def facts_of(context: dict[str, Any]) -> list[tuple[str, str]]:
    """What a letter shows as rows: the code to type, or when and from where it was changed."""
    facts: list[tuple[str, str]] = []
    if code := context.get("code"):
        facts.append((_("Code"), Code(code)))
    if at := context.get("timestamp"):
        facts.append((_("When"), date_format(timezone.localtime(at), "D j M Y, H:i e")))
        facts.append((_("From the address"), str(context["ip"])))
    return facts


def action_of(context: dict[str, Any]) -> tuple[str, str] | None:
    """The button: an address of this site without the host, which is said by the settings alone."""
    for key, label in LABELS.items():
        if address := context.get(key):
            return str(label), urlsplit(str(address)).path
    return None
