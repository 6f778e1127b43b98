"""How allauth meets the portal: its letters go through the outbox like all others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from portal import actions
from portal.models import User
from portal.notices import Code

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django_stubs_ext import StrPromise

#: The one thing to do in a letter, by the address allauth hands to its template.
LABELS = {
    "password_reset_url": gettext_lazy("Choose a new password"),
    "signup_url": gettext_lazy("Create an account"),
    "activate_url": gettext_lazy("Confirm the address"),
}


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
        with translation.override(language):
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

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody may apply, so anybody may have an account."""
        del request
        return True


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
