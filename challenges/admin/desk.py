"""The review desk: the page on which a juror reads an application and scores it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from challenges.actions.review import (
    StaleReview,
    save_review,
    scores_open_to,
    submitted_reviews,
)
from challenges.admin.changed import changes_for, told
from challenges.admin.files import page_of, with_files
from challenges.admin.jury import facts_for_jury, sections_for_jury
from challenges.answers import documents_in
from challenges.choices import AT_WORK, AssignmentState as State
from challenges.forms.review import ReviewForm
from challenges.models import ReviewAssignment
from challenges.workflow.review import unscored
from portal import audit
from portal.documents import serve, serve_page
from portal.models import Document
from portal.staff import ReadOnlyAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern


class ReviewDesk(ReadOnlyAdmin[ReviewAssignment]):
    """What the admin of reviews adds for reading and scoring."""

    def desk_urls(self) -> list[URLPattern]:
        """The review page and the files under it."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<uuid:object_id>/review/",
                wrap(require_http_methods(["GET", "HEAD", "POST"])(self.review_view)),
                name="challenges_reviewassignment_review",
            ),
            path(
                "<uuid:object_id>/review/files/<uuid:document_id>/",
                wrap(require_safe(self.file_view)),
                name="challenges_reviewassignment_file",
            ),
            path(
                "<uuid:object_id>/review/files/<uuid:document_id>/pages/<int:number>/",
                wrap(require_safe(self.page_view)),
                name="challenges_reviewassignment_page",
            ),
        ]

    def _found(self, request: HttpRequest, object_id: UUID) -> ReviewAssignment:
        return get_object_or_404(self.get_queryset(request), pk=object_id)

    def review_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Read and score; or declare one's interest first; or look on, for who leads reviews."""
        assignment = self._found(request, object_id)
        if request.method == "POST":
            return self._save(request, assignment)
        return self._page(request, assignment)

    def _save(self, request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
        user: Any = request.user
        criteria = list(assignment.application.call.criteria.all())
        form = ReviewForm(criteria, request.POST)
        by_script = "application/json" in request.headers.get("Accept", "")
        if not user.has_perm("challenges.review_reviewassignment", assignment):
            raise Http404
        if not form.is_valid():
            if by_script:
                return JsonResponse({"errors": json.loads(form.errors.as_json())}, status=422)
            return self._page(request, assignment, form=form, status=422)
        try:
            review = save_review(
                assignment=assignment,
                scores=form.levels(),
                comment=form.cleaned_data["comment"],
                feedback=form.cleaned_data["feedback"],
                version=form.cleaned_data["version"],
                by=user,
            )
        except StepRefused as refusal:
            return self._refused(request, assignment, form, refusal, by_script=by_script)
        if by_script:
            lacking = [str(criterion) for criterion in unscored(assignment)]
            saved = _("saved %(time)s") % {"time": date_format(timezone.localtime(), "H:i")}
            return JsonResponse({"version": review.version, "saved": saved, "lacking": lacking})
        return self._after_save(request, assignment)

    def _refused(
        self,
        request: HttpRequest,
        assignment: ReviewAssignment,
        form: ReviewForm,
        refusal: StepRefused,
        *,
        by_script: bool,
    ) -> HttpResponse:
        """Say why nothing was saved; what was typed stays."""
        if isinstance(refusal, StaleReview):
            return self._stale(request, assignment, form, refusal, by_script=by_script)
        if by_script:
            return JsonResponse({"refusal": str(refusal)}, status=409)
        messages.error(request, str(refusal))
        return self._page(request, assignment, form=form, status=409)

    def _after_save(self, request: HttpRequest, assignment: ReviewAssignment) -> HttpResponse:
        if request.POST.get("then") == "submit":
            self.take_step(request, assignment, "submit-review")
            return redirect(assignment)
        messages.success(request, _("Your review is saved. It counts once you submit it."))
        return redirect(assignment)

    def _stale(
        self,
        request: HttpRequest,
        assignment: ReviewAssignment,
        form: ReviewForm,
        stale: StaleReview,
        *,
        by_script: bool,
    ) -> HttpResponse:
        """Both texts: what is stored, and what was typed here, which stays in the fields."""
        context = {
            "refusal": str(stale),
            "stored": stale.review,
            "stored_levels": [
                (criterion, dict(criterion.numbered_levels).get(stale.scores.get(criterion.pk, 0)))
                for criterion in form.criteria
            ],
            "typed": form.cleaned_data,
            "typed_levels": [
                (criterion, dict(criterion.numbered_levels).get(value or 0))
                for criterion, value in form.levels().items()
            ],
            "assignment": assignment,
        }
        if by_script:
            html = render_to_string(
                "admin/challenges/reviewassignment/_stale.html", context, request
            )
            return JsonResponse({"refusal": str(stale), "html": html}, status=409)
        again = request.POST.copy()
        again["version"] = str(stale.review.version)
        return self._page(
            request,
            assignment,
            form=ReviewForm(form.criteria, again),
            status=409,
            stale=context,
        )

    def _page(
        self,
        request: HttpRequest,
        assignment: ReviewAssignment,
        *,
        form: ReviewForm | None = None,
        status: int = 200,
        stale: dict[str, Any] | None = None,
    ) -> HttpResponse:
        user: Any = request.user
        application = assignment.application
        mine = assignment.reviewer_id == user.pk
        reads = self._reads(user, assignment)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),
            "title": application.reference,
            "opts": self.opts,
            "assignment": assignment,
            "application": application,
            "mine": mine,
            "reads": reads,
            "stale": stale,
            "steps": {step["name"]: step for step in self.steps_for(request, assignment)},
            **(self._place(user, assignment) if mine else {}),
        }
        if reads:
            revision = application.current_revision
            context["sections"] = with_files(sections_for_jury(revision))
            context["facts"] = facts_for_jury(revision)
            changed = changes_for([assignment], juror=user).get(assignment.pk, [])
            context["changed"] = changed
            context["changed_told"] = told(assignment, len(changed)) if changed else ""
            if mine and assignment.state == State.READING:
                context["form"] = form or self._form(assignment)
            context |= self._scores(user, assignment)
        return TemplateResponse(
            request, "admin/challenges/reviewassignment/review.html", context, status=status
        )

    def _reads(self, user: Any, assignment: ReviewAssignment) -> bool:
        """A juror reads who confirmed to have no conflict; others where they may look on."""
        if assignment.reviewer_id == user.pk:
            return assignment.state in {State.READING, State.DONE}
        return self._may_look_on(user, assignment)

    @staticmethod
    def _may_look_on(user: Any, assignment: ReviewAssignment) -> bool:
        """Who leads reviews reads along, unless they have a conflict with the applicant."""
        own = assignment.application.assignments.filter(reviewer=user)
        return bool(
            user.has_perm("challenges.assign_application", assignment)
            and not own.filter(state__in=[State.ASSIGNED, State.CONFLICT]).exists()
            and not assignment.application.conflicts.filter(person=user, has_conflict=True).exists()
        )

    @staticmethod
    def _form(assignment: ReviewAssignment) -> ReviewForm:
        criteria = list(assignment.application.call.criteria.all())
        review = assignment.review
        stored = dict(review.scores.values_list("criterion_id", "value"))
        return ReviewForm(criteria, initial=ReviewForm.initial_of(review, stored, criteria))

    @staticmethod
    def _scores(user: Any, assignment: ReviewAssignment) -> dict[str, Any]:
        """My own scores once submitted, and those of others once I may see them."""
        found: dict[str, Any] = {}
        reviews = submitted_reviews(assignment.application)
        if assignment.reviewer_id == user.pk:
            found["own"] = next(
                (review for review in reviews if review.assignment_id == assignment.pk), None
            )
        if scores_open_to(user, assignment.application):
            found["others"] = [
                review for review in reviews if review.assignment.reviewer_id != user.pk
            ]
        return found

    @staticmethod
    def _place(user: Any, assignment: ReviewAssignment) -> dict[str, Any]:
        """Where I am in my queue for this call: n of N, previous, next."""
        queue = list(
            ReviewAssignment.objects.visible_to(user)
            .filter(
                Q(state__in=AT_WORK) | Q(pk=assignment.pk),
                reviewer=user,
                application__call=assignment.application.call_id,
            )
            .order_by("created_at", "pk")
            .values_list("pk", "state")
        )
        keys = [key for key, _state in queue]
        here = keys.index(assignment.pk) if assignment.pk in keys else 0

        def address(position: int) -> str:
            if not 0 <= position < len(keys):
                return ""
            return reverse("admin:challenges_reviewassignment_review", args=[keys[position]])

        return {
            "place": here + 1,
            "queue_total": len(keys),
            "queue_done": sum(state == State.DONE for _key, state in queue),
            "previous_url": address(here - 1),
            "next_url": address(here + 1),
        }

    def file_view(
        self, request: HttpRequest, object_id: UUID, document_id: UUID
    ) -> HttpResponseBase:
        """A file of the submitted version, for a juror who confirmed to have no conflict."""
        assignment = self._holding(request, object_id, document_id)
        user: Any = request.user
        response = serve(get_object_or_404(Document, pk=document_id))
        audit.read(assignment, "download-file", by=user, facts={"document": str(document_id)})
        return response

    def page_view(
        self, request: HttpRequest, object_id: UUID, document_id: UUID, number: int
    ) -> HttpResponseBase:
        """The picture of one page of such a file."""
        assignment = self._holding(request, object_id, document_id)
        user: Any = request.user
        response = serve_page(page_of(document_id, number))
        audit.read(assignment, "look-at-file", by=user, facts={"document": str(document_id)})
        return response

    def _holding(
        self, request: HttpRequest, object_id: UUID, document_id: UUID
    ) -> ReviewAssignment:
        """The assignment, where the person reads an answer with this file."""
        assignment = self._found(request, object_id)
        shown = with_files(sections_for_jury(assignment.application.current_revision))
        held = documents_in(copy for _head, copies in shown for copy in copies)
        if not self._reads(request.user, assignment) or str(document_id) not in held:
            raise Http404
        return assignment
