"""The applicant's workspace: start, write section by section, check, submit, receipt."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from challenges import answers as answer_rules
from challenges.actions.application import (
    attach_file,
    remove_file,
    save_answers,
    start_application,
    submit_application,
)
from challenges.choices import ApplicationState
from challenges.forms.application import SectionForm, StartForm, SubmitForm
from challenges.models import Answer, Application, Call
from challenges.workflow.application import application_workflow
from portal.models import AuditEntry, Document
from portal.workflow import StepRefused
from startups.choices import MemberRole
from startups.models import Startup

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from challenges.actions.application import Saved
    from challenges.models import Question
    from portal.http import PortalRequest

#: Steps an applicant takes by one click on the page of the application.
CLICKS = ("withdraw", "restore", "let-staff-look", "stop-staff-looking")


def own(request: PortalRequest, pk: UUID) -> Application:
    """The application, if the person belongs to its team; strangers get 404."""
    applications = Application.objects.of_applicant(request.user).select_related(
        "call__programme", "startup"
    )
    return get_object_or_404(applications, pk=pk)


@require_safe
def application_list(request: PortalRequest) -> HttpResponse:
    """My applications, drafts by deadline first."""
    applications = list(Application.objects.of_applicant(request.user).for_list())
    drafts = [one for one in applications if one.state == ApplicationState.DRAFT]
    context = {
        "drafts": sorted(drafts, key=lambda one: one.call.closes_at),
        "others": [one for one in applications if one.state != ApplicationState.DRAFT],
    }
    return render(request, "challenges/application_list.html", context)


@require_http_methods(["GET", "POST"])
def application_start(request: PortalRequest, slug: str) -> HttpResponse:
    """Begin: for one of my organisations, chosen only where there are several."""
    call = get_object_or_404(Call.objects.public().for_board(), slug=slug)
    startups = Startup.objects.filter(
        memberships__user=request.user,
        memberships__role__in=[MemberRole.OWNER, MemberRole.EDITOR],
    )
    form = StartForm(request.POST or None, startups=startups)
    if request.method == "POST" and form.is_valid():
        try:
            application = start_application(call=call, startup=form.chosen(), by=request.user)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(call)
        return redirect("challenges:application-edit", application.pk, 1)
    context = {"call": call, "form": form, "startups": startups}
    return render(request, "challenges/application_start.html", context)


@require_safe
def application_detail(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Where it stands, what to do next, what happened, who is in the team."""
    application = own(request, pk)
    steps = [
        {
            "name": offer.name,
            "label": offer.label,
            "url": f"{application.get_absolute_url()}steps/{offer.name}/",
            "refusal": offer.refusal,
            "primary": False,
            "destructive": offer.transition.destructive,
        }
        for offer in application_workflow.offered_to(request.user, application)
        if offer.name in CLICKS
    ]
    context = {
        "application": application,
        "call": application.call,
        "revision": application.current_revision,
        "decision": application.sent_decision if application.is_decided else None,
        "steps": steps,
        "timeline": timeline_of(application),
        "team": application.startup.memberships.select_related("user"),
        "helpers": application.collaborators.select_related("user"),
        "may_write": request.user.has_perm("challenges.change_application", application),
        "may_submit": request.user.has_perm("challenges.submit_application", application),
    }
    return render(request, "challenges/application_detail.html", context)


#: What the team reads of the trail; the jury's and the staff's steps are not theirs to see.
SHOWN_VERBS = {
    "start": gettext_lazy("Draft started"),
    "submit": gettext_lazy("Submitted"),
    "amend": gettext_lazy("New version submitted"),
    "withdraw": gettext_lazy("Withdrawn"),
    "restore": gettext_lazy("Withdrawal undone"),
    "let-staff-look": gettext_lazy("Staff may look at the draft"),
    "stop-staff-looking": gettext_lazy("Staff may no longer look"),
    "attach-file": gettext_lazy("File added"),
    "remove-file": gettext_lazy("File removed"),
    "invite-helper": gettext_lazy("Helper invited"),
    "begin-to-help": gettext_lazy("Helper joined"),
    "end-help": gettext_lazy("Helper removed"),
    "extend": gettext_lazy("Deadline extended for you"),
}


