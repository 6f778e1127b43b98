"""Pages for what went wrong, in the portal's look, with what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The form's token does not fit any more: signed out elsewhere, or cookies are off."""
    del reason
    return render(request, "403_csrf.html", status=403)
