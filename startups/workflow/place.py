"""The life of a place in a cohort, from the offer to the alumni, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from portal import clock
from portal.choices import Role
from portal.models import ClockNow, Reminder, User
from portal.workflow import WALLS, Step, StepRefused, Transition, Workflow
from startups.choices import IN_PROGRAMME, TOOK_PART, CohortState, PlaceState as State
from startups.models import Acquaintance, Place
from startups.notices.cohort import (
    AnswerDateMoved,
    OfferAccepted,
    OfferClosed,
    OfferEnded,
    OfferExtended,
    OfferRefused,
    ProgrammeCompleted,
    ProgrammeEnded,
    ProgrammeStarted,
    TakingPartConfirmed,
    WelcomedAsAlumni,
)
from startups.workflow.mentoring import mentoring_workflow

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from startups.models import Cohort, Startup

#: Whoever takes a place waits here for those who take one at the same time, then counts.
COHORT_FIRST = (("cohort", "NO KEY UPDATE"),)
#: How many days before the answer date an owner is reminded of an offer, by kind.
BEFORE = {"offer_3_days": 3, "offer_1_day": 1}
#: Told to staff at the answer date itself, where nobody has answered.
UNANSWERED = "offer_unanswered"
RUNNERS = (Role.MANAGER, Role.COORDINATOR)


def with_names(places: QuerySet[Place]) -> QuerySet[Place]:
    """What guards and letters read."""
    return places.select_related("cohort__programme", "startup")


def before_the_answer_date(step: Step[Place]) -> StrOrPromise | None:
    """By the database's clock, read after the locks."""
    place = step.record
    if step.at < place.answer_by:
        return None
    return _("This offer was open until %(when)s. Write to %(contact)s.") % {
        "when": clock.in_both_zones(place.answer_by, place.cohort.time_zone, clock.reader_zone()),
        "contact": place.cohort.programme.mailbox,
    }


def when_terms_are_accepted(step: Step[Place]) -> StrOrPromise | None:
    """The terms that stand now were agreed to, not an earlier version of them."""
    if "terms_version" not in step.data:
        return None  # asked for the button only
    if step.data["terms_version"] == step.record.cohort.terms_version:
        return None
    return _("Read and accept the terms (version %(version)s) to take part.") % {
        "version": step.record.cohort.terms_version
    }


def while_one_is_left(step: Step[Place]) -> StrOrPromise | None:
    """Counted behind the lock of the cohort's row: nobody takes one meanwhile."""
    cohort = step.record.cohort
    if cohort.held_places.taken().count() < cohort.places:
        return None
    return all_taken() + " " + _("Write to %(contact)s.") % {"contact": cohort.programme.mailbox}


def all_taken() -> str:
    """The sentence for whoever comes second, whichever wall stops them."""
    return _("Others accepted before you, and nobody more can take part. Your offer is kept.")


def when_it_can_be_offered(step: Step[Place]) -> StrOrPromise | None:
    """The cohort is ready, and there is time to answer."""
    cohort = step.record.cohort
    if cohort.state == CohortState.CLOSED:
        return _("This cohort is closed.")
    if not (cohort.terms and cohort.terms_version):
        return _("Write the terms of taking part and their version into the cohort first.")
    if step.record.answer_by <= step.at:
        return _("The answer date has passed already. Choose a later one.")
    return when_the_cohort_is_over(step.record, step.record.answer_by)


def when_the_cohort_is_over(place: Place, answer_by: datetime) -> StrOrPromise | None:
    """Nobody says yes to what has ended."""
    cohort = place.cohort
    if clock.local(answer_by, cohort.zone).date() <= cohort.ends_on:
        return None
    return _("The cohort ends on %(day)s. Choose an answer date before that.") % {
        "day": date_format(cohort.ends_on, "D j M Y")
    }


def when_the_new_date_is_ahead(step: Step[Place]) -> StrOrPromise | None:
    """There is time to answer, and another date than before."""
    answer_by = step.data.get("answer_by")
    if answer_by is None:
        return None  # asked for the button only
    if answer_by <= step.at:
        return _("The answer date has passed already. Choose a later one.")
    if answer_by == step.record.answer_by:
        return _("This is the answer date already.")
    return when_the_cohort_is_over(step.record, answer_by)


def when_there_is_a_text(step: Step[Place]) -> StrOrPromise | None:
    """Nobody approves an empty text."""
    if "text" not in step.data or step.data["text"]:
        return None
    return _("Write the text first: the public reads it.")


