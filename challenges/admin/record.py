"""The page of one application: all of it, notes, labels, files and steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from challenges.actions.review import scores_open_to, submitted_reviews
from challenges.admin.bulk import colleagues_of
from challenges.admin.files import page_of, with_files
from challenges.admin.jury import partners_in
from challenges.admin.team import TeamPages
from challenges.answers import by_section, documents_in
from challenges.choices import AT_WORK, HANDED_IN, ApplicationState, CircularState
from challenges.forms.decision import HandlingForm, NoteForm
from challenges.models import Application, Circular, ReviewAssignment, lateness_of
from challenges.workflow.application import copies_of
from challenges.workflow.review import assignment_workflow
from portal import audit, clock
from portal.documents import serve, serve_original, serve_page
from portal.models import Document, Label, OutboxMessage
from portal.staff import history_of, undelivered

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

    from challenges.forms.message import MessageForm


class RecordPages(TeamPages):
    """The whole application on one page, and what is done from there."""

    def record_urls(self) -> list[URLPattern]:
        """Notes, handling and files of one application."""
        wrap = self.admin_site.admin_view
        return [
            *self.team_urls(),
            path(
                "<uuid:object_id>/note/",
                wrap(require_POST(self.note_view)),
                name="challenges_application_note",
            ),
            path(
                "<uuid:object_id>/handle/",
                wrap(require_POST(self.handle_view)),
                name="challenges_application_handle",
            ),
            path(
                "<uuid:object_id>/files/<uuid:document_id>/",
                wrap(require_safe(self.file_view)),
                name="challenges_application_file",
            ),
            path(
                "<uuid:object_id>/files/<uuid:document_id>/original/",
                wrap(require_safe(self.original_view)),
                name="challenges_application_original",
            ),
            path(
                "<uuid:object_id>/files/<uuid:document_id>/pages/<int:number>/",
                wrap(require_safe(self.page_view)),
                name="challenges_application_page",
            ),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The whole application on one page."""
        del form_url, extra_context
        if request.method not in {"GET", "HEAD"}:
            raise PermissionDenied
        application = self._found(request, object_id)
        user: Any = request.user
        if application.state == ApplicationState.DRAFT:
            reads = user.has_perm("challenges.read_application", application)
            audit.read(application, "read-draft" if reads else "open-draft", by=user)
        return self._record(request, application)

    def _record(
        self,
        request: HttpRequest,
        application: Application,
        *,
        note: NoteForm | None = None,
        handling: HandlingForm | None = None,
        message: MessageForm | None = None,
        status: int = 200,
    ) -> HttpResponse:
        user: Any = request.user
        call = application.call
        may_handle = user.has_perm("challenges.handle_application", application)
        may_note = user.has_perm("challenges.note_application", application)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": str(application),
            "opts": self.opts,
            "application": application,
            "call": call,
            "state": {"word": application.get_state_display(), "tone": application.tone},
            "facts": self._facts(application),
            "steps": self.steps_for(request, application),
            "timeline": history_of(application, user),
            "contacts": list(application.startup.contacts.all()),
            "members": list(application.startup.memberships.select_related("user")),
            "notes": list(application.notes.select_related("author")) if may_note else [],
            "note_form": (note or NoteForm()) if may_note else None,
            "handling_form": (handling or self._handling(application)) if may_handle else None,
            "letters": self._letters(user, application),
            **self.thread_of(user, application, form=message),
            "undelivered": undelivered(user, self.letters_about(application)),
            **self._answers(request, application),
            "opens_originals": user.has_perm("challenges.open_original_application", application),
            **self._reviews(request, application),
            **self._decision(user, application),
        }
        return TemplateResponse(
            request, "admin/challenges/application/record.html", context, status=status
        )

    @staticmethod
    def _facts(application: Application) -> list[tuple[str, str, str]]:
        startup, call = application.startup, application.call
        rows = [
            (_("Reference"), application.reference, ""),
            (_("Call"), call.title, call.programme.name),
            (
                _("Organisation"),
                startup.legal_name,
                " · ".join(
                    part
                    for part in (
                        startup.get_kind_display(),
                        startup.city,
                        str(startup.country.name),
                    )
                    if part
                ),
            ),
        ]
        rows += partners_in(application.current_revision)
        if application.submitted_at:
            rows.append(
                (
                    _("Submitted"),
                    date_format(timezone.localtime(application.submitted_at), "D j M Y, H:i:s"),
                    _("version %(number)d") % {"number": application.revision_count},
                )
            )
            if late := lateness_of(application):
                rows.append((_("Mind"), str(late.label), ""))
        if application.state == ApplicationState.DRAFT:
            saved = (
                date_format(timezone.localtime(application.edited_at), "D j M Y, H:i")
                if application.edited_at
                else _("nothing saved yet")
            )
            rows.append((_("Complete"), f"{application.completeness} %", saved))
        if application.extended_until:
            until = clock.in_both_zones(
                application.extended_until, call.time_zone, clock.reader_zone()
            )
            rows.append((_("Extended until"), until, _("this team alone")))
        if application.assigned_count:
            mean = application.mean_score
            score = "–" if mean is None else _("%(score).1f of 100") % {"score": mean}
            rows.append(
                (
                    _("Mean score"),
                    score,
                    _("%(done)d of %(all)d reviews")
                    % {"done": application.review_count, "all": application.assigned_count},
                )
            )
        return rows

    def _answers(self, request: HttpRequest, application: Application) -> dict[str, Any]:
        """The submitted copy; of a draft nothing, unless the team lets staff look."""
        user: Any = request.user
        if application.state in {*HANDED_IN, ApplicationState.WITHDRAWN}:
            revision = application.current_revision
            if revision is None:
                return {"sections": [], "revision": None}
            return {"sections": with_files(by_section(revision.answers)), "revision": revision}
        if not user.has_perm("challenges.read_application", application):
            return {"sections": [], "draft_hidden": True}
        return {"sections": with_files(by_section(copies_of(application))), "draft_shown": True}

    def _reviews(self, request: HttpRequest, application: Application) -> dict[str, Any]:
        user: Any = request.user
        if not user.has_perm("challenges.view_decision", application) and not user.has_perm(
            "challenges.assign_application", application
        ):
            return {}
        assignments = list(
            ReviewAssignment.objects.filter(application=application)
            .select_related("reviewer", "application__call")
            .order_by("created_at")
        )
        scores = scores_open_to(user, application)
        leads = user.has_perm("challenges.assign_application", application)
        declared = application.conflicts.filter(has_conflict=True) if leads else []
        why = {conflict.person_id: conflict.reason for conflict in declared}
        return {
            "shows_reviews": True,
            "leads": leads,
            "assignments": [
                {
                    "assignment": assignment,
                    "conflict": why.get(assignment.reviewer_id, ""),
                    "cancel_url": reverse(
                        "admin:challenges_reviewassignment_step", args=[assignment.pk, "cancel"]
                    )
                    if leads
                    and application.state == ApplicationState.IN_REVIEW
                    and assignment.state in AT_WORK
                    else "",
                }
                for assignment in assignments
            ],
            "scores_shown": scores,
            "reviews": submitted_reviews(application) if scores else [],
            "cancel_label": assignment_workflow.transitions["cancel"].label,
        }

    @staticmethod
    def _decision(user: Any, application: Application) -> dict[str, Any]:
        if not user.has_perm("challenges.view_decision", application):
            sent = application.decisions.filter(sent_at__isnull=False)
            return {"decisions": list(sent.select_related("prepared_by", "sent_by"))}
        return {
            "decisions": list(application.decisions.select_related("prepared_by", "sent_by")),
            "ranking_url": reverse(
                "admin:challenges_application_ranking", args=[application.call_id]
            ),
        }

    def letters_about(self, record: Application) -> Q:
        """Letters about it, and those to many that reached its people."""
        circulars = Circular.objects.filter(call=record.call_id, state=CircularState.SENT)
        people = record.startup.memberships.values("user")
        to_many = Q(
            subject_type=Circular._meta.label_lower,
            subject_id__in=circulars.values("pk"),
            recipient__in=people,
        )
        return super().letters_about(record) | to_many

    def _letters(self, user: Any, application: Application) -> list[OutboxMessage]:
        """The newest of them."""
        letters = OutboxMessage.objects.visible_to(user).filter(self.letters_about(application))
        return list(letters.select_related("recipient").order_by("-created_at")[:50])

    def _handling(self, application: Application, data: Any = None) -> HandlingForm:
        return HandlingForm(
            colleagues_of(application.call.programme_id),
            Label.objects.filter(programme=application.call.programme_id),
            data,
            instance=application,
        )

    def note_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Leave a note to colleagues."""
        application = self._found(request, object_id)
        user: Any = request.user
        if not user.has_perm("challenges.note_application", application):
            raise Http404
        form = NoteForm(request.POST)
        if not form.is_valid():
            return self._record(request, application, note=form, status=422)
        with transaction.atomic():
            form.instance.application = application
            form.instance.author = user
            form.save()
            audit.record(application, "note", actor=user)
        messages.success(request, _("The note is kept. The applicant does not see it."))
        return redirect(self._url(application, "#notes"))

    def handle_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Labels, and who is responsible."""
        application = self._found(request, object_id)
        user: Any = request.user
        if not user.has_perm("challenges.handle_application", application):
            raise Http404
        form = self._handling(application, request.POST)
        if not form.is_valid():
            return self._record(request, application, handling=form, status=422)
        with transaction.atomic():
            Application.objects.filter(pk=application.pk).update(
                responsible=form.cleaned_data["responsible"]
            )
            application.labels.set(form.cleaned_data["labels"])
            if form.changed_data:
                audit.record(application, "handle", actor=user, facts={"fields": form.changed_data})
        messages.success(request, _("Saved."))
        return redirect(self._url(application))

    def file_view(
        self, request: HttpRequest, object_id: UUID, document_id: UUID
    ) -> HttpResponseBase:
        """A file of the submitted version, or of a draft the team lets staff look at."""
        application = self._holding(request, object_id, document_id)
        user: Any = request.user
        # First whether it can be had at all: what was not handed out was not read.
        response = serve(get_object_or_404(Document, pk=document_id))
        audit.read(application, "download-file", by=user, facts={"document": str(document_id)})
        return response

    def original_view(
        self, request: HttpRequest, object_id: UUID, document_id: UUID
    ) -> HttpResponseBase:
        """What the team sent, where others read a cleaned copy of it; not for the jury."""
        application = self._holding(request, object_id, document_id)
        user: Any = request.user
        document = get_object_or_404(Document, pk=document_id)
        may = user.has_perm("challenges.open_original_application", application)
        if not may or not document.has_original:
            raise Http404
        response = serve_original(document)
        audit.read(application, "download-original", by=user, facts={"document": str(document_id)})
        return response

    def page_view(
        self, request: HttpRequest, object_id: UUID, document_id: UUID, number: int
    ) -> HttpResponseBase:
        """The picture of one page of such a file."""
        application = self._holding(request, object_id, document_id)
        user: Any = request.user
        response = serve_page(page_of(document_id, number))
        audit.read(application, "look-at-file", by=user, facts={"document": str(document_id)})
        return response

    def _holding(self, request: HttpRequest, object_id: UUID, document_id: UUID) -> Application:
        """The application, where the person reads an answer with this file."""
        application = self._found(request, object_id)
        found = self._answers(request, application)
        shown = [copy for _section, copies in found["sections"] for copy in copies]
        if str(document_id) not in documents_in(shown):
            raise Http404
        return application

    def step_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Take a step and come back to the page."""
        self._found(request, object_id)
        return super().step_view(request, object_id, name)
