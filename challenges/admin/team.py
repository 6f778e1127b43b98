"""From the record of an application to its team: private messages, and the page as they see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from challenges.actions.message import lay_aside, write_message
from challenges.forms.message import MessageForm
from challenges.models import Application, Message
from challenges.teampage import page_of
from portal import audit
from portal.staff import ReadOnlyAdmin
from portal.workflow import StepRefused
from startups.choices import MemberRole

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern

    from portal.models import User


class TeamPages(ReadOnlyAdmin[Application]):
    """Speaking with a team, and seeing what it sees."""

    #: The admin of the record has the page; admins have a metaclass of their own.
    _record: Callable[..., HttpResponse]

    def team_urls(self) -> list[URLPattern]:
        """Messages, laying the last one aside, the applicant's page."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<uuid:object_id>/message/",
                wrap(require_POST(self.message_view)),
                name="challenges_application_message",
            ),
            path(
                "<uuid:object_id>/message/aside/",
                wrap(require_POST(self.message_aside_view)),
                name="challenges_application_message_aside",
            ),
            path(
                "<uuid:object_id>/as-applicant/",
                wrap(require_safe(self.as_applicant_view)),
                name="challenges_application_as_applicant",
            ),
        ]

    def _found(self, request: HttpRequest, object_id: Any) -> Application:
        application = self.get_object(request, str(object_id))
        if application is None or not self.has_view_permission(request, application):
            raise Http404
        return application

    def _url(self, application: Application, anchor: str = "") -> str:
        return reverse("admin:challenges_application_change", args=[application.pk]) + anchor

    @staticmethod
    def thread_of(
        user: User, application: Application, *, form: MessageForm | None = None
    ) -> dict[str, Any]:
        """The conversation for the record's page; nothing of it for who may not read it."""
        if not user.has_perm("challenges.read_messages_application", application):
            return {"thread": None, "message_form": None, "may_lay_aside": False}
        thread = list(application.messages.select_related("author"))
        may_write = user.has_perm("challenges.message_application", application)
        asks = bool(thread) and not thread[-1].from_staff and may_write
        return {
            "thread": thread,
            "message_form": (form or MessageForm()) if may_write else None,
            "may_lay_aside": asks
            and Message.objects.unanswered(user).filter(application=application).exists(),
        }

    def message_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Write to the team."""
        application = self._found(request, object_id)
        user: Any = request.user
        if not user.has_perm("challenges.message_application", application):
            raise Http404
        form = MessageForm(request.POST)
        if form.is_valid():
            try:
                write_message(application=application, text=form.cleaned_data["text"], by=user)
            except StepRefused as refusal:
                form.add_error("text", str(refusal))
            else:
                messages.success(request, _("Sent. The whole team gets a letter."))
                return redirect(self._url(application, "#messages"))
        return self._record(request, application, message=form, status=422)

    def message_aside_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The team's last message wants no answer."""
        application = self._found(request, object_id)
        user: Any = request.user
        try:
            lay_aside(application=application, by=user)
        except StepRefused as refusal:
            raise Http404 from refusal
        messages.success(request, _("Laid aside. It waits for nobody any more."))
        return redirect(self._url(application, "#messages"))

    def as_applicant_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The team's own page through the eyes of an owner: to read, not to act; it is logged."""
        application = self._found(request, object_id)
        user: Any = request.user
        if not user.has_perm("challenges.look_as_applicant_application", application):
            raise Http404
        owner = application.startup.memberships.filter(role=MemberRole.OWNER).first()
        eyes = owner.user if owner else application.started_by
        audit.read(application, "look-as-applicant", by=user)
        with timezone.override(eyes.zone):
            context = {**page_of(application, eyes), "as_applicant": eyes}
            if not user.has_perm("challenges.read_messages_application", application):
                context["thread"] = None
            page = TemplateResponse(request, "challenges/application_detail.html", context)
            return page.render()
