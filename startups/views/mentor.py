"""A mentor's own pages: how they describe themselves, and the file of a startup they coach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.db.models import Prefetch
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from portal import clock
from portal.choices import Role
from portal.models import Programme
from portal.workflow import StepRefused
from startups.actions import coaching, mentoring
from startups.forms.coaching import MentorForm
from startups.models import CoachingSession, GoalReview, Mentor, Place

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest

SESSIONS_SHOWN = 20


@require_http_methods(["GET", "POST"])
def mentor_profile(request: PortalRequest, slug: str) -> HttpResponse:
    """My profile as a mentor of one programme, with the code of conduct where it is asked."""
    user = request.user
    programmes = Programme.objects.filter(pk__in=user.programmes_as(Role.MENTOR))
    programme = get_object_or_404(programmes, slug=slug)
    if Role.MENTOR not in user.roles.get(programme.pk, frozenset()):
        raise Http404
    mentor = Mentor.objects.filter(programme=programme, user=user).first()
    conduct = mentoring.conduct_to_accept(mentor)
    form = MentorForm(request.POST or None, instance=mentor, conduct=conduct)
    if request.method == "POST" and form.is_valid():
        try:
            mentoring.describe_mentor(
                programme=programme, facts=form.facts(), conduct=form.agreed_to(), by=user
            )
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request, _("Saved. You see here when a startup is given to you to coach.")
            )
            return redirect("home")
    context = {
        "programme": programme,
        "form": form,
        "mentor": mentor,
        "conduct": conduct,
        "now_there": clock.in_words(timezone.now(), user.time_zone),
        "zone_place": clock.place_of(user.time_zone),
    }
    return render(request, "startups/mentor_profile.html", context)


@require_safe
def coaching_file(request: PortalRequest, pk: UUID) -> HttpResponse:
    """What a mentor sees of a startup: facts, contacts, goals, what was agreed; nothing else."""
    user = request.user
    places = Place.objects.visible_to(user).select_related(
        "startup__sector", "cohort__programme", "group"
    )
    place = get_object_or_404(places.distinct(), pk=pk)
    startup = place.startup
    words = Prefetch("reviews", GoalReview.objects.select_related("by").order_by("-created_at"))
    sessions = (
        CoachingSession.objects.visible_to(user)
        .filter(place=place)
        .select_related("mentor__user", "place__startup")
        .order_by("-starts_at")
    )
    mine = coaching.mentoring_of(place, user)
    may_plan = mine is not None or user.has_perm("startups.add_mentoring", place)
    context: dict[str, Any] = {
        "place": place,
        "startup": startup,
        "is_member": startup.has_member(user),
        "founders": startup.founders.all(),
        "contacts": startup.contacts.all(),
        "goals": place.goals.prefetch_related(words),
        "sessions": sessions[:SESSIONS_SHOWN],
        "items": place.action_items.open().select_related("mentor__user"),
        "decks": [one.deck.name for one in place.pitches.select_related("deck") if one.deck],
        "mentors": place.mentors(),
        "mine": mine,
        "may_plan": may_plan and place.is_in_programme,
    }
    return render(request, "startups/coaching_file.html", context)
