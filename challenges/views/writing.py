"""Writing section by section, checking, and the one small request that submits."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
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
from challenges.forms.application import SectionForm, SubmitForm
from challenges.views.own import answers_of, own_application
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from challenges.actions.application import Saved
    from challenges.models import Answer, Application, Question
    from portal.http import PortalRequest


def sections_of(
    application: Application,
    questions: list[Question],
    given: Mapping[UUID, Answer],
    current: int = 0,
) -> list[dict[str, Any]]:
    """The sections in order, with how much of each is answered."""
    names = list(dict.fromkeys(question.section for question in questions))
    lacking = {missing.question.pk for missing in answer_rules.missing_from(questions, given)}
    found = []
    for number, name in enumerate(names, start=1):
        inside = [question for question in questions if question.section == name]
        answered = [
            question
            for question in inside
            if question.pk not in lacking
            and (not question.required or (question.pk in given and given[question.pk].is_given))
        ]
        found.append(
            {
                "number": number,
                "title": name,
                "url": f"{application.get_absolute_url()}edit/{number}/",
                "done": len(answered),
                "total": len(inside),
                "current": number == current,
                "questions": inside,
            }
        )
    return found


@require_http_methods(["GET", "POST"])
def application_edit(request: PortalRequest, pk: UUID, section: int) -> HttpResponse:
    """One section of the form; saved by the button, or in the background while typing."""
    application = own_application(request, pk)
    if not request.user.has_perm("challenges.change_application", application):
        raise Http404
    questions = list(application.call.questions.all())
    given = answers_of(application)
    sections = sections_of(application, questions, given, section)
    if not 1 <= section <= len(sections):
        raise Http404
    inside = sections[section - 1]["questions"]
    if request.method == "POST":
        form = SectionForm(request.POST, request.FILES, questions=inside, answers=given)
        return save_section(request, application, form, sections, section)
    form = SectionForm(questions=inside, answers=given)
    return render_section(request, application, form, sections, section)


def save_section(
    request: PortalRequest,
    application: Application,
    form: SectionForm,
    sections: list[dict[str, Any]],
    section: int,
) -> HttpResponse:
    """Keep what came, say what is wrong, go on to where the person wants to go."""
    in_background = request.headers.get("X-Autosave") == "1"
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
            for question, upload in form.uploads().items():
                attach_file(
                    application=application, question=question, upload=upload, by=request.user
                )
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
    if saved.conflicts or form.errors:
        return show_what_is_wrong(request, application, form, saved, sections, section)
    if request.POST.get("go") == "next":
        if section < len(sections):
            return redirect("challenges:application-edit", application.pk, section + 1)
        return redirect("challenges:application-check", application.pk)
    if not request.POST.get("remove"):
        messages.success(request, _("Saved."))
    return redirect("challenges:application-edit", application.pk, section)


def autosaved(form: SectionForm, saved: Saved | None, refusal: str) -> JsonResponse:
    """The answer to a save in the background."""
    if saved is None:
        return JsonResponse({"saved": "", "refusal": refusal}, status=409)
    return JsonResponse(
        {
            "saved": timezone.localtime().strftime("%H:%M:%S"),
            "refusal": "",
            "versions": {
                f"v_{question.pk.hex}": saved.answers[question.pk].version
                for question in form.questions
                if question.pk in saved.answers and question.pk not in saved.conflicts
            },
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
    data = request.POST.copy()
    for key, answer in saved.answers.items():
        data[f"v_{key.hex}"] = str(answer.version)
    again = SectionForm(data, questions=form.questions, answers=answers_of(application))
    again.is_valid()
    again.show_problems()
    for question in form.questions:
        for problem in form.errors.get(question.field, []):
            if problem not in again.errors.get(question.field, []):
                again.add_error(question.field, problem)
        if other := saved.conflicts.get(question.pk):
            again.add_error(
                question.field,
                _(
                    "%(who)s changed this meanwhile. It reads now: “%(text)s”. Your text is still"
                    " here: save again to put it in place of theirs."
                )
                % {"who": other.edited_by.shown_name, "text": other.value},
            )
    messages.warning(request, _("Saved, but something needs your attention."))
    return render_section(request, application, again, sections, section)


def render_section(
    request: PortalRequest,
    application: Application,
    form: SectionForm,
    sections: list[dict[str, Any]],
    section: int,
    *,
    status: int = 200,
) -> HttpResponse:
    """The page of one section."""
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
            "version": form[f"v_{question.pk.hex}"] if question.kind != "file" else "",
            "document": files.get(question.pk),
        }
        for question in form.questions
    ]
    context = {
        "application": application,
        "call": application.call,
        "form": form,
        "fields": fields,
        "sections": sections,
        "section": sections[section - 1],
        "number": section,
        "is_last": section == len(sections),
    }
    return render(request, "challenges/application_edit.html", context, status=status)


@require_http_methods(["GET", "POST"])
def application_check(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Everything on one page, what is missing with links, and the button that submits."""
    application = own_application(request, pk)
    may_submit = request.user.has_perm("challenges.submit_application", application)
    if request.method == "POST":
        return submit(request, application)
    questions = list(application.call.questions.all())
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
        "may_submit": may_submit,
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
        return redirect("challenges:application-check", application.pk)
    return redirect("challenges:application-receipt", application.pk)
