"""A person and their mail: what they want, whether it reaches them, and the link that stops it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from portal import actions
from portal.forms import MailForm
from portal.forms.mail import ALL, DIGEST, MANDATORY
from portal.models import OutboxMessage
from portal.notices import optional_kinds
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from portal.http import PortalRequest


@require_http_methods(["GET", "POST"])
def mail_preferences(request: PortalRequest) -> HttpResponse:
    """What I want by mail."""
    user, kinds = request.user, optional_kinds()
    stopped = actions.kinds_stopped(user=user)
    only_mandatory = actions.wants_only_mandatory(user=user)
    left_out = frozenset() if only_mandatory else stopped
    initial = {
        "wanted": MANDATORY
        if only_mandatory
        else DIGEST
        if actions.wants_digest(user=user)
        else ALL,
        "kinds": [kind().name for kind in kinds if kind().name not in left_out],
    }
    form = MailForm(request.POST or None, kinds=kinds, initial=initial)
    if request.method == "POST" and form.is_valid():
        actions.choose_mail(
            user=user,
            stopped=form.stopped,
            only_mandatory=form.only_mandatory,
            in_digest=form.in_digest,
        )
        messages.success(request, _("Saved."))
        return redirect("mail-preferences")
    context = {
        "form": form,
        "left_out": [kind.kind for kind in kinds if kind().name in left_out],
        "digest_at": settings.DIGEST_AT,
        "quiet": (settings.QUIET_FROM, settings.QUIET_UNTIL)
        if settings.QUIET_FROM != settings.QUIET_UNTIL
        else None,
    }
    return render(request, "portal/mail_preferences.html", context)


@csrf_exempt  # a mail provider sends the POST of RFC 8058; the secret in the address is the proof
@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def letters_stop(request: HttpRequest, token: str) -> HttpResponse:
    """Stop letters of one kind: a page with a button, and only the button stops anything.

    Scanners of mail open every link, so reading the page changes nothing; and a provider that
    sends the POST does not follow redirects, so the answer is the page itself.
    """
    message = actions.letter_to_stop(secret=token)
    kind = actions.kind_called(message.notice) if message else ""
    if message is None or message.recipient is None or not kind:
        return render(request, "portal/letters_stop.html", {"kind": None}, status=404)
    if request.method == "POST":
        actions.stop_kind(user=message.recipient, name=message.notice)
    stopped = message.notice in actions.kinds_stopped(user=message.recipient)
    return render(request, "portal/letters_stop.html", {"kind": kind, "stopped": stopped})


@require_http_methods(["GET", "POST"])
def address_check(request: PortalRequest) -> HttpResponse:
    """Letters to me came back: why, and what I can do."""
    user = request.user
    if request.method == "POST":
        try:
            actions.send_proof(user=user)
        except StepRefused as refusal:
            messages.warning(request, str(refusal))
        else:
            messages.success(
                request,
                _("A letter to %(address)s is on its way. Press the button in it.")
                % {"address": user.email},
            )
        return redirect("address-check")
    last = (
        OutboxMessage.objects.undelivered()
        .filter(recipient=user, to_address__iexact=user.email)
        .order_by("-created_at")
        .first()
    )
    return render(request, "portal/address_check.html", {"last": last})


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def address_proof(request: HttpRequest, proof: str) -> HttpResponse:
    """The link in the letter that shows that mail arrives; a button, since scanners open links."""
    if request.method == "POST":
        if not actions.accept_proof(proof=proof):
            raise Http404
        messages.success(request, _("Thank you. Letters reach you at this address."))
        return redirect("home")
    return render(request, "portal/address_proof.html", {"reader": actions.proven_by(proof)})
