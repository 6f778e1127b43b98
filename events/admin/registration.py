"""Who comes to an event: answered one by one or many at once."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from events.admin.event import word
from events.forms.registration import DeclineForm
from events.models import Event, Registration
from events.rules import EVENT_READERS
from events.workflow.registration import registration_workflow
from portal import clock
from portal.staff import ReadOnlyAdmin

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise


class EventFilter(admin.SimpleListFilter):
    """The events of one's programmes, newest first; a key that is not offered finds nothing."""

    title = gettext_lazy("event")
    parameter_name = "event"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Events whose guests the person reads."""
        del model_admin
        user: Any = request.user
        events = Event.objects.filter(user.within("programme", *EVENT_READERS))
        return [
            (str(key), title)
            for key, title in events.order_by("-starts_at").values_list("pk", "title")[:50]
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[Registration]
    ) -> QuerySet[Registration]:
        """The guests of the chosen one."""
        del request
        key: Any = self.value()
        if not key:
            return queryset
        offered = {known for known, _label in self.lookup_choices}
        return queryset.filter(event=key) if key in offered else queryset.none()


@admin.register(Registration)
class RegistrationAdmin(ReadOnlyAdmin[Registration]):
    """Registrations to the events of one's programmes."""

    when_empty = gettext_lazy("Nobody has registered yet. Guests register on the event’s page.")
    workflow = registration_workflow
    list_display = (
        "guest",
        "address",
        "kind",
        "organisation",
        "state_word",
        "shown_event",
        "asked",
    )
    list_filter = (EventFilter, "state", "kind")
    search_fields = ("user__email", "user__given_name", "user__family_name", "organisation")
    ordering = ("created_at",)
    fields = (
        *("event", "guest", "address", "kind", "organisation", "interest", "state_word"),
        *("asked", "answered_by"),
    )
    actions = ("approve", "decline")
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "approve": gettext_lazy("Approved. The guest gets a letter with the calendar entry."),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Registration]:
        """Those one reads as staff; one's own registration elsewhere is no work."""
        user: Any = request.user
        rows: Any = super().get_queryset(request)
        return rows.staff_of(user).select_related("event__programme", "user", "answered_by")  # type: ignore[no-any-return]

    def has_answer_permission(self, request: HttpRequest) -> bool:
        """For actions: approve and decline."""
        return bool(request.user.has_perm("events.answer_registration"))

    def get_list_display(self, request: HttpRequest) -> Any:
        """Of one event its name stands above the list already."""
        shown = super().get_list_display(request)
        one = EventFilter.parameter_name in request.GET
        return [name for name in shown if not (one and name == "shown_event")]

    @admin.display(description=gettext_lazy("guest"), ordering="user__email")
    def guest(self, registration: Registration) -> str:
        """Who comes."""
        return registration.user.shown_name

    @admin.display(description=gettext_lazy("e-mail address"))
    def address(self, registration: Registration) -> str:
        """Where letters go."""
        return registration.user.email

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, registration: Registration) -> str:
        """The state with its sign."""
        return word(registration.get_state_display(), registration.tone)

    @admin.display(description=gettext_lazy("event"))
    def shown_event(self, registration: Registration) -> str:
        """To which event."""
        return registration.event.title

    @admin.display(description=gettext_lazy("registered"), ordering="created_at")
    def asked(self, registration: Registration) -> str:
        """When."""
        return clock.in_words(registration.created_at, clock.reader_zone())

    # -- answers ------------------------------------------------------------------------------

    @admin.action(description=gettext_lazy("Approve"), permissions=["answer"])
    def approve(self, request: HttpRequest, queryset: QuerySet[Registration]) -> None:
        """Each as far as there are places, in the order in which they asked."""
        user: Any = request.user
        say_yes = partial(registration_workflow.perform, name="approve", actor=user)
        done = self.do_to_each(request, queryset.order_by("created_at"), say_yes)
        text = ngettext("%d guest approved.", "%d guests approved.", done) % done
        self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)

    @admin.action(description=gettext_lazy("Decline"), permissions=["answer"])
    def decline(
        self, request: HttpRequest, queryset: QuerySet[Registration]
    ) -> HttpResponse | None:
        """With one reason for all of them, or none; each gets a letter of their own."""
        form = DeclineForm(request.POST if "apply" in request.POST else None)
        if form.is_bound and form.is_valid():
            self._decline_each(request, queryset, form.cleaned_data["reason"])
            return None
        listed = reverse("admin:events_registration_changelist")
        query = request.GET.urlencode()
        return self._ask(request, list(queryset), form, f"{listed}?{query}" if query else listed)

    def _decline_each(
        self, request: HttpRequest, rows: QuerySet[Registration], reason: str
    ) -> None:
        user: Any = request.user
        say_no = partial(registration_workflow.perform, name="decline", actor=user, reason=reason)
        done = self.do_to_each(request, rows.order_by("created_at"), say_no)
        text = ngettext("%d guest declined.", "%d guests declined.", done) % done
        self.message_user(request, text, messages.SUCCESS if done else messages.WARNING)

    def decline_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """One guest, with a reason or without."""
        registration = self.get_object(request, str(pk))
        if registration is None or not request.user.has_perm(
            "events.answer_registration", registration
        ):
            raise Http404
        back = reverse("admin:events_registration_change", args=[registration.pk])
        form = DeclineForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            self._decline_each(
                request,
                self.get_queryset(request).filter(pk=registration.pk),
                form.cleaned_data["reason"],
            )
            return redirect(back)
        here = reverse("admin:events_registration_decline", args=[registration.pk])
        return self._ask(request, [registration], form, here, back=back)

    def _ask(
        self,
        request: HttpRequest,
        rows: list[Registration],
        form: DeclineForm,
        target: str,
        *,
        back: str = "",
    ) -> HttpResponse:
        """The page on which the reason is written."""
        context = {
            **self.admin_site.each_context(request),
            "title": _("Decline"),
            "opts": self.opts,
            "rows": rows,
            "form": form,
            "target": target,
            "back": back or target,
            "checkbox": ACTION_CHECKBOX_NAME,
            "from_list": not back,
        }
        status = 422 if form.is_bound else 200
        return TemplateResponse(request, "admin/events/decline.html", context, status=status)

    def get_urls(self) -> list[URLPattern]:
        """With the page for declining one."""
        wrap = self.admin_site.admin_view
        return [
            path("<uuid:pk>/decline/", wrap(self.decline_view), name="events_registration_decline"),
            *super().get_urls(),
        ]
