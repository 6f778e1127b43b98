"""The form of a call on a page of its own: sections, questions, their order."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from challenges import answers, conditions
from challenges.actions.form_order import move_question, move_section, rename_section
from challenges.actions.form_words import other_languages
from challenges.models import Answer, Call, Question, Sheet, untranslated
from portal.reading import name_of as language_name
from portal.staff import ScopedAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern

#: What stands beside a question that the version in preparation changes: word and colour.
MARKS = {
    "added": (gettext_lazy("new"), "moss"),
    "changed": (gettext_lazy("changed"), "amber"),
    "moved": (gettext_lazy("moved"), "fog"),
}


def missing_words(call: Call, asked: list[Question]) -> list[dict[str, Any]]:
    """The other languages of a call, each with how many texts are still to be translated.

    The name of a section counts once, whatever the number of its questions.
    """
    rules = list(call.rules.all()) if other_languages(call) else []
    found = []
    for code in other_languages(call):
        count = sum(not (rule.translations.get(code) or {}).get("text") for rule in rules)
        sections = set()
        for question in asked:
            for part in untranslated(question, code):
                if part == "section":
                    sections.add(question.section)
                else:
                    count += 1
        found.append(
            {
                "code": code,
                "name": language_name(code),
                "missing": count + len(sections),
                "url": reverse("admin:challenges_call_form_words", args=[call.pk, code]),
            }
        )
    return found


class FormBase(ScopedAdmin[Call]):
    """What the pages of a form have in common."""

    def call_of(self, request: HttpRequest, pk: Any, permission: str) -> Call:
        """The call, for whoever holds a permission on it; strangers get 404."""
        call = self.get_object(request, str(pk))
        if call is None or not request.user.has_perm(permission, call):
            raise Http404
        return call

    def writable(self, request: HttpRequest, pk: Any) -> Call:
        """The call, for whoever writes its form."""
        return self.call_of(request, pk, "challenges.change_question")

    def question_of(self, call: Call, key: UUID) -> Question:
        """A question of the call."""
        question = get_object_or_404(Question, call=call, pk=key)
        question.call = call
        return question

    @staticmethod
    def form_url(call: Call, anchor: str = "") -> str:
        """The page of the form."""
        return reverse("admin:challenges_call_form", args=[call.pk]) + anchor

    def try_to(self, request: HttpRequest, verb: Callable[[], Any]) -> Any:
        """Do it, or say why it is not done; nobody without the permission learns anything."""
        try:
            return verb()
        except StepRefused as refusal:
            if refusal.permission:
                raise Http404 from refusal
            self.message_user(request, str(refusal), messages.ERROR)
            return None

    def form_page(
        self, request: HttpRequest, template: str, call: Call, *, status: int = 200, **more: Any
    ) -> HttpResponse:
        """A page of the form, in the frame of the admin."""
        context = {
            **self.admin_site.each_context(request),
            "subtitle": call.title,
            "opts": self.opts,
            "call": call,
            "original": call,
            **more,
        }
        return TemplateResponse(
            request, f"admin/challenges/form/{template}.html", context, status=status
        )


class FormPages(FormBase):
    """The form as a whole."""

    def form_urls(self) -> list[URLPattern]:
        """The page, and where its buttons lead."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<uuid:pk>/form/", wrap(require_safe(self.form_view)), name="challenges_call_form"
            ),
            path(
                "<uuid:pk>/form/move/",
                wrap(require_POST(self.form_move_view)),
                name="challenges_call_form_move",
            ),
            path(
                "<uuid:pk>/form/section/",
                wrap(require_POST(self.form_section_view)),
                name="challenges_call_form_section",
            ),
        ]

    def form_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Sections with their questions, and what may be done now."""
        call = self.writable(request, pk)
        sheet = Sheet.of(call)
        asked = sheet.asked()
        languages = missing_words(call, asked)
        return self.form_page(
            request,
            "overview",
            call,
            title=_("Form"),
            sheet=sheet,
            sections=sections_in(sheet, [one["code"] for one in languages]),
            count=len(asked),
            required=sum(one.required for one in asked),
            languages=languages,
            language=language_name(call.languages[0].lower()) if call.languages else "",
            changes=Counter(change.what for change in sheet.changes),
            removed=[one.question for one in sheet.changes if one.what == "removed"],
            may_begin=request.user.has_perm("challenges.add_formversion", call) and call.is_open,
        )

    def form_move_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """One question elsewhere: a button's step, or where it was dropped."""
        call = self.writable(request, pk)
        user: Any = request.user
        to = next((name for name in ("up", "down") if request.POST.get(name)), "")
        question = self._posted_question(call, request.POST.get(to or "question"))
        before = request.POST.get("before")
        moved = self.try_to(
            request,
            lambda: move_question(
                call=call,
                question=question,
                by=user,
                to=to,
                before=self._posted_question(call, before) if before else None,
                section=request.POST.get("section", ""),
            ),
        )
        key = (moved or question).pk.hex
        return redirect(self.form_url(call, f"#{to or 'row'}-{key}"))

    def _posted_question(self, call: Call, key: str | None) -> Question:
        """The question of a key that a page sent."""
        try:
            found = self.opts.pk.to_python(key)
        except ValidationError as error:
            raise Http404 from error
        return self.question_of(call, found)

    def form_section_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """A section renamed, or one place up or down."""
        call = self.writable(request, pk)
        user: Any = request.user
        section, name = request.POST.get("section", ""), request.POST.get("name")
        if name is not None:
            self.try_to(
                request,
                lambda: rename_section(call=call, section=section, name=name, by=user),
            )
        else:
            to = "up" if request.POST.get("to") == "up" else "down"
            self.try_to(request, lambda: move_section(call=call, section=section, to=to, by=user))
        return redirect(self.form_url(call))


def sections_in(sheet: Sheet, languages: list[str]) -> list[dict[str, Any]]:
    """The sections as the page shows them."""
    asked = sheet.asked()
    on = conditions.targets(asked)
    marks = {change.question.pk: change for change in sheet.changes if change.what in MARKS}
    given = dict(
        Answer.objects.filter(question__in=asked)
        .exclude(value="", document=None)
        .values_list("question")
        .annotate(count=Count("pk"))
    )
    found = []
    for number, (name, rows) in enumerate(sheet.sections().items(), start=1):
        found.append(
            {
                "name": name,
                "number": number,
                "is_first": number == 1,
                "rows": [
                    {
                        "question": row,
                        "kind": row.get_kind_display(),
                        "condition": answers.condition_in_words(row, on),
                        "given": given.get(row.pk, 0),
                        "untranslated": [code for code in languages if untranslated(row, code)],
                        "mark": MARKS[marks[row.pk].what] if row.pk in marks else None,
                        "before": marks[row.pk].before if row.pk in marks else None,
                    }
                    for row in rows
                ],
            }
        )
    if found:
        found[-1]["is_last"] = True
    return [{"is_last": False} | one for one in found]
