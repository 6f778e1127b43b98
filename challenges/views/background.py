"""What a section of the form and its page say to each other while somebody writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import prefetch_related_objects
from django.http import JsonResponse
from django.middleware.csrf import get_token
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac

from challenges import answers as answer_rules
from challenges.actions.application import save_answers
from challenges.actions.attempts import noting_refusal
from challenges.choices import AttemptKind, QuestionKind
from challenges.forms.application import SectionForm
from challenges.views import known
from challenges.workflow.application import why_shut
from challenges.workflow.form import FormMoved
from portal import clock
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from django.http import HttpRequest

    from challenges.actions.application import Saved
    from challenges.models import Answer, Application, Question
    from portal.http import PortalRequest
    from portal.models import User

#: Sent along with every save: the names of the fields somebody wrote into, and for whom the page
#: was made.
TOUCHED, ACCOUNT = "touched", "account"
#: No version has more figures.
FIGURES = 10


def asks_in_background(request: HttpRequest) -> bool:
    """Whether the page itself asks, while a person types."""
    return request.headers.get("X-Autosave") == "1"


def account_mark(user: User) -> str:
    """A short name of the account for its own pages: what is kept on a device is kept under it."""
    return salted_hmac("challenges.draft", user.pk.hex, algorithm="sha256").hexdigest()[:20]


def is_of_another(request: PortalRequest) -> bool:
    """Whether the page was made for somebody else who was signed in in this browser before."""
    meant = request.POST.get(ACCOUNT, "")
    return bool(meant) and not constant_time_compare(meant, account_mark(request.user))


def who_is_here(request: PortalRequest) -> JsonResponse:
    """Whose session this is, and a token of it, for a page whose own session ended."""
    return JsonResponse({"account": account_mark(request.user), "token": get_token(request)})


def hour_of(instant: datetime | None) -> str:
    """14:02 JST, in the reader's zone."""
    if instant is None:
        return ""
    zone = clock.reader_zone()
    return f"{timezone.localtime(instant):%H:%M} {clock.label_of(instant, zone)}"


def save(
    request: PortalRequest,
    application: Application,
    inside: Sequence[Question],
    given: Mapping[UUID, Answer],
) -> JsonResponse:
    """Keep what the page says was touched, and tell it what others wrote meanwhile.

    ``fields`` holds what the page shall send along from now on with each answer that is kept, and
    what stands below it where it is a fact of the record; ``newer`` what colleagues wrote where
    this person did not; ``conflicts`` what they wrote where this person did; ``gone`` what the form
    does not ask any more.
    """
    if is_of_another(request):
        return JsonResponse({"other_account": True}, status=409)
    asked = [one for one in inside if one.kind != QuestionKind.FILE]
    # A page from before the names were sent sends everything: what is as shown was not touched.
    touched = request.POST.getlist(TOUCHED) if TOUCHED in request.POST else None
    named = [one for one in asked if touched is None or one.field in touched]
    form = SectionForm(request.POST, questions=named, answers=given)
    form.is_valid()
    saved: Saved | None = None
    refusal = ""
    if named:
        try:
            with noting_refusal(application=application, by=request.user, kind=AttemptKind.SAVE):
                saved = save_answers(
                    application=application,
                    values=form.values(),
                    versions=form.versions(),
                    by=request.user,
                )
        except FormMoved:
            raise
        except StepRefused as reason:
            refusal = str(reason)
    else:
        refusal = str(why_shut(application, application.call.now) or "")
    if refusal:
        return JsonResponse({"saved": "", "refusal": refusal}, status=409)
    names = {one.field for one in inside}
    sorted_answers = sorted_out(request, asked, form, saved, given)
    if saved:
        kept = [one for one in named if one.fact and one.field in sorted_answers["fields"]]
        asks = known.lines(application, kept, saved.answers, reader=request.user)
        for question in kept:
            sorted_answers["fields"][question.field]["known"] = asks.get(question.pk, "")
    return JsonResponse(
        {
            "saved": hour_of(saved.at) if saved else "",
            "refusal": next(iter(saved.too_long.values()), "") if saved else "",
            "gone": [name for name in touched or [] if name and name not in names],
            **sorted_answers,
        }
    )


def sorted_out(
    request: PortalRequest,
    asked: Sequence[Question],
    form: SectionForm,
    saved: Saved | None,
    given: Mapping[UUID, Answer],
) -> dict[str, Any]:
    """Each answer of the section: kept, written by somebody else, or both."""
    answers = saved.answers if saved else given
    sent, versions = form.values() if saved else {}, form.versions()
    fields: dict[str, Any] = {}
    newer, contested = list[Any](), list[Any]()
    for question in asked:
        answer = answers.get(question.pk)
        version = answer.version if answer else 0
        if saved and question.pk in saved.too_long:
            continue
        if saved and question.pk in saved.conflicts:
            contested.append(question)
        elif question.pk in sent or (question.pk in versions and versions[question.pk] == version):
            value = answer.value if answer else ""
            fields[question.field] = {
                "v": version,
                "b": answer_rules.mark_shown(question, value),
            }
        elif version != shown_version(request, question):
            newer.append(question)
    entries = entries_of([*newer, *contested], answers, request.user)
    return {
        "fields": fields,
        "newer": {one.field: entries[one.pk] for one in newer},
        "conflicts": [{"field": one.field, **entries[one.pk]} for one in contested],
    }


def shown_version(request: PortalRequest, question: Question) -> int:
    """The version of an answer that the page shows."""
    sent = request.POST.get(f"v_{question.pk.hex}", "")
    return int(sent) if sent.isascii() and sent.isdigit() and len(sent) <= FIGURES else 0


def entries_of(
    questions: Sequence[Question], answers: Mapping[UUID, Answer], user: User
) -> dict[UUID, dict[str, Any]]:
    """What somebody else wrote: to read, to put into the field, and by whom when."""
    if not questions:
        return {}
    found = [answers[one.pk] for one in questions if one.pk in answers]
    prefetch_related_objects(found, "edited_by")
    shown: Any = SectionForm(questions=questions, answers=answers)
    return {
        one.pk: {
            **entry_of(one, answers.get(one.pk), user),
            # The field as it is drawn with this answer: whatever its kind, the page takes over
            # what each of its controls holds.
            "html": shown[one.field].inputs,
        }
        for one in questions
    }


def entry_of(question: Question, answer: Answer | None, user: User) -> dict[str, Any]:
    """One answer with its version, its words, its author and its hour."""
    value = answer.value if answer else ""
    return {
        "v": answer.version if answer else 0,
        "b": answer_rules.mark_shown(question, value),
        "value": value,
        "words": answer_rules.value_in_words(question, value),
        "who": answer.edited_by.shown_name if answer else "",
        "at": hour_of(answer.edited_at) if answer else "",
        "mine": bool(answer and answer.edited_by_id == user.pk),
    }
