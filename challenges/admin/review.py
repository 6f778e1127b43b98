"""Reviews for staff: a juror's queue, and all of a programme for who leads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import Case, When
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from challenges.admin.changed import changes_for, told, with_news
from challenges.admin.desk import ReviewDesk
from challenges.admin.filters import MineFilter, WorkFilter
from challenges.admin.state import state_html
from challenges.choices import AT_WORK, AssignmentState as State
from challenges.models import ReviewAssignment
from challenges.workflow.review import assignment_workflow

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise


@admin.register(ReviewAssignment)
class ReviewAssignmentAdmin(ReviewDesk):
    """Reviews: a juror's own, all of a programme for who leads them."""

    when_empty = gettext_lazy(
        "No review yet. Each stands here as soon as an application is assigned to a juror."
    )
    when_empty_go = (gettext_lazy("See what waits for me"), "admin:index")
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
    #: What is to do first, then what is done, then what fell out.
    ordering = (
        Case(
            When(state__in=[State.ASSIGNED, State.READING], then=0),
            When(state=State.DONE, then=1),
            default=2,
        ).asc(),
        "due_on",
        "created_at",
        "pk",
    )
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "confirm": gettext_lazy("You have no conflict of interest. You may read it now."),
        "declare-conflict": gettext_lazy(
            "Your conflict of interest is kept. Somebody else reads it."
        ),
        "submit-review": gettext_lazy("Your review is submitted and counts."),
        "reopen": gettext_lazy("You may change your review. It counts again once you submit it."),
        "hand-back": gettext_lazy("Handed back. Somebody else reads it."),
        "cancel": gettext_lazy("The juror is taken off. The application may lack a juror now."),
    }
    actions = None
    change_list_template = "admin/challenges/reviewassignment/change_list.html"

    leads_only: ClassVar[set[str]] = {"juror"}

    # -- the list -----------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewAssignment]:
        """With what the list shows; never the answers."""
        rows: Any = super().get_queryset(request)
        return with_news(rows.for_list())

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
        answer: Any = super().changelist_view(request, context)
        listed = (getattr(answer, "context_data", None) or {}).get("cl")
        if listed is not None:
            changed = changes_for(listed.result_list, juror=user)
            for row in listed.result_list:
                row.changes = len(changed.get(row.pk, ()))
        return answer

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
        """The state with its sign; in one's own queue, that the text is not the one scored."""
        state = state_html(assignment.get_state_display(), assignment.tone)
        if not (changes := assignment.__dict__.get("changes")):
            return state
        note = state_html(told(assignment, changes), "amber")
        return format_html("{} {}", state, note)

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
        return [*self.desk_urls(), *super().get_urls()]

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
