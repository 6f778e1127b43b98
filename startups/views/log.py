"""Writing a session up: six fields and one button, with or without a plan; the private note."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect, render
from django.utils.formats import date_format
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods

from portal.workflow import StepRefused
from startups.actions import coaching
from startups.choices import ItemState, SessionState
from startups.forms.coaching import LogForm, PrivateNoteForm
from startups.models import CoachingSession, Place, PrivateNote
from startups.views.coaching import visible_session

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest
    from portal.models import User

#: States a log can be written in, or changed.
OPEN = {SessionState.PLANNED, SessionState.NO_SHOW, SessionState.LOGGED}


@require_http_methods(["GET", "POST"])
def session_create(request: PortalRequest) -> HttpResponse:
    """Log a session nobody had planned: at once where I coach one startup, else after choosing."""
    user = request.user
    places = list(
        Place.objects.of_mentor(user).in_programme().select_related("startup", "cohort").distinct()
    )
    chosen = request.GET.get("place", "")
    place = next((one for one in places if str(one.pk) == chosen), None)
    if place is None and chosen:
        raise Http404
    if place is None and len(places) == 1:
        place = places[0]
    if place is None:
        return render(request, "startups/session_choose.html", {"places": places})
    return _log(request, place, None)


@require_http_methods(["GET", "POST"])
def session_log(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Log a planned session, or change its log until the startup confirms."""
    session = visible_session(request, pk)
    if not request.user.has_perm("startups.log_coachingsession", session):
        raise PermissionDenied
    if session.state not in OPEN:
        sentence = (
            _("The startup has confirmed this log, so it stays as it is.")
            if session.state == SessionState.CONFIRMED
            else _("This session was cancelled. Log what took place as a session without a plan.")
        )
        messages.error(request, sentence)
        return redirect(session)
    return _log(request, session.place, session)


def _log(request: PortalRequest, place: Place, session: CoachingSession | None) -> HttpResponse:
    user = request.user
    initial = {"private_note": _own_note(session, user)}
    form = LogForm(request.POST or None, session=session, zone=user.time_zone, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        try:
            logged = coaching.log_session(
                place=place,
                session=session,
                log=form.log(),
                private_note=given["private_note"],
                promises=given["promises"],
                next_at=given["next_at"],
                key=given["key"],
                by=user,
            )
        except StepRefused as refusal:
            if refusal.permission:
                raise PermissionDenied from refusal
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _understood(logged, given["promises"]))
            return redirect(logged)
    context = {
        "form": form,
        "place": place,
        "session": session,
        "changing": session is not None and session.state == SessionState.LOGGED,
        "items": session.action_items.filter(state=ItemState.OPEN) if session else [],
        "twins": _not_logged(place, user) if session is None else [],
    }
    return render(
        request, "startups/session_log.html", context, status=422 if form.is_bound else 200
    )


def _own_note(session: CoachingSession | None, user: User) -> str:
    note = PrivateNote.objects.filter(session=session, author=user).first() if session else None
    return note.text if note else ""


def _not_logged(place: Place, user: User) -> list[CoachingSession]:
    """Planned ones of mine that wait for their log: perhaps it is one of these."""
    waiting = CoachingSession.objects.to_log().filter(place=place, mentor__user=user)
    return list(waiting.select_related("mentor__user", "place__startup")[:3])


def _understood(session: CoachingSession, promises: list[dict[str, object]]) -> str:
    """What was kept, and how the lines were read."""
    count = len(promises)
    dated = sum(promise["due_on"] is not None for promise in promises)
    said = _("Logged, %(day)s. %(startup)s is asked to confirm.") % {
        "day": date_format(session.starts_at, "D j M"),
        "startup": session.place.startup.name,
    }
    if not count:
        return said
    lines = ngettext("%d action item was kept", "%d action items were kept", count) % count
    dates = _("all with a date") if dated == count else _("%d with a date") % dated
    return f"{said} {lines}, {dates}."


@require_http_methods(["GET", "POST"])
def session_private_note(request: PortalRequest, pk: UUID) -> HttpResponse:
    """The private note: its author changes it, the programme lead reads it, and that is kept."""
    session, user = visible_session(request, pk), request.user
    if user.has_perm("startups.log_coachingsession", session):
        initial = {"text": _own_note(session, user)}
        form = PrivateNoteForm(request.POST or None, initial=initial)
        if request.method == "POST" and form.is_valid():
            coaching.note_privately(session=session, text=form.cleaned_data["text"], by=user)
            messages.success(request, _("Saved. You and the programme lead alone read it."))
            return redirect(session)
        context = {"session": session, "form": form}
        return render(request, "startups/session_private_note.html", context)
    note = coaching.read_private_note(session=session, by=user)
    if note is None or request.method == "POST":
        raise Http404
    context = {"session": session, "note": note}
    return render(request, "startups/session_private_note.html", context)
