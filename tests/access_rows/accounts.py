"""Who gets the pages of an account: everybody their own."""

from __future__ import annotations

from tests.access_table import Row, public, signed_in
from tests.cast import EVERYBODY, PEOPLE

#: One's own account: everybody their own, and letters' links for whoever has them.
ACCOUNT = {
    "email-change": Row(post={"address": ""}, rest="page"),
    "email-change-stop": Row(post={}, done=PEOPLE),
    "calendar-address": signed_in(),
    "calendar-make": Row(post={}, done=PEOPLE),
    "calendar-end": Row(post={}, done=PEOPLE),
    # Whoever has the secret, signed in or not; a wrong one is an address that is not there.
    "calendar-feed": Row({"token": "x" * 43}, login=(), rest="unknown"),
    "email-change-answer": Row({"token": "x" * 43}, login=()),
    "account-close": signed_in(),
    "my-data": signed_in(),
}

#: The pages of allauth: the signed-in are sent on from those that sign in.
ALLAUTH = {
    **dict.fromkeys(
        (
            "account_login",
            "account_signup",
            "account_request_login_code",
        ),
        Row(page=("anonymous",), login=(), rest="away"),
    ),
    **dict.fromkeys(
        (
            "account_inactive",
            "account_reset_password",
            "account_reset_password_done",
            "account_reset_password_from_key_done",
        ),
        public(),
    ),
    **dict.fromkeys(("account_email", "account_change_password"), signed_in()),
    "account_logout": Row(page=PEOPLE, away=("anonymous",), login=()),
    "account_reauthenticate": signed_in(),
    "account_set_password": Row(rest="away"),
    "account_email_verification_sent": Row(rest="away"),
    "account_confirm_login_code": Row(rest="away"),
    "account_reset_password_from_key": Row({"uidb36": "1", "key": "a-b"}, page=EVERYBODY),
}

#: Factors, sessions and devices: one's own alone; the cast has none to show.
SECURITY = {
    **dict.fromkeys(
        (
            *("account-security", "usersessions_list", "mfa_list_webauthn"),
            *("mfa_add_webauthn", "mfa_activate_totp"),
        ),
        signed_in(),
    ),
    **dict.fromkeys(
        (
            *("mfa_index", "second-factor"),
            *("mfa_reauthenticate", "mfa_reauthenticate_webauthn"),
        ),
        Row(rest="away"),
    ),
    "mfa_generate_recovery_codes": signed_in(),
    **dict.fromkeys(
        (
            *("mfa_download_recovery_codes", "mfa_view_recovery_codes"),
            "mfa_deactivate_totp",
        ),
        Row(),
    ),
    "mfa_authenticate": Row(rest="away"),
    "mfa_login_webauthn": Row(login=("anonymous",), rest="away"),
    **dict.fromkeys(("mfa_edit_webauthn", "mfa_remove_webauthn"), Row({"pk": "1"})),
    "sessions-end": Row(post={}, done=PEOPLE),
    "session-end": Row({"session": "1"}, post={}, done=PEOPLE),
    "device-forget": Row({"pk": "device"}, post={}, done=("reviewer",)),
    # Where the settings name no place to sign in elsewhere, as in the tests, there are none.
    "socialaccount_connections": Row(),
    **dict.fromkeys(
        (
            *("socialaccount_signup", "socialaccount_login_cancelled"),
            "socialaccount_login_error",
        ),
        Row(login=()),
    ),
    **dict.fromkeys(
        ("openid_connect_login", "openid_connect_callback"), Row({"provider_id": "x"}, login=())
    ),
}

OWN: dict[str, Row] = {**ACCOUNT, **ALLAUTH, **SECURITY}
