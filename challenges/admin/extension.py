"""Extensions in the admin: given to some, confirmed by a second person."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from challenges.actions.extension import TO_CONFIRM, complete_not_submitted, grant_extension
from challenges.admin.state import state_html
from challenges.choices import ExtensionState
from challenges.forms.more_time import AdmitForm, NewExtensionForm
from challenges.models import Application, Call, Extension, lateness_of
from challenges.rules import APPLICATION_READERS
from challenges.workflow.extension import extension_workflow
from portal import clock
from portal.staff import ReadOnlyAdmin, history_of
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.db.models import QuerySet
    from django.forms import Form
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise

TONES = {
    ExtensionState.GRANTED: "amber",
    ExtensionState.CONFIRMED: "moss",
    ExtensionState.ENDED: "fog",
}
#: So long an application that asks is given where staff change nothing.
USUAL = timedelta(hours=24)


def usual_until(call: Call) -> Any:
    """A day from now, or from the deadline where that is ahead, at the full hour in its zone."""
    ends = max(call.now, call.closes_at) + USUAL
    there = ends.astimezone(call.zone).replace(minute=0, second=0, microsecond=0, tzinfo=None)
    return there + timedelta(hours=1)


def ways_to_more_time(user: Any, call: Call) -> list[tuple[StrOrPromise, str]]:
    """From the page of a call: give more time, and who is complete and has not submitted."""
    if not user.has_perm("challenges.add_extension", call):
        return []
    return [
        (_("Give more time"), reverse("admin:challenges_extension_new", args=[call.pk])),
        (_("Complete, NOT submitted"), reverse("admin:challenges_extension_admit", args=[call.pk])),
    ]


@admin.register(Extension)
class ExtensionAdmin(ReadOnlyAdmin[Extension]):
    """Extensions of one's programmes; nobody else learns that there are any."""

    when_empty = gettext_lazy("Nobody was given more time. It is given from the page of a call.")
    when_empty_go = (gettext_lazy("See the calls"), "admin:challenges_call_changelist")
    workflow = extension_workflow
    list_display = ("call_title", "whom", "shown_until", "state_word", "granter", "confirmer")
    list_display_links = ("call_title",)
    list_filter = ("state",)
    ordering = ("-created_at",)
    actions = None
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "confirm": gettext_lazy("Confirmed. The teams keep their time."),
        "end": gettext_lazy("Ended. Teams that have not submitted are told."),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Extension]:
        """With what list and page show."""
        rows = super().get_queryset(request)
        return rows.select_related("call__programme", "granted_by", "confirmed_by").annotate(
            teams=Count("applications")
        )

    def get_urls(self) -> list[URLPattern]:
        """With the pages that give more time for a call."""
        wrap, both = self.admin_site.admin_view, require_http_methods(["GET", "HEAD", "POST"])
        return [
            path(
                "of/<uuid:call_id>/new/",
                wrap(both(self.new_view)),
                name="challenges_extension_new",
            ),
            path(
                "of/<uuid:call_id>/admit/",
                wrap(both(self.admit_view)),
                name="challenges_extension_admit",
            ),
            *super().get_urls(),
        ]

    # -- the page -----------------------------------------------------------------------------

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """For whom, until when, why, and the second person's button."""
        del form_url, extra_context
        extension: Any = self.get_object(request, object_id)
        if extension is None or request.method not in {"GET", "HEAD"}:
            raise Http404
        user: Any = request.user
        rows = extension.applications.select_related("startup", "call").order_by("reference")
        zone = extension.call.time_zone
        facts = [
            (_("Call"), extension.call.title, ""),
            (_("For whom"), self.whom(extension), ""),
            (_("Until"), clock.in_both_zones(extension.until, zone, clock.reader_zone()), ""),
            (_("Granted by"), extension.granted_by.shown_name, extension.reason),
        ]
        if extension.state == ExtensionState.GRANTED:
            by = clock.in_both_zones(extension.confirm_by, zone, clock.reader_zone())
            facts.append((_("To be confirmed by"), by, _("else it ends by itself")))
        if extension.confirmed_by:
            at = clock.in_both_zones(extension.confirmed_at, zone, clock.reader_zone())
            facts.append((_("Confirmed by"), extension.confirmed_by.shown_name, at))
        context = {
            **self.admin_site.each_context(request),
            "title": _("More time until %(when)s")
            % {"when": clock.in_words(extension.until, zone)},
            "opts": self.opts,
            "extension": extension,
            "state": {"word": extension.get_state_display(), "tone": TONES[extension.state]},
            "facts": facts,
            "rows": [(row, lateness_of(row)) for row in rows],
            "steps": self.steps_for(request, extension),
            "timeline": history_of(extension, user),
        }
        return TemplateResponse(request, "admin/challenges/extension/record.html", context)

    # -- giving more time ---------------------------------------------------------------------

    def _call(self, request: HttpRequest, call_id: UUID) -> Call:
        user: Any = request.user
        calls = Call.objects.filter(user.within("programme", *APPLICATION_READERS))
        call: Call = get_object_or_404(calls.select_related("programme"), pk=call_id)
        if not user.has_perm("challenges.add_extension", call):
            raise Http404
        return call

    def new_view(self, request: HttpRequest, call_id: UUID) -> HttpResponse:
        """To teams by reference, or to all of a country."""
        call = self._call(request, call_id)
        initial = {
            "until": usual_until(call),
            "whom": NewExtensionForm.TEAMS,
            "references": request.GET.get("reference", "")[:20],
        }
        posted = request.POST if request.method == "POST" else None
        form = NewExtensionForm(posted, call=call, initial=initial)
        if posted is not None and form.is_valid():
            for_country = form.cleaned_data["whom"] == NewExtensionForm.COUNTRY
            whom: dict[str, Any] = (
                {"country": form.cleaned_data["country"]}
                if for_country
                else {"applications": form.cleaned_data["applications"]}
            )
            if done := self._grant(request, form, call=call, **whom):
                return done
        return self._page(request, call, form, title=_("Give more time"), template="new")

    def admit_view(self, request: HttpRequest, call_id: UUID) -> HttpResponse:
        """Complete drafts that were not submitted, admitted as a group."""
        call = self._call(request, call_id)
        mine = Application.objects.of_applicant(request.user)  # type: ignore[arg-type]
        drafts = list(complete_not_submitted(call).exclude(pk__in=mine.values("pk")))
        posted = request.POST if request.method == "POST" else None
        form = AdmitForm(posted, call=call, drafts=drafts, initial={"until": usual_until(call)})
        if posted is not None and form.is_valid():
            done = self._grant(request, form, call=call, applications=form.chosen())
            if done:
                return done
        chosen = {str(key) for key in form.chosen()} if form.is_bound else set(form.known)
        return self._page(
            request,
            call,
            form,
            title=_("Complete, NOT submitted"),
            template="admit",
            drafts=drafts,
            chosen=chosen,
            is_over=call.now >= call.accepts_until,
        )

    def _grant(
        self, request: HttpRequest, form: Form, *, call: Call, **whom: Any
    ) -> HttpResponse | None:
        user: Any = request.user
        return give(
            self,
            request,
            form,
            lambda: grant_extension(
                call=call,
                until=form.cleaned_data["until"],
                reason=form.cleaned_data["reason"],
                by=user,
                **whom,
            ),
        )

    def _page(
        self,
        request: HttpRequest,
        call: Call,
        form: Form,
        *,
        title: str,
        template: str,
        **more: Any,
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "title": title,
            "subtitle": call.title,
            "opts": self.opts,
            "call": call,
            "form": form,
            "hours": int(TO_CONFIRM.total_seconds() // clock.HOUR),
            **more,
        }
        return TemplateResponse(
            request,
            f"admin/challenges/extension/{template}.html",
            context,
            status=422 if form.is_bound else 200,
        )

    # -- columns ------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("call"))
    def call_title(self, extension: Extension) -> str:
        """Of which call."""
        return extension.call.title

    @admin.display(description=gettext_lazy("for whom"))
    def whom(self, extension: Any) -> str:
        """How many, and whether they are those of a country."""
        count = ngettext("%d application", "%d applications", extension.teams) % extension.teams
        return f"{extension.country.name}, {count}" if extension.country else count

    @admin.display(description=gettext_lazy("until"), ordering="until")
    def shown_until(self, extension: Extension) -> str:
        """In the call's zone."""
        return clock.in_words(extension.until, extension.call.time_zone)

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, extension: Extension) -> str:
        """The state with its sign."""
        return state_html(extension.get_state_display(), TONES[ExtensionState(extension.state)])

    @admin.display(description=gettext_lazy("granted by"))
    def granter(self, extension: Extension) -> str:
        """The first person."""
        return extension.granted_by.shown_name

    @admin.display(description=gettext_lazy("confirmed by"))
    def confirmer(self, extension: Extension) -> str:
        """The second person."""
        return extension.confirmed_by.shown_name if extension.confirmed_by else "–"


def give(
    page: ReadOnlyAdmin[Any], request: HttpRequest, form: Form, verb: Callable[[], Extension]
) -> HttpResponse | None:
    """Grant and go to the extension; or say in the form why not."""
    try:
        extension = verb()
    except StepRefused as refusal:
        if refusal.permission:
            raise Http404 from refusal
        form.add_error(None, str(refusal))
        return None
    page.message_user(
        request,
        _("The time is given and the teams are told. A colleague confirms it by %(when)s.")
        % {"when": clock.in_words(extension.confirm_by, extension.call.time_zone)},
        messages.SUCCESS,
    )
    return redirect("admin:challenges_extension_change", extension.pk)
