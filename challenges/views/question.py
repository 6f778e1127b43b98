"""Questions and answers about a call: everybody reads them, whoever is signed in asks."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from challenges.actions.question import ask_question, why_not_ask
from challenges.forms.question import ASKER, AskForm
from challenges.models import Call, Clarification
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from portal.http import PortalRequest

PER_PAGE = 20
SEARCH_LENGTH = 100


@login_not_required
@require_safe
def clarification_list(request: HttpRequest, slug: str) -> HttpResponse:
    """All answers for everybody, the latest first; and one's own questions."""
    call = get_object_or_404(Call.objects.public().for_board(), slug=slug)
    wanted = request.GET.get("q", "").strip()[:SEARCH_LENGTH]
    answered = Clarification.objects.published().filter(call=call).order_by("-published_at")
    if wanted:
        answered = answered.found_by(wanted)
    # Nothing but the words for everybody leaves the database: no name can slip into a page.
    rows = answered.values("published_text", "answer", "published_at")
    mine: list[Clarification] = []
    if request.user.is_authenticated:
        own = Clarification.objects.filter(asked_by=request.user, call=call)
        mine = list(own.select_related("answered_with"))
    context = {
        "call": call,
        "faq": [] if wanted else list(call.faq.order_by("order", "created_at")),
        "page": Paginator(rows, PER_PAGE).get_page(request.GET.get("page")),
        "wanted": wanted,
        "query": urlencode({"q": wanted}) if wanted else "",
        "mine": mine,
        "shut": why_not_ask(call, call.now),
        "promise": promise_of(call),
    }
    return render(request, "challenges/clarification_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def clarification_create(request: PortalRequest, slug: str) -> HttpResponse:
    """Ask staff, publicly without a name or in private."""
    call = get_object_or_404(Call.objects.public().for_board(), slug=slug)
    shut = why_not_ask(call, call.now)
    form = AskForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        private = said["answer_to"] == ASKER
        try:
            ask_question(call=call, text=said["text"], private=private, by=request.user)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, f"{_('Your question was sent.')} {promise_of(call)}".strip())
            address = reverse("challenges:clarification-list", args=[call.slug])
            return redirect(f"{address}#mine")
    context = {"call": call, "form": form, "shut": shut, "promise": promise_of(call)}
    return render(request, "challenges/clarification_create.html", context)


def promise_of(call: Call) -> str:
    """Within how many days questions are answered, where the call promises that."""
    if not call.answers_within:
        return ""
    return ngettext(
        "Questions are answered within %(count)d day.",
        "Questions are answered within %(count)d days.",
        call.answers_within,
    ) % {"count": call.answers_within}
