"""More time for some: asked for with the facts, granted, confirmed by a second person, ended."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from challenges import answers
from challenges.choices import ApplicationState, ExtensionState
from challenges.models import Application, Call, Extension, MoreTimeRequest
from challenges.models.deadline import deadline_entry
from challenges.notices.extension import ConfirmationRequested, ExtensionGranted, MoreTimeAsked
from challenges.workflow.application import answers_by_question
from challenges.workflow.extension import (
    EXTENDABLE,
    apply_to,
    extension_workflow,
    is_of_a_team,
    keys_of,
    lock_applications,
    request_workflow,
    why_no_time,
)
from portal import audit, clock, outbox
from portal.choices import UploadState
from portal.models import Upload
from portal.workflow import Step, StepRefused, lock_row

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from portal.models import User

#: So long a second person has.
TO_CONFIRM = timedelta(hours=24)
#: So long before its deadline a team is offered to ask for more time.
SHORTLY = timedelta(hours=48)
COMPLETE = 100


# -- granting -------------------------------------------------------------------------------------


@transaction.atomic
def grant_extension(
    *,
    call: Call,
    until: datetime,
    reason: str,
    by: User,
    applications: Collection[UUID] = (),
    country: str = "",
    answer: str = "",
) -> Extension:
    """More time, at once: for the applications of a list, or for all of a country.

    Whoever of them asked for it has their answer with it. Another person confirms it within a
    day, or it ends.

    Raises:
        StepRefused: not permitted, not now, nobody there, or no later than what holds already.
    """
    lock_row(Call, call.pk, "SHARE")
    call = Call.objects.select_related("programme").get(pk=call.pk)
    keys = lock_applications(
        _of_country(call, country) if country else _of_list(call, applications)
    )
    now = clock.database_now()
    if refusal := _why_not(call, keys, until=until, reason=reason, by=by, now=now):
        raise refusal
    if earlier := _granted_already(call, keys, until=until, country=country, by=by):
        return earlier
    extension = Extension.objects.create(
        call=call,
        country=country,
        until=until,
        reason=reason.strip(),
        granted_by=by,
        confirm_by=now + TO_CONFIRM,
    )
    extension.applications.set(keys)  # type: ignore[arg-type]  # UUIDs
    step = Step(record=extension, actor=by, at=now, reason=extension.reason)
    step.entry = audit.record(
        extension,
        "grant",
        actor=by,
        reason=extension.reason,
        to_state=ExtensionState.GRANTED,
        facts={"until": until.isoformat(), "applications": len(keys)},
    )
    answered = _answer_requests(extension, keys, answer=answer, by=by)
    for application in apply_to(keys, now=now):
        _tell_team(extension, application, now=now, by=by, answer=answered.get(application.pk, ""))
    step.data = {"applications": len(keys)}
    outbox.tell(ConfirmationRequested(), step, programme=call.programme)
    return extension


def _granted_already(
    call: Call, keys: list[UUID], *, until: datetime, country: str, by: User
) -> Extension | None:
    """The same from the same person, which waits to be confirmed: the button was pressed twice."""
    same = Extension.objects.waiting().filter(
        call=call, granted_by=by, until=until, country=country
    )
    wanted = set(keys)
    return next((one for one in same if set(keys_of(one)) == wanted), None)


def _of_list(call: Call, keys: Collection[UUID]) -> list[UUID]:
    chosen = call.applications.filter(pk__in=keys, state__in=EXTENDABLE)
    return list(chosen.values_list("pk", flat=True))


def _of_country(call: Call, country: str) -> list[UUID]:
    theirs = call.applications.filter(startup__country=country, state__in=EXTENDABLE)
    return list(theirs.values_list("pk", flat=True))


def _why_not(
    call: Call, keys: list[UUID], *, until: datetime, reason: str, by: User, now: datetime
) -> StepRefused | None:
    if not by.has_perm("challenges.add_extension", call):
        return StepRefused(_("You may not do this."), permission=True)
    refusal: StrOrPromise | None = why_no_time(call)
    if refusal is None and not reason.strip():
        refusal = _("Say why: a reason is needed.")
    if refusal is None and not keys:
        refusal = _("There is no draft or submission that more time would help.")
    if refusal is None and is_of_a_team(by, keys):
        refusal = _("You belong to one of these teams. Somebody else decides about it.")
    if refusal is None and until <= now:
        refusal = _("That instant has passed already. Choose a later one.")
    if refusal is None and until <= call.accepts_until:
        refusal = _("That is no later than the deadline of the call.")
    return None if refusal is None else StepRefused(refusal)


def _tell_team(
    extension: Extension, application: Application, *, now: datetime, by: User, answer: str
) -> None:
    entry = audit.record(
        application,
        "extend",
        actor=by,
        facts={"extension": str(extension.pk), "until": application.ends.isoformat()},
    )
    data = {"extension": extension, "answer": answer, "calendar": deadline_entry(application)}
    told = Step(record=application, actor=by, at=now, data=data)
    told.entry = entry
    outbox.tell(ExtensionGranted(), told, programme=extension.call.programme)


def _answer_requests(
    extension: Extension, keys: list[UUID], *, answer: str, by: User
) -> dict[UUID, str]:
    """Whoever asked has asked no longer; the answer stands in their letter."""
    waiting = MoreTimeRequest.objects.unanswered().filter(application__in=keys)
    found = {}
    for request in waiting.order_by("application"):
        request_workflow.perform(
            request, "grant", actor=by, data={"answer": answer.strip(), "extension": extension}
        )
        found[request.application_id] = answer.strip()
    return found


@transaction.atomic
def join_extensions(*, application: Application, now: datetime) -> None:
    """A draft that is begun while its country has more time has it too."""
    theirs = Extension.objects.in_force().filter(
        call=application.call_id, country=application.startup.country, until__gt=now
    )
    # Held: what is ended at this moment is not joined, and whoever ends it next finds the draft.
    held = theirs.exclude(country="").order_by("pk").select_for_update(of=("self",), no_key=True)
    joined = list(held)
    if not joined:
        return
    keys = lock_applications([application.pk])
    for extension in joined:
        extension.applications.add(application)
        audit.record(application, "extend", actor=None, facts={"extension": str(extension.pk)})
    apply_to(keys, now=now)
    application.refresh_from_db(fields=["extended_until", "extension_version"])


def lapse_due(*, limit: int = 100) -> int:
    """End what no second person confirmed within its day; found by the sweep."""
    due = Extension.objects.waiting().filter(confirm_by__lte=clock.database_now())
    ended = 0
    for extension in due[:limit]:
        try:
            extension_workflow.perform(extension, "lapse", actor=None)
        except StepRefused:
            continue  # confirmed or ended at this very moment
        ended += 1
    return ended


# -- asking ---------------------------------------------------------------------------------------


def why_not_ask(application: Application, now: datetime) -> str | None:
    """Why the team cannot ask for more time at ``now``; ``None`` where it can."""
    if application.state not in EXTENDABLE:
        return _("More time would change nothing for this application.")
    if refusal := why_no_time(application.call):
        return str(refusal)
    if now < application.call.opens_at or now < application.ends - SHORTLY:
        return _("You can ask for more time from %(when)s on.") % {
            "when": clock.in_both_zones(
                application.ends - SHORTLY, application.call.time_zone, clock.reader_zone()
            )
        }
    return None


def is_offered_more_time(application: Application, now: datetime) -> bool:
    """Whether the page says how to ask: shortly before the deadline with a draft, and after it."""
    if application.is_submitted and not application.has_unsubmitted_changes:
        return False
    return application.state in EXTENDABLE and now >= application.ends - SHORTLY


@transaction.atomic
def ask_more_time(*, application: Application, reason: str, by: User) -> MoreTimeRequest:
    """Ask, once at a time; the facts are written down as they are at this moment.

    Raises:
        StepRefused: not permitted, not now, or it was asked already.
    """
    locked = (
        Application.objects.select_for_update(of=("self",), no_key=True)
        .select_related("call__programme", "startup")
        .get(pk=application.pk)
    )
    if not by.has_perm("challenges.ask_more_time_application", locked):
        raise StepRefused(_("You may not do this."), permission=True)
    now = locked.call.now
    if refusal := why_not_ask(locked, now):
        raise StepRefused(refusal)
    try:
        with transaction.atomic():
            request = MoreTimeRequest.objects.create(
                application=locked, asked_by=by, reason=reason.strip(), facts=facts_of(locked, now)
            )
    except IntegrityError:
        raise StepRefused(_("Your team has asked already. The answer comes by letter.")) from None
    entry = audit.record(locked, "ask-more-time", actor=by, facts={"request": str(request.pk)})
    step = Step(record=request, actor=by, at=now)
    step.entry = entry
    outbox.tell(MoreTimeAsked(), step, programme=locked.call.programme)
    return request


def facts_of(application: Application, now: datetime) -> dict[str, Any]:
    """What stands beside a request: keys, instants and numbers, as they are now.

    After the deadline answers stand still, so how complete they are now they were then.
    """
    lacking = answers.missing_from(application.asked(), answers_by_question(application))
    uploads = Upload.objects.filter(
        subject_type=Application._meta.label_lower,
        subject_id=application.pk,
        state=UploadState.COMING,
    )
    return {
        "asked_at": now.isoformat(),
        "deadline": application.ends.isoformat(),
        "last_save": application.edited_at.isoformat() if application.edited_at else None,
        "completeness": application.completeness,
        "missing": len(lacking),
        "submitted": application.is_submitted,
        "attempts": [
            {
                "kind": attempt.kind,
                "count": attempt.count,
                "instants": [at.isoformat() for at in attempt.instants],
                "last": attempt.last_at.isoformat(),
            }
            for attempt in application.attempts.all()
        ],
        "uploads": [
            {"size": one.size, "received": one.received, "begun": one.created_at.isoformat()}
            for one in uploads.order_by("created_at")[:20]
        ],
    }


def refuse_more_time(*, asked: MoreTimeRequest, answer: str, by: User) -> None:
    """Answer that there is no more time, in words the team reads.

    Raises:
        StepRefused: not permitted, answered already, or without words.
    """
    request_workflow.perform(asked, "refuse", actor=by, data={"answer": answer.strip()})


# -- at closing -----------------------------------------------------------------------------------


def complete_not_submitted(call: Call) -> QuerySet[Application]:
    """Drafts with nothing missing, the one worked on last first."""
    return (
        call.applications.filter(state=ApplicationState.DRAFT, completeness__gte=COMPLETE)
        .select_related("call", "startup")
        .order_by("-edited_at")
    )
