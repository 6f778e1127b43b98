"""What teams ask for in the admin: their words, the facts beside them, and the answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.timesince import timesince
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST

from challenges.actions.extension import grant_extension, refuse_more_time
from challenges.admin.extension import give, usual_until
from challenges.admin.state import state_html
from challenges.choices import RequestState
from challenges.forms.more_time import GrantForm, RefuseForm
from challenges.models import MoreTimeRequest
from challenges.teampage import facts_in_words
from portal.staff import ReadOnlyAdmin, history_of
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern

TONES = {
    RequestState.ASKED: "amber",
    RequestState.GRANTED: "moss",
    RequestState.REFUSED: "fog",
}


@admin.register(MoreTimeRequest)
class MoreTimeRequestAdmin(ReadOnlyAdmin[MoreTimeRequest]):
    """What teams of one's programmes asked for."""

    when_empty = gettext_lazy("No team has asked for more time.")
    when_empty_go = (gettext_lazy("See the calls"), "admin:challenges_call_changelist")
    list_display = ("reference", "startup_name", "call_title", "age", "complete", "state_word")
    list_display_links = ("reference",)
    list_filter = ("state",)
    ordering = ("-created_at",)
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[MoreTimeRequest]:
        """Of one's programmes, never of a team one belongs to."""
        user: Any = request.user
        rows: Any = super().get_queryset(request)
        return rows.for_staff(user).select_related(  # type: ignore[no-any-return]
            "application__call__programme", "application__startup", "asked_by", "answered_by"
        )

    def get_urls(self) -> list[URLPattern]:
        """With the two answers."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<uuid:object_id>/grant/",
                wrap(require_POST(self.grant_view)),
                name="challenges_moretimerequest_grant",
            ),
            path(
                "<uuid:object_id>/refuse/",
                wrap(require_POST(self.refuse_view)),
                name="challenges_moretimerequest_refuse",
            ),
            *super().get_urls(),
        ]

    def _asked(self, request: HttpRequest, object_id: Any) -> MoreTimeRequest:
        asked = self.get_object(request, str(object_id))
        if asked is None:
            raise Http404
        return asked

    def _to_answer(self, request: HttpRequest, object_id: UUID) -> MoreTimeRequest:
        asked = self._asked(request, object_id)
        if not request.user.has_perm("challenges.answer_moretimerequest", asked):
            raise Http404
        return asked

    def _grant_form(self, asked: MoreTimeRequest, data: Any = None) -> GrantForm:
        call = asked.application.call
        waiting = MoreTimeRequest.objects.unanswered().filter(application__call=call)
        short = Truncator(asked.reason).words(40)
        initial = {
            "until": usual_until(call),
            "reason": _("The team asked: %(reason)s") % {"reason": short},
        }
        return GrantForm(data, call=call, asked=waiting.count(), initial=initial)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What the team says, the facts beside it, and the two answers."""
        del form_url, extra_context
        if request.method not in {"GET", "HEAD"}:
            raise Http404
        return self._page(request, self._asked(request, object_id))

    def _page(
        self,
        request: HttpRequest,
        asked: MoreTimeRequest,
        *,
        grant: GrantForm | None = None,
        refuse: RefuseForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        user: Any = request.user
        application = asked.application
        may = asked.state == RequestState.ASKED and user.has_perm(
            "challenges.answer_moretimerequest", asked
        )
        context = {
            **self.admin_site.each_context(request),
            "title": _("More time for %(startup)s?") % {"startup": application.startup.name},
            "opts": self.opts,
            "asked": asked,
            "application": application,
            "call": application.call,
            "age": timesince(asked.created_at, timezone.now()),
            "state": {"word": asked.get_state_display(), "tone": TONES[RequestState(asked.state)]},
            "facts": facts_in_words(asked.facts, application.call.time_zone),
            "grant_form": (grant or self._grant_form(asked)) if may else None,
            "refuse_form": (refuse or RefuseForm()) if may else None,
            "timeline": history_of(application, user),
        }
        return TemplateResponse(
            request, "admin/challenges/extension/request.html", context, status=status
        )

    def grant_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """One click: for this team, or for all who asked and wait."""
        asked = self._to_answer(request, object_id)
        call, user = asked.application.call, request.user
        form = self._grant_form(asked, request.POST)
        if form.is_valid():
            keys = {asked.application_id}
            if form.cleaned_data.get("everybody"):
                rows = self.get_queryset(request).filter(
                    state=RequestState.ASKED, application__call=call
                )
                keys |= set(rows.values_list("application", flat=True))
            done = give(
                self,
                request,
                form,
                lambda: grant_extension(
                    call=call,
                    applications=keys,
                    until=form.cleaned_data["until"],
                    reason=form.cleaned_data["reason"],
                    answer=form.cleaned_data["answer"],
                    by=user,  # type: ignore[arg-type]
                ),
            )
            if done:
                return done
        return self._page(request, asked, grant=form, status=422)

    def refuse_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """With an answer in words."""
        asked = self._to_answer(request, object_id)
        form = RefuseForm(request.POST)
        if not form.is_valid():
            return self._page(request, asked, refuse=form, status=422)
        try:
            refuse_more_time(
                asked=asked,
                answer=form.cleaned_data["answer"],
                by=request.user,  # type: ignore[arg-type]
            )
        except StepRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, _("Answered. The team gets your words."), messages.SUCCESS)
        return redirect(reverse("admin:challenges_moretimerequest_change", args=[asked.pk]))

    # -- columns ------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("reference"))
    def reference(self, asked: MoreTimeRequest) -> str:
        """Of the application."""
        return asked.application.reference

    @admin.display(description=gettext_lazy("organisation"))
    def startup_name(self, asked: MoreTimeRequest) -> str:
        """Who asks."""
        return asked.application.startup.name

    @admin.display(description=gettext_lazy("call"))
    def call_title(self, asked: MoreTimeRequest) -> str:
        """Of which call."""
        return asked.application.call.title

    @admin.display(description=gettext_lazy("asked"), ordering="created_at")
    def age(self, asked: MoreTimeRequest) -> str:
        """How long ago."""
        return _("%(age)s ago") % {"age": timesince(asked.created_at, timezone.now())}

    @admin.display(description=gettext_lazy("complete then"))
    def complete(self, asked: MoreTimeRequest) -> str:
        """As it was when they asked."""
        return f"{asked.facts.get('completeness', 0)} %"

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, asked: MoreTimeRequest) -> str:
        """The state with its sign."""
        return state_html(asked.get_state_display(), TONES[RequestState(asked.state)])
