"""Writing section by section, checking, and the one small request that submits."""

from __future__ import annotations

import uuid
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from challenges import answers as answer_rules
from challenges.actions.application import (
    attach_file,
    remove_file,
    save_answers,
    submit_application,
)
from challenges.choices import QuestionKind
from challenges.forms.application import SectionForm, SubmitForm
from challenges.views.own import answers_of, away_if_shut, own_application, questions_of
from challenges.workflow.application import why_shut
from portal import clock
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from django.http import HttpRequest

    from challenges.actions.application import Saved
    from challenges.models import Answer, Application, Question
    from portal.http import PortalRequest
    from portal.models import User


def sections_of(
    application: Application,
    questions: list[Question],
    given: Mapping[UUID, Answer],
    current: int = 0,
) -> list[dict[str, Any]]:
    """The sections in order, with how much of each is answered."""
    names = list(dict.fromkeys(question.section for question in questions))
    found = []
    for number, name in enumerate(names, start=1):
        inside = [question for question in questions if question.section == name]
        done, total = answer_rules.progress(inside, given)
        found.append(
            {
                "number": number,
                "title": name,
                "url": f"{application.get_absolute_url()}edit/{number}/",
                "done": done,
                "total": total,
                "optional": not done and not any(question.required for question in inside),
                "current": number == current,
                "questions": inside,
            }
        )
    return found


def saves_in_background(request: HttpRequest) -> bool:
    """Whether the page itself asks, while a person types."""
    return request.headers.get("X-Autosave") == "1"


# A page that saves while somebody types must hear in words of its own that they are signed out:
# sent on to the sign-in page, it would take that page for an answer.
@login_not_required
@require_http_methods(["GET", "POST"])
def application_edit(request: HttpRequest, pk: UUID, section: int) -> HttpResponse:
    """One section of the form, for whoever is signed in."""
    if request.user.is_authenticated:
        return edit_section(cast("PortalRequest", request), pk, section)
    if saves_in_background(request):
        return JsonResponse({"signed_out": True}, status=401)
    return redirect_to_login(request.get_full_path())


def edit_section(request: PortalRequest, pk: UUID, section: int) -> HttpResponse:
    """One section of the form; saved by the button, or in the background while typing."""
    application = own_application(request, pk)
    if not request.user.has_perm("challenges.change_application", application):
        raise Http404
    # What is posted too late is refused by the action, and the page keeps what was typed.
    if request.method != "POST" and (elsewhere := away_if_shut(request, application)):
        return elsewhere
    questions = questions_of(application.call)
    given = answers_of(application)
    sections = sections_of(application, questions, given, section)
    if not 1 <= section <= len(sections):
        raise Http404
    inside = sections[section - 1]["questions"]
    if request.method == "POST":
        form = SectionForm(request.POST, request.FILES, questions=inside, answers=given)
        return save_section(request, application, form, sections, section)
    form = SectionForm(questions=inside, answers=given)
    return render_section(request, application, form, sections, section, answered=given)


def save_section(
    request: PortalRequest,
    application: Application,
    form: SectionForm,
    sections: list[dict[str, Any]],
    section: int,
) -> HttpResponse:
    """Keep what came, say what is wrong, go on to where the person wants to go."""
    in_background = saves_in_background(request)
    form.is_valid()
    refusal = ""
    try:
        saved = save_answers(
            application=application,
            values=form.values(),
            versions=form.versions(),
            by=request.user,
        )
        if not in_background:
            attach_files(form, application, by=request.user)
            for question in form.questions:
                if request.POST.get("remove") == question.pk.hex:
                    remove_file(application=application, question=question, by=request.user)
    except StepRefused as reason:
        saved, refusal = None, str(reason)
    form.show_problems()
    if in_background:
        return autosaved(form, saved, refusal)
    if refusal:
        messages.error(request, refusal)
        return render_section(request, application, form, sections, section, status=409)
    assert saved is not None
    if saved.conflicts or saved.too_long or form.errors:
        return show_what_is_wrong(request, application, form, saved, sections, section)
    if request.POST.get("go") == "next":
        if section < len(sections):
            return redirect("challenges:application-edit", application.pk, section + 1)
        return redirect("challenges:application-check", application.pk)
    if not request.POST.get("remove"):
        messages.success(request, _("Saved."))
    return redirect("challenges:application-edit", application.pk, section)


def attach_files(form: SectionForm, application: Application, *, by: User) -> None:
    """Take the files in; what the store does not take is said beside the field."""
    for question, upload in form.uploads().items():
        try:
            attach_file(application=application, question=question, upload=upload, by=by)
        except ValidationError as problem:
            form.add_error(question.field, problem)


def autosaved(form: SectionForm, saved: Saved | None, refusal: str) -> JsonResponse:
    """The answer to a save in the background.

    ``fields`` holds what the page shall send along from now on with each field that was saved;
    ``newer`` what colleagues wrote meanwhile in fields that the person has not touched.
    """
    if saved is None:
        return JsonResponse({"saved": "", "refusal": refusal}, status=409)
    touched, fields, newer = form.values(), {}, {}
    for question in form.questions:
        answer = saved.answers.get(question.pk)
        if answer is None or question.kind == QuestionKind.FILE:
            continue
        marks = {"v": answer.version, "b": answer_rules.mark_shown(question, answer.value)}
        if question.pk in touched:
            if question.pk not in saved.conflicts and question.pk not in saved.too_long:
                fields[question.field] = marks
        elif marks["b"] != form.base(question):
            newer[question.field] = {**marks, "value": answer.value}
    return JsonResponse(
        {
            "saved": timezone.localtime().strftime("%H:%M:%S"),
            "refusal": next(iter(saved.too_long.values()), ""),
            "fields": fields,
            "newer": newer,
            "conflicts": [f"q_{key.hex}" for key in saved.conflicts],
        }
    )


