"""On the page of a call: frequent questions, and the day of the next news."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext

from challenges.actions.news import move_news
from challenges.forms.call import TogetherForm
from challenges.forms.question import MoveNewsForm
from challenges.models import Call, FaqEntry
from portal.staff import ScopedStackedInline
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern

    from portal.staff import ScopedAdmin

    Base = ScopedAdmin[Call]
else:
    Base = object


class FaqInline(ScopedStackedInline[FaqEntry, Call]):
    """What staff answer before anybody asks it; changed at any time."""

    model = FaqEntry
    form = TogetherForm
    extra = 0
    fields = (("order", "question"), "answer")


class NewsPages(Base):
    """The page that moves the day of the next news, and the way to questions."""

    def get_urls(self) -> list[URLPattern]:
        """With that page."""
        own = path(
            "<uuid:pk>/move-news/",
            self.admin_site.admin_view(self.move_news_view),
            name="challenges_call_move_news",
        )
        return [own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the way to the questions about this call."""
        call: Call | None = kwargs.get("obj")
        if call is not None and request.user.has_perm("challenges.answer_clarification", call):
            listed = reverse("admin:challenges_clarification_changelist")
            ways = context.setdefault("ways", [])
            ways.append(
                (_("Questions and answers"), f"{listed}?state=all&call__id__exact={call.pk}")
            )
        return super().render_change_form(request, context, *args, **kwargs)

    def move_news_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Promise another day, knowing who will be told."""
        call: Call = self._call(request, pk, "challenges.move_news_call")  # type: ignore[attr-defined]
        form = MoveNewsForm(request.POST or None, initial={"day": call.next_news_on})
        user: Any = request.user
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            try:
                step = move_news(call=call, day=said["day"], reason=said["reason"], by=user)
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                told = len(step.data["people"])
                self.message_user(
                    request,
                    ngettext(
                        "Next news by %(day)s. %(count)d person is told.",
                        "Next news by %(day)s. %(count)d people are told.",
                        told,
                    )
                    % {"day": date_format(said["day"], "D j M Y"), "count": told},
                    messages.SUCCESS,
                )
                return redirect(reverse("admin:challenges_call_change", args=[call.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Move the day of the next news"),
            "subtitle": call.title,
            "call": call,
            "original": call,
            "form": form,
            "told": call.who_wait().count(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/challenges/call/move_news.html", context)
