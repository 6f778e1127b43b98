"""Applications for staff: the list, the whole application on one page, and what is done in bulk."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.postgres.expressions import ArraySubquery
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Q
from django.http import FileResponse, Http404, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from challenges.actions import export
from challenges.actions.review import (
    scores_open_to,
    submitted_reviews,
)
from challenges.admin.bulk import BulkActions, colleagues_of
from challenges.admin.decision import RankingPages
from challenges.admin.filters import (
    CallFilter,
    JuryFilter,
    LabelFilter,
    ResponsibleFilter,
    StateFilter,
)
from challenges.admin.review import by_section, state_html
from challenges.choices import AT_WORK, HANDED_IN, ApplicationState, CircularState
from challenges.forms.decision import (
    HandlingForm,
    NoteForm,
)
from challenges.models import Application, Call, Circular, ReviewAssignment
from challenges.rules import APPLICATION_READERS, CALL_READERS
from challenges.workflow.application import application_workflow
from challenges.workflow.review import assignment_workflow
from portal import audit
from portal.documents import serve
from portal.models import Document, Label, OutboxMessage
from portal.staff import ScopedAdmin, history_of
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@admin.register(Application)
class ApplicationAdmin(BulkActions, RankingPages, ScopedAdmin[Application]):
    """Every application of one's programmes."""

    workflow = application_workflow
    list_display = (
        "reference",
        "startup_name",
        "country",
        "call_title",
        "state_word",
        "progress",
        "mean",
        "reviews",
        "who",
        "label_names",
    )
    list_display_links = ("reference",)
    list_filter = (StateFilter, CallFilter, JuryFilter, ResponsibleFilter, LabelFilter)
    search_fields = ("reference", "startup__legal_name", "startup__trading_name")
    search_help_text = gettext_lazy("Reference or organisation")
    ordering = ("-created_at", "pk")
    actions = (
        "start_reviews",
        "assign_reviewers",
        "put_labels",
        "set_responsible",
        "prepare_decisions",
    )
    actions_selection_counter = True
    change_list_template = "admin/challenges/application/change_list.html"

    # -- rows ---------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        """As staff of the call's programme, and never of one's own startup."""
        user: Any = request.user
        own = user.memberships.values("startup")
        labels = Label.objects.filter(applications=OuterRef("pk")).order_by("name")
        return (
            super()
            .get_queryset(request)
            .filter(user.within("call__programme", *APPLICATION_READERS))
            .exclude(startup__in=own)
            .select_related("call__programme", "startup", "responsible")
            .annotate(label_list=ArraySubquery(labels.values("name")))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Application], search_term: str
    ) -> tuple[QuerySet[Application], bool]:
        """A reference is found with and without its hyphen, as somebody reads it out."""
        said = re.sub(r"[\s–-]", "", search_term).upper()
        if re.fullmatch(r"[0-9A-Z]{8}", said):
            found = queryset.filter(reference=f"{said[:4]}-{said[4:]}")
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A startup opens its own application."""
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        """Answers are the startup's; staff take steps."""
        del request, obj
        return False

    def has_view_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        """Who reads applications in the programme; being its applicant is no reason here."""
        user: Any = request.user
        key = obj.programme_key if obj else None
        return bool(user.is_superuser and user.is_active) or bool(
            user.has_role(key, *APPLICATION_READERS)
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """With one call chosen, its ranking and export stand beside the title."""
        context = {
            "chosen_call": self._chosen_call(request),
            "may_export": request.user.has_perm("challenges.export_application"),
            "may_rank": request.user.has_perm("challenges.view_decision"),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @staticmethod
    def _chosen_call(request: HttpRequest) -> UUID | None:
        try:
            return UUID(request.GET.get("call", ""))
        except ValueError:
            return None

    def get_list_display(self, request: HttpRequest) -> Any:
        """With one call chosen its title is in the filter already."""
        shown = super().get_list_display(request)
        if self._chosen_call(request):
            return tuple(name for name in shown if name != "call_title")
        return shown

    # -- columns ------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("organisation"), ordering="startup__legal_name")
    def startup_name(self, application: Application) -> str:
        """Who applies."""
        return application.startup.name

    @admin.display(description=gettext_lazy("country"), ordering="startup__country")
    def country(self, application: Application) -> str:
        """Where they are registered."""
        return str(application.startup.country.name)

    @admin.display(description=gettext_lazy("call"))
    def call_title(self, application: Application) -> str:
        """For which call."""
        return application.call.title

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, application: Application) -> str:
        """The state with its sign."""
        return state_html(application.get_state_display(), application.tone)

    @admin.display(description=gettext_lazy("submitted, saved"), ordering="submitted_at")
    def progress(self, application: Application) -> str:
        """When it was submitted; of a draft how complete it is and when it was last saved."""
        if application.state != ApplicationState.DRAFT and application.submitted_at:
            return date_format(timezone.localtime(application.submitted_at), "j M Y, H:i")
        saved = (
            date_format(timezone.localtime(application.edited_at), "j M, H:i")
            if application.edited_at
            else _("nothing yet")
        )
        return f"{application.completeness} % · {saved}"

    @admin.display(description=gettext_lazy("score"), ordering="mean_score")
    def mean(self, application: Application) -> str:
        """Kept with each review."""
        return "–" if application.mean_score is None else f"{application.mean_score:.1f}"

    @admin.display(description=gettext_lazy("reviews"), ordering="review_count")
    def reviews(self, application: Application) -> str:
        """How many of how many."""
        if not application.assigned_count:
            return "–"
        return f"{application.review_count}/{application.assigned_count}"

    @admin.display(description=gettext_lazy("who"), ordering="responsible__email")
    def who(self, application: Application) -> str:
        """The responsible colleague."""
        return application.responsible.shown_name if application.responsible else "–"

    @admin.display(description=gettext_lazy("labels"))
    def label_names(self, application: Any) -> str:
        """The programme's words for it."""
        return ", ".join(application.label_list) or "–"

    # -- addresses ----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Ranking, export, notes, files and Django's own."""
        wrap = self.admin_site.admin_view
        own = [
            *self.ranking_urls(),
            path(
                "export/<uuid:call_id>/<str:kind>/",
                wrap(require_safe(self.export_view)),
                name="challenges_application_export",
            ),
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
        ]
        return [*own, *super().get_urls()]

    # -- one application ----------------------------------------------------------------------

    def _found(self, request: HttpRequest, object_id: Any) -> Application:
        application = self.get_object(request, str(object_id))
        if application is None or not self.has_view_permission(request, application):
            raise Http404
        return application

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
        return self._record(request, application)

    def _record(
        self,
        request: HttpRequest,
        application: Application,
        *,
        note: NoteForm | None = None,
        handling: HandlingForm | None = None,
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
            "timeline": history_of(application),
            "contacts": list(application.startup.contacts.all()),
            "members": list(application.startup.memberships.select_related("user")),
            "notes": list(application.notes.select_related("author")) if may_note else [],
            "note_form": (note or NoteForm()) if may_note else None,
            "handling_form": (handling or self._handling(application)) if may_handle else None,
            "letters": self._letters(user, application),
            **self._answers(request, application),
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
        if application.submitted_at:
            rows.append(
                (
                    _("Submitted"),
                    date_format(timezone.localtime(application.submitted_at), "D j M Y, H:i:s"),
                    _("version %(number)d") % {"number": application.revision_count},
                )
            )
        if application.state == ApplicationState.DRAFT:
            saved = (
                date_format(timezone.localtime(application.edited_at), "D j M Y, H:i")
                if application.edited_at
                else _("nothing saved yet")
            )
            rows.append((_("Complete"), f"{application.completeness} %", saved))
        if application.extended_until:
            rows.append(
                (
                    _("Extended until"),
                    date_format(timezone.localtime(application.extended_until), "D j M Y, H:i"),
                    "",
                )
            )
        if application.assigned_count:
            score = "–" if application.mean_score is None else f"{application.mean_score:.1f}"
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
            return {"sections": by_section(revision.answers), "revision": revision}
        if not user.has_perm("challenges.read_application", application):
            return {"sections": [], "draft_hidden": True}
        with transaction.atomic():
            audit.record(application, "read-draft", actor=user)
        return {"sections": by_section(draft_copies(application)), "draft_shown": True}

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
        return {
            "shows_reviews": True,
            "leads": leads,
            "assignments": [
                {
                    "assignment": assignment,
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

    @staticmethod
    def _letters(user: Any, application: Application) -> list[OutboxMessage]:
        """Letters about it, and those to many that reached its people."""
        circulars = Circular.objects.filter(
            call=application.call_id, state=CircularState.SENT
        ).values("pk")
        people = application.startup.memberships.values("user")
        about = Q(subject_type=Application._meta.label_lower, subject_id=application.pk)
        to_many = Q(
            subject_type=Circular._meta.label_lower, subject_id__in=circulars, recipient__in=people
        )
        letters = OutboxMessage.objects.visible_to(user).filter(about | to_many)
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

    def _url(self, application: Application, anchor: str = "") -> str:
        return reverse("admin:challenges_application_change", args=[application.pk]) + anchor

    def file_view(
        self, request: HttpRequest, object_id: UUID, document_id: UUID
    ) -> HttpResponseBase:
        """A file of the submitted version, or of a draft the team lets staff look at."""
        application = self._found(request, object_id)
        found = self._answers(request, application)
        held = {
            copy["document"]["id"]
            for _section, copies in found["sections"]
            for copy in copies
            if copy.get("document")
        }
        if str(document_id) not in held:
            raise Http404
        return serve(get_object_or_404(Document, pk=document_id))

    def step_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Take a step and come back to the page."""
        self._found(request, object_id)
        return super().step_view(request, object_id, name)

    # -- taking out ---------------------------------------------------------------------------

    def export_view(self, request: HttpRequest, call_id: UUID, kind: str) -> HttpResponseBase:
        """All applications of a call as CSV or XLSX."""
        user: Any = request.user
        call = get_object_or_404(
            Call.objects.filter(user.within("programme", *CALL_READERS)), pk=call_id
        )
        if kind not in {"csv", "xlsx"}:
            raise Http404
        try:
            sheet = export.begin(call=call, applications=self._plain(request), by=user, kind=kind)
        except StepRefused as refusal:
            raise Http404 from refusal
        name = f"{call.slug}-{timezone.localdate():%Y-%m-%d}.{kind}"
        if kind == "csv":
            response = StreamingHttpResponse(
                export.csv_lines(sheet), content_type="text/csv; charset=utf-8"
            )
            response["Content-Disposition"] = f'attachment; filename="{name}"'
            return response
        return FileResponse(
            export.xlsx_file(sheet), as_attachment=True, filename=name, content_type=XLSX
        )

    def _plain(self, request: HttpRequest) -> QuerySet[Application]:
        """The same rows without what only the list shows."""
        user: Any = request.user
        return (
            Application.objects.visible_to(user)
            .filter(user.within("call__programme", *APPLICATION_READERS))
            .exclude(startup__in=user.memberships.values("startup"))
        )


def draft_copies(application: Application) -> list[dict[str, Any]]:
    """A draft's answers in the shape of a submitted copy, with every question."""
    given = {
        answer.question_id: answer for answer in application.answers.select_related("document")
    }
    copies = []
    for question in application.call.questions.all():
        answer = given.get(question.pk)
        document = answer.document if answer else None
        copies.append(
            {
                "question": str(question.pk),
                "section": question.section,
                "label": question.label,
                "kind": question.kind,
                "read_by": question.read_by,
                "unit": question.unit,
                "value": answer.value if answer else "",
                "document": {
                    "id": str(document.pk),
                    "name": document.name,
                    "size": document.size,
                    "sha256": document.sha256,
                }
                if document
                else None,
            }
        )
    return copies