def accept(step: Step[Place]) -> dict[str, Any]:
    """Who answered when, and to which terms they agreed."""
    return {"terms_version": step.data.get("terms_version", ""), **answer(step)}


def answer(step: Step[Place]) -> dict[str, Any]:
    """Who answered when, and why if they said so."""
    return {
        "answered_at": ClockNow(),
        "answered_by": step.actor,
        "reason": step.reason[:500],
    }


def note_the_reason(step: Step[Place]) -> dict[str, Any]:
    """Why it came to an end."""
    return {"reason": step.reason[:500]}


def move_answer_date(step: Step[Place]) -> dict[str, Any]:
    """The new instant, with a new version that reminders are planned from."""
    place = step.record
    step.facts.update(
        before=place.answer_by.isoformat(),
        after=step.data["answer_by"].isoformat(),
        version=place.answer_version + 1,
    )
    return {"answer_by": step.data["answer_by"], "answer_version": place.answer_version + 1}


def approve_text(step: Step[Place]) -> dict[str, Any]:
    """The words as they were read, from now on for everybody."""
    return {
        "public_text": step.data["text"],
        "public_text_approved_at": ClockNow(),
        "public_text_approved_by": step.actor,
    }


def keep_text(step: Step[Place]) -> dict[str, Any]:
    """The words for ourselves: what changes is approved anew."""
    return {
        "public_text": step.data["text"],
        "public_text_approved_at": None,
        "public_text_approved_by": None,
    }


def plan_reminders(step: Step[Place]) -> None:
    """Owners are reminded while they can answer; staff hear of an offer that nobody answered."""
    place = step.record
    Reminder.objects.drop(place, but=place.answer_version)
    due = [
        (kind, owner, clock.days_before(place.answer_by, place.cohort.time_zone, days))
        for owner in place.startup.owners()
        for kind, days in BEFORE.items()
    ]
    due += [(UNANSWERED, colleague, place.answer_by) for colleague in runners_of(place, at=step.at)]
    Reminder.objects.plan(place, due, version=place.answer_version, now=step.at)


def runners_of(place: Place, *, at: datetime) -> list[User]:
    """Who runs the cohort."""
    return list(User.objects.holding(*RUNNERS, programme=place.programme_key, at=at))


def drop_reminders(step: Step[Place]) -> None:
    """It is answered."""
    Reminder.objects.drop(step.record)


def end_the_coaching(step: Step[Place]) -> None:
    """Who has left is nobody's to coach: mentors lose the file, and both sides are told."""
    for mentoring in step.record.mentorings.active().order_by("pk"):
        mentoring_workflow.perform(mentoring, "end", actor=None, reason=step.reason)


def name_the_next(step: Step[Place]) -> None:
    """Staff are told who runs the cohort and who is next for what came free."""
    step.data = {**step.data, "runners": runners_of(step.record, at=step.at)}


