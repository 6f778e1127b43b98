"""The practice run of a call: every step and letter, and no trace."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _

from challenges.actions.practice import PractisedStep, practise
from challenges.models import Call
from portal.staff import ScopedAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern


class PracticePages(ScopedAdmin[Call]):
    """Trying a call before anybody applies."""

    def get_urls(self) -> list[URLPattern]:
        """With the page of the practice run."""
        return [
            path(
                "<uuid:pk>/practice/",
                self.admin_site.admin_view(self.practice_view),
                name="challenges_call_practice",
            ),
            *super().get_urls(),
        ]

    def practice_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """What a practice run does; pressed, what it did and every letter it wrote."""
        call = self.get_object(request, str(pk))
        if call is None or not request.user.has_perm("challenges.practise_call", call):
            raise Http404
        user: Any = request.user
        steps: list[PractisedStep] = []
        if request.method == "POST":
            steps = practise(call=call, by=user)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Practice run"),
            "subtitle": call.title,
            "original": call,
            "call": call,
            "steps": steps,
            "failed": any(step.refusal for step in steps),
            "letter_count": sum(len(step.letters) for step in steps),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/challenges/call/practice.html", context)


def way_to_practice(user: Any, call: Call) -> list[tuple[str, str]]:
    """The page, for whoever may run it."""
    if not user.has_perm("challenges.practise_call", call):
        return []
    return [(_("Practice run"), reverse("admin:challenges_call_practice", args=[call.pk]))]
