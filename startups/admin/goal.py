"""Goals for staff: how each stands, and the verdict on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin
from django.db.models import OuterRef, Subquery
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import floatformat
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods

from portal.staff import ReadOnlyAdmin
from portal.workflow import StepRefused
from startups.actions.goal import say_of_goal
from startups.admin.cohort import state_html
from startups.choices import Verdict, Voice
from startups.forms.goal import VerdictForm
from startups.models import Goal, GoalReview
from startups.workflow.goal import goal_workflow

if TYPE_CHECKING:
    from decimal import Decimal
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise


def _plain(number: Decimal | None) -> str:
    """As people write it: 12, 12.5; nothing is 0."""
    return str(floatformat(number or 0, "-2g"))


@admin.register(Goal)
class GoalAdmin(ReadOnlyAdmin[Goal]):
    """Goals of one's cohorts, the quarter that ends last first."""

    when_empty = gettext_lazy("No goal is set yet. Startups set them on their own pages.")
    when_empty_go = (gettext_lazy("See the places"), "admin:startups_place_changelist")
    workflow = goal_workflow
    list_display = ("title", "startup", "quarter", "state_word", "far", "verdict_word")
    list_filter = ("state", "place__cohort", "ends_on")
    list_select_related = ("place__startup", "place__cohort")
    search_fields = ("title", "place__startup__legal_name", "place__startup__trading_name")
    ordering = ("-ends_on", "place__startup__legal_name", "pk")
    fields = ("startup", "title", "measure", "quarter", "far", "verdict_word", "words")
    readonly_fields = ("startup", "title", "measure", "quarter", "far", "verdict_word", "words")
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "meet": gettext_lazy("Noted: the goal is met."),
        "miss": gettext_lazy("Noted: the goal is not met."),
        "drop": gettext_lazy("The goal is dropped."),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Goal]:
        """With the last number and the last verdict."""
        said = GoalReview.objects.filter(goal=OuterRef("pk")).order_by("-created_at")
        verdicts = said.filter(voice=Voice.STAFF).values("verdict")
        numbers = said.filter(voice=Voice.STARTUP, value__isnull=False).values("value")
        return (
            super()
            .get_queryset(request)
            .select_related("place__startup", "place__cohort__programme")
            .annotate(last_verdict=Subquery(verdicts[:1]), last_value=Subquery(numbers[:1]))
        )

    @admin.display(description=gettext_lazy("startup"), ordering="place__startup__legal_name")
    def startup(self, goal: Goal) -> str:
        """Whose it is."""
        return goal.place.startup.name

    @admin.display(description=gettext_lazy("quarter"), ordering="ends_on")
    def quarter(self, goal: Goal) -> str:
        """From when to when."""
        return f"{date_format(goal.starts_on, 'j M')} – {date_format(goal.ends_on, 'j M Y')}"

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, goal: Goal) -> str:
        """The state with its sign."""
        return state_html(goal.get_state_display(), goal.tone)

    @admin.display(description=gettext_lazy("how far"))
    def far(self, goal: Any) -> str:
        """From where, where it is, to where."""
        last = goal.last_value
        shown = _("nothing reported") if last is None else _plain(last)
        way = f"{_plain(goal.baseline)} → {shown} → {_plain(goal.target)}"
        return f"{way} ({goal.share_of(goal.baseline if last is None else last)} %)"

    @admin.display(description=gettext_lazy("verdict"))
    def verdict_word(self, goal: Any) -> str:
        """The last one, with its sign."""
        if not goal.last_verdict:
            return "–"
        tone = GoalReview(verdict=goal.last_verdict).tone
        return state_html(str(Verdict(goal.last_verdict).label), tone)

    @admin.display(description=gettext_lazy("what was said"))
    def words(self, goal: Goal) -> str:
        """Each dated word, the latest first."""
        lines = []
        for word in goal.reviews.select_related("by"):
            said = [
                word.get_voice_display(),
                word.get_verdict_display() if word.verdict else "",
                f"{word.value:f}" if word.value is not None else "",
                word.text,
            ]
            day = date_format(word.created_at, "j M Y")
            lines.append(f"{day} · {' · '.join(filter(None, said))} ({word.by.shown_name})")
        return "\n".join(lines) or "–"

    def step_page(self, record: Goal, name: str) -> str:
        """A verdict has its page here; the other words are said on the page of all sides."""
        return super().step_page(record, name) if name == "judge" else record.get_absolute_url()

    def steps_for(self, request: HttpRequest, record: Goal) -> list[dict[str, Any]]:
        """The staff's steps; words of the other sides are said on their own page."""
        theirs = {"report", "comment", "change"}
        return [step for step in super().steps_for(request, record) if step["name"] not in theirs]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the way to the page of all sides."""
        goal: Goal | None = kwargs.get("obj")
        if goal is not None:
            context["ways"] = [(_("The startup’s goals"), goal.get_absolute_url())]
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        """With the page of a verdict."""
        own = path(
            "<uuid:pk>/judge/",
            self.admin_site.admin_view(
                require_http_methods(["GET", "HEAD", "POST"])(self.judge_view)
            ),
            name="startups_goal_judge",
        )
        return [own, *super().get_urls()]

    def judge_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """How it stands, and why; the startup gets a letter."""
        goal = self.get_object(request, str(pk))
        user: Any = request.user
        if goal is None or not user.has_perm("startups.judge_goal", goal):
            raise Http404
        form = VerdictForm(request.POST if request.method == "POST" else None)
        if form.is_bound and form.is_valid():
            try:
                say_of_goal(goal=goal, step="judge", words=form.cleaned_data, by=user)
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                self.message_user(request, _("Kept. The startup gets a letter."))
                return redirect(reverse("admin:startups_goal_change", args=[goal.pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Give a verdict"),
            "subtitle": str(goal),
            "goal": goal,
            "original": goal,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(
            request,
            "admin/startups/goal/judge.html",
            context,
            status=422 if form.is_bound else 200,
        )
