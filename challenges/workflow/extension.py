"""The life of an extension, and of a team's request for more time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F, Max
from django.utils.translation import gettext as _, gettext_lazy

from challenges import reminders
from challenges.choices import DECIDED, ApplicationState, CallState, ExtensionState, RequestState
from challenges.models import Application, Extension, MoreTimeRequest
from challenges.models.deadline import deadline_entry
from challenges.notices.extension import (
    ExtensionEnded,
    ExtensionNotConfirmed,
    MoreTimeRefused,
)
from portal import audit, outbox
from portal.models import ClockNow
from portal.workflow import Step, Transition, Workflow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from challenges.models import Call
    from portal.models import User

#: What more time can help: answers that can still be written, or written anew.
EXTENDABLE = (ApplicationState.DRAFT, ApplicationState.SUBMITTED)
# The call is shared, as those who submit do: nobody moves its deadline or sends its results
# meanwhile, and whoever grants time in the last minutes does not wait for all who submit. What
# decides is the application's own row, which a submission locks too.
SHARE_CALL = (("call", "SHARE"),)


def lock_applications(keys: Any) -> list[UUID]:
    """Lock the applications in the one order in which everybody does; below the call."""
    rows = Application.objects.filter(pk__in=keys).order_by("pk")
    return list(rows.select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


def apply_to(keys: Collection[UUID], *, now: datetime) -> list[Application]:
    """Give locked applications the latest of their extensions in force, with new reminders.

    Read in statements after the locks: whoever granted or ended another one meanwhile has
    committed, and counts. Answers those whose own deadline moved.
    """
    moved = []
    rows = Application.objects.filter(pk__in=keys).select_related("call__programme", "startup")
    latest = dict(
        Extension.objects.in_force()
        .filter(applications__in=keys)
        .order_by()
        .values_list("applications")
        .annotate(latest=Max("until"))
    )
    for application in rows.order_by("pk"):
        until = latest.get(application.pk)
        if until == application.extended_until:
            continue
        Application.objects.filter(pk=application.pk).update(
            extended_until=until, extension_version=F("extension_version") + 1
        )
        application.refresh_from_db(fields=["extended_until", "extension_version"])
        moved.append(application)
        reminders.drop(application)
        if application.state == ApplicationState.DRAFT:
            reminders.plan(application, now=now)
    return moved


def why_no_time(call: Call) -> StrOrPromise | None:
    """Why nobody can be given more time any more."""
    if call.state != CallState.PUBLISHED:
        return _("More time can be given only while the call is published.")
    if call.applications.filter(state__in=DECIDED).exists():
        return _("Results have been sent already.")
    return None


def is_of_a_team(user: User, keys: Collection[UUID]) -> bool:
    """Whether the person belongs to one of the teams."""
    return Application.objects.of_applicant(user).filter(pk__in=keys).exists()


def in_hand(extensions: QuerySet[Extension]) -> QuerySet[Extension]:
    """What guards, effects and letters read."""
    return extensions.select_related("call__programme", "granted_by", "confirmed_by")


def keys_of(extension: Extension) -> list[UUID]:
    """The applications it concerns."""
    return list(extension.applications.order_by("pk").values_list("pk", flat=True))


def by_somebody_else(step: Step[Extension]) -> StrOrPromise | None:
    """Two people stand for it."""
    if step.actor is None or step.actor.pk != step.record.granted_by_id:
        return None
    return _("You granted it yourself. Somebody else has to confirm it.")


def by_no_team(step: Step[Extension]) -> StrOrPromise | None:
    """Nobody decides about a team they belong to."""
    if step.actor is not None and is_of_a_team(step.actor, keys_of(step.record)):
        return _("You belong to one of these teams. Somebody else decides about it.")
    return None


def while_it_can_be_confirmed(step: Step[Extension]) -> StrOrPromise | None:
    """Within the day; what nobody confirmed in time has ended, also before the sweep comes by."""
    if step.at < step.record.confirm_by:
        return None
    return _("It was not confirmed in time and has ended. Grant another one if it is still needed.")


def when_time_is_up(step: Step[Extension]) -> StrOrPromise | None:
    """The day is over."""
    return _("It can still be confirmed.") if step.at < step.record.confirm_by else None


def stamp_confirmation(step: Step[Extension]) -> dict[str, Any]:
    """Who was the second person, and when."""
    return {"confirmed_by": step.actor, "confirmed_at": ClockNow()}


def fall_back(step: Step[Extension]) -> None:
    """Each team has the deadline it would have without; what was submitted stands."""
    keys = lock_applications(keys_of(step.record))
    step.data = {**step.data, "applications": len(keys)}
    for application in apply_to(keys, now=step.at):
        entry = audit.record(
            application,
            "end-extension",
            actor=step.actor,
            facts={"extension": str(step.record.pk)},
        )
        shut = step.at >= application.until
        told = Step(
            record=application,
            actor=step.actor,
            at=step.at,
            data={
                "shut": shut,
                "extension": step.record,
                "calendar": deadline_entry(application),
            },
        )
        told.entry = entry
        # Who has submitted loses nothing, and need not be worried.
        if application.state == ApplicationState.DRAFT or application.has_unsubmitted_changes:
            outbox.tell(ExtensionEnded(), told, programme=step.record.call.programme)


extension_workflow: Workflow[Extension] = Workflow(
    Extension,
    Transition(
        name="confirm",
        label=gettext_lazy("Confirm the extension"),
        permission="challenges.confirm_extension",
        sources={ExtensionState.GRANTED},
        target=ExtensionState.CONFIRMED,
        locks=SHARE_CALL,
        reads=in_hand,
        guards=(while_it_can_be_confirmed, by_somebody_else, by_no_team),
        changes=stamp_confirmation,
        primary=True,
    ),
    Transition(
        name="end",
        label=gettext_lazy("End the extension"),
        permission="challenges.end_extension",
        sources={ExtensionState.GRANTED},
        target=ExtensionState.ENDED,
        locks=SHARE_CALL,
        reads=in_hand,
        guards=(by_no_team,),
        effects=(fall_back,),
        notices=(ExtensionNotConfirmed(),),
        needs_reason=True,
        destructive=True,
    ),
    Transition(
        name="lapse",
        label=gettext_lazy("End what nobody confirmed"),
        permission="challenges.end_extension",
        sources={ExtensionState.GRANTED},
        target=ExtensionState.ENDED,
        locks=SHARE_CALL,
        reads=in_hand,
        guards=(when_time_is_up,),
        effects=(fall_back,),
        notices=(ExtensionNotConfirmed(),),
        internal=True,
    ),
)


# -- what teams ask for ---------------------------------------------------------------------------


def of_application(requests: QuerySet[MoreTimeRequest]) -> QuerySet[MoreTimeRequest]:
    """What guards and letters read."""
    return requests.select_related("application__call__programme", "application__startup")


def not_ones_own(step: Step[MoreTimeRequest]) -> StrOrPromise | None:
    """Nobody answers a team they belong to."""
    if step.actor is not None and is_of_a_team(step.actor, [step.record.application_id]):
        return _("You belong to this team. Somebody else decides about it.")
    return None


def when_answered_in_words(step: Step[MoreTimeRequest]) -> StrOrPromise | None:
    """Whoever is refused reads why."""
    if "answer" in step.data and not step.data["answer"].strip():
        return _("Write the team why: they read it.")
    return None


def keep_answer(step: Step[MoreTimeRequest]) -> dict[str, Any]:
    """Who answered what."""
    return {
        "answered_by": step.actor,
        "answered_at": ClockNow(),
        "answer": step.data.get("answer", ""),
        "extension": step.data.get("extension"),
    }


request_workflow: Workflow[MoreTimeRequest] = Workflow(
    MoreTimeRequest,
    Transition(
        name="grant",
        label=gettext_lazy("Give more time"),
        permission="challenges.answer_moretimerequest",
        sources={RequestState.ASKED},
        target=RequestState.GRANTED,
        reads=of_application,
        guards=(not_ones_own,),
        changes=keep_answer,
        needs_data=True,
        internal=True,
    ),
    Transition(
        name="refuse",
        label=gettext_lazy("Give no more time"),
        permission="challenges.answer_moretimerequest",
        sources={RequestState.ASKED},
        target=RequestState.REFUSED,
        reads=of_application,
        guards=(not_ones_own, when_answered_in_words),
        changes=keep_answer,
        notices=(MoreTimeRefused(),),
        needs_data=True,
        internal=True,
    ),
)
