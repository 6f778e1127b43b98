"""The life of a piece of evidence, and when a level is complete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import Q
from django.utils.translation import gettext as _, gettext_lazy

from portal import audit, outbox
from portal.choices import DocumentState
from portal.workflow import Step, StepRefused, Transition, Workflow
from procurement import reminders
from procurement.choices import EvidenceState, FileLevel, RequirementKind
from procurement.models import Evidence, SupplierFile
from procurement.notices import EvidenceAccepted, EvidenceRejected, LevelCompleted, LevelReopened
from procurement.readiness import read_file

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from portal.models import User

#: The file first: what is complete is decided one after the other.
FILE_FIRST = (("file", "NO KEY UPDATE"),)
ORDER = ["", *FileLevel.values]


def with_all(rows: QuerySet[Evidence]) -> QuerySet[Evidence]:
    """With what guards and letters read."""
    return rows.select_related(
        "file__startup", "requirement", "document", "translation", "revision"
    )


def when_checked(step: Step[Evidence]) -> StrOrPromise | None:
    """What nobody can open is not found good."""
    states = {paper.state for paper in step.record.papers}
    if DocumentState.REFUSED in states:
        return _("Our check refused the file.")
    if DocumentState.CHECKING in states:
        return _("The file is still being checked. Try again in a minute.")
    return None


def when_in_english(step: Step[Evidence]) -> StrOrPromise | None:
    """Where the requirement asks for English, the paper or its translation is."""
    asked = step.record.requirement
    if asked.english and asked.kind == RequirementKind.DOCUMENT and not step.record.in_english:
        return _("It is not in English, and its certified translation is missing.")
    return None


def judged(step: Step[Evidence]) -> dict[str, Any]:
    """By whom."""
    return {"judged_by": step.actor, "reason": ""}


def judged_with_words(step: Step[Evidence]) -> dict[str, Any]:
    """By whom, and why not.

    The words stand in the row and not in the trail: those about restricted papers are restricted.
    """
    why = str(step.data.get("why", "")).strip()
    if not why:
        raise StepRefused(_("Say why: those who gave it read it."))
    return {"judged_by": step.actor, "reason": why[:500]}


def retire_older(step: Step[Evidence]) -> None:
    """What was good until now gives way; of what is asked once only the newest stands."""
    piece = step.record
    older = piece.file.evidence.standing().exclude(pk=piece.pk)
    same = Q(requirement=piece.requirement_id, created_at__lt=piece.created_at)
    if piece.requirement.how_many > 1:
        same = Q(pk=piece.replaces_id)
    for one in older.filter(same):
        evidence_workflow.perform(one, "replace", actor=None)


def plan_reminders(step: Step[Evidence]) -> None:
    """Those who write for the organisation are told in time."""
    reminders.plan(step.record, now=step.at)


def drop_reminders(step: Step[Evidence]) -> None:
    """Nobody is told of what does not count any more."""
    reminders.drop(step.record)


def settle(step: Step[Evidence]) -> None:
    """A level may be complete now, or not any more."""
    settle_level(step.record.file, by=step.actor, at=step.at)


def settle_level(file: SupplierFile, *, by: User | None, at: datetime) -> None:
    """Write down which level is complete, where it is another than before, and tell its people.

    Called with the row of the file locked.
    """
    file.refresh_from_db(fields=["level"])
    reading = read_file(file)
    now_complete = reading.reached or ""
    before, after = ORDER.index(file.level), ORDER.index(now_complete)
    SupplierFile.objects.filter(pk=file.pk).update(level=now_complete, looked_at=at)
    file.level = now_complete
    up = after > before
    levels = ORDER[before + 1 : after + 1] if up else list(reversed(ORDER[after + 1 : before + 1]))
    for level in levels:
        step: Step[Any] = Step(record=file, actor=by, at=at, data={"level": FileLevel(level).label})
        verb = "complete-level" if up else "reopen-level"
        step.entry = audit.record(file, verb, actor=by, facts={"level": level})
        outbox.tell(LevelCompleted() if up else LevelReopened(), step, programme=None)


evidence_workflow: Workflow[Evidence] = Workflow(
    Evidence,
    Transition(
        name="accept",
        label=gettext_lazy("Good"),
        permission="procurement.judge_evidence",
        sources={EvidenceState.GIVEN, EvidenceState.REJECTED},
        target=EvidenceState.ACCEPTED,
        guards=(when_checked, when_in_english),
        changes=judged,
        effects=(retire_older, plan_reminders, settle),
        notices=(EvidenceAccepted(),),
        locks=FILE_FIRST,
        reads=with_all,
        primary=True,
    ),
    Transition(
        name="reject",
        label=gettext_lazy("Not good yet"),
        permission="procurement.judge_evidence",
        sources={EvidenceState.GIVEN, EvidenceState.ACCEPTED},
        target=EvidenceState.REJECTED,
        changes=judged_with_words,
        effects=(drop_reminders, settle),
        notices=(EvidenceRejected(),),
        locks=FILE_FIRST,
        reads=with_all,
        needs_data=True,
    ),
    Transition(
        name="replace",
        label=gettext_lazy("Replace"),
        permission="procurement.prepare_supplierfile",
        sources={EvidenceState.GIVEN, EvidenceState.REJECTED, EvidenceState.ACCEPTED},
        target=EvidenceState.REPLACED,
        effects=(drop_reminders,),
        locks=FILE_FIRST,
        reads=with_all,
        internal=True,
    ),
    Transition(
        name="refuse-file",
        label=gettext_lazy("Refuse the file"),
        permission="procurement.judge_evidence",
        sources={EvidenceState.GIVEN},
        target=EvidenceState.REJECTED,
        notices=(EvidenceRejected(),),
        locks=FILE_FIRST,
        reads=with_all,
        internal=True,
    ),
)
