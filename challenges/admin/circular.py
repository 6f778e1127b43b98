"""Letters to many: write, look, test to oneself, send once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from challenges.actions.circular import letter_of, send_test
from challenges.admin.state import state_html
from challenges.choices import CircularState
from challenges.forms.circular import CircularForm
from challenges.models import Call, Circular
from challenges.workflow.circular import circular_workflow
from portal.choices import Role
from portal.staff import ScopedAdmin, history_of
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.db import models
    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise


@admin.register(Circular)
class CircularAdmin(ScopedAdmin[Circular]):
    """Letters to everybody with a draft or a submission."""

    when_empty = gettext_lazy(
        "No letter to many yet. Write to everybody with a draft, or to all who have submitted."
    )
    workflow = circular_workflow
    form = CircularForm
    fields = ("call", "audience", "subject", "text")
    list_display = ("subject", "call_title", "audience", "state_word", "sent_to", "written_by")
    list_filter = ("state", "audience")
    search_fields = ("subject", "call__title")
    ordering = ("-created_at",)
    actions = None
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "send": gettext_lazy("Sent. The letters are on their way."),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Circular]:
        """With what the list shows."""
        return super().get_queryset(request).select_related("call__programme", "written_by")

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Only calls one runs."""
        user: Any = request.user
        if db_field.name == "call":
            kwargs["queryset"] = Call.objects.filter(
                user.within("programme", Role.MANAGER, Role.COORDINATOR)
            )
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def has_change_permission(self, request: HttpRequest, obj: Circular | None = None) -> bool:
        """Until it is sent."""
        if obj is not None and obj.state != CircularState.DRAFT:
            return False
        return super().has_change_permission(request, obj)

    def save_model(
        self,
        request: HttpRequest,
        obj: Circular,
        form: ModelForm[Circular],
        change: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """Keep who wrote it."""
        if not change:
            obj.written_by = request.user  # type: ignore[assignment]
        super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: Circular, post_url_continue: str | None = None
    ) -> Any:
        """On to the page that shows it as it will read."""
        del post_url_continue
        messages.success(request, _("Saved. Nothing is sent yet."))
        return redirect("admin:challenges_circular_preview", obj.pk)

    def response_change(self, request: HttpRequest, obj: Circular) -> Any:
        """On to the page that shows it as it will read."""
        return self.response_add(request, obj)

    @admin.display(description=gettext_lazy("call"))
    def call_title(self, circular: Circular) -> str:
        """About which call."""
        return circular.call.title

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, circular: Circular) -> str:
        """The state with its sign."""
        sent = circular.state == CircularState.SENT
        return state_html(circular.get_state_display(), "moss" if sent else "fog")

    def get_urls(self) -> list[URLPattern]:
        """The preview and the test."""
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<uuid:object_id>/preview/",
                wrap(require_safe(self.preview_view)),
                name="challenges_circular_preview",
            ),
            path(
                "<uuid:object_id>/test/",
                wrap(require_POST(self.test_view)),
                name="challenges_circular_test",
            ),
        ]
        return [*own, *super().get_urls()]

    def _found(self, request: HttpRequest, object_id: UUID) -> Circular:
        circular = self.get_object(request, str(object_id))
        if circular is None:
            raise Http404
        return circular

    def preview_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The letter as it will read, to how many, and the button."""
        circular = self._found(request, object_id)
        user: Any = request.user
        draft = circular.state == CircularState.DRAFT
        people = circular.people() if draft else []
        steps = self.steps_for(request, circular)
        for step in steps:
            if step["name"] == "send" and people:
                step["label"] = ngettext(
                    "Send to %(count)d person", "Send to %(count)d people", len(people)
                ) % {"count": len(people)}
        context = {
            **self.admin_site.each_context(request),
            "title": circular.subject,
            "opts": self.opts,
            "circular": circular,
            "draft": draft,
            "people": people,
            "count": len(people) if draft else circular.sent_to,
            "letter": letter_of(circular, user),
            "steps": steps,
            "timeline": history_of(circular, user),
            "may_change": self.has_change_permission(request, circular),
        }
        return TemplateResponse(request, "admin/challenges/circular/preview.html", context)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Once sent there is only the letter to read."""
        circular = self.get_object(request, object_id)
        if circular is not None and circular.state != CircularState.DRAFT:
            return redirect("admin:challenges_circular_preview", circular.pk)
        return super().change_view(request, object_id, form_url, extra_context)

    def test_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Send it to me alone."""
        circular = self._found(request, object_id)
        user: Any = request.user
        try:
            send_test(circular=circular, by=user)
        except StepRefused as refusal:
            raise Http404 from refusal
        messages.success(
            request, _("A test is on its way to %(address)s.") % {"address": user.email}
        )
        return redirect("admin:challenges_circular_preview", circular.pk)

    def step_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Send, and come back to the letter."""
        response = super().step_view(request, object_id, name)
        response["Location"] = reverse("admin:challenges_circular_preview", args=[object_id])
        return response
