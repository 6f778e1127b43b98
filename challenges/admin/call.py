"""Calls in the admin: written, previewed, published, moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Case, Q, When
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy

from challenges.actions.call import make_preview, move_deadline, withdraw_previews
from challenges.admin.eligibility import EligibilityPages, RuleInline, way_to_checks
from challenges.admin.extension import ways_to_more_time
from challenges.admin.form_call import CallFormPages, ways_to_the_form
from challenges.admin.practice import PracticePages, way_to_practice
from challenges.admin.reminders import ReminderPages, way_to_reminders
from challenges.admin.talk import FaqInline, NewsPages
from challenges.admin.timetable import TimetablePages, ways_to_the_timetable
from challenges.admin.wording import LetterPages
from challenges.choices import ApplicationState, CallState
from challenges.forms.call import (
    CallForm,
    CriterionForm,
    CriterionFormSet,
    MoveDeadlineForm,
)
from challenges.models import Application, Call, Circular, Criterion
from challenges.rules import APPLICATION_READERS
from challenges.workflow.call import call_workflow
from portal import clock
from portal.choices import Role
from portal.models import Programme
from portal.staff import ScopedStackedInline
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise


class LockedOnceApplied:
    """Questions and criteria stand still as soon as somebody has begun to answer them."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not once somebody applies."""
        return super().has_add_permission(request, obj) and not is_answered(obj)  # type: ignore[misc]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not once somebody applies."""
        may = request.user.has_perm(f"challenges.delete_{self.opts.model_name}", obj)  # type: ignore[attr-defined]
        return bool(may) and not is_answered(obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not once somebody applies."""
        return super().has_change_permission(request, obj) and not is_answered(obj)  # type: ignore[misc]


def is_answered(call: Call | None) -> bool:
    """Whether anybody has begun to apply."""
    return call is not None and call.applications.exists()


class CriterionInline(LockedOnceApplied, ScopedStackedInline[Criterion, Call]):
    """What is judged."""

    model = Criterion
    form = CriterionForm
    formset = CriterionFormSet
    extra = 0
    fields = (("order", "name", "weight"), "description", "levels")


@admin.register(Call)
class CallAdmin(
    LetterPages,
    CallFormPages,
    NewsPages,
    EligibilityPages,
    ReminderPages,
    TimetablePages,
    PracticePages,
):
    """Calls of one's programmes."""

    when_empty = gettext_lazy("No call yet. A new one stays a draft until it is published.")
    workflow = call_workflow
    programme_roles = (Role.MANAGER, Role.COORDINATOR)
    form = CallForm
    list_display = ("title", "programme", "shown_phase", "shown_deadline", "drafts", "submissions")
    list_filter = ("state", "kind", "programme")
    search_fields = ("title", "slug")
    ordering = ("-closes_at",)
    prepopulated_fields = {"slug": ("title",)}
    inlines = (CriterionInline, RuleInline, FaqInline)
    fieldsets = (
        (None, {"fields": ("programme", "kind", "title", "slug", "summary", "description",
                           "languages", "places")}),
        (gettext_lazy("Time"), {"fields": ("time_zone", "opens_at", "closes_at", "accepts_until")}),
        (gettext_lazy("Facts box"), {"fields": (
            "gives", ("amount", "currency"), "takes", "travel", "who_may_apply", "last_year",
            "usual_hours", ("questions_until", "answers_within"), "shortlist_on", "interviews",
            ("results_on", "next_news_on"),
            "who_reads", ("contact_name", "contact_email"), "not_applicable")}),
        (gettext_lazy("Terms"), {"fields": ("terms", "terms_version")}),
        (gettext_lazy("Reviews"), {"fields": ("reviewers_wanted", "review_due_on")}),
        (gettext_lazy("Afterwards"), {"fields": ("feeds",)}),
    )  # fmt: skip
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "publish": gettext_lazy("The call is published. Anybody can read it now."),
        "unpublish": gettext_lazy("The call is a draft again. Only staff can read it."),
        "cancel": gettext_lazy("The call is cancelled. Everybody who applied is told."),
        "archive": gettext_lazy("The call is archived."),
    }
    #: What applicants rely on; it changes by a step, or not at all.
    promised = ("programme", "kind", "slug", "time_zone", "opens_at", "closes_at", "accepts_until",
                "next_news_on")  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> QuerySet[Call]:
        """With the phase, and what stands in each."""
        rows: Any = super().get_queryset(request)
        user: Any = request.user
        counted = Case(
            When(user.within("programme", *APPLICATION_READERS), then=True), default=False
        )
        return (  # type: ignore[no-any-return]
            rows.with_phase().with_counts().annotate(counted=counted).select_related("programme")
        )

    def letters_about(self, record: Call) -> Q:
        """Letters about the call, about its applications, and those to many."""
        about = super().letters_about(record)
        kinds: tuple[Any, ...] = (Application, Circular)
        for kind in kinds:
            keys = kind.objects.filter(call=record).values("pk")
            about |= Q(subject_type=kind._meta.label_lower, subject_id__in=keys)
        return about

    def get_readonly_fields(self, request: HttpRequest, obj: Call | None = None) -> Any:
        """What was promised at publishing does not change by hand."""
        del request
        if obj is None or obj.state == CallState.DRAFT:
            return ()
        # Under their own names too, which takes the form's fields away.
        locked = [*self.promised, "shown_opening", "shown_deadline", "shown_grace"]
        if obj.applications.exclude(state=ApplicationState.DRAFT).exists():
            locked += ["terms", "terms_version"]
        return locked

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who has one programme writes for that, in its zone."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        user: Any = request.user
        own = Programme.objects.filter(user.within("pk", *self.programme_roles))[:2]
        if len(own) == 1:
            initial = {"programme": own[0].pk, "time_zone": own[0].time_zone} | initial
        return initial

    def get_fieldsets(self, request: HttpRequest, obj: Call | None = None) -> Any:
        """The same page, with hours in words once they are promised."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or obj.state == CallState.DRAFT:
            return fieldsets
        hours: tuple[str, ...] = ("time_zone", "shown_opening", "shown_deadline")
        if request.user.has_perm("challenges.view_grace", obj):
            hours = (*hours, "shown_grace")
        return [
            (
                name,
                {
                    **options,
                    "fields": hours if "closes_at" in options["fields"] else options["fields"],
                },
            )
            for name, options in fieldsets
        ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Call | None = None) -> Any:
        """Only while the address may change."""
        del request
        return {} if obj and obj.state != CallState.DRAFT else {"slug": ("title",)}

    @admin.display(description=gettext_lazy("state"))
    def shown_phase(self, call: Call) -> str:
        """The state as people read it."""
        return str(call.phase.label)

    @admin.display(description=gettext_lazy("closes"), ordering="closes_at")
    def shown_deadline(self, call: Call) -> str:
        """The published deadline, in its own zone and the reader's."""
        return clock.in_both_zones(call.closes_at, call.time_zone, clock.reader_zone())

    @admin.display(description=gettext_lazy("opens"))
    def shown_opening(self, call: Call) -> str:
        """When it opens."""
        return clock.in_both_zones(call.opens_at, call.time_zone, clock.reader_zone())

    @admin.display(description=gettext_lazy("grace until"))
    def shown_grace(self, call: Call) -> str:
        """Until when a submission is accepted all the same."""
        if call.accepts_until == call.closes_at:
            return _("no grace")
        return clock.in_both_zones(call.accepts_until, call.time_zone, clock.reader_zone())

    @admin.display(description=gettext_lazy("drafts"))
    def drafts(self, call: Any) -> int | None:
        """How many are writing, for who reads applications."""
        return int(call.draft_count) if call.counted else None

    @admin.display(description=gettext_lazy("submitted"))
    def submissions(self, call: Any) -> int | None:
        """How many have submitted, for who reads applications."""
        return int(call.submitted_count) if call.counted else None

    def get_urls(self) -> list[URLPattern]:
        """With the pages for moving the deadline and for preview links."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<uuid:pk>/move-deadline/",
                wrap(self.move_deadline_view),
                name="challenges_call_move_deadline",
            ),
            path("<uuid:pk>/preview/", wrap(self.preview_view), name="challenges_call_preview"),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the ways from a call to its applications and its ranking."""
        call: Call | None = kwargs.get("obj")
        user: Any = request.user
        context["ways"] = ways_to_the_form(user, call) if call is not None else []
        if call is not None:
            context["ways"] += ways_to_the_timetable(user, call)
            context["ways"] += way_to_practice(user, call)
        if call is not None and user.has_perm("challenges.handle_application", call):
            listed = reverse("admin:challenges_application_changelist")
            context["ways"].append((_("Applications"), f"{listed}?call={call.pk}"))
        if call is not None and user.has_perm("challenges.view_decision", call):
            ranking = reverse("admin:challenges_application_ranking", args=[call.pk])
            context["ways"].append((_("Ranking and selection"), ranking))
        if call is not None and call.state == CallState.PUBLISHED:
            context["ways"] += ways_to_more_time(user, call)
        if call is not None:
            context["ways"] += way_to_checks(user, call)
            context["ways"] += way_to_reminders(user, call)
        context["may_preview"] = user.has_perm("challenges.preview_call", call)
        return super().render_change_form(request, context, *args, **kwargs)

    def _call(self, request: HttpRequest, pk: Any, permission: str) -> Call:
        call = self.get_object(request, str(pk))
        if call is None or not request.user.has_perm(permission, call):
            raise Http404
        return call

    def move_deadline_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Move a published deadline, knowing who will be told."""
        call = self._call(request, pk, "challenges.move_deadline_call")
        initial = {"closes_at": call.closes_at.astimezone(call.zone).replace(tzinfo=None)}
        form = MoveDeadlineForm(request.POST or None, call=call, initial=initial)
        if request.method == "POST" and form.is_valid():
            user: Any = request.user
            try:
                step = move_deadline(
                    call=call,
                    closes_at=form.cleaned_data["closes_at"],
                    accepts_until=form.cleaned_data["accepts_until"],
                    reason=form.cleaned_data["reason"],
                    by=user,
                )
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                told = step.record.applicants().count()
                self.message_user(
                    request,
                    _("The deadline is now %(when)s. %(count)d people are told.")
                    % {
                        "when": clock.in_words(step.record.closes_at, call.time_zone),
                        "count": told,
                    },
                    messages.SUCCESS,
                )
                return redirect(reverse("admin:challenges_call_change", args=[call.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Move the deadline"),
            "subtitle": call.title,
            "call": call,
            "original": call,
            "form": form,
            "told": call.applicants().count(),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/challenges/move_deadline.html", context)

    def preview_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Make a preview link (shown once), or withdraw all of them."""
        call = self._call(request, pk, "challenges.preview_call")
        user: Any = request.user
        if request.method == "POST" and "withdraw" in request.POST:
            withdraw_previews(call=call, by=user)
            self.message_user(request, _("No preview link works any more."), messages.SUCCESS)
        elif request.method == "POST":
            preview, token = make_preview(call=call, by=user)
            address = request.build_absolute_uri(
                reverse("challenges:call-preview", args=[call.slug, token])
            )
            self.message_user(
                request,
                format_html(
                    _('Preview link until {}: <a href="{}">{}</a>. It is shown only now: copy it.'),
                    date_format(preview.expires_at, "D j M Y"),
                    address,
                    address,
                ),
                messages.SUCCESS,
            )
        return redirect(reverse("admin:challenges_call_change", args=[call.pk]))
