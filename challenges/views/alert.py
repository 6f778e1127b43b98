"""“Mail me when it opens”: asked on a call, confirmed by mail, ended wherever one sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges.actions import alert as actions
from challenges.forms.eligibility import AlertForm
from challenges.models import Call

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest, HttpResponse

    from portal.http import PortalRequest


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def alert_create(request: HttpRequest, slug: str) -> HttpResponse:
    """Ask for the one letter: one click with an account, an address and its letter without."""
    call = get_object_or_404(Call.objects.public().for_board(), slug=slug)
    context: dict[str, Any] = {"call": call, "awaited": actions.waits_for(call)}
    if request.user.is_authenticated:
        user = request.user
        if request.method == "POST":
            actions.ask_for_alert(call=call, user=user)
            messages.success(request, _("You get one letter when it opens."))
            return redirect("challenges:alert-create", call.slug)
        context["stands"] = actions.has_alert(call, user)
        return render(request, "challenges/alert_create.html", context)
    form = AlertForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actions.ask_as_stranger(call=call, email=form.cleaned_data["email"])
        context["asked"] = True
    context["form"] = form
    status = 422 if form.is_bound and not form.is_valid() else 200
    return render(request, "challenges/alert_create.html", context, status=status)


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def alert_answer(request: HttpRequest, token: str) -> HttpResponse:
    """The link of a letter: a page with buttons, since scanners of mail open links."""
    alert = actions.alert_of(token)
    ended = False
    if alert is not None and request.method == "POST":
        if "end" in request.POST:
            ended = bool(actions.end_alert(alert=alert))
        else:
            alert = actions.confirm_alert(secret=token) or alert
    context = {"alert": alert, "ended": ended}
    # Said in words and not as an error: a row that was ended is what the reader wanted.
    return render(request, "challenges/alert_answer.html", context, status=200 if alert else 404)


@require_safe
def alert_list(request: PortalRequest) -> HttpResponse:
    """What I wait to hear of."""
    context = {"alerts": actions.alerts_of(request.user)}
    return render(request, "challenges/alert_list.html", context)


@require_POST
def alert_end(request: PortalRequest, pk: UUID) -> HttpResponse:
    """No letter after all."""
    alert = actions.own_alert(pk, request.user)
    if alert is None:
        raise Http404
    actions.forget_alert(alert=alert)
    messages.success(request, _("You get no letter."))
    return redirect("challenges:alert-list")