place_workflow: Workflow[Place] = Workflow(
    Place,
    Transition(
        name="offer",
        label=gettext_lazy("Offer"),
        permission="startups.add_place",
        sources={State.INVITED},
        target=None,
        locks=COHORT_FIRST,
        reads=with_names,
        guards=(when_it_can_be_offered,),
        effects=(plan_reminders,),
        notices=(OfferExtended(),),
        internal=True,
    ),
    Transition(
        name="confirm",
        label=gettext_lazy("Accept the offer"),
        permission="startups.answer_place",
        sources={State.INVITED},
        target=State.CONFIRMED,
        locks=COHORT_FIRST,
        reads=with_names,
        guards=(before_the_answer_date, when_terms_are_accepted, while_one_is_left),
        changes=accept,
        effects=(drop_reminders, name_the_next),
        notices=(TakingPartConfirmed(), OfferAccepted()),
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="refuse",
        label=gettext_lazy("Refuse the offer"),
        permission="startups.answer_place",
        sources={State.INVITED},
        target=State.REFUSED,
        reads=with_names,
        changes=answer,
        effects=(drop_reminders, name_the_next),
        notices=(OfferRefused(), OfferClosed()),
        needs_data=True,
        destructive=True,
    ),
    Transition(
        name="move-answer-date",
        label=gettext_lazy("Move the answer date"),
        permission="startups.change_place",
        sources={State.INVITED},
        target=None,
        reads=with_names,
        guards=(when_the_new_date_is_ahead,),
        changes=move_answer_date,
        effects=(plan_reminders,),
        notices=(AnswerDateMoved(),),
        needs_data=True,
    ),
    Transition(
        name="end-offer",
        label=gettext_lazy("End the offer"),
        permission="startups.change_place",
        sources={State.INVITED},
        target=State.ENDED,
        reads=with_names,
        changes=note_the_reason,
        effects=(drop_reminders, name_the_next),
        notices=(OfferEnded(), OfferClosed()),
        needs_reason=True,
        destructive=True,
    ),
    Transition(
        name="step-back",
        label=gettext_lazy("Step back"),
        permission="startups.step_back_place",
        sources={State.INVITED},
        target=State.ENDED,
        reads=with_names,
        changes=note_the_reason,
        effects=(drop_reminders,),
        internal=True,
    ),
    Transition(
        name="start",
        label=gettext_lazy("Begin"),
        permission="startups.change_place",
        sources={State.CONFIRMED},
        target=State.ACTIVE,
        reads=with_names,
        notices=(ProgrammeStarted(),),
        primary=True,
    ),
    Transition(
        name="complete",
        label=gettext_lazy("Complete"),
        permission="startups.change_place",
        sources={State.ACTIVE},
        target=State.COMPLETED,
        reads=with_names,
        notices=(ProgrammeCompleted(),),
        primary=True,
    ),
    Transition(
        name="drop-out",
        label=gettext_lazy("Drop out"),
        permission="startups.change_place",
        sources=IN_PROGRAMME,
        target=State.DROPPED_OUT,
        reads=with_names,
        changes=note_the_reason,
        effects=(end_the_coaching,),
        notices=(ProgrammeEnded(),),
        needs_reason=True,
        destructive=True,
    ),
    Transition(
        name="make-alumni",
        label=gettext_lazy("Make alumni"),
        permission="startups.change_place",
        sources={State.COMPLETED},
        target=State.ALUMNI,
        reads=with_names,
        notices=(WelcomedAsAlumni(),),
        primary=True,
    ),
    Transition(
        name="approve-text",
        label=gettext_lazy("Approve and publish"),
        permission="startups.approve_text_place",
        sources=TOOK_PART,
        target=None,
        guards=(when_there_is_a_text,),
        changes=approve_text,
        needs_data=True,
    ),
    Transition(
        name="keep-text",
        label=gettext_lazy("Keep it to ourselves"),
        permission="startups.approve_text_place",
        sources=TOOK_PART,
        target=None,
        changes=keep_text,
        needs_data=True,
    ),
)


def offer_place(
    *,
    cohort: Cohort,
    startup: Startup,
    answer_by: datetime,
    by: User,
    answer_path: str = "",
    reserve: bool = False,
) -> Place:
    """Make the place and offer it, in the transaction of whoever asks.

    Raises:
        StepRefused: it has or had one in this cohort, the cohort is not ready, the date is past.
    """
    if cohort.held_places.filter(startup=startup).exists():
        raise StepRefused(
            _("%(startup)s has been offered to take part in %(cohort)s before.")
            % {"startup": startup.name, "cohort": cohort.name}
        )
    place = Place.objects.create(
        cohort=cohort,
        startup=startup,
        answer_by=answer_by,
        answer_path=answer_path,
        offered_by=by,
    )
    # From the first offer on the programme's staff may read the record.
    Acquaintance.objects.get_or_create(startup=startup, programme_id=cohort.programme_id)
    place_workflow.perform(place, "offer", actor=by, data={"reserve": reserve})
    return place


def why_not(place: Place, name: str, user: User) -> StrOrPromise | None:
    """Why the person cannot take the step now; None where they can."""
    transition = place_workflow.transitions[name]
    if place.state not in transition.sources:
        return _("This step is not possible any more: the state is now “%(state)s”.") % {
            "state": place.get_state_display()
        }
    if not user.has_perm(transition.permission, place):
        return _("An owner of your organisation answers the offer.")
    found = next((one for one in place_workflow.offered_to(user, place) if one.name == name), None)
    return found.refusal if found else None


def offered_before() -> StrOrPromise:
    """The sentence for whoever offers at the same moment as a colleague."""
    return _("It has been offered to this organisation before. Open the page again.")


WALLS["place_is_left"] = all_taken
WALLS["place_is_offered_once"] = offered_before
