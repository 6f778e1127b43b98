"""What mentors, and the startups they coach, find on their first page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Max, Min, Q
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from portal import clock
from portal.choices import Role
from portal.models import Programme
from portal.registry import Block, MenuItem, Sentence, Waiting, registry
from startups.actions.coaching import session_reminding
from startups.actions.mentoring import conduct_in_force, end_coaching_of
from startups.choices import HELD, MemberRole, SessionState
from startups.journey import SENTENCES
from startups.models import CoachingSession, Mentor, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from portal.models import User

#: A log is asked for with more urgency than most.
TO_LOG = -clock.DAY
NEXT_SHOWN = 3


def profiles_to_write(user: User) -> Iterator[Waiting]:
    """Programmes I coach for without a profile, or with an outdated code of conduct."""
    keys = [programme for programme, held in user.roles.items() if Role.MENTOR in held]
    if not keys:
        return
    conduct = conduct_in_force()
    agreed = dict(
        Mentor.objects.filter(user=user, programme__in=keys).values_list(
            "programme_id", "conduct_version"
        )
    )
    for programme in Programme.objects.filter(pk__in=keys):
        url = reverse("startups:mentor-profile", args=[programme.slug])
        if programme.pk not in agreed:
            yield Waiting(
                verb=_("Describe"),
                object=_("yourself as a mentor of %(programme)s") % {"programme": programme.name},
                url=url,
                when=_("so that startups that fit are given to you"),
            )
        elif conduct is not None and agreed[programme.pk] != conduct.version:
            yield Waiting(
                verb=_("Read"),
                object=_("the new code of conduct for mentors"),
                url=url,
                tone="amber",
            )


def sessions_to_log(user: User) -> Iterator[Waiting]:
    """My sessions that are over and not written up; one tap leads to the form."""
    if not user.programmes_as(Role.MENTOR):
        return
    rows = CoachingSession.objects.to_log().filter(
        mentor__user=user, mentor__programme__in=user.programmes_as(Role.MENTOR)
    )
    for session in rows.select_related("place__startup").order_by("ends_at")[:10]:
        yield Waiting(
            verb=_("Log"),
            object=_("session with %(startup)s") % {"startup": session.place.startup.name},
            url=reverse("startups:session-log", args=[session.pk]),
            when=clock.day_and_hour(session.starts_at, user.zone),
            tone="amber",
            urgency=TO_LOG,
            more_url=session.get_absolute_url(),
            more_label=_("It did not take place"),
        )


def logs_to_confirm(user: User) -> Iterator[Waiting]:
    """Logs of my startups that nobody has confirmed yet."""
    written = user.memberships.filter(role__in=[MemberRole.OWNER, MemberRole.EDITOR])
    rows = CoachingSession.objects.filter(
        state=SessionState.LOGGED, place__startup__in=written.values("startup")
    )
    for session in rows.select_related("place__startup", "mentor__user").order_by("logged_at")[:10]:
        yield Waiting(
            verb=_("Confirm"),
            object=_("session of %(day)s with %(mentor)s")
            % {"day": date_format(session.starts_at, "j M"), "mentor": session.mentor},
            url=session.get_absolute_url(),
            note=session.place.startup.name,
        )


def mentors_home(request: Any) -> Block | None:
    """My next sessions and my startups, for whoever coaches."""
    user = request.user
    if not user.is_authenticated or not any(Role.MENTOR in held for held in user.roles.values()):
        return None
    mine = Q(sessions__mentor__user=user)
    rows = (
        Place.objects.filter(pk__in=Place.objects.of_mentor(user).values("pk"))
        .select_related("startup", "cohort")
        .annotate(
            last_held=Max("sessions__starts_at", filter=mine & Q(sessions__state__in=HELD)),
            next_planned=Min(
                "sessions__starts_at",
                filter=mine
                & Q(sessions__state=SessionState.PLANNED)
                & Q(sessions__ends_at__gt=clock.database_now()),
            ),
        )
        .order_by("next_planned", "startup__legal_name")
    )
    ahead = (
        CoachingSession.objects.ahead()
        .filter(mentor__user=user, mentor__programme__in=user.programmes_as(Role.MENTOR))
        .select_related("place__startup", "mentor__user")
        .order_by("starts_at")[:NEXT_SHOWN]
    )
    return Block("startups/_home_mentor.html", {"rows": rows, "ahead": ahead}, order=-10)


def menu() -> Iterable[MenuItem]:
    """Where staff find mentors and their sessions."""
    words = (
        (gettext_lazy("Mentors"), "mentor"),
        (gettext_lazy("Who coaches whom"), "mentoring"),
        (gettext_lazy("Coaching sessions"), "coachingsession"),
    )
    for number, (label, model) in enumerate(words):
        yield MenuItem(
            group=gettext_lazy("Cohorts"),
            label=label,
            url_name=f"admin:startups_{model}_changelist",
            permission=f"startups.view_{model}",
            order=60 + number,
        )


registry.home.append(mentors_home)
registry.waiting += [profiles_to_write, sessions_to_log, logs_to_confirm]
registry.due.append(session_reminding.write_due)
registry.at_closing.append(end_coaching_of)
registry.shown_by_themselves |= {"session_logged", "log_reminded"}
registry.menu += menu()
registry.facts |= {"session": "startups.coachingsession"}
SENTENCES |= {
    f"startups.{key}": text
    for key, text in {
        "mentoring:assign": gettext_lazy("A mentor was assigned"),
        "mentoring:end": gettext_lazy("The coaching by a mentor ended"),
        "coachingsession:plan": gettext_lazy("A coaching session was planned"),
        "coachingsession:move": gettext_lazy("A coaching session was moved"),
        "coachingsession:reword": gettext_lazy("The agenda of a coaching session changed"),
        "coachingsession:cancel": gettext_lazy("A coaching session was cancelled"),
        "coachingsession:log": gettext_lazy("A coaching session was logged"),
        "coachingsession:rewrite": gettext_lazy("The log of a coaching session changed"),
        "coachingsession:miss": gettext_lazy("Nobody came to a coaching session"),
        "coachingsession:confirm": gettext_lazy("The log of a coaching session was confirmed"),
    }.items()
}
registry.sentences |= {
    f"startups.{key}": Sentence(text)
    for key, text in {
        "mentor:describe": gettext_lazy("{who} wrote the profile as a mentor"),
        "mentor:accept-conduct": gettext_lazy("{who} agreed to the code of conduct for mentors"),
        "mentoring:assign": gettext_lazy("{who} assigned a mentor"),
        "mentoring:end": gettext_lazy("{who} ended the coaching by a mentor"),
        "coachingsession:plan": gettext_lazy("{who} planned a coaching session"),
        "coachingsession:move": gettext_lazy("{who} moved a coaching session"),
        "coachingsession:reword": gettext_lazy("{who} changed the agenda of a coaching session"),
        "coachingsession:cancel": gettext_lazy("{who} cancelled a coaching session"),
        "coachingsession:log": gettext_lazy("{who} logged a coaching session of {minutes} minutes"),
        "coachingsession:rewrite": gettext_lazy("{who} changed the log of a coaching session"),
        "coachingsession:miss": gettext_lazy("{who} noted that nobody came to a session"),
        "coachingsession:confirm": gettext_lazy("{who} confirmed the log of a coaching session"),
        "privatenote:read-private-note": gettext_lazy(
            "{who} read the private note on a session: {session}"
        ),
    }.items()
}
