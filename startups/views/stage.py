"""The stage: what the hall reads, the desk beside it, and the sheet on paper."""

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import prefetch_related_objects
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal import clock
from portal.workflow import StepRefused
from startups.actions.stage import end_pitch, start_pitch, take_back
from startups.forms.demo_day import language_name
from startups.rundown import Phase, Turn, on_stage, up_next
from startups.views.demo_day import demo_day_of, order_of, turns_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from portal.http import PortalRequest
    from portal.models import User
    from startups.models import DemoDay, Pitch

VERBS = {"start": start_pitch, "end": end_pitch, "take-back": take_back}


def now_and_next(demo_day: DemoDay, turns: list[Turn], now: datetime) -> dict[str, Any]:
    """Who speaks, how many minutes are left of the pitch or of its questions, who is next."""
    current, after = on_stage(turns), up_next(turns)
    context: dict[str, Any] = {
        "demo_day": demo_day,
        "event": demo_day.event,
        "turns": turns,
        "current": current,
        "after": after,
        "over": bool(turns) and current is None and after is None,
    }
    if current is not None:
        pitch = current.key
        gone = (now - pitch.started_at).total_seconds() / clock.MINUTE
        questions = gone >= pitch.minutes and pitch.question_minutes > 0
        end = pitch.length if questions else pitch.minutes
        context |= {"questions": questions, "left": max(ceil(end - gone), 0)}
    return context


@require_safe
def demo_day_stage(request: PortalRequest, slug: str) -> HttpResponse:
    """Dark, now, next, the minutes left, and nothing else."""
    demo_day, now = demo_day_of(request, slug), clock.database_now()
    turns = turns_of(demo_day, order_of(demo_day), now)
    return render(request, "startups/demo_day_stage.html", now_and_next(demo_day, turns, now))


@require_http_methods(["GET", "HEAD", "POST"])
def demo_day_desk(request: PortalRequest, slug: str) -> HttpResponse:
    """Who runs the day says on a phone who begins and who has ended."""
    demo_day = demo_day_of(request, slug)
    if not request.user.has_perm("startups.change_demoday", demo_day):
        raise Http404
    pitches = order_of(demo_day)
    if request.method == "POST":
        return press(request, demo_day, pitches)
    now = clock.database_now()
    context = now_and_next(demo_day, turns_of(demo_day, pitches, now), now)
    begun = [turn for turn in context["turns"] if turn.phase == Phase.OVER]
    context["last"] = max(begun, key=lambda turn: turn.ends_at) if begun else None
    return render(request, "startups/demo_day_desk.html", context)


def press(request: PortalRequest, demo_day: DemoDay, pitches: list[Pitch]) -> HttpResponse:
    """One press of a button, which names the pitch it means: the second press finds it done."""
    verb: Callable[..., bool] | None = VERBS.get(request.POST.get("verb", ""))
    wanted = request.POST.get("pitch", "")
    pitch = next((one for one in pitches if str(one.pk) == wanted), None)
    if verb is None or pitch is None:
        messages.error(request, _("This pitch is not in the running order. Nothing was changed."))
    else:
        try:
            verb(pitch=pitch, by=request.user)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
    return redirect(reverse("startups:demo-day-desk", args=[demo_day.event.slug]))


@require_safe
def demo_day_run_sheet(request: PortalRequest, slug: str) -> HttpResponse:
    """The running order on paper, with whom to call."""
    demo_day = demo_day_of(request, slug)
    user: User = request.user
    if not user.has_perm("startups.view_demoday", demo_day):
        raise Http404
    pitches = order_of(demo_day)
    prefetch_related_objects(pitches, "place__startup__contacts")
    now = clock.database_now()
    rows = []
    for number, turn in enumerate(turns_of(demo_day, pitches, now), start=1):
        pitch = turn.key
        contacts = [one for one in pitch.startup.contacts.all() if one.telephone]
        deck = pitch.shown_deck
        rows.append(
            {
                "number": number,
                "turn": turn,
                "pitch": pitch,
                "at": clock.local(turn.planned_at, demo_day.event.time_zone),
                "language": language_name(pitch.language),
                "deck": deck,
                "fingerprint": grouped(deck.sha256) if deck else "",
                "contact": contacts[0] if contacts else None,
            }
        )
    context = {"demo_day": demo_day, "event": demo_day.event, "rows": rows, "now": now}
    return render(request, "startups/demo_day_run_sheet.html", context)


def grouped(fingerprint: str) -> str:
    """The first sixteen characters in groups of four: enough to compare by eye."""
    return " ".join(fingerprint[start : start + 4] for start in range(0, 16, 4))
