"""The Demo Day for those who take part: when it is, one's turn, one's deck."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal import audit, clock
from portal.documents import serve
from portal.workflow import StepRefused
from startups.actions.pitch import hand_in_deck, prepare_pitch, why_fixed
from startups.forms.demo_day import DeckForm, PitchForm, language_name
from startups.models import DemoDay, Pitch
from startups.rundown import Slot, rundown

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.http.response import HttpResponseBase

    from portal.http import PortalRequest
    from portal.models import Document
    from startups.rundown import Turn


def demo_day_of(request: PortalRequest, slug: str) -> DemoDay:
    """The Demo Day, if the person takes part or runs it; strangers get 404."""
    rows = DemoDay.objects.visible_to(request.user).select_related("event__programme", "cohort")
    return get_object_or_404(rows, event__slug=slug)


def order_of(demo_day: DemoDay) -> list[Pitch]:
    """The running order with all that is shown of it."""
    pitches = list(demo_day.pitches.for_stage())
    for pitch in pitches:
        pitch.demo_day = demo_day
    return pitches


def turns_of(demo_day: DemoDay, pitches: Iterable[Pitch], now: datetime) -> list[Turn]:
    """When each pitches, by what has happened so far."""
    slots = [
        Slot(pitch, timedelta(minutes=pitch.length), pitch.started_at, pitch.ended_at)
        for pitch in pitches
    ]
    return rundown(slots, begins_at=demo_day.pitches_from, now=now)


def own_card(
    request: PortalRequest, turn: Turn, now: datetime, forms: dict[str, Any]
) -> dict[str, Any]:
    """What the page shows of one pitch in its own frame."""
    pitch, user = turn.key, request.user
    writes = user.has_perm("startups.prepare_pitch", pitch)
    fixed = why_fixed(pitch, now)
    event = pitch.demo_day.event
    zone = event.time_zone
    return {
        "pitch": pitch,
        "turn": turn,
        "language": language_name(pitch.language),
        "late": turn.late_by >= timedelta(minutes=1) and pitch.started_at is None,
        "fixed": fixed if writes else None,
        "form": (forms.get("form") or PitchForm(instance=pitch, event=event))
        if writes and not fixed
        else None,
        "deck_form": (forms.get("deck_form") or DeckForm()) if writes and not fixed else None,
        "deck": pitch.shown_deck,
        "deck_until": clock.Deadline.at(
            pitch.deck_until(), zone, now=now, reader_zone=clock.reader_zone()
        ),
        "is_member": pitch.startup.has_member(user),
    }


def render_day(
    request: PortalRequest,
    demo_day: DemoDay,
    *,
    forms: dict[UUID, dict[str, Any]] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The page, with what was typed wrongly beside its field."""
    user, now = request.user, clock.database_now()
    turns = turns_of(demo_day, order_of(demo_day), now)
    mine = set(
        Pitch.objects.visible_to(user).filter(demo_day=demo_day).values_list("pk", flat=True)
    )
    runs = user.has_perm("startups.view_demoday", demo_day)
    own = [] if runs else [turn for turn in turns if turn.key.pk in mine]
    context = {
        "demo_day": demo_day,
        "event": demo_day.event,
        "turns": turns,
        "mine": mine,
        "runs": runs,
        "may_run": user.has_perm("startups.change_demoday", demo_day),
        "cards": [own_card(request, turn, now, (forms or {}).get(turn.key.pk, {})) for turn in own],
        "now": now,
    }
    return render(request, "startups/demo_day_detail.html", context, status=status)


@require_safe
def demo_day_detail(request: PortalRequest, slug: str) -> HttpResponse:
    """When it is, my turn in the running order, my deck."""
    return render_day(request, demo_day_of(request, slug))


def own_pitch(request: PortalRequest, pk: UUID) -> Pitch:
    """A pitch the person may read, on a Demo Day that they may read; strangers get 404."""
    rows = Pitch.objects.visible_to(request.user).filter(
        demo_day__in=DemoDay.objects.visible_to(request.user)
    )
    return get_object_or_404(
        rows.select_related(
            *("demo_day__event__programme", "demo_day__cohort", "place__startup", "place__cohort"),
            *("deck", "frozen_deck"),
        ),
        pk=pk,
    )


def pitch_to_prepare(request: PortalRequest, pk: UUID) -> Pitch:
    """One's own pitch; those who only read it get 404 as well."""
    pitch = own_pitch(request, pk)
    if not request.user.has_perm("startups.prepare_pitch", pitch):
        raise Http404
    return pitch


@require_POST
def pitch_prepare(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Say who pitches and in which language."""
    pitch = pitch_to_prepare(request, pk)
    form = PitchForm(request.POST, instance=pitch, event=pitch.demo_day.event)
    if not form.is_valid():
        return render_day(request, pitch.demo_day, forms={pitch.pk: {"form": form}}, status=422)
    try:
        prepare_pitch(
            pitch=pitch,
            presenter=form.cleaned_data["presenter"],
            language=form.cleaned_data["language"],
            by=request.user,
        )
    except StepRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Saved."))
    return redirect(pitch.demo_day)


@require_http_methods(["GET", "HEAD", "POST"])
def pitch_deck(request: PortalRequest, pk: UUID) -> HttpResponseBase:
    """The deck: to have it, or to hand in another."""
    if request.method == "POST":
        return hand_in(request, pitch_to_prepare(request, pk))
    pitch = own_pitch(request, pk)
    document: Document | None = pitch.shown_deck
    if document is None:
        raise Http404
    if pitch.startup.has_member(request.user):
        return serve(document, to_team=True)
    audit.read(pitch, "download-file", by=request.user, facts={"document": str(document.pk)})
    return serve(document)


def hand_in(request: PortalRequest, pitch: Pitch) -> HttpResponse:
    """Take the file, or say beside the field why not."""
    form = DeckForm(request.POST, request.FILES)
    if form.is_valid():
        try:
            hand_in_deck(pitch=pitch, upload=form.cleaned_data["deck"], by=request.user)
        except StepRefused as refusal:
            messages.error(request, str(refusal))
            return redirect(pitch.demo_day)
        except ValidationError as problem:
            form.add_error("deck", problem)
        else:
            messages.success(request, _("Handed in. You may replace it until the deadline."))
            return redirect(pitch.demo_day)
    return render_day(request, pitch.demo_day, forms={pitch.pk: {"deck_form": form}}, status=422)
