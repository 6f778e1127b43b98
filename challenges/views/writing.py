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
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from challenges import answers as answer_rules, conditions
from challenges.actions.application import (
    attach_file,
    remove_file,
    save_answers,
    submit_application,
)
from challenges.actions.attempts import noting_refusal
from challenges.actions.eligibility import against_rules
from challenges.actions.known import differing
from challenges.choices import AttemptKind, QuestionKind
from challenges.forms.application import SectionForm, SubmitForm
from challenges.views import background, drawing, known, onward
from challenges.views.notes import COLUMN, Taken, as_key, notes_of, take_notes
from challenges.views.own import answers_of, away_if_shut, own_application, questions_of
from challenges.views.reading import READ, SWITCH, has_chosen, switch_of
from challenges.workflow.application import why_shut
from challenges.workflow.form import FormMoved
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


_gzip = GZipMiddleware(lambda _request: HttpResponse())


def sections_of(
    application: Application,
    questions: list[Question],
    given: Mapping[UUID, Answer],
    current: int = 0,
) -> list[dict[str, Any]]:
    """The sections in order, with how much of each is answered."""
    names = list(dict.fromkeys(question.section for question in questions))
    asked = conditions.shown(questions, given)
    noted = {note.question for note in notes_of(application) if not note.is_settled}
    found = []
    for number, name in enumerate(names, start=1):
        inside = [question for question in questions if question.section == name]
        done, total = answer_rules.progress(inside, given, asked)
        found.append(
            {
                "number": number,
                "name": name,
                "title": inside[0].shown_section,
                "spoken": inside[0].section_attributes,
                "url": f"{application.get_absolute_url()}edit/{number}/",
                "done": done,
                "total": total,
                "optional": not done and not any(question.required for question in inside),
                "notes": sum(question.pk in noted for question in inside),
                "current": number == current,
                "questions": inside,
            }
        )
    return found


# A page that saves while somebody types must hear in words of its own that they are signed out:
# sent on to the sign-in page, it would take that page for an answer.
@login_not_required
@require_http_methods(["GET", "POST"])
def application_edit(request: HttpRequest, pk: UUID, section: int) -> HttpResponse:
    """One section of the form, for whoever is signed in."""
    asks = background.asks_in_background(request)
    if request.user.is_authenticated:
        signed_in_as = cast("PortalRequest", request)
        if asks and request.method != "POST":
            return background.who_is_here(signed_in_as)
        sent = signed_in_as.POST
        try:
            page = edit_section(signed_in_as, pk, section)
        except FormMoved:
            # While this request was under way: once more, with the questions as they are now.
            signed_in_as.POST = sent
            page = edit_section(signed_in_as, pk, section)
        return packed(signed_in_as, page)
    if asks:
        return JsonResponse({"signed_out": True}, status=401)
    return redirect_to_login(request.get_full_path())


def packed(request: PortalRequest, page: HttpResponse) -> HttpResponse:
    """The page of a form as a slow line carries it: the longest is a seventh of its size.

    Pages for one person are not packed elsewhere (BREACH): their length would tell whether what a
    stranger puts on them stands there already. Only a team writes on this one, and what a link
    adds to its address is the one thing of a stranger's that could stand on it.
    """
    if request.method != "GET" or request.META.get("QUERY_STRING"):
        return page
    return cast("HttpResponse", _gzip.process_response(request, page))


def edit_section(request: PortalRequest, pk: UUID, section: int) -> HttpResponse:
    """One section of the form; saved by the button, or in the background while typing."""
    application = own_application(request, pk, **COLUMN, **known.COLUMN)
    if not request.user.has_perm("challenges.change_application", application):
        raise Http404
    # What is posted too late is refused by the action, and the page keeps what was typed.
    if request.method != "POST" and (elsewhere := away_if_shut(request, application)):
        return elsewhere
    questions = questions_of(application)
    if request.method == "POST" and not background.is_of_another(request):
        has_chosen(request, application.call)
    given = answers_of(application)
    sections = sections_of(application, questions, given, section)
    names: dict[str, str] = {}
    if request.method == "POST":
        # The page may be older than the form: no word is lost for that.
        names, section = onward.follow(request, application, questions), min(section, len(sections))
    if not 1 <= section <= len(sections):
        raise Http404
    inside = sections[section - 1]["questions"]
    if request.method == "POST":
        inside = onward.on_the_page(request, inside, questions)
    if request.method == "POST" and background.asks_in_background(request):
        saved = background.save(request, application, inside, given)
        return onward.in_old_names(saved, names)
    if request.method == "POST":
        form = SectionForm(
            request.POST, request.FILES, questions=inside, answers=given, form_questions=questions
        )
        return save_section(request, application, form, sections, section)
    form = SectionForm(questions=inside, answers=given, form_questions=questions)
    return render_section(request, application, form, sections, section, answered=given)


