"""Coaching sessions: the page for both sides, planning, moving, steps, the calendar entry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal import clock
from portal.calendars import ics_response
from portal.workflow import StepRefused
from startups.actions import coaching
from startups.choices import SessionState
from startups.forms.coaching import PlanForm
from startups.models import CoachingSession, Mentor, Place
from startups.workflow.coaching import session_workflow, with_both_sides

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse
    from django_stubs_ext import StrOrPromise

    from portal.http import PortalRequest

#: The steps that are one click on the session's page, and what is said afterwards.
SAID: dict[str, StrOrPromise] = {
    "cancel": gettext_lazy("Cancelled. Both sides get a letter; calendars take the entry out."),
    "miss": gettext_lazy("Kept: nobody came. We do not ask for a log any more."),
    "confirm": gettext_lazy("Thank you. The log is confirmed and stays as it is."),
}


def visible_session(request: PortalRequest, pk: UUID) -> CoachingSession:
    """The session, for whoever sees it; strangers learn nothing."""
    rows = CoachingSession.objects.visible_to(request.user).filter(pk=pk).distinct()
    return get_object_or_404(with_both_sides(rows))


def both_clocks(session: CoachingSession) -> list[tuple[str, str]]:
    """The time as each side reads it from the wall."""
    zones = {session.mentor_zone: str(session.mentor)}
    startup = session.place.startup.name
    if session.startup_zone in zones:
        zones[session.startup_zone] += f", {startup}"
    else:
        zones[session.startup_zone] = startup
    return [
        (f"{who} ({clock.place_of(zone)})", clock.in_words(session.starts_at, zone))
        for zone, who in zones.items()
    ]


@require_safe
def session_detail(request: PortalRequest, pk: UUID) -> HttpResponse:
    """One session for both sides: when, what was said, what each will do, what one may do now."""
    session, user = visible_session(request, pk), request.user
    offers = {offer.name: offer for offer in session_workflow.offered_to(user, session)}
    is_mentor = session.mentor.user_id == user.pk
    note = getattr(session, "private_note", None) if is_mentor else None
    context: dict[str, Any] = {
        "session": session,
        "place": session.place,
        "clocks": both_clocks(session),
        "items": session.action_items.select_related("mentor__user"),
        "offers": offers,
        "own_note": note,
        "leads": not is_mentor and note_is_there(session, user),
        "is_mentor": is_mentor,
        "is_member": session.place.startup.has_member(user),
        "is_planned": session.state == SessionState.PLANNED,
        "following": session.next_session,
        "seen": session.logged_at.isoformat() if session.logged_at else "",
    }
    return render(request, "startups/session_detail.html", context)


def note_is_there(session: CoachingSession, user: Any) -> bool:
    """Whether there is a private note that the person may open, which is then written down."""
    note = getattr(session, "private_note", None)
    return note is not None and bool(user.has_perm("startups.view_privatenote", note))


@require_http_methods(["GET", "POST"])
def session_plan(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Agree on a time with a startup of mine, or of a cohort I run."""
    user = request.user
    places = Place.objects.visible_to(user).select_related("startup", "cohort", "group")
    place = get_object_or_404(places.distinct(), pk=pk)
    mine = coaching.mentoring_of(place, user)
    if mine is None and not user.has_perm("startups.add_mentoring", place):
        raise PermissionDenied
    active = place.mentorings.active().select_related("mentor__user")
    mentors = [mine.mentor] if mine else [one.mentor for one in active]
    if not mentors:
        messages.error(request, _("Nobody coaches this startup yet. Assign a mentor first."))
        return redirect("startups:coaching-file", place.pk)
    link = mentors[0].call_link if len(mentors) == 1 else ""
    form = PlanForm(
        request.POST or None, mentors=mentors, zone=user.time_zone, initial={"call_link": link}
    )
    if request.method == "POST" and form.is_valid():
        plan = form.plan()
        minutes = form.cleaned_data["minutes"]
        del plan["ends_at"]
        try:
            session = coaching.plan_session(
                place=place, mentor=form.cleaned_data["mentor"], minutes=minutes, by=user, **plan
            )
        except StepRefused as refusal:
            form.add_error("starts_at", str(refusal))
        else:
            messages.success(
                request, _("Planned. Both sides get a letter with the calendar entry.")
            )
            return redirect(session)
    return _plan_page(request, place, form, mentors[0], session=None)


@require_http_methods(["GET", "POST"])
def session_move(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Another time, link or agenda for a session that is planned."""
    session, user = visible_session(request, pk), request.user
    if not user.has_perm("startups.plan_coachingsession", session):
        raise PermissionDenied
    if session.state != SessionState.PLANNED:
        messages.error(request, _("This session is not planned any more."))
        return redirect(session)
    known = {
        "starts_at": clock.local(session.starts_at, user.time_zone).replace(tzinfo=None),
        "minutes": session.planned_minutes,
        **{name: getattr(session, name) for name in ("call_link", "topic", "agenda")},
    }
    form = PlanForm(
        request.POST or None, mentors=[session.mentor], zone=user.time_zone, initial=known
    )
    if request.method == "POST" and form.is_valid():
        try:
            moved = coaching.change_plan(session=session, plan=form.plan(), by=user)
        except StepRefused as refusal:
            form.add_error("starts_at", str(refusal))
        else:
            told = _("Moved. Both sides get a letter; calendars take the new entry.")
            messages.success(request, told if moved else _("Saved. Nobody gets a letter."))
            return redirect(session)
    return _plan_page(request, session.place, form, session.mentor, session=session)


def _plan_page(
    request: PortalRequest,
    place: Place,
    form: PlanForm,
    mentor: Mentor,
    *,
    session: CoachingSession | None,
) -> HttpResponse:
    """The form, with what the clocks of both sides show now."""
    now = timezone.now()
    zones = {
        request.user.time_zone: _("your clock"),
        mentor.user.time_zone: str(mentor),
        place.startup_zone: place.startup.name,
    }
    clocks = [(clock.place_of(zone), clock.in_words(now, zone), who) for zone, who in zones.items()]
    context = {"place": place, "form": form, "session": session, "clocks": clocks}
    status = 422 if form.is_bound else 200
    return render(request, "startups/session_plan.html", context, status=status)


@require_POST
def session_step(request: PortalRequest, pk: UUID, name: str) -> HttpResponse:
    """Cancel, say that nobody came, or confirm."""
    session = visible_session(request, pk)
    if name not in SAID:
        raise Http404
    data = {"seen": request.POST.get("seen", "")} if name == "confirm" else {}
    try:
        session_workflow.perform(
            session, name, actor=request.user, reason=request.POST.get("reason", ""), data=data
        )
    except StepRefused as refusal:
        if refusal.permission:
            raise PermissionDenied from refusal
        messages.error(request, str(refusal))
    else:
        messages.success(request, str(SAID[name]))
    return redirect(session)


@require_safe
def session_calendar(request: PortalRequest, pk: UUID) -> HttpResponse:
    """The entry for a calendar program, as it stands now."""
    session = visible_session(request, pk)
    entry = session.calendar_entry(zone=request.user.time_zone, join=True)
    return ics_response([entry], "session.ics")
