"""Events in the admin: written, published, moved, cancelled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from events.actions import export
from events.choices import EventState, GuestKind, RegistrationState
from events.forms.event import EventForm, MoveForm
from events.models import Event, Registration
from events.workflow.event import event_workflow
from portal import clock
from portal.choices import Role
from portal.models import Programme
from portal.staff import ScopedAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
COMING = Q(registrations__state=RegistrationState.APPROVED)
WAITING = Q(registrations__state=RegistrationState.ASKED)


def word(text: str, tone: str) -> str:
    """A state as a word with its sign, in a list."""
    return format_html("{}", render_to_string("_state.html", {"word": text, "tone": tone}))


@admin.register(Event)
class EventAdmin(ScopedAdmin[Event]):
    """Events of one's programmes."""

    when_empty = gettext_lazy("No event yet. A new one stays a draft until it is published.")
    workflow = event_workflow
    programme_roles = (Role.MANAGER, Role.COORDINATOR)
    form = EventForm
    list_display = ("title", "programme", "shown_phase", "shown_start", "coming", "waiting")
    list_filter = ("state", "kind", "programme")
    search_fields = ("title", "slug")
    ordering = ("-starts_at",)
    actions = None
    fieldsets = (
        (None, {"fields": ("programme", "kind", "title", "slug", "summary", "description",
                           "languages")}),
        (gettext_lazy("Time"), {"fields": ("time_zone", "starts_at", "ends_at")}),
        (gettext_lazy("Place"), {"fields": ("mode", "place", "join_link")}),
        (gettext_lazy("Guests"), {"fields": ("capacity", "needs_approval", "registration_until")}),
    )  # fmt: skip
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "publish": gettext_lazy("The event is published. Anybody can read it now."),
        "cancel": gettext_lazy("The event is cancelled. Everybody who registered is told."),
    }
    #: What guests rely on once it is published: the first stays, the second moves by a step.
    kept = ("programme", "kind", "slug", "time_zone", "mode")
    moved = ("starts_at", "ends_at", "place", "join_link")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Event]:
        """With who comes and who waits."""
        rows: Any = super().get_queryset(request)
        found: QuerySet[Event] = (
            rows.with_now()
            .select_related("programme")
            .annotate(
                coming_count=Count("registrations", filter=COMING),
                waiting_count=Count("registrations", filter=WAITING),
            )
        )
        return found

    def letters_about(self, record: Event) -> Q:
        """Letters about the event and about its registrations."""
        keys = Registration.objects.filter(event=record).values("pk")
        kind = Registration._meta.label_lower
        return super().letters_about(record) | Q(subject_type=kind, subject_id__in=keys)

    def has_change_permission(self, request: HttpRequest, obj: Event | None = None) -> bool:
        """Not once it is cancelled."""
        if obj is not None and obj.state == EventState.CANCELLED:
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Event | None = None) -> Any:
        """What was published changes by a step that tells everybody, not by hand."""
        del request
        if obj is None or obj.state == EventState.DRAFT:
            return ()
        return [*self.kept, *self.moved, "shown_start", "shown_end"]

    def get_fieldsets(self, request: HttpRequest, obj: Event | None = None) -> Any:
        """The same page, with hours in words once they are published."""
        fieldsets = super().get_fieldsets(request, obj)
        if obj is None or obj.state == EventState.DRAFT:
            return fieldsets
        hours = {"fields": ("time_zone", "shown_start", "shown_end")}
        return [
            (name, hours if "starts_at" in options["fields"] else options)
            for name, options in fieldsets
        ]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Event | None = None) -> Any:
        """Only while the address may change."""
        del request
        return {} if obj and obj.state != EventState.DRAFT else {"slug": ("title",)}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who has one programme writes for that, in its zone."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        user: Any = request.user
        own = Programme.objects.filter(user.within("pk", *self.programme_roles))[:2]
        if len(own) == 1:
            initial = {"programme": own[0].pk, "time_zone": own[0].time_zone} | initial
        return initial

    @admin.display(description=gettext_lazy("state"))
    def shown_phase(self, event: Event) -> str:
        """Where it stands, with its sign."""
        return word(str(event.phase.label), event.phase_tone)

    @admin.display(description=gettext_lazy("starts"), ordering="starts_at")
    def shown_start(self, event: Event) -> str:
        """In its own zone and the reader's."""
        return clock.in_both_zones(event.starts_at, event.time_zone, clock.reader_zone())

    @admin.display(description=gettext_lazy("ends"))
    def shown_end(self, event: Event) -> str:
        """Likewise."""
        return clock.in_both_zones(event.ends_at, event.time_zone, clock.reader_zone())

    @admin.display(description=gettext_lazy("registered"))
    def coming(self, event: Any) -> str:
        """How many come, of how many there is room for."""
        return f"{event.coming_count} / {event.capacity}" if event.capacity else event.coming_count

    @admin.display(description=gettext_lazy("wait for an answer"))
    def waiting(self, event: Any) -> int:
        """How many wait."""
        return int(event.waiting_count)

    def get_urls(self) -> list[URLPattern]:
        """With the pages for moving it and for taking out who comes."""
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:pk>/move/", wrap(self.move_view), name="events_event_move"),
            path(
                "<uuid:pk>/guests.xlsx",
                wrap(require_safe(self.export_view)),
                name="events_event_export",
            ),
            *super().get_urls(),
        ]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With who comes, by kind, and the ways to its page and its guests."""
        event: Event | None = kwargs.get("obj")
        user: Any = request.user
        context["ways"] = []
        if event is not None:
            context["facts"] = guests_by_kind(event)
            listed = reverse("admin:events_registration_changelist")
            context["ways"].append((_("Page of the event"), event.get_absolute_url()))
            context["ways"].append((_("Registrations"), f"{listed}?event={event.pk}"))
            if user.has_perm("events.export_registration", event):
                table = reverse("admin:events_event_export", args=[event.pk])
                context["ways"].append((_("Guests as a table (XLSX)"), table))
        return super().render_change_form(request, context, *args, **kwargs)

    def _event(self, request: HttpRequest, pk: UUID, permission: str) -> Event:
        event = self.get_object(request, str(pk))
        if event is None or not request.user.has_perm(permission, event):
            raise Http404
        return event

    def move_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Move a published event, knowing who will be told."""
        event = self._event(request, pk, "events.move_event")
        form = MoveForm(request.POST or None, event=event)
        if request.method == "POST" and form.is_valid():
            user: Any = request.user
            reason = form.cleaned_data["reason"]
            try:
                step = event_workflow.perform(
                    event, "move", actor=user, reason=reason, data=form.new()
                )
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                when = clock.in_words(step.record.starts_at, event.time_zone)
                told = said_of_move(when, step.facts["guests"])
                self.message_user(request, told, messages.SUCCESS)
                return redirect(reverse("admin:events_event_change", args=[event.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Move the event"),
            "subtitle": event.title,
            "event": event,
            "original": event,
            "form": form,
            "told": event.registrations.standing().count(),
            "opts": self.opts,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/events/move.html", context, status=status)

    def export_view(self, request: HttpRequest, pk: UUID) -> HttpResponseBase:
        """Everybody who registered, as a table."""
        event = self._event(request, pk, "events.export_registration")
        user: Any = request.user
        rows = export.begin(event=event, registrations=Registration.objects.staff_of(user), by=user)
        name = f"{event.slug}-guests.xlsx"
        table = export.xlsx_file(event, rows)
        return FileResponse(table, as_attachment=True, filename=name, content_type=XLSX)


def said_of_move(when: str, told: int) -> str:
    """What is said after moving."""
    return ngettext(
        "The event is now on %(when)s. %(count)d guest is told.",
        "The event is now on %(when)s. %(count)d guests are told.",
        told,
    ) % {"when": when, "count": told}


def guests_by_kind(event: Event) -> list[tuple[str, str, str]]:
    """How many come and how many wait, for the facts on top."""
    counted = (
        Registration.objects.filter(event=event)
        .standing()
        .values_list("kind", "state")
        .annotate(count=Count("pk"))
        .order_by("kind")
    )
    coming = {kind: count for kind, state, count in counted if state == RegistrationState.APPROVED}
    waiting = sum(count for _kind, state, count in counted if state == RegistrationState.ASKED)
    total = sum(coming.values())
    of_all = _("%(count)d of %(all)d") % {"count": total, "all": event.capacity or 0}
    kinds = ", ".join(f"{GuestKind(kind).label} {count}" for kind, count in coming.items())
    return [
        (_("Registered"), of_all if event.capacity else str(total), kinds),
        (_("Wait for an answer"), str(waiting), ""),
    ]
