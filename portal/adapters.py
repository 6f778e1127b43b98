"""How allauth meets the portal: its letters go through the outbox like all others."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from allauth.account.adapter import DefaultAccountAdapter

from portal import actions
from portal.models import User

if TYPE_CHECKING:
    from django.http import HttpRequest

LINK = re.compile(r"https?://\S+")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in pages of the portal."""

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Write the letter into the fastest lane, so that its sending never shows in the timing."""
        message = self.render_mail(template_prefix, email, context)
        paragraphs = [
            " ".join(part.split())
            for part in re.split(r"\n\s*\n", str(message.body))
            if part.strip()
        ]
        actions.post_code(
            subject=str(message.subject),
            paragraphs=paragraphs,
            to=email,
            action=None,
            user=User.objects.with_address(email).first(),
        )

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Anybody may apply, so anybody may have an account."""
        del request
        return True
