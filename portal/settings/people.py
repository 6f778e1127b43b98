"""People: how they sign in, and how often they may try."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from portal import env
from portal.settings.base import DEBUG, DEMO, HTTPS, SITE_NAME

AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "portal.passwords.NotTwoCommonOnes"},
    {"NAME": "portal.passwords.NotOurWords"},
    {"NAME": "portal.passwords.NotLeaked"},
]
# What an installation adds to the words that are no password (`portal.passwords`), and its list of
# leaked ones.
PASSWORD_WORDS = env.words("PASSWORD_WORDS", [])
LEAKED_PASSWORDS = env.file("LEAKED_PASSWORDS")
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.forms.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "portal.models.shown_name"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
# Changing the address at this step is not offered: allauth offers it to new accounts only, and so
# would tell whoever asks which addresses have an account.
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
# A code that signs somebody in lives no longer than this, as OWASP's ASVS has it.
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# allauth's own limits live in the cache, which forgets and races; ours are rows (`actions.tries`).
ACCOUNT_RATE_LIMITS = False
# Wrong passwords and codes that one account takes, from all strangers together.
GUESSES = env.number("GUESSES", 10, at_least=1)
GUESS_MINUTES = env.number("GUESS_MINUTES", 15, at_least=1)
# Hundreds of founders share a hub's or a carrier's address, so limits by account come first.
SIGN_INS_PER_MINUTE = env.number("SIGN_INS_PER_MINUTE", 600, at_least=1)
ACCOUNT_FORMS = {
    "login": "portal.forms.wording.LoginForm",
    "change_password": "portal.forms.wording.ChangePasswordForm",
    "reauthenticate": "portal.forms.wording.ReauthenticateForm",
    "set_password": "portal.forms.wording.SetPasswordForm",
    "reset_password_from_key": "portal.forms.wording.ResetPasswordKeyForm",
    "signup": "portal.forms.signin.SignupForm",
    "request_login_code": "portal.forms.signin.RequestLoginCodeForm",
    "confirm_login_code": "portal.forms.signin.ConfirmLoginCodeForm",
    "confirm_email_verification_code": "portal.forms.signin.ConfirmEmailVerificationCodeForm",
    "reset_password": "portal.forms.signin.ResetPasswordForm",
}
# How long a closed account can be opened again where `Retention` does not say it, and how long the
# old address may object when the administrator lets a new one count without it.
CLOSING_GRACE_DAYS = env.number("CLOSING_GRACE_DAYS", 30, at_least=1)
EMAIL_CHANGE_HOLD_DAYS = env.number("EMAIL_CHANGE_HOLD_DAYS", 7, at_least=1)
# A link to a new password works for an hour, once.
PASSWORD_RESET_TIMEOUT = 60 * 60
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0)
# A session that nobody uses ends after so many hours: a week, and of whoever is on staff a working
# day. What was being typed is kept and goes on after the next sign-in.
SESSION_IDLE_HOURS = env.number("SESSION_IDLE_HOURS", 7 * 24, at_least=1)
STAFF_IDLE_HOURS = env.number("STAFF_IDLE_HOURS", 12, at_least=1)

# -- More than a password -------------------------------------------------------------------------
# Whether a managing role opens only with a second factor, and the other roles on a new device only
# with a mailed code.
STAFF_SECOND_FACTOR = env.one_of(
    "STAFF_SECOND_FACTOR", ("REQUIRED", "OPTIONAL"), "REQUIRED"
).lower()
# How long a device stays known after its mailed code: about as long as a round.
KNOWN_DEVICE_DAYS = env.number("KNOWN_DEVICE_DAYS", 120, at_least=1)
# How long a proof that it is still the person (sign-in included) holds for what matters; 0: always.
REAUTHENTICATION_MINUTES = env.number("REAUTHENTICATION_MINUTES", 30)
ACCOUNT_REAUTHENTICATION_TIMEOUT = REAUTHENTICATION_MINUTES * 60
ACCOUNT_REAUTHENTICATION_REQUIRED = True
MFA_ADAPTER = "portal.adapters.FactorAdapter"
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
# After a password a key may also only show that it is there; a passkey always asks for its person.
MFA_WEBAUTHN_USER_VERIFICATION = "preferred"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = (DEBUG or DEMO) and not HTTPS
MFA_TOTP_ISSUER = SITE_NAME
# A telephone's clock may be a little off: one code earlier or later is taken as well.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "portal.forms.second_factor.AuthenticateForm",
    "reauthenticate": "portal.forms.second_factor.ReauthenticateForm",
    "activate_totp": "portal.forms.factors.AppCodeForm",
    "add_webauthn": "portal.forms.factors.PasskeyForm",
    "edit_webauthn": "portal.forms.factors.PasskeyNameForm",
    "login_webauthn": "portal.forms.factors.SignInWithPasskeyForm",
    "authenticate_webauthn": "portal.forms.factors.ShowPasskeyForm",
    "reauthenticate_webauthn": "portal.forms.factors.ShowPasskeyAgainForm",
}

# -- Sign-in elsewhere (OpenID Connect), where it is configured ------------------------------------
SOCIALACCOUNT_ADAPTER = "portal.adapters.ElsewhereAdapter"
# An account is found by its address only where both sides have made sure of it (the adapter).
SOCIALACCOUNT_EMAIL_AUTHENTICATION = True
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
SOCIALACCOUNT_STORE_TOKENS = False
OIDC_ISSUER = env.text("OIDC_ISSUER").rstrip("/")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


OIDC_ORIGINS = env.words("OIDC_ORIGINS", [_origin(OIDC_ISSUER)]) if OIDC_ISSUER else list[str]()
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {
    "openid_connect": {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": env.text("OIDC_NAME", "OpenID Connect"),
                "client_id": env.text("OIDC_CLIENT_ID"),
                "secret": env.text("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_ISSUER},
            }
        ]
        if OIDC_ISSUER
        else [],
    }
}
