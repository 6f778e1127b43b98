"""What machines look for at addresses that everybody knows: crawlers, browsers, researchers."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_cache_control
from django.views.decorators.http import require_safe

from portal.choices import PolicyKind
from portal.models import PolicyText, Programme
from portal.registry import registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponseRedirect

_HOUR, _DAY = 3_600, 86_400
_SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
#: More than this one file may not name.
_PAGES = 50_000
#: RFC 9116 wants less than a year; it is said anew with each answer.
_TRUE_FOR = timedelta(days=90)
#: Where crawlers would ask in vain, all of it behind sign-in. The ways in are left, and what begins
#: with a record's key: sign-in answers for those. Addresses with a secret must not stand here: a
#: crawler has to ask them to read that they are not to be listed (`gate.Walls`).
_CLOSED = (
    *("admin/", "inbox/", "mailbox/", "metrics", "styleguide/"),
    *("calls/*/apply/", "events/*/register/", "*?next="),
)


@login_not_required
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """What crawlers may ask."""
    del request
    lines = ["User-agent: *", *(f"Disallow: /{path}" for path in _CLOSED)]
    lines += ["", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}"]
    return _plain(lines)


@login_not_required
@require_safe
def sitemap(request: HttpRequest) -> HttpResponse:
    """Every public page, each app's own among them."""
    del request
    root = ET.Element("urlset", xmlns=_SITEMAP)
    for path in [*_own_pages(), *(page for ask in registry.sitemap for page in ask())][:_PAGES]:
        ET.SubElement(ET.SubElement(root, "url"), "loc").text = f"{settings.SITE_URL}{path}"
    text = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return _kept(HttpResponse(text, content_type="application/xml; charset=utf-8"), _HOUR)


def _own_pages() -> Iterator[str]:
    yield reverse("home")
    for programme in Programme.objects.published().order_by("slug"):
        yield programme.get_absolute_url()
    for kind in PolicyKind.values:
        if PolicyText.objects.in_force(kind).exists():
            yield reverse(kind)


@login_not_required
@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Whom to tell of a weakness (RFC 9116), where the settings name somebody."""
    del request
    if not settings.SECURITY_CONTACT:
        raise Http404
    until = (timezone.now() + _TRUE_FOR).strftime("%Y-%m-%dT00:00:00Z")
    lines = [
        *(f"Contact: {contact}" for contact in settings.SECURITY_CONTACT),
        f"Expires: {until}",
        "Preferred-Languages: en",
        f"Canonical: {settings.SITE_URL}{reverse('security-txt')}",
    ]
    if settings.SECURITY_POLICY:
        lines.append(f"Policy: {settings.SECURITY_POLICY}")
    return _plain(lines)


@login_not_required
@require_safe
def change_password(request: HttpRequest) -> HttpResponseRedirect:
    """Where a keeper of passwords finds the page on which one is changed."""
    del request
    return redirect("account_change_password")


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """The sign for whoever does not read our pages' own word for it."""
    del request
    return _kept(redirect(static("portal/favicon.ico")), _DAY)


def _plain(lines: list[str]) -> HttpResponse:
    text = "".join(f"{line}\n" for line in lines)
    return _kept(HttpResponse(text, content_type="text/plain; charset=utf-8"), _HOUR)


def _kept(response: HttpResponse, seconds: int) -> HttpResponse:
    patch_cache_control(response, public=True, max_age=seconds)
    return response
