"""allauth's forms of sign-in with our counts; named in the settings, as they import allauth's."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from allauth.account import forms as account
from allauth.core import context
from django.db import transaction

from portal.actions import tries
from portal.forms.guess import CountedCode, counted_as, owner_of, spend, whose
from portal.forms.wording import OurWords

if TYPE_CHECKING:
    from django.http import HttpRequest

#: Letters of one sort to one address; the earlier ones go on working where they hold a link.
CODES = tries.Allowance("letter:code", 5, 10 * 60)
RESETS = tries.Allowance("letter:reset", 5, 60 * 60)
WELCOMES = tries.Allowance("letter:welcome", 5, 10 * 60)


class SignupForm(OurWords, account.SignupForm):  # type: ignore[misc]
    """Sign-up that does the same work whether or not the address has an account."""

    def clean_email(self) -> str:
        """An address gets only so many letters, from whoever types it."""
        address: str = super().clean_email()
        spend(context.request, WELCOMES, address)
        return address

    def try_save(self, request: HttpRequest) -> Any:
        """Where there is an account, make another all the same and undo it: it takes as long."""
        if self.account_already_exists:
            self._make_and_undo(request)
        return super().try_save(request)

    def _make_and_undo(self, request: HttpRequest) -> None:
        real = self.cleaned_data["email"]
        self.cleaned_data["email"] = f"{secrets.token_hex(16)}@unused.invalid"
        self.account_already_exists = False
        try:
            with transaction.atomic():
                self.save(request)
                transaction.set_rollback(True)
        finally:
            self.account_already_exists = True
            self.cleaned_data["email"] = real


class RequestLoginCodeForm(OurWords, account.RequestLoginCodeForm):  # type: ignore[misc]
    """Asks for a code by mail."""

    def clean_email(self) -> str:
        """Find the account in one statement, known or not; allauth's own way takes one or two.

        Each browser the person knows may ask, however often strangers did.
        """
        address: str = self.cleaned_data["email"]
        owner = owner_of(address)
        spend(context.request, CODES, counted_as(context.request, owner, address))
        self._user = owner if owner is not None and owner.is_active else None
        return address


class ResetPasswordForm(OurWords, account.ResetPasswordForm):  # type: ignore[misc]
    """Asks for a link to a new password."""

    def clean_email(self) -> str:
        """Find the account in one statement, known or not."""
        address: str = self.cleaned_data["email"].lower()
        self.owner = owner_of(address)
        self.users = [self.owner] if self.owner is not None and self.owner.is_active else []
        return address

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Beyond the allowance nothing more is sent: the links sent before go on working."""
        address: str = self.cleaned_data["email"]
        if not self.users:
            # Making a link reads the account's addresses twice; so does having none to make.
            for _time in range(2):
                owner_of(address)
        if isinstance(tries.spend(RESETS, counted_as(request, self.owner, address)), tries.Try):
            super().save(request, **kwargs)
        return address


class ConfirmLoginCodeForm(CountedCode, account.ConfirmLoginCodeForm):  # type: ignore[misc]
    """The code of a letter, typed at sign-in."""

    def counted_for(self) -> str:
        """The account the letter was for, or the address that has none."""
        stage = context.request._login_stage
        address = stage.state.get("email") or ""
        return counted_as(context.request, stage.login.user, address)


class ConfirmEmailVerificationCodeForm(
    CountedCode,
    account.ConfirmEmailVerificationCodeForm,  # type: ignore[misc]
):
    """The code of a letter, typed at sign-up."""

    def counted_for(self) -> str:
        """The address, whether it is new or has an account."""
        return whose(context.request, self.email)
