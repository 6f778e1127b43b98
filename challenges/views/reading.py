"""In which language somebody reads the questions of a call: the switch, and what it does.

On a page where something is typed its buttons belong to that form, so that nothing typed is lost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from challenges.answers import languages_of
from challenges.models import Call
from portal import reading
from portal.http import where_next

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest, HttpResponse

#: The name of the buttons, and where the switch stands on a page.
READ, SWITCH = "read", "#read-in"


def switch_of(call: Call, rows: Iterable[Any]) -> list[dict[str, Any]]:
    """The languages to choose from; none where the questions or rules are in one language only."""
    written = languages_of(call, rows)
    if len(written) == 1:
        return []
    now = reading.best(written, written[0], reading.order())
    return [
        {
            "code": code,
            "name": reading.name_of(code),
            "spoken": reading.attributes(code),
            "is_current": code == now,
        }
        for code in written
    ]


def has_chosen(request: HttpRequest, call: Call) -> bool:
    """Whether a button of the switch was pressed; from then on its language is read."""
    code = request.POST.get(READ, "")
    if code not in {call.base_language, *(one.lower() for one in call.languages)}:
        return False
    reading.choose(code)
    return True


@login_not_required
@require_POST
def call_read(request: HttpRequest, slug: str) -> HttpResponse:
    """The switch of a page on which nothing is typed."""
    call = get_object_or_404(Call.objects.public(), slug=slug)
    has_chosen(request, call)
    page = where_next(request) or reverse("challenges:call-form", args=[call.slug])
    return redirect(f"{page}{SWITCH}")