def show_what_is_wrong(
    request: PortalRequest,
    application: Application,
    form: SectionForm,
    saved: Saved,
    sections: list[dict[str, Any]],
    section: int,
) -> HttpResponse:
    """The page again with everything typed; somebody else's newer text stands beside it."""
    data, touched = request.POST.copy(), form.values()
    for question in form.questions:
        answer = saved.answers.get(question.pk)
        value = answer.value if answer else ""
        data[f"v_{question.pk.hex}"] = str(answer.version if answer else 0)
        # Against the text that is kept, not the one on the page: a second save is a choice.
        data[f"b_{question.pk.hex}"] = answer_rules.mark_shown(question, value)
        if question.pk not in touched and question.kind != QuestionKind.FILE:
            data[question.field] = value
    again = SectionForm(data, questions=form.questions, answers=answers_of(application))
    again.is_valid()
    again.show_problems()
    for question in form.questions:
        for problem in form.errors.get(question.field, []):
            if problem not in again.errors.get(question.field, []):
                again.add_error(question.field, problem)
        if sentence := saved.too_long.get(question.pk):
            again.add_error(question.field, sentence)
        if other := saved.conflicts.get(question.pk):
            again.add_error(
                question.field,
                _(
                    "%(who)s changed this meanwhile. It reads now: “%(text)s”. Your text is still"
                    " here: save again to put it in place of theirs."
                )
                % {"who": other.edited_by.shown_name, "text": other.value},
            )
    if saved.too_long:
        messages.error(request, _("Not everything is saved: see below."))
    else:
        messages.warning(request, _("Saved, but something needs your attention."))
    return render_section(request, application, again, sections, section)


def render_section(
    request: PortalRequest,
    application: Application,
    form: SectionForm,
    sections: list[dict[str, Any]],
    section: int,
    *,
    answered: Mapping[UUID, Answer] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one section; after a save its answers are read again."""
    if answered is None:
        answered = answers_of(application)
    files = {
        question.pk: answered[question.pk].document
        for question in form.questions
        if question.pk in answered and answered[question.pk].document_id
    }
    fields = [
        {
            "question": question,
            "field": form[question.field],
            "marks": [form[f"{mark}_{question.pk.hex}"] for mark in "vb"]
            if question.kind != QuestionKind.FILE
            else [],
            "document": files.get(question.pk),
        }
        for question in form.questions
    ]
    refused = status == HTTPStatus.CONFLICT
    context = {
        "application": application,
        "call": application.call,
        "form": form,
        "fields": fields,
        "sections": sections,
        "section": sections[section - 1],
        "number": section,
        "is_last": section == len(sections),
        # What was refused is on the page and nowhere else; nothing may look saved.
        "refused": refused,
        "is_shut": refused and why_shut(application, clock.database_now()) is not None,
    }
    return render(request, "challenges/application_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
def application_check(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Everything on one page, what is missing with links, and the button that submits."""
    application = own_application(request, pk)
    if request.method == "POST":
        return submit(request, application)
    if elsewhere := away_if_shut(request, application):
        return elsewhere
    questions = questions_of(application.call)
    given = answers_of(application)
    sections = sections_of(application, questions, given)
    by_title = {section["title"]: section for section in sections}
    missing = [
        {
            "label": one.label,
            "problem": one.problem,
            "url": f"{by_title[one.section]['url']}#{one.question.field}",
        }
        for one in answer_rules.missing_from(questions, given)
    ]
    if not application.startup.contacts.exists():
        missing.append(
            {
                "label": _("A contact of your organisation"),
                "problem": _("Add a person with a telephone number."),
                "url": application.startup.get_absolute_url(),
            }
        )
    form = SubmitForm(
        initial={"key": uuid.uuid4(), "terms_version": application.call.terms_version}
    )
    context = {
        "application": application,
        "call": application.call,
        "sections": sections,
        "answers": given,
        "missing": missing,
        "form": form,
        "may_submit": request.user.has_perm("challenges.submit_application", application),
        "may_write": request.user.has_perm("challenges.change_application", application),
        "partners": application.consortium.all(),
    }
    return render(request, "challenges/application_check.html", context)


def submit(request: PortalRequest, application: Application) -> HttpResponse:
    """The deciding request: small, repeatable, decided by the database's clock."""
    form = SubmitForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The page was not complete. Please submit again."))
        return redirect("challenges:application-check", application.pk)
    try:
        submit_application(
            application=application,
            key=form.cleaned_data["key"],
            terms_version=form.agreed_to(),
            by=request.user,
        )
    except StepRefused as refusal:
        if refusal.permission:
            raise Http404 from refusal
        fresh = own_application(request, application.pk)
        if fresh.is_submitted and not fresh.has_unsubmitted_changes:
            messages.info(request, _("A colleague has submitted it a moment ago."))
            return redirect("challenges:application-receipt", application.pk)
        messages.error(request, str(refusal))
        if why_shut(fresh, clock.database_now()):
            return redirect(fresh)
        return redirect("challenges:application-check", application.pk)
    return redirect("challenges:application-receipt", application.pk)
