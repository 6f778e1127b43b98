"""Goals of a startup in a cohort: set, report, comment, judge, on one page for all sides."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal.workflow import StepRefused
from startups.actions.goal import VOICES, say_of_goal, set_goal
from startups.choices import GoalState, Voice
from startups.forms.goal import WORDS, GoalForm, quarter_of
from startups.models import Goal, GoalReview, Place
from startups.workflow.goal import SPOKEN_OF, goal_workflow, with_place

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse
    from django_stubs_ext import StrOrPromise

    from portal.http import PortalRequest
    from startups.forms.goal import WordForm

#: What is said after a word or a step.
SAID: dict[str, StrOrPromise] = {
    "report": gettext_lazy("Reported. Your mentors and the programme team read it here."),
    "comment": gettext_lazy("Kept. The startup and the programme team read it here."),
    "judge": gettext_lazy("Kept. The startup gets a letter with the verdict and your reason."),
    "meet": gettext_lazy("Noted: the goal is met."),
    "miss": gettext_lazy("Noted: the goal is not met."),
    "drop": gettext_lazy("The goal is dropped. It stays here with the reason."),
}
#: Each column: who speaks, the step, the words on its button.
COLUMNS = (
    (Voice.STARTUP, "report", gettext_lazy("The startup’s report"), gettext_lazy("Report")),
    (Voice.MENTOR, "comment", gettext_lazy("The mentor’s view"), gettext_lazy("Give your view")),
    (
        Voice.STAFF,
        "judge",
        gettext_lazy("The programme team’s verdict"),
        gettext_lazy("Give a verdict"),
    ),
)


def place_in_sight(request: PortalRequest, pk: UUID) -> Place:
    """The place, for whoever sees it; strangers learn nothing."""
    places = Place.objects.visible_to(request.user).select_related(
        "startup", "cohort__programme", "group"
    )
    return get_object_or_404(places.distinct(), pk=pk)


def visible_goal(request: PortalRequest, pk: UUID) -> Goal:
    """The goal, for whoever sees its place."""
    return get_object_or_404(with_place(Goal.objects.visible_to(request.user)).distinct(), pk=pk)


def column_of(goal: Goal, number: int, *, may: bool, bound: WordForm | None) -> dict[str, Any]:
    """One side's words on a goal, the latest first, and the form where one may add to them."""
    voice, step, heading, label = COLUMNS[number]
    words = [word for word in goal.reviews.all() if word.voice == voice]
    form = bound or WORDS[step](auto_id=f"{step}-{goal.pk}-%s")
    return {
        "heading": heading,
        "step": step,
        "label": label,
        "latest": words[0] if words else None,
        "earlier": words[1:],
        "form": form if may and goal.state in SPOKEN_OF else None,
        "opened": bound is not None,
    }


def line_of(goal: Goal, may: dict[str, bool], bound: dict[str, WordForm]) -> dict[str, Any]:
    """A goal as it stands: how far, and what each side says of it."""
    reported = [word.value for word in goal.reviews.all() if word.value is not None]
    steps = [goal_workflow.transitions[name] for name in ("meet", "miss", "drop")]
    return {
        "goal": goal,
        "latest": reported[0] if reported else None,
        "share": goal.share_of(reported[0] if reported else goal.baseline),
        "columns": [
            column_of(goal, number, may=may[step], bound=bound.get(f"{goal.pk}:{step}"))
            for number, (_voice, step, _heading, _label) in enumerate(COLUMNS)
        ],
        "may_change": may["change"] and goal.state == GoalState.SET and not goal.reviews.all(),
        "steps": steps if may["change"] and goal.state == GoalState.SET else [],
    }


def _page(
    request: PortalRequest, place: Place, *, bound: dict[str, WordForm] | None = None
) -> HttpResponse:
    """All goals of a place by quarter, the latest first."""
    # Asked once for all of them: who may depends on the place alone.
    probe, user = Goal(place=place), request.user
    may = {step: user.has_perm(f"startups.{step}_goal", probe) for step in (*VOICES, "change")}
    words = Prefetch("reviews", GoalReview.objects.select_related("by").order_by("-created_at"))
    goals = list(
        place.goals.order_by("-ends_on", "-starts_on", "created_at").prefetch_related(words)
    )
    lines = [line_of(goal, may, bound or {}) for goal in goals]
    quarters = groupby(lines, key=lambda line: (line["goal"].starts_on, line["goal"].ends_on))
    context = {
        "place": place,
        "quarters": [(first, last, list(found)) for (first, last), found in quarters],
        "may_set": may["change"] and place.is_in_programme,
        "is_member": place.startup.has_member(user),
    }
    status = 422 if bound else 200
    return render(request, "startups/goal_list.html", context, status=status)


@require_safe
def goal_list(request: PortalRequest, pk: UUID) -> HttpResponse:
    """The goals of a startup for itself, its mentors and the programme team."""
    return _page(request, place_in_sight(request, pk))


@require_http_methods(["GET", "HEAD", "POST"])
def goal_create(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Set a goal of a quarter."""
    place = place_in_sight(request, pk)
    if not request.user.has_perm("startups.add_goal", place):
        raise PermissionDenied
    first, last = quarter_of(timezone.localdate())
    form = GoalForm(request.POST or None, initial={"starts_on": first, "ends_on": last})
    if request.method == "POST" and form.is_valid():
        try:
            goal = set_goal(place=place, words=form.words(), by=request.user)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The goal is set. Everybody concerned reads it here."))
            return redirect(goal)
    return _form(request, place, form)


@require_http_methods(["GET", "HEAD", "POST"])
def goal_change(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Write a goal anew while nobody has spoken of it."""
    goal = visible_goal(request, pk)
    if not request.user.has_perm("startups.change_goal", goal):
        raise PermissionDenied
    # An instance of its own: what is only typed never shows as what stands.
    known = {name: getattr(goal, name) for name in GoalForm.Meta.fields}
    form = GoalForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        try:
            goal_workflow.perform(goal, "change", actor=request.user, data=form.words())
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Saved."))
            return redirect(goal)
    return _form(request, goal.place, form, goal=goal)


def _form(
    request: PortalRequest, place: Place, form: GoalForm, *, goal: Goal | None = None
) -> HttpResponse:
    context = {"place": place, "form": form, "goal": goal}
    status = 422 if form.is_bound else 200
    return render(request, "startups/goal_form.html", context, status=status)


@require_POST
def goal_say(request: PortalRequest, pk: UUID, name: str) -> HttpResponse:
    """One dated word: a report, a view, a verdict."""
    goal = visible_goal(request, pk)
    if name not in VOICES:
        raise Http404
    if not request.user.has_perm(f"startups.{name}_goal", goal):
        raise PermissionDenied
    form = WORDS[name](request.POST, auto_id=f"{name}-{goal.pk}-%s")
    if form.is_valid():
        try:
            say_of_goal(goal=goal, step=name, words=form.cleaned_data, by=request.user)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, str(SAID[name]))
            return redirect(goal)
    return _page(request, goal.place, bound={f"{goal.pk}:{name}": form})


@require_POST
def goal_step(request: PortalRequest, pk: UUID, name: str) -> HttpResponse:
    """Met, not met, dropped."""
    goal = visible_goal(request, pk)
    if name not in {"meet", "miss", "drop"}:
        raise Http404
    reason = request.POST.get("reason", "")
    try:
        goal_workflow.perform(goal, name, actor=request.user, reason=reason)
    except StepRefused as refusal:
        if refusal.permission:
            raise PermissionDenied from refusal
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(SAID[name]))
    return redirect(goal)
