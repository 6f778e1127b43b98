"""Guesses at sign-in: counted before they are looked at, given back where they were right."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import ngettext

from portal.actions import tries
from portal.known import browser_of
from portal.models import User

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest


logger = logging.getLogger(__name__)


class TooManyTries(ValidationError):
    """No more tries for now; the page answers 429 and says when to come back."""


def guesses(kind: str) -> tries.Allowance:
    """How many wrong guesses one person's account takes: passwords, mailed codes, second factor."""
    return tries.Allowance(f"guess:{kind}", settings.GUESSES, settings.GUESS_MINUTES * 60)


def owner_of(address: str) -> User | None:
    """Whose address it is, by the same comparison with which sign-in finds the account."""
    address = address.strip().lower()
    mine = Q(email=address) | Q(emailaddress__email=address)
    found: User | None = User.objects.filter(mine).first()
    return found


def counted_as(request: HttpRequest, user: User | None, address: str = "") -> str:
    """Who is counted: the account seen from this browser if it is known, else from anywhere.

    An address without an account is counted as one with, so that the answers are alike.
    """
    if request.user.is_authenticated:
        # Whoever proves it again is counted by account alone, whatever the browser brings along.
        return f"{request.user.pk}:signed in"
    if user is None:
        return address.strip().lower()
    return f"{user.pk}:{browser_of(request, user)}"


def whose(request: HttpRequest, address: str) -> str:
    """Who is counted for an address that was typed."""
    return counted_as(request, owner_of(address), address)


def spend(request: HttpRequest, allowance: tries.Allowance, who: str) -> tries.Try:
    """Count one try, or say how long to wait.

    Raises:
        TooManyTries: the allowance is used up; the middleware turns the page into a 429.
    """
    spent = tries.spend(allowance, who)
    if isinstance(spent, tries.Try):
        return spent
    request.pause = spent.seconds  # type: ignore[attr-defined]
    logger.warning("no more tries", extra={"told": {"kind": allowance.kind}})
    minutes = -(-spent.seconds // 60)
    raise TooManyTries(
        ngettext(
            "Too many tries from here. Try again in %d minute, or choose a new password: that"
            " letter is never held up.",
            "Too many tries from here. Try again in %d minutes, or choose a new password: that"
            " letter is never held up.",
            minutes,
        )
        % minutes,
        code="too_many_tries",
    )


@contextmanager
def one_guess(request: HttpRequest, kind: str, who: str) -> Iterator[None]:
    """Around the comparison of one guess: a wrong one raises and stays counted."""
    spent = spend(request, guesses(kind), who)
    try:
        yield
    except ValidationError:
        logger.info("wrong code", extra={"told": {"kind": kind}})
        raise
    tries.give_back(spent)


class CountedCode:
    """A form with a code to type over, in which each wrong code counts."""

    kind = "code"
    #: Whose guesses these are: each form says it, for forms have a metaclass of their own.
    counted_for: Callable[[], str]
    if TYPE_CHECKING:
        cleaned_data: dict[str, Any]

    def clean_code(self) -> str:
        """Compare, as the form beneath does, inside one guess."""
        from allauth.core import context  # noqa: PLC0415 -- allauth's forms import ours

        with one_guess(context.request, self.kind, self.counted_for()):
            code: str = super().clean_code()  # type: ignore[misc]
        return code
