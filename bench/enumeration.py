"""Does the time of an answer tell whether an address has an account? With a control that does.

    python3 dev.py bench enumeration            200 pairs for each flow, about two minutes
    … --pairs 500

Known and unknown addresses take turns in one process, with the password hash of production. A flow
passes where the medians differ by no more than 5 % or 3 ms. The control signs up without the work
that `forms.signin.SignupForm` does for known addresses, and must be seen.
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import sys
import time
from typing import TYPE_CHECKING, Any

import django

django.setup()

from allauth.account.models import EmailAddress  # noqa: E402 -- needs the settings
from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.urls import reverse  # noqa: E402

from portal.forms.signin import SignupForm  # noqa: E402
from portal.models import OutboxMessage, User  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable

FLOWS: dict[str, tuple[str, dict[str, str]]] = {
    "sign-in": ("account_login", {"login": "ADDRESS", "password": "wrong wrong wrong"}),
    "reset": ("account_reset_password", {"email": "ADDRESS"}),
    "code": ("account_request_login_code", {"email": "ADDRESS"}),
    "sign-up": (
        "account_signup",
        {
            "email": "ADDRESS",
            "given_name": "Amina",
            "password1": "a long new password 7",
            "password2": "a long new password 7",
            "time_zone": "UTC",
        },
    ),
}
DOMAIN = "@bench-enumeration.invalid"


def fresh_address() -> str:
    """An address nobody has used."""
    return f"p{secrets.token_hex(6)}{DOMAIN}"


def known_address() -> str:
    """An address with an account of its own, so that no limit is met."""
    address = fresh_address()
    user = User.objects.create_user(address, None)
    User.objects.filter(pk=user.pk).update(password=PASSWORD_HASH)
    EmailAddress.objects.create(user=user, email=address, verified=True, primary=True)
    return address


def milliseconds(flow: str, address: str) -> float:
    """How long one answer takes."""
    name, form = FLOWS[flow]
    data = {key: value.replace("ADDRESS", address) for key, value in form.items()}
    client = Client()
    began = time.perf_counter()
    client.post(reverse(name), data)
    return (time.perf_counter() - began) * 1000


def differ(flow: str, pairs: int) -> tuple[float, float]:
    """The medians of unknown addresses and of what known ones beside them took longer."""
    found: dict[Callable[[], str], list[float]] = {known_address: [], fresh_address: []}
    for number in range(pairs + 5):
        turns = list(found)
        for make in turns if number % 2 else turns[::-1]:
            took = milliseconds(flow, make())
            if number >= 5:  # the first ones warm up caches
                found[make].append(took)
    known, unknown = found.values()
    # Pairs and not two heaps: whatever else the machine does slows both of a pair.
    apart = [one - other for one, other in zip(known, unknown, strict=True)]
    return statistics.median(unknown), statistics.median(apart)


def clean_up() -> None:
    """Take out what the bench made."""
    made = User.objects.filter(email__endswith=DOMAIN)
    OutboxMessage.objects.filter(to_address__endswith=DOMAIN, sent_at=None).delete()
    EmailAddress.objects.filter(email__endswith=DOMAIN).delete()
    made.filter(letters=None).delete()


def main() -> int:
    """Run all flows and the control; 0 where all is as it must be."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--pairs", type=int, default=200)
    reader.add_argument("--flow", action="append", choices=[*FLOWS, "control"])
    chosen = reader.parse_args()
    pairs = chosen.pairs
    wrong = 0
    for flow in chosen.flow or (*FLOWS, "control"):
        if flow == "control":
            SignupForm._make_and_undo = lambda _self, _request: None  # type: ignore[method-assign]
        unknown, apart = differ("sign-up" if flow == "control" else flow, pairs)
        told = abs(apart) > max(0.05 * unknown, 3)
        ok = told if flow == "control" else not told
        wrong += not ok
        words = f"{'told apart' if told else 'alike'}, {'ok' if ok else 'WRONG'}"
        print(f"{flow:8} unknown {unknown:7.1f} ms, known {apart:+6.1f} ms: {words}", flush=True)
    return wrong


PASSWORD_HASH = ""


def run() -> Any:
    """With letters caught and limits out of the way: they are not what is measured."""
    global PASSWORD_HASH  # noqa: PLW0603 -- one costly hash for all accounts
    from django.contrib.auth.hashers import make_password  # noqa: PLC0415

    PASSWORD_HASH = make_password("correct horse battery")
    quiet = {
        "ALLOWED_HOSTS": ["testserver", *settings.ALLOWED_HOSTS],
        "SIGN_INS_PER_MINUTE": 10_000_000,
        "DELIVER_WITHOUT_WORKER": False,
        "SECURE_SSL_REDIRECT": False,
    }
    with override_settings(**quiet):
        try:
            return main()
        finally:
            clean_up()


if __name__ == "__main__":
    sys.exit(run())
