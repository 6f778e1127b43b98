"""Verbs of mentors: describe oneself, agree to the code of conduct, be assigned to a startup."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _, ngettext

from portal import audit, clock, outbox
from portal.choices import PolicyKind, Role
from portal.models import ClockNow, PolicyText
from portal.workflow import Step, StepRefused, lock_row
from startups.choices import MentoringState
from startups.models import Mentor, Mentoring, Place
from startups.notices.coaching import MentorAssigned, MentorIntroduced
from startups.workflow.mentoring import mentoring_workflow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.models import Programme, User


class AboveCapacity(StepRefused):
    """The mentor coaches as many startups as they wanted; whoever assigns may insist."""


def conduct_in_force() -> PolicyText | None:
    """The code of conduct for mentors that applies now; where none is shipped nothing is asked."""
    return PolicyText.objects.in_force(PolicyKind.MENTORS).first()


def conduct_to_accept(mentor: Mentor | None) -> PolicyText | None:
    """The version this mentor has not agreed to yet."""
    text = conduct_in_force()
    if text is None or (mentor is not None and mentor.conduct_version == text.version):
        return None
    return text


@transaction.atomic
def describe_mentor(
    *, programme: Programme, facts: Mapping[str, Any], conduct: str, by: User
) -> Mentor:
    """Write one's own profile; ``conduct`` is the version of the code that was ticked, if any.

    Raises:
        StepRefused: no mentor there, or a newer code of conduct came into force meanwhile.
    """
    if Role.MENTOR not in by.roles.get(programme.pk, frozenset()):
        raise StepRefused(_("You may not do this."), permission=True)
    mentor = Mentor.objects.filter(programme=programme, user=by).first()
    asked = conduct_to_accept(mentor)
    if asked is not None and conduct != asked.version:
        raise StepRefused(
            _("The code of conduct has a newer version. Read it and tick it; nothing is lost.")
        )
    plain = {name: value for name, value in facts.items() if name != "sectors"}
    if mentor is None:
        mentor = Mentor.objects.create(programme=programme, user=by, **plain)
    else:
        for name, value in plain.items():
            setattr(mentor, name, value)
        mentor.save(update_fields=list(plain))
    mentor.sectors.set(facts.get("sectors", []))
    audit.record(mentor, "describe", actor=by)
    if asked is not None:
        Mentor.objects.filter(pk=mentor.pk).update(
            conduct_version=asked.version, conduct_accepted_at=ClockNow()
        )
        audit.record(mentor, "accept-conduct", actor=by)
    return mentor


def why_not_assign(*, mentor: Mentor, place: Place, above_capacity: bool) -> StepRefused | None:
    """Why this mentor cannot coach this startup, in a sentence with what to do."""
    return _why_not_these(mentor, place) or _why_not_now(mentor, place, above=above_capacity)


def _why_not_these(mentor: Mentor, place: Place) -> StepRefused | None:
    names = {"mentor": str(mentor), "startup": place.startup.name}
    if mentor.programme_id != place.programme_key:
        return StepRefused(_("%(mentor)s is a mentor of another programme.") % names)
    # An administrator who has a profile is no mentor by being one.
    if Role.MENTOR not in mentor.user.held_roles.get(mentor.programme_id, frozenset()):
        return StepRefused(
            _("%(mentor)s does not hold the role of a mentor any more. Invite them again first.")
            % names
        )
    if place.startup.has_member(mentor.user):
        return StepRefused(
            _("%(mentor)s belongs to %(startup)s. Nobody coaches their own.") % names
        )
    return None


def _why_not_now(mentor: Mentor, place: Place, *, above: bool) -> StepRefused | None:
    names = {"mentor": str(mentor), "startup": place.startup.name}
    if not place.is_in_programme:
        return StepRefused(_("%(startup)s does not take part in the cohort now.") % names)
    active = Mentoring.objects.active().filter(mentor=mentor)
    if active.filter(place=place).exists():
        return StepRefused(_("%(mentor)s coaches %(startup)s already.") % names)
    count = active.count()
    if count >= mentor.capacity and not above:
        sentence = ngettext(
            "%(mentor)s coaches %(count)d startup already and wanted at most %(most)d. "
            "Ask first; then tick that it is agreed.",
            "%(mentor)s coaches %(count)d startups already and wanted at most %(most)d. "
            "Ask first; then tick that it is agreed.",
            count,
        )
        return AboveCapacity(sentence % {**names, "count": count, "most": mentor.capacity})
    return None


@transaction.atomic
def assign_mentor(
    *, mentor: Mentor, place: Place, by: User, above_capacity: bool = False
) -> Mentoring:
    """Make somebody the mentor of a startup in a cohort; both sides get a letter.

    Raises:
        AboveCapacity: they coach as many as they wanted, and nobody said that more is agreed.
        StepRefused: not permitted, no mentor, their own startup, or assigned already.
    """
    if not by.has_perm("startups.add_mentoring", place):
        raise StepRefused(_("You may not do this."), permission=True)
    # Two who assign at once are counted one after the other.
    lock_row(Mentor, mentor.pk, "NO KEY UPDATE")
    mentor = Mentor.objects.select_related("user", "programme").get(pk=mentor.pk)
    place = Place.objects.select_related("startup", "cohort").get(pk=place.pk)
    refusal = why_not_assign(mentor=mentor, place=place, above_capacity=above_capacity)
    if refusal is not None:
        raise refusal
    mentoring = Mentoring.objects.create(place=place, mentor=mentor, assigned_by=by)
    step: Step[Mentoring] = Step(record=mentoring, actor=by, at=clock.database_now())
    step.entry = audit.record(
        mentoring, "assign", actor=by, to_state=MentoringState.ACTIVE, facts={}
    )
    for notice in (MentorAssigned(), MentorIntroduced()):
        outbox.tell(notice, step, programme=mentor.programme)
    return mentoring


def end_coaching_of(user: User) -> None:
    """Whoever closes their account coaches nobody any more, and the startups are told."""
    for mentoring in Mentoring.objects.active().filter(mentor__user=user).order_by("pk"):
        mentoring_workflow.perform(
            mentoring, "end", actor=None, reason=_("Their account was closed.")
        )