def save_section(
    request: PortalRequest,
    application: Application,
    form: SectionForm,
    sections: list[dict[str, Any]],
    section: int,
) -> HttpResponse:
    """Keep what came, say what is wrong, go on to where the person wants to go."""
    form.is_valid()
    saved, refusal = keep_section(request, application, form)
    form.show_problems()
    if saved is None:
        messages.error(request, refusal)
        return render_section(request, application, form, sections, section, status=409)
    taken = take_notes(request, application, form.questions)
    if saved.conflicts or saved.too_long or form.errors or taken.left:
        # With the notes that were just written.
        application = own_application(request, application.pk, **COLUMN, **known.COLUMN)
        return show_what_is_wrong(request, application, form, saved, sections, section, taken=taken)
    if request.POST.get("go") == "next":
        if section < len(sections):
            return redirect("challenges:application-edit", application.pk, section + 1)
        return redirect("challenges:application-check", application.pk)
    if not request.POST.get("remove"):
        messages.success(request, _("Saved."))
    if READ in request.POST:
        return redirect(f"{sections[section - 1]['url']}{SWITCH}")
    pressed = request.POST.get("take") or known.place(request)
    beside = pressed or taken.beside.removeprefix("q_")
    place = f"#q_{key.hex}" if (key := as_key(beside)) else ""
    return redirect(f"{sections[section - 1]['url']}{place}")


def keep_section(
    request: PortalRequest, application: Application, form: SectionForm
) -> tuple[Saved | None, str]:
    """Answers and files, or the sentence that refuses them all."""
    if background.is_of_another(request):
        return None, _(
            "You are signed in as %(who)s now, and somebody else opened this page. Nothing is saved"
            " yet: press Save to keep what stands here as yours."
        ) % {"who": request.user.shown_name}
    values = form.values()
    # "Take theirs": what was typed here gives way to what is kept.
    values.pop(as_key(request.POST.get("take", "")), None)  # type: ignore[arg-type]
    try:
        with noting_refusal(application=application, by=request.user, kind=AttemptKind.SAVE):
            saved = save_answers(
                application=application, values=values, versions=form.versions(), by=request.user
            )
        attach_files(form, application, by=request.user)
        for question in form.questions:
            if request.POST.get("remove") == question.pk.hex:
                remove_file(application=application, question=question, by=request.user)
        # Where two texts stand side by side, neither goes into the record.
        agreed = [one for one in form.questions if one.pk not in saved.conflicts]
        known.act(request, application, agreed)
    except FormMoved:
        raise
    except StepRefused as reason:
        return None, str(reason)
    return saved, ""


@require_safe
def signed_in(request: PortalRequest) -> HttpResponse:
    """The end of signing in again in a window beside the page that somebody was writing on."""
    return render(request, "challenges/signed_in.html")


def attach_files(form: SectionForm, application: Application, *, by: User) -> None:
    """Take the files in; what the store does not take is said beside the field."""
    for question, upload in form.uploads().items():
        try:
            attach_file(application=application, question=question, upload=upload, by=by)
        except ValidationError as problem:
            form.add_error(question.field, problem)


def show_what_is_wrong(
    request: PortalRequest,
    application: Application,
    form: SectionForm,
    saved: Saved,
    sections: list[dict[str, Any]],
    section: int,
    *,
    taken: Taken,
) -> HttpResponse:
    """The page again with everything typed; somebody else's newer text stands beside it."""
    data, touched = request.POST.copy(), form.values()
    touched.pop(as_key(request.POST.get("take", "")), None)  # type: ignore[arg-type]
    for question in form.questions:
        if question.kind == QuestionKind.FILE:
            continue
        answer = saved.answers.get(question.pk)
        value = answer.value if answer else ""
        data[f"v_{question.pk.hex}"] = str(answer.version if answer else 0)
        # Against the text that is kept, not the one on the page: a second save is a choice.
        data[f"b_{question.pk.hex}"] = answer_rules.mark_shown(question, value)
        if question.pk not in touched:
            for name, texts in answer_rules.to_fields(question, value).items():
                data.setlist(name, texts)
    again = SectionForm(
        data,
        questions=form.questions,
        answers=answers_of(application),
        form_questions=form.form_questions,
    )
    again.is_valid()
    again.show_problems()
    for question in form.questions:
        for problem in form.errors.get(question.field, []):
            counts = question.pk in touched or question.kind == QuestionKind.FILE
            if counts and problem not in again.errors.get(question.field, []):
                again.add_error(question.field, problem)
        if sentence := saved.too_long.get(question.pk):
            again.add_error(question.field, sentence)
        if other := saved.conflicts.get(question.pk):
            words = _("%(who)s changed this meanwhile. Both texts are here: choose below.")
            again.add_error(question.field, words % {"who": other.edited_by.shown_name})
    if saved.too_long:
        messages.error(request, _("Not everything is saved: see below."))
    else:
        messages.warning(request, _("Saved, but something needs your attention."))
    return render_section(
        request, application, again, sections, section, contested=saved.conflicts, left=taken.left
    )