def timeline_of(application: Application) -> list[dict[str, Any]]:
    """What the team itself did, newest first."""
    entries = (
        AuditEntry.objects.about(application)
        .filter(verb__in=SHOWN_VERBS)
        .select_related("actor")
        .order_by("-id")[:50]
    )
    return [
        {
            "when": timezone.localtime(entry.at),
            "text": str(SHOWN_VERBS[entry.verb]),
            "who": entry.actor.shown_name if entry.actor else "",
            "reason": "",
        }
        for entry in entries
    ]


def sections_of(application: Application, questions: list[Question],
                given: Mapping[UUID, Answer], current: int = 0) -> list[dict[str, Any]]:
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
    application = own(request, pk)
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


def answers_of(application: Application) -> dict[UUID, Answer]:
    """The answers so far, by question."""
    return {
        answer.question_id: answer
        for answer in application.answers.select_related("document", "edited_by")
    }


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
    application = own(request, pk)
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
        messages.error(request, str(refusal))
        return redirect("challenges:application-check", application.pk)
    return redirect("challenges:application-receipt", application.pk)


@require_safe
def application_receipt(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Received, nothing more to do: reference, instant, version, fingerprint."""
    application = own(request, pk)
    revision = application.current_revision
    if revision is None:
        return redirect("challenges:application-check", application.pk)
    context = {"application": application, "call": application.call, "revision": revision}
    return render(request, "challenges/application_receipt.html", context)


@require_safe
def application_print(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One's own answers on paper: the submitted version, or the draft."""
    application = own(request, pk)
    wanted = "draft" if request.GET.get("version") == "draft" else "submitted"
    context = {
        "application": application,
        "call": application.call,
        "revision": application.current_revision if wanted == "submitted" else None,
        "sections": copy_by_section(application, wanted),
    }
    return render(request, "challenges/application_print.html", context)


@require_safe
def application_copy(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One's own answers as a text file, to keep or to use again."""
    application = own(request, pk)
    wanted = "draft" if request.GET.get("version") == "draft" else "submitted"
    lines = [application.call.title, application.startup.name, application.reference, ""]
    for title, rows in copy_by_section(application, wanted):
        lines += [title.upper(), ""]
        for row in rows:
            lines += [row["label"], str(row["value"]) or "–", ""]
    response = HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{application.reference}.txt"'
    return response


def copy_by_section(
    application: Application, wanted: str
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Question and answer by section, from the submitted copy or from the draft."""
    revision = application.current_revision if wanted == "submitted" else None
    if revision is not None:
        rows = revision.answers
    else:
        given = answers_of(application)
        rows = [
            {
                "section": question.section,
                "label": question.label,
                "unit": question.unit,
                "value": given[question.pk].value if question.pk in given else "",
                "document": {"name": document.name, "size": document.size}
                if question.pk in given and (document := given[question.pk].document)
                else None,
            }
            for question in application.call.questions.all()
        ]
    titles = list(dict.fromkeys(row["section"] for row in rows))
    return [
        (
            title,
            [
                {
                    **row,
                    "value": row["document"]["name"]
                    if row["document"]
                    else f"{row['value']} {row['unit']}".strip(),
                }
                for row in rows
                if row["section"] == title
            ],
        )
        for title in titles
    ]


@require_POST
def application_step(request: PortalRequest, pk: UUID, name: str) -> HttpResponse:
    """Withdraw, undo that, let staff look or not."""
    application = own(request, pk)
    if name not in CLICKS:
        raise Http404
    try:
        application_workflow.perform(application, name, actor=request.user)
    except StepRefused as refusal:
        if refusal.permission:
            raise Http404 from refusal
        messages.error(request, str(refusal))
    else:
        label = application_workflow.transitions[name].label
        messages.success(request, _("Done: %(step)s.") % {"step": label})
    return redirect(application)


@require_safe
def application_file(request: PortalRequest, pk: UUID, document_id: UUID) -> HttpResponse:
    """A file of one's own application, in the draft or in a submitted version."""
    from portal.documents import serve  # noqa: PLC0415 -- opens storage only where it is needed

    application = own(request, pk)
    document = get_object_or_404(
        Document,
        pk=document_id,
        subject_type=application._meta.label_lower,
        subject_id=application.pk,
    )
    return serve(document)
