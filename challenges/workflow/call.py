"""The life of a call, on one screen."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy, ngettext

from challenges import reminders
from challenges.choices import DECIDED, CallState as State, Fact, Phase
from challenges.models import Call
from challenges.notices.call import CallCancelled, DeadlineMoved
from challenges.workflow.news import MOVE_NEWS, plan_news_anew
from portal.models import ClockNow
from portal.workflow import Transition, Workflow

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.workflow import Step

#: A deadline may come earlier only if applicants still have this long.
NOTICE_OF_EARLIER = timedelta(days=7)
FULL_WEIGHT = 100


def problem_with_facts(call: Call) -> StrOrPromise | None:
    """Every fact of the box is filled in or ticked as not applicable."""
    lacking = [str(fact.label) for fact in Fact if not call.is_given(fact)]
    if not lacking:
        return None
    return _("These facts are empty: %(facts)s. Fill them in or tick “not applicable”.") % {
        "facts": ", ".join(lacking)
    }


def problem_with_questions(count: int) -> StrOrPromise | None:
    """There is something to answer."""
    return None if count else _("There is no question yet.")


def problem_with_weights(total: int) -> StrOrPromise | None:
    """The criteria's weights make 100."""
    if total == FULL_WEIGHT:
        return None
    if not total:
        return _("There are no evaluation criteria yet.")
    return _("The weights of the criteria add to %(total)d; they must add to 100.") % {
        "total": total
    }


def problem_with_terms(call: Call) -> StrOrPromise | None:
    """There are terms, with a version to agree to."""
    return None if call.terms and call.terms_version else _("The terms or their version are empty.")


def problem_with_dates(call: Call) -> StrOrPromise | None:
    """Somebody has looked at each date that came from another call."""
    if not call.to_confirm:
        return None
    names = [str(Call._meta.get_field(name).verbose_name) for name in call.to_confirm]  # type: ignore[union-attr]
    return _("These dates come from the call that was copied, and wait for a look: %(dates)s.") % {
        "dates": ", ".join(names)
    }


def while_time_is_left(step: Step[Call]) -> StrOrPromise | None:
    """The deadline is ahead."""
    return None if step.record.closes_at > step.at else _("The deadline has passed already.")


def when_ready(step: Step[Call]) -> StrOrPromise | None:
    """Nothing is missing for publishing; whatever is, is named at once."""
    call = step.record
    problems = (
        problem_with_facts(call),
        problem_with_questions(len(call.asked())),
        problem_with_weights(call.criteria.total_weight()),
        problem_with_terms(call),
        problem_with_dates(call),
        while_time_is_left(step),
    )
    return " ".join(str(problem) for problem in problems if problem) or None


def while_nobody_applied(step: Step[Call]) -> StrOrPromise | None:
    """Nothing would be taken from anybody."""
    count = step.record.applications.count()
    if not count:
        return None
    return ngettext(
        "%(count)d organisation has started to apply. Cancel the call instead.",
        "%(count)d organisations have started to apply. Cancel the call instead.",
        count,
    ) % {"count": count}


def when_closed(step: Step[Call]) -> StrOrPromise | None:
    """The call is over."""
    over = step.record.phase_at(step.at) in {Phase.CLOSED, Phase.CANCELLED}
    return None if over else _("The call is not closed yet.")


def while_no_result_is_sent(step: Step[Call]) -> StrOrPromise | None:
    """Nobody knows a result yet."""
    sent = step.record.applications.filter(state__in=DECIDED).exists()
    return _("Results have been sent already.") if sent else None


def when_deadline_is_fair(step: Step[Call]) -> StrOrPromise | None:
    """Later is always possible; earlier only for a manager, with seven days left to everybody."""
    closes_at = step.data.get("closes_at")
    if closes_at is None:
        return None  # asked for the button only
    call, accepts_until = step.record, step.data["accepts_until"]
    if closes_at <= step.at:
        return _("The new deadline has passed already. Choose a later one.")
    if accepts_until < closes_at:
        return _("The grace cannot end before the deadline.")
    if (closes_at, accepts_until) == (call.closes_at, call.accepts_until):
        return _("This is the deadline already.")
    if closes_at < call.closes_at or accepts_until < call.accepts_until:
        return _why_not_earlier(step)
    return None


def _why_not_earlier(step: Step[Call]) -> StrOrPromise | None:
    if step.actor is not None and not step.actor.has_perm(
        "challenges.bring_forward_call", step.record
    ):
        return _("Only a manager may bring a deadline forward.")
    if step.data["closes_at"] - step.at < NOTICE_OF_EARLIER:
        return _("A deadline comes earlier only if applicants still have seven days.")
    return None


def stamp_publication(_step: Step[Call]) -> dict[str, Any]:
    """When it was published first."""
    return {"published_at": ClockNow()}


def take_back(_step: Step[Call]) -> dict[str, Any]:
    """Not public any more."""
    return {"published_at": None}


def move_deadline(step: Step[Call]) -> dict[str, Any]:
    """The new instants, with a new version that reminders are planned from."""
    call = step.record
    step.facts.update(
        before=call.closes_at.isoformat(),
        after=step.data["closes_at"].isoformat(),
        version=call.deadline_version + 1,
    )
    return {
        "closes_at": step.data["closes_at"],
        "accepts_until": step.data["accepts_until"],
        "deadline_version": call.deadline_version + 1,
    }


def plan_reminders_anew(step: Step[Call]) -> None:
    """Reminders follow the deadline, or end with the call."""
    reminders.plan_anew(step.record, now=step.at)


#: Each step waits in turn (`in_turn`): three schedulers that write reminders read the call in a
#: stream, and what is not in their queue is kept away until the database gives up.
call_workflow: Workflow[Call] = Workflow(
    Call,
    Transition(
        name="publish",
        label=gettext_lazy("Publish"),
        permission="challenges.publish_call",
        sources={State.DRAFT},
        target=State.PUBLISHED,
        guards=(when_ready,),
        changes=stamp_publication,
        effects=(plan_reminders_anew, plan_news_anew),
        primary=True,
        in_turn=True,
    ),
    Transition(
        name="unpublish",
        label=gettext_lazy("Take back to draft"),
        permission="challenges.unpublish_call",
        sources={State.PUBLISHED},
        target=State.DRAFT,
        guards=(while_nobody_applied,),
        changes=take_back,
        effects=(plan_reminders_anew,),
        needs_reason=True,
        in_turn=True,
    ),
    Transition(
        name="move-deadline",
        label=gettext_lazy("Move the deadline"),
        permission="challenges.move_deadline_call",
        sources={State.PUBLISHED},
        target=None,
        guards=(while_no_result_is_sent, when_deadline_is_fair),
        changes=move_deadline,
        effects=(plan_reminders_anew,),
        notices=(DeadlineMoved(),),
        in_turn=True,
        needs_reason=True,
        needs_data=True,
    ),
    MOVE_NEWS,
    Transition(
        name="cancel",
        label=gettext_lazy("Cancel the call"),
        permission="challenges.cancel_call",
        sources={State.PUBLISHED},
        target=State.CANCELLED,
        guards=(while_no_result_is_sent,),
        effects=(plan_reminders_anew,),
        notices=(CallCancelled(),),
        needs_reason=True,
        destructive=True,
        in_turn=True,
    ),
    Transition(
        name="archive",
        label=gettext_lazy("Archive"),
        permission="challenges.archive_call",
        sources={State.PUBLISHED, State.CANCELLED},
        target=State.ARCHIVED,
        guards=(when_closed,),
        in_turn=True,
    ),
)