def render_section(
    request: PortalRequest,
    application: Application,
    form: SectionForm,
    sections: list[dict[str, Any]],
    section: int,
    *,
    answered: Mapping[UUID, Answer] | None = None,
    contested: Mapping[UUID, Answer] | None = None,
    left: Mapping[UUID, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page of one section; after a save its answers are read again.

    ``contested`` are the answers of others that stand beside what was typed, ``left`` the notes
    that could not be kept.
    """
    if answered is None:
        answered = answers_of(application)
    files = {
        question.pk: answered[question.pk].document
        for question in form.questions
        if question.pk in answered and answered[question.pk].document_id
    }
    known_of = known.lines(application, form.questions, answered, reader=request.user)
    earlier = known.earlier_files(application, form.questions, answered, reader=request.user)
    notes, refused = notes_of(application), status == HTTPStatus.CONFLICT
    # What is on the page and nowhere else; of another person's page nothing is saved by itself.
    unsaved = set(form.values()) if form.is_bound and not background.is_of_another(request) else ()
    fields = [
        {
            "question": question,
            "conflict": background.entry_of(question, other, request.user)
            if (other := (contested or {}).get(question.pk))
            else None,
            "notes": [note for note in notes if note.question == question.pk],
            "open_notes": sum(
                note.question == question.pk and not note.is_settled for note in notes
            ),
            "note_left": (left or {}).get(question.pk, ""),
            "is_unsaved": question.pk in unsaved,
            "known": known_of.get(question.pk, ""),
            "field": form[question.field],
            "document": files.get(question.pk),
            "earlier": earlier.get(question.pk),
        }
        for question in form.questions
    ]
    is_shut = refused and why_shut(application, clock.database_now()) is not None
    context = {
        "application": application,
        "call": application.call,
        "form": form,
        "fields": fields,
        "questions": drawing.draw(fields, form=form, application=application, is_shut=is_shut),
        "sections": sections,
        "section": sections[section - 1],
        "number": section,
        "is_last": section == len(sections),
        "languages": switch_of(application.call, form.form_questions),
        # What was refused is on the page and nowhere else; nothing may look saved.
        "refused": refused,
        "account": background.account_mark(request.user),
        "blank": {"who": "", "at": "", "words": "", "mine": False},
        "saved_at": "" if refused else background.hour_of(application.edited_at),
        "is_shut": is_shut,
    }
    return render(request, "challenges/application_edit.html", context, status=status)


def problem_of(missing: answer_rules.Missing, given: Mapping[UUID, Answer]) -> str:
    """What is wrong with an answer; a file that is there and does not count was refused."""
    document = given[missing.question.pk].document if missing.question.pk in given else None
    if document is None:
        return missing.problem
    said = _("Our check refused %(name)s. Put another file in its place.")
    return said % {"name": document.name}


@require_http_methods(["GET", "POST"])
def application_check(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Everything on one page, what is missing with links, and the button that submits."""
    application = own_application(request, pk, **COLUMN)
    if request.method == "POST":
        return submit(request, application)
    if elsewhere := away_if_shut(request, application):
        return elsewhere
    questions = questions_of(application)
    given = answers_of(application)
    sections = sections_of(application, questions, given)
    by_name = {section["name"]: section for section in sections}
    missing = [
        {
            "label": answer_rules.label_marked(one.question),
            "problem": problem_of(one, given),
            "url": f"{by_name[one.section]['url']}#{one.question.field}",
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
        "words": {
            question.pk: answer_rules.value_in_words(question, given[question.pk].value)
            for question in questions
            if question.pk in given
        },
        "asked": conditions.shown(questions, given),
        "languages": switch_of(application.call, questions),
        "unsent": answer_rules.unsent(questions, given),
        "missing": missing,
        "form": form,
        "may_submit": request.user.has_perm("challenges.submit_application", application),
        "may_write": request.user.has_perm("challenges.change_application", application),
        "account": background.account_mark(request.user),
        "partners": application.consortium.all(),
        "against": against_rules(application),
        "differing": differing(application, given, reader=request.user),
    }
    return render(request, "challenges/application_check.html", context)


def submit(request: PortalRequest, application: Application) -> HttpResponse:
    """The deciding request: small, repeatable, decided by the database's clock."""
    form = SubmitForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The page was not complete. Please submit again."))
        return redirect("challenges:application-check", application.pk)
    try:
        with noting_refusal(application=application, by=request.user, kind=AttemptKind.SUBMIT):
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
