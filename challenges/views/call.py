"""Public pages of calls."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.contrib.auth.decorators import login_not_required
from django.db.models import Exists, OuterRef, Prefetch, Q, prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from challenges.actions.alert import has_alert
from challenges.actions.call import previewed
from challenges.choices import Phase
from challenges.models import Application, Call, EligibilityRule, Question, describe
from challenges.models.talk import talk_of, with_talk
from challenges.models.version import with_version
from challenges.papers import WORD, blank_form_in_word, choices_of, notes_marked
from challenges.views.reading import switch_of
from portal import reading
from portal.kept import kept, may_be_kept
from startups.choices import MemberRole

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest

    from challenges.models.call import CallQuerySet
    from portal.models import User

SEARCH_LENGTH = 100
#: Whether there is anything to check before one applies.
HAS_RULES = Exists(EligibilityRule.objects.filter(call=OuterRef("pk")))


@login_not_required
@require_safe
def call_list(request: HttpRequest) -> HttpResponse:
    """The departure board: open, upcoming and closed calls, with a search."""
    wanted = request.GET.get("q", "").strip()[:SEARCH_LENGTH]
    calls = Call.objects.public().for_board()
    if wanted:
        calls = calls.filter(
            Q(title__icontains=wanted)
            | Q(summary__icontains=wanted)
            | Q(programme__name__icontains=wanted)
            | Q(programme__city__icontains=wanted)
        )
    found = list(calls.order_by("closes_at")[:300])
    boards = [
        (Phase.OPEN, [call for call in found if call.phase == Phase.OPEN]),
        (Phase.UPCOMING, [call for call in found if call.phase == Phase.UPCOMING]),
        (
            Phase.CLOSED,
            [call for call in reversed(found) if call.phase not in {Phase.OPEN, Phase.UPCOMING}],
        ),
    ]
    context = {"boards": boards, "wanted": wanted, "count": len(found)}
    return render(request, "challenges/call_list.html", context)


@cache
def _calls() -> CallQuerySet:
    """Calls with all that their page shows: put together once, never read itself."""
    calls: CallQuerySet = with_talk(Call.objects.public().for_board().annotate(has_rules=HAS_RULES))
    return calls


@cache
def _calls_with_version() -> CallQuerySet:
    """The same with what changes when any of it does."""
    return with_version(_calls())


@login_not_required
@require_safe
def call_detail(request: HttpRequest, slug: str) -> HttpResponse:
    """One call: facts, deadline and the action in sight, then the text."""
    if not may_be_kept(request):
        call = get_object_or_404(_calls(), slug=slug)
        return render(request, "challenges/call_detail.html", call_context(request, call))
    call = get_object_or_404(_calls_with_version(), slug=slug)
    return kept(request, mark_of(call), lambda: call_page(request, call))


def call_page(request: HttpRequest, call: Call) -> HttpResponse:
    """The page for anybody: nothing personal, no form, no session."""
    # Who is not known has no zone of their own: hours stand in the call's, as its deadline does.
    with timezone.override(call.time_zone):
        return render(request, "challenges/call_detail.html", call_context(request, call))


def mark_of(call: Call) -> str:
    """What the page shows that can change: rows, and the words that the clock changes."""
    language = reading.order()[0] if len(call.languages) > 1 else ""
    return f"{call.__dict__['version']} {call.phase} {call.deadline.left_text} {language}"


@login_not_required
@require_safe
def call_preview(request: HttpRequest, slug: str, token: str) -> HttpResponse:
    """The call as it will read, for whoever holds the link while it is valid."""
    preview = previewed(slug=slug, token=token)
    if preview is None:
        raise Http404
    if Call.objects.public().filter(pk=preview.call_id).exists():
        return redirect(preview.call)
    zone = None if request.user.is_authenticated else preview.call.time_zone
    with timezone.override(zone or timezone.get_current_timezone()):
        context = call_context(request, preview.call) | {"preview": preview}
        response = render(request, "challenges/call_detail.html", context)
    response["X-Robots-Tag"] = "noindex"
    response["Cache-Control"] = "private, no-store"
    return response


@login_not_required
@require_safe
def call_form(request: HttpRequest, slug: str) -> HttpResponse:
    """The blank form, for paper: every question before anybody has an account."""
    call = get_object_or_404(Call.objects.public().for_board(), slug=slug)
    sections: dict[str, list[dict[str, object]]] = {}
    for question in questions_on_paper(call):
        listed: list[str] = [*question.marked_options]
        row = {
            "question": question,
            "notes": notes_marked(question),
            "choices": listed or [words for _own, words in choices_of(question)],
        }
        sections.setdefault(question.section, []).append(row)
    context = {
        "call": call,
        "sections": sections.values(),
        "languages": switch_of(call, call.asked()),
    }
    return render(request, "challenges/call_form.html", context)


@login_not_required
@require_safe
def call_form_word(request: HttpRequest, slug: str) -> HttpResponse:
    """The blank form as a text document: teams write in a shared one."""
    call = get_object_or_404(Call.objects.public().for_board(), slug=slug)
    questions_on_paper(call)
    content = blank_form_in_word(call, request.LANGUAGE_CODE)
    response = HttpResponse(content, content_type=WORD)
    response["Content-Disposition"] = f'attachment; filename="{call.slug}.docx"'
    return response


def questions_on_paper(call: Call) -> list[Question]:
    """The questions with those that they depend on, read together."""
    prefetch_related_objects([call], Prefetch("questions", with_conditions()))
    return call.asked()


def with_conditions() -> QuerySet[Question]:
    """Questions that know what shows them."""
    return Question.objects.select_related("shown_if")


def call_context(request: HttpRequest, call: Call) -> dict[str, object]:
    """What the page of a call shows."""
    mine: list[Application] = []
    may_apply, alerted = call.is_open, False
    if request.user.is_authenticated:
        mine = list(
            Application.objects.of_applicant(request.user)
            .filter(call=call)
            .select_related("startup")
        )
        may_apply = call.is_open and may_start(request.user, mine)
        alerted = not call.is_open and has_alert(call, request.user)
    questions = call.asked()
    return {
        "call": call,
        "facts": describe(call),
        "questions": questions,
        "criteria": list(call.criteria.all()),
        "talk": talk_of(call),
        "mine": mine,
        "may_apply": may_apply,
        "alerted": alerted,
    }


def may_start(user: User, mine: list[Application]) -> bool:
    """Whether there is an application to begin beside those one works on.

    For an organisation of one's own that has none yet; and for whoever only helps others, the
    first of an organisation still to be described.
    """
    own = dict(user.memberships.values_list("startup", "role"))
    taken = {application.startup_id for application in mine}
    if not taken & set(own):
        return True
    writes = {MemberRole.OWNER, MemberRole.EDITOR}
    return any(role in writes and startup not in taken for startup, role in own.items())
