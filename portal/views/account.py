"""A person's account: another address, a copy of all that is theirs, its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from allauth.account.decorators import reauthentication_required
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_not_required
from django.http import StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.actions import address, closing, my_data
from portal.forms.account import AddressForm, CloseForm
from portal.models import EmailChange
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

    from portal.http import PortalRequest


@require_safe
def email_edit(request: PortalRequest) -> HttpResponse:
    """My address, and how far a change of it has come."""
    return email_page(request, AddressForm())


def email_page(request: PortalRequest, form: AddressForm) -> HttpResponse:
    """The page with the form as it stands."""
    waiting = EmailChange.objects.waiting().filter(user=request.user).first()
    return render(request, "portal/account_email.html", {"form": form, "change": waiting})


@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def email_change(request: PortalRequest) -> HttpResponse:
    """Ask both mailboxes; the answer is the same whoever has the new address."""
    if request.method != "POST":
        return redirect("account_email")
    form = AddressForm(request.POST)
    if form.is_valid():
        try:
            address.ask_for_address(user=request.user, address=form.cleaned_data["address"])
        except StepRefused as refusal:
            form.add_error("address", str(refusal))
        else:
            messages.success(
                request, _("We wrote to both addresses. Say yes in each of the two letters.")
            )
            return redirect("account_email")
    return email_page(request, form)


@require_POST
def email_change_stop(request: PortalRequest) -> HttpResponse:
    """Take my wish back."""
    address.take_back_change(user=request.user)
    messages.success(request, _("Stopped. Your address stays as it is."))
    return redirect("account_email")


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def email_change_answer(request: HttpRequest, token: str) -> HttpResponse:
    """Yes or no from one of the two mailboxes; a button, since scanners open every link."""
    change = address.asked_by_letter(token)
    if change is None:
        return render(request, "portal/account_email_answer.html", {"change": None}, status=404)
    is_new = address.is_for_new(change, token)
    if request.method == "POST":
        try:
            if request.POST.get("answer") == "stop":
                address.stop_change(token=token)
                done = None
            else:
                keep = request.session.session_key if request.user == change.user else None
                done = address.confirm_address(token=token, keep=keep)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("home")
        messages.success(request, said_of(done))
        return redirect("account_email" if request.user.is_authenticated else "home")
    context = {"change": change, "is_new": is_new, "token": token}
    return render(request, "portal/account_email_answer.html", context)


def said_of(change: EmailChange | None) -> str:
    """What became of an answer."""
    if change is None or change.stopped_at:
        return _("Stopped. The address stays as it was. Choose a new password if it was not you.")
    if change.done_at:
        return _("Done. Sign in with the new address from now on.")
    return _("Thank you. The change counts as soon as the other address has said yes too.")


@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def account_close(request: PortalRequest) -> HttpResponse:
    """What goes, what stays and why; then the end."""
    user = request.user
    form = CloseForm(request.POST if request.method == "POST" else None)
    hindrances = closing.hindrances_of(user)
    if request.method == "POST" and not hindrances and form.is_valid():
        try:
            closed = closing.close_account(user=user)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
            return redirect("account-close")
        logout(request)
        return render(request, "portal/account_closed.html", {"closing": closed})
    context = {
        "form": form,
        "hindrances": hindrances,
        "goes": closing.what_goes(user),
        "stays": closing.what_stays(user),
        "days": closing.days_of_grace(),
    }
    return render(request, "portal/account_close.html", context)


@require_http_methods(["GET", "POST"])
@reauthentication_required  # type: ignore[untyped-decorator]
def my_data_download(request: PortalRequest) -> HttpResponse | StreamingHttpResponse:
    """Everything of mine in one file."""
    if request.method != "POST":
        return render(request, "portal/account_data.html", {"parts": my_data.parts_of_download()})
    my_data.note_download(user=request.user)
    answer = StreamingHttpResponse(my_data.as_zip(request.user), content_type="application/zip")
    day = timezone.localdate().isoformat()
    answer["Content-Disposition"] = f'attachment; filename="my-data-{day}.zip"'
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
