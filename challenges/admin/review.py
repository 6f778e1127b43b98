"""The jury's place: my queue, and the page on which an application is read and scored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db.models import Q
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_countries import countries

from challenges.actions.review import (
    StaleReview,
    save_review,
    scores_open_to,
    submitted_reviews,
)
from challenges.choices import AT_WORK, AssignmentState as State, Audience
from challenges.forms.review import ReviewForm
from challenges.models import ReviewAssignment, Revision
from challenges.workflow.review import assignment_workflow, unscored
from portal.documents import serve
from portal.models import Document
from portal.staff import ScopedAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase
    from django.urls import URLPattern


class MineFilter(admin.SimpleListFilter):
    """My own queue, or everybody's; only who leads reviews is asked."""

    title = gettext_lazy("whose")
    parameter_name = "whose"

    def has_output(self) -> bool:
        """Always: a juror with one queue reads it as words."""
        return True

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Everybody's comes first in Django as “All”."""
        del request, model_admin
        return [("mine", _("my own"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ReviewAssignment]
    ) -> QuerySet[ReviewAssignment]:
        """Only my own where asked."""
        user: Any = request.user
        return queryset.filter(reviewer=user) if self.value() == "mine" else queryset


class WorkFilter(admin.SimpleListFilter):
    """How far it has come, in words."""

    title = gettext_lazy("state")
    parameter_name = "work"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """To do, done, and what fell out."""
        del request, model_admin
        return [
            ("todo", _("to do")),
            ("done", _("reviewed")),
            ("out", _("conflict, handed back or taken off")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[ReviewAssignment]
    ) -> QuerySet[ReviewAssignment]:
        """The rows of the chosen word."""
        del request
        if self.value() == "todo":
            return queryset.filter(state__in=[State.ASSIGNED, State.READING])
        if self.value() == "done":
            return queryset.filter(state=State.DONE)
        if self.value() == "out":
            return queryset.exclude(state__in=AT_WORK)
        return queryset


@admin.register(ReviewAssignment)
class ReviewAssignmentAdmin(ScopedAdmin[ReviewAssignment]):
    """Reviews: a juror's own, all of a programme for who leads them."""

    workflow = assignment_workflow
    list_display = ("reference", "applicant", "call_title", "juror", "state_word", "due")
    list_display_links = ("reference",)
    list_filter = (WorkFilter, MineFilter)
    search_fields = (
        "application__reference",
        "application__startup__legal_name",
        "application__startup__trading_name",
        "reviewer__email",
    )
    ordering = ("due_on", "created_at", "pk")
    actions = None
    change_list_template = "admin/challenges/reviewassignment/change_list.html"

    leads_only: ClassVar[set[str]] = {"juror"}

    # -- the list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewAssignment]:
        """With what the list shows; never the answers."""
        rows: Any = super().get_queryset(request)
        found: QuerySet[ReviewAssignment] = rows.for_list()
        return found

    def _leads(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("challenges.assign_application"))

    def get_list_display(self, request: HttpRequest) -> Any:
        """A juror needs no column with their own name."""
        shown = super().get_list_display(request)
        if self._leads(request):
            return shown
        return tuple(name for name in shown if name not in self.leads_only)

    def get_list_filter(self, request: HttpRequest) -> Any:
        """A juror has one queue only."""
        return (WorkFilter, MineFilter) if self._leads(request) else (WorkFilter,)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Applications are given to jurors from the list of applications."""
        del request, obj
        return False

    def has_change_permission(
        self, request: HttpRequest, obj: ReviewAssignment | None = None
    ) -> bool:
        """The review has a page of its own."""
        del request, obj
        return False

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """My progress above the list."""
        user: Any = request.user
        mine = ReviewAssignment.objects.visible_to(user).filter(reviewer=user, state__in=AT_WORK)
        states = list(mine.values_list("state", flat=True))
        done = states.count(State.DONE)
        context = {
            "queue_total": len(states),
            "queue_done": done,
            "queue_note": ngettext(
                "You have reviewed %(done)d of %(count)d application.",
                "You have reviewed %(done)d of %(count)d applications.",
                len(states),
            )
            % {"done": done, "count": len(states)},
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @admin.display(description=gettext_lazy("reference"), ordering="application__reference")
    def reference(self, assignment: ReviewAssignment) -> str:
        """The link to the review page."""
        return assignment.application.reference

    @admin.display(description=gettext_lazy("organisation"))
    def applicant(self, assignment: ReviewAssignment) -> str:
        """Who applies."""
        return assignment.application.startup.name

    @admin.display(description=gettext_lazy("call"))
    def call_title(self, assignment: ReviewAssignment) -> str:
        """For which call."""
        return assignment.application.call.title

    @admin.display(description=gettext_lazy("juror"), ordering="reviewer__email")
    def juror(self, assignment: ReviewAssignment) -> str:
        """Whose it is."""
        return assignment.reviewer.shown_name

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, assignment: ReviewAssignment) -> str:
        """The state with its sign."""
        return state_html(assignment.get_state_display(), assignment.tone)

    @admin.display(description=gettext_lazy("due"), ordering="due_on")
    def due(self, assignment: ReviewAssignment) -> str:
        """By when."""
        if assignment.due_on is None:
            return "–"
        day = date_format(assignment.due_on, "j M Y")
        late = assignment.due_on < timezone.localdate() and assignment.state in {
            State.ASSIGNED,
            State.READING,
        }
        return state_html(_("late, %(day)s") % {"day": day}, "lamp") if late else day

    # -- addresses ----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """The review page and the files under it."""
        wrap = self.admin_site.admin_view
        own = [
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
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """There is one page for a review."""
        del form_url, extra_context
        assignment = self.get_object(request, object_id)
        if assignment is None:
            raise Http404
        return redirect(assignment)

    def step_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Take a step; afterwards stay where there is something to read."""
        assignment = self.get_object(request, object_id)
        steps = assignment_workflow.transitions
        if assignment is None or name not in steps or steps[name].internal:
            raise Http404
        self.take_step(request, assignment, name)
        if name == "cancel":
            return redirect("admin:challenges_application_change", assignment.application_id)
        return redirect(assignment)

    # -- the review page ----------------------------------------------------------------------

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
        open_state = assignment.state in {State.READING, State.DONE}
        reads = open_state if mine else self._may_look_on(user, assignment)
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
            context["sections"] = sections_for_jury(revision)
            context["facts"] = facts_for_jury(revision)
            if mine and assignment.state == State.READING:
                context["form"] = form or self._form(assignment)
            context |= self._scores(user, assignment)
        return TemplateResponse(
            request, "admin/challenges/reviewassignment/review.html", context, status=status
        )

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
        assignment = self._found(request, object_id)
        user: Any = request.user
        mine = assignment.reviewer_id == user.pk
        reads = (
            assignment.state in {State.READING, State.DONE}
            if mine
            else self._may_look_on(user, assignment)
        )
        revision = assignment.application.current_revision
        held = {
            copy["document"]["id"] for copy in copies_for_jury(revision) if copy.get("document")
        }
        if not reads or str(document_id) not in held:
            raise Http404
        return serve(get_object_or_404(Document, pk=document_id))


def state_html(word: str, tone: str) -> str:
    """A state as a word with its sign, in a list."""
    return format_html("{}", render_to_string("_state.html", {"word": word, "tone": tone}))


def copies_for_jury(revision: Revision | None) -> list[dict[str, Any]]:
    """The answers a juror reads: what is for staff alone is not there at all."""
    if revision is None:
        return []
    return [copy for copy in revision.answers if copy.get("read_by") == Audience.JURY]


def sections_for_jury(revision: Revision | None) -> list[tuple[str, list[dict[str, Any]]]]:
    """The same, by section, in the order of the form."""
    return by_section(copies_for_jury(revision))


def by_section(copies: list[dict[str, Any]]) -> list[tuple[str, list[dict[str, Any]]]]:
    """Answers under the heads of their sections."""
    found: dict[str, list[dict[str, Any]]] = {}
    for copy in copies:
        found.setdefault(copy["section"], []).append(copy)
    return list(found.items())


#: What a juror sees of the company, as it stood on the day of submission. An allow-list.
JURY_FACTS = (
    ("legal_name", gettext_lazy("Organisation")),
    ("country", gettext_lazy("Country")),
    ("city", gettext_lazy("City")),
    ("founded_on", gettext_lazy("Founded")),
    ("size_band", gettext_lazy("People")),
    ("sector", gettext_lazy("Sector")),
    ("product_stage", gettext_lazy("Product stage")),
    ("website", gettext_lazy("Website")),
)


def facts_for_jury(revision: Revision | None) -> list[tuple[str, str, str]]:
    """The allow-listed facts of the company."""
    facts = dict(revision.startup_facts) if revision else {}
    if facts.get("country"):
        facts["country"] = countries.name(facts["country"]) or facts["country"]
    return [(str(label), str(facts[name]), "") for name, label in JURY_FACTS if facts.get(name)]
