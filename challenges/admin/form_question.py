"""One question of a call's form on a small page of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from challenges.actions.form import (
    add_question,
    change_question,
    duplicate_question,
    put_back,
    remove_question,
    why_not_removed,
)
from challenges.actions.form_words import correct_wording
from challenges.admin.form import FormBase
from challenges.choices import QuestionKind
from challenges.forms.form_question import WHAT, CorrectionForm, QuestionForm
from challenges.models import Question, Sheet

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern

    from challenges.models import Call


GONE = gettext_lazy(
    "A colleague has removed this question meanwhile. What you typed is kept here: save it as a new"
    " question, or go back to the form."
)
OTHER_KIND = gettext_lazy(
    "A colleague has made this a question of another kind meanwhile. What you typed is kept here as"
    " far as that kind has it. Look at it, then save."
)


class QuestionPages(FormBase):
    """Adding, changing, correcting, duplicating and removing a question."""

    def question_urls(self) -> list[URLPattern]:
        """One address for each."""
        wrap = self.admin_site.admin_view
        page = require_http_methods(["GET", "HEAD", "POST"])
        one = "<uuid:pk>/form/questions/<uuid:question_id>/"
        return [
            path(
                "<uuid:pk>/form/questions/add/",
                wrap(page(self.question_add_view)),
                name="challenges_call_question_add",
            ),
            path(one, wrap(page(self.question_view)), name="challenges_call_question"),
            path(
                f"{one}wording/",
                wrap(page(self.question_wording_view)),
                name="challenges_call_question_wording",
            ),
            path(
                f"{one}remove/",
                wrap(page(self.question_remove_view)),
                name="challenges_call_question_remove",
            ),
            path(
                f"{one}duplicate/",
                wrap(require_POST(self.question_duplicate_view)),
                name="challenges_call_question_duplicate",
            ),
            path(
                f"{one}put-back/",
                wrap(require_POST(self.question_put_back_view)),
                name="challenges_call_question_put_back",
            ),
        ]

    def question_add_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """First of which kind, then the question."""
        call = self.writable(request, pk)
        sheet = Sheet.of(call)
        kind = request.POST.get("kind") or request.GET.get("kind", "")
        section = request.GET.get("section", "")
        if kind not in QuestionKind.values:
            kinds = [(one.value, one.label, WHAT[one]) for one in QuestionKind]
            return self.form_page(
                request,
                "kinds",
                call,
                title=_("New question"),
                kinds=kinds,
                section=section,
                frozen=sheet.is_frozen,
                address=request.path,
            )
        question = Question(call=call, kind=kind, section=section)
        return self._edit_question(request, call, sheet, question)

    def question_view(self, request: HttpRequest, pk: UUID, question_id: UUID) -> HttpResponse:
        """The question as it stands, to change; what was typed outlives what a colleague does."""
        call = self.writable(request, pk)
        sheet = Sheet.of(call)
        question = sheet.heir_of(question_id)
        kind = request.POST.get("kind") or request.GET.get("kind", "")
        known = kind in QuestionKind.values
        if question is None:
            if request.method != "POST" or not known:
                raise Http404
            self.message_user(request, GONE, messages.ERROR)
            question = Question(call=call, kind=kind)
            form = self._question_form(request, call, sheet, question)
            form.as_typed()
            return self._question_page(request, call, sheet, form)
        stood = question.kind
        if request.POST.get("was", stood) != stood:
            self.message_user(request, OTHER_KIND, messages.ERROR)
            form = self._question_form(request, call, sheet, question)
            form.as_typed()
            return self._question_page(request, call, sheet, form, was=stood)
        if known:
            question.kind = kind
        return self._edit_question(request, call, sheet, question, was=stood)

    def _edit_question(
        self, request: HttpRequest, call: Call, sheet: Sheet, question: Question, *, was: str = ""
    ) -> HttpResponse:
        """Of a new question ``was`` is empty; of another its kind as it stands."""
        form = self._question_form(request, call, sheet, question)
        if "take-kind" in request.POST:
            form.as_typed()
            return self._question_page(request, call, sheet, form, was=was)
        user: Any = request.user
        if form.is_bound and form.is_valid():
            content = form.content()
            saved = self.try_to(
                request,
                lambda: (
                    change_question(
                        call=call, question=question, content=content, by=user, stood=form.stood
                    )
                    if was
                    else add_question(call=call, content=content, by=user)
                ),
            )
            if saved is not None:
                self.message_user(request, _("Saved."), messages.SUCCESS)
                return redirect(self.form_url(call, f"#row-{saved.pk.hex}"))
        status = 422 if form.is_bound else 200
        return self._question_page(request, call, sheet, form, was=was, status=status)

    @staticmethod
    def _question_form(
        request: HttpRequest, call: Call, sheet: Sheet, question: Question
    ) -> QuestionForm:
        posted = request.POST if request.method == "POST" else None
        return QuestionForm(posted, instance=question, call=call, asked=sheet.asked())

    def _question_page(
        self,
        request: HttpRequest,
        call: Call,
        sheet: Sheet,
        form: QuestionForm,
        *,
        was: str = "",
        status: int = 200,
    ) -> HttpResponse:
        return self.form_page(
            request,
            "question",
            call,
            status=status,
            title=_("Question") if was else _("New question"),
            form=form,
            question=form.instance,
            is_new=not was,
            was=was,
            sheet=sheet,
            kinds=[(one.value, one.label) for one in QuestionKind],
            sections=list(sheet.sections()),
        )

    def question_wording_view(
        self, request: HttpRequest, pk: UUID, question_id: UUID
    ) -> HttpResponse:
        """A slip in the words, mended in place."""
        call = self.writable(request, pk)
        question = Sheet.of(call).find(question_id)
        if question is None:
            raise Http404
        user: Any = request.user
        posted = request.POST if request.method == "POST" else None
        form = CorrectionForm(posted, question=question)
        if posted is not None and form.is_valid():
            given = form.cleaned_data
            saved = self.try_to(
                request,
                lambda: correct_wording(
                    call=call,
                    question=question,
                    label=given["label"],
                    help_text=given["help_text"],
                    options=given.get("options", []),
                    by=user,
                ),
            )
            if saved is not None:
                self.message_user(
                    request,
                    _("Corrected. It stands in the history, and nobody is asked anew."),
                    messages.SUCCESS,
                )
                return redirect(self.form_url(call, f"#row-{saved.pk.hex}"))
        return self.form_page(
            request,
            "wording",
            call,
            status=200 if posted is None else 422,
            title=_("Correct the wording"),
            form=form,
            question=question,
        )

    def question_remove_view(
        self, request: HttpRequest, pk: UUID, question_id: UUID
    ) -> HttpResponse:
        """The question before it is removed: what hangs on it, and what becomes of answers."""
        call = self.writable(request, pk)
        sheet = Sheet.of(call)
        question = sheet.find(question_id)
        if question is None:
            raise Http404
        user: Any = request.user
        if request.method == "POST":

            def remove() -> bool:
                remove_question(call=call, question=question, by=user)
                return True

            if self.try_to(request, remove):
                self.message_user(request, _("The question is removed."), messages.SUCCESS)
            return redirect(self.form_url(call))
        return self.form_page(
            request,
            "remove",
            call,
            title=_("Remove the question"),
            question=question,
            sheet=sheet,
            why_not=why_not_removed(sheet, question),
            given=question.answers.exclude(value="", document=None).count(),
        )

    def question_duplicate_view(
        self, request: HttpRequest, pk: UUID, question_id: UUID
    ) -> HttpResponse:
        """Once more, to be changed."""
        call = self.writable(request, pk)
        question, user = self.question_of(call, question_id), self._writer(request)
        copy = self.try_to(
            request, lambda: duplicate_question(call=call, question=question, by=user)
        )
        anchor = f"#row-{(copy or question).pk.hex}"
        return redirect(self.form_url(call, anchor))

    def question_put_back_view(
        self, request: HttpRequest, pk: UUID, question_id: UUID
    ) -> HttpResponse:
        """As it is in force, whatever the new version made of it."""
        call = self.writable(request, pk)
        question, user = self.question_of(call, question_id), self._writer(request)
        self.try_to(request, lambda: put_back(call=call, question=question, by=user))
        return redirect(self.form_url(call, f"#row-{question.pk.hex}"))

    @staticmethod
    def _writer(request: HttpRequest) -> Any:
        return request.user
