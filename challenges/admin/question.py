"""Questions about calls: those that wait by age, answered for everybody or for their asker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from challenges.actions.question import answer_question, correct_answer, names_in
from challenges.admin.state import state_html
from challenges.choices import ClarificationState as State
from challenges.forms.question import ASKER, EVERYBODY, AnswerForm
from challenges.models import Clarification
from challenges.rules import CALL_RUNNERS
from challenges.workflow.clarification import clarification_workflow
from portal.staff import ReadOnlyAdmin, history_of
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise

#: So many others of the same call are offered to be answered together.
OTHERS = 30


class StateFilter(admin.SimpleListFilter):
    """Those that wait, unless one asks for others."""

    title = gettext_lazy("state")
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, StrOrPromise]]:
        """The states, and all of them."""
        del request, model_admin
        return [("all", gettext_lazy("All")), *State.choices]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Without a choice those that nobody has answered."""
        del request
        if self.value() == "all":
            return queryset
        wanted = self.value() if self.value() in State.values else State.ASKED
        return queryset.filter(state=wanted)

    def choices(self, changelist: Any) -> Any:
        """Without Django's own “all”, which here means those that wait."""
        for value, label in self.lookup_choices:
            yield {
                "selected": (self.value() or State.ASKED) == str(value),
                "query_string": changelist.get_query_string({self.parameter_name: value}),
                "display": label,
            }


def age_of(question: Clarification) -> str:
    """For how many days it stands, and until when an answer was promised."""
    days = (timezone.now() - question.created_at).days
    age = _("asked today")
    if days >= 1:
        age = ngettext("asked %(n)d day ago", "asked %(n)d days ago", days) % {"n": days}
    within = question.call.answers_within
    if not within or question.state != State.ASKED:
        return age
    promise = ngettext("promised within %(n)d day", "promised within %(n)d days", within)
    return f"{age} · {promise % {'n': within}}"


@admin.register(Clarification)
class ClarificationAdmin(ReadOnlyAdmin[Clarification]):
    """What people ask about the calls one runs, the oldest first."""

    when_empty = gettext_lazy("No question waits for an answer.")
    workflow = clarification_workflow
    list_display = ("shown_text", "call_title", "shown_state", "answer_for", "age")
    list_filter = (StateFilter, "call")
    search_fields = ("text", "published_text", "answer")
    ordering = ("created_at",)
    actions = None
    fields = ("call", "asked_by", "text", "private", "published_text", "answer", "answered_at")
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "set-aside": gettext_lazy("Closed. Whoever asked is told why."),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Clarification]:
        """Of the calls one runs; what one asked oneself stands on the page of its call."""
        user: Any = request.user
        rows = super().get_queryset(request).filter(user.within("call__programme", *CALL_RUNNERS))
        return rows.select_related("call__programme", "asked_by", "answered_with")

    def has_view_permission(self, request: HttpRequest, obj: Clarification | None = None) -> bool:
        """Whoever may answer."""
        return bool(request.user.has_perm("challenges.answer_clarification", obj))

    @admin.display(description=gettext_lazy("question"))
    def shown_text(self, question: Clarification) -> str:
        """Its beginning."""
        return question.text[:120]

    @admin.display(description=gettext_lazy("call"))
    def call_title(self, question: Clarification) -> str:
        """About which call."""
        return question.call.title

    @admin.display(description=gettext_lazy("state"))
    def shown_state(self, question: Clarification) -> str:
        """The state with its sign."""
        return state_html(question.get_state_display(), question.tone)

    @admin.display(description=gettext_lazy("for whom"))
    def answer_for(self, question: Clarification) -> str:
        """Whether it was asked in private, and whether all read its answer."""
        if question.private:
            return _("the asker alone")
        if question.state == State.ANSWERED and not question.is_shown:
            return _("the asker alone")
        return _("everybody")

    @admin.display(description=gettext_lazy("age"), ordering="created_at")
    def age(self, question: Clarification) -> str:
        """How long it stands, and what was promised."""
        return age_of(question)

    def get_urls(self) -> list[URLPattern]:
        """The page that answers, and the one that corrects."""
        wrap = self.admin_site.admin_view
        own = [
            path(
                "<uuid:pk>/answer/",
                wrap(self.answer_view),
                name="challenges_clarification_answer",
            ),
            path(
                "<uuid:pk>/correct/",
                wrap(self.correct_view),
                name="challenges_clarification_correct",
            ),
        ]
        return [*own, *super().get_urls()]

    def _found(self, request: HttpRequest, pk: UUID) -> Clarification:
        question = self.get_object(request, str(pk))
        if question is None or not self.has_view_permission(request, question):
            raise Http404
        return question

    def answer_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Answer it, with a look before at what everybody will read."""
        question = self._found(request, pk)
        if question.state != State.ASKED:
            return redirect("admin:challenges_clarification_change", question.pk)
        user: Any = request.user
        others = Clarification.objects.visible_to(user).unanswered().filter(call=question.call_id)
        form = AnswerForm(
            request.POST or None,
            question=question,
            others=others.exclude(pk=question.pk).order_by("created_at")[:OTHERS],
            initial={
                "published_text": question.text,
                "answer_to": ASKER if question.private else EVERYBODY,
            },
        )
        return self._write(request, question, form)

    def correct_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Mend an answer; everybody who got it is told."""
        question = self._found(request, pk)
        if question.state != State.ANSWERED:
            return redirect("admin:challenges_clarification_change", question.pk)
        if question.answered_with_id is not None:
            return redirect("admin:challenges_clarification_correct", question.answered_with_id)
        form = AnswerForm(
            request.POST or None,
            question=question,
            correcting=True,
            initial={"answer": question.answer, "published_text": question.published_text},
        )
        return self._write(request, question, form)

    def _write(
        self, request: HttpRequest, question: Clarification, form: AnswerForm
    ) -> HttpResponse:
        leaks: list[str] = []
        look = False
        if request.method == "POST" and form.is_valid():
            said = form.cleaned_data
            if form.for_everybody:
                leaks = names_in(question, f"{said['published_text']}\n{said['answer']}")
            look = "send" not in request.POST or bool(leaks and not said.get("looked_at"))
            if not look and self._send(request, question, form):
                return redirect("admin:challenges_clarification_change", question.pk)
        if not leaks:
            del form.fields["looked_at"]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Correct the answer") if form.correcting else _("Answer a question"),
            "subtitle": question.call.title,
            "question": question,
            "original": question,
            "form": form,
            "look": form.cleaned_data if look else None,
            "for_everybody": form.for_everybody if look else False,
            "leaks": leaks,
            "age": age_of(question),
            "timeline": history_of(question, request.user),  # type: ignore[arg-type]
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/challenges/clarification/answer.html", context)

    def _send(self, request: HttpRequest, question: Clarification, form: AnswerForm) -> bool:
        said, user = form.cleaned_data, request.user
        words = {"answer": said["answer"], "published_text": said.get("published_text", "")}
        try:
            if form.correcting:
                correct_answer(question=question, by=user, **words)  # type: ignore[arg-type]
            else:
                answer_question(
                    question=question,
                    for_everybody=form.for_everybody,
                    alike=said.get("alike", ()),
                    by=user,  # type: ignore[arg-type]
                    **words,
                )
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
            return False
        done = _("Answered. Whoever asked is told.")
        if form.for_everybody:
            page = reverse("challenges:clarification-list", args=[question.call.slug])
            done = format_html(
                '{} <a href="{}">{}</a>', done, page, _("It stands on the page of the call.")
            )
        self.message_user(request, done, messages.SUCCESS)
        return True
