"""A team asks for more time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from challenges.actions.extension import ask_more_time, facts_of, why_not_ask
from challenges.forms.more_time import AskTimeForm
from challenges.models import MoreTimeRequest
from challenges.teampage import facts_in_words
from challenges.views.own import own_application
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from portal.http import PortalRequest


@require_http_methods(["GET", "POST"])
def more_time(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Ask, with the facts that staff will see beside it; afterwards what became of it."""
    application = own_application(request, pk)
    if not request.user.has_perm("challenges.ask_more_time_application", application):
        raise Http404
    requests = MoreTimeRequest.objects.filter(application=application)
    waiting = requests.unanswered().first()
    refusal = None if waiting else why_not_ask(application, application.call.now)
    form = AskTimeForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            ask_more_time(
                application=application, reason=form.cleaned_data["reason"], by=request.user
            )
        except StepRefused as reason:
            form.add_error(None, str(reason))
        else:
            messages.success(request, _("Sent. Staff have your reason and the facts below."))
            return redirect("challenges:more-time", application.pk)
    facts = waiting.facts if waiting else facts_of(application, application.call.now)
    context = {
        "application": application,
        "call": application.call,
        "form": form,
        "waiting": waiting,
        "refusal": refusal,
        "facts": facts_in_words(facts, application.call.time_zone),
    }
    status = 422 if form.is_bound else 200
    return render(request, "challenges/more_time.html", context, status=status)
