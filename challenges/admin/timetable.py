"""Copying a call, and all its dates on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from challenges.actions.copying import copy_call, set_timetable, spoken_of
from challenges.choices import CallState
from challenges.forms.timetable import CopyForm, TimetableForm
from challenges.models import Call
from portal.staff import ScopedAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern


class TimetablePages(ScopedAdmin[Call]):
    """Last year's call once more, and when everything happens."""

    def get_urls(self) -> list[URLPattern]:
        """With the page that copies and the one with all dates."""
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:pk>/copy/", wrap(self.copy_view), name="challenges_call_copy"),
            path(
                "<uuid:pk>/timetable/", wrap(self.timetable_view), name="challenges_call_timetable"
            ),
            *super().get_urls(),
        ]

    def _for_timetable(self, request: HttpRequest, pk: Any, permission: str) -> Call:
        call = self.get_object(request, str(pk))
        if call is None or not request.user.has_perm(permission, call):
            raise Http404
        return call

    def copy_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Make a draft of everything that belongs to a call."""
        call = self._for_timetable(request, pk, "challenges.copy_call")
        user: Any = request.user
        form = CopyForm(request.POST or None, initial={"title": call.title})
        if request.method == "POST" and form.is_valid():
            try:
                copy = copy_call(call=call, by=user, **form.cleaned_data)
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(
                    request, _("The copy is a draft. Look at each date now."), messages.SUCCESS
                )
                return redirect(reverse("admin:challenges_call_timetable", args=[copy.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Copy the call"),
            "subtitle": call.title,
            "original": call,
            "call": call,
            "form": form,
            "opts": self.opts,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/challenges/call/copy.html", context, status=status)

    def timetable_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Every date of a call; of a draft they can be set here."""
        call = self._for_timetable(request, pk, "challenges.change_call")
        user: Any = request.user
        form = TimetableForm(request.POST or None, call=call)
        if request.method == "POST" and form.is_valid():
            try:
                set_timetable(call=call, dates=form.dates(), confirmed=form.confirmed(), by=user)
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(request, _("The dates are kept."), messages.SUCCESS)
                return redirect(reverse("admin:challenges_call_timetable", args=[call.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Timetable"),
            "subtitle": call.title,
            "original": call,
            "call": call,
            "form": form,
            "rows": form.rows(),
            "may_set": call.state == CallState.DRAFT,
            "mentions": spoken_of(call),
            "opts": self.opts,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(
            request, "admin/challenges/call/timetable.html", context, status=status
        )


def ways_to_the_timetable(user: Any, call: Call) -> list[tuple[str, str]]:
    """The two pages, for whoever may open them."""
    ways = []
    if user.has_perm("challenges.change_call", call):
        ways.append((_("Timetable"), reverse("admin:challenges_call_timetable", args=[call.pk])))
    if user.has_perm("challenges.copy_call", call):
        ways.append((_("Copy the call"), reverse("admin:challenges_call_copy", args=[call.pk])))
    return ways
