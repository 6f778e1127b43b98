"""Checks of this installation that Django does not make: run by ``check --deploy``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import Error, Tags, Warning as Doubt, register

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.core.checks import CheckMessage

#: What a Content-Security-Policy must not hold, whatever a package would like.
_UNSAFE = {"'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'", "*", "http:", "https:"}
_CLOSED = ("default-src", "script-src", "style-src")
_SECRET_LENGTH = 50
_SECRET_LETTERS = 16
_LOCAL = {"localhost", "127.0.0.1", "[::1]"}


@register(Tags.security, deploy=True)
def installation_is_closed(**_options: Any) -> list[CheckMessage]:
    """Everything below, as Django asks for it."""
    return [*_address(), *_secret(), *_policy(), *_demonstration()]


def _address() -> Iterator[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    if site.scheme != "https":
        yield Doubt(
            "SITE_URL does not begin with https://, so cookies travel in the open.",
            id="portal.W001",
        )
    if site.hostname not in settings.ALLOWED_HOSTS:
        yield Error(
            "The name in SITE_URL is not in ALLOWED_HOSTS: every link in a letter would fail.",
            id="portal.E002",
        )
    if any(host == "*" or host.startswith(".") for host in settings.ALLOWED_HOSTS):
        yield Error("ALLOWED_HOSTS names hosts by a pattern: name each.", id="portal.E003")
    if any("*" in origin for origin in settings.CSRF_TRUSTED_ORIGINS):
        yield Error("CSRF_TRUSTED_ORIGINS has a pattern: name each origin.", id="portal.E004")
    if site.scheme == "https" and not settings.ALLAUTH_TRUSTED_PROXY_COUNT:
        yield Doubt(
            "SITE_URL is https and TRUSTED_PROXY_COUNT is 0: behind a proxy every request would"
            " look like http and be sent on for ever, and all people would share one address.",
            hint="Set TRUSTED_PROXY_COUNT to the number of proxies in front.",
            id="portal.W005",
        )


def _secret() -> Iterator[CheckMessage]:
    key = str(settings.SECRET_KEY)
    if len(key) < _SECRET_LENGTH or len(set(key)) < _SECRET_LETTERS:
        yield Error(
            f"SECRET_KEY is no random text of at least {_SECRET_LENGTH} characters.",
            hint="python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
            id="portal.E006",
        )


def _policy() -> Iterator[CheckMessage]:
    policy: dict[str, list[str]] = settings.CONTENT_SECURITY_POLICY.get("DIRECTIVES", {})
    for name, sources in policy.items():
        # Pictures from data: are ours; nothing else may come from anywhere but here.
        if found := _UNSAFE & set(sources):
            yield Error(
                f"The Content-Security-Policy's {name} has {', '.join(sorted(found))}.",
                id="portal.E007",
            )
    missing = [name for name in _CLOSED if policy.get(name) != ["'self'"]]
    if (
        missing
        or policy.get("frame-ancestors") != ["'none'"]
        or policy.get("base-uri") != ["'none'"]
    ):
        yield Error("The Content-Security-Policy lets in more than this site.", id="portal.E008")


def _demonstration() -> Iterator[CheckMessage]:
    if settings.DEMO and settings.MAIL_DIR:
        yield Doubt(
            "DEMO and MAIL_DIR are set: everybody can read every letter in the browser.",
            id="portal.W009",
        )
    elif settings.MAIL_DIR:
        yield Doubt("MAIL_DIR is set: no letter leaves.", id="portal.W010")
    if set(settings.ALLOWED_HOSTS) <= _LOCAL:
        yield Doubt("ALLOWED_HOSTS has names of this machine only.", id="portal.W011")
