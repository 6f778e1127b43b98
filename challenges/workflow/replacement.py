"""A file that was refused after it was submitted: its day to be replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy

from challenges.answers import documents_in
from challenges.choices import ApplicationState, ReplacementState as State
from challenges.models import Answer, Replacement
from challenges.models.team import in_place
from portal import audit, clock, documents
from portal.models import Reminder
from portal.workflow import Step, Transition, Workflow

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

    from challenges.models import Application

#: Whoever replaces, refuses or submits a version of one application does so in turn.
LOCK_APPLICATION = (("application", "NO KEY UPDATE"),)
#: While these hold somebody still reads what was submitted.
STILL_READ = frozenset({ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW})


def files_that_count(application: Application) -> set[str]:
    """The keys of the files that stand in the submitted version, successors in their place."""
    revision = application.current_revision
    if revision is None:
        return set()
    replaced = application.replacements.all().by_refused()
    return documents_in(in_place(revision.answers, replaced))


def while_there_is_time(step: Step[Replacement]) -> StrOrPromise | None:
    """Before its own instant, by the database's clock after the lock; no deadline of the call."""
    replacement = step.record
    if step.at < replacement.open_until:
        return None
    call = replacement.application.call
    return _(
        "The time to replace this file ended on %(when)s. What you submitted stands without it."
        " Questions: %(contact)s."
    ) % {
        "when": clock.in_both_zones(replacement.open_until, call.time_zone, clock.reader_zone()),
        "contact": call.contact_email or call.programme.mailbox,
    }


def while_it_is_read(step: Step[Replacement]) -> StrOrPromise | None:
    """Nobody reads on in what was withdrawn, or in what was decided."""
    application = step.record.application
    if application.state in STILL_READ:
        return None
    if application.state == ApplicationState.WITHDRAWN:
        return _("This application is withdrawn, so nothing is replaced in it.")
    return _("The result has been sent. The application cannot be changed any more.")


def while_it_counts(step: Step[Replacement]) -> StrOrPromise | None:
    """The refused file stands in the version that counts."""
    if str(step.record.refused_id) in files_that_count(step.record.application):
        return None
    return _(
        "A newer version was submitted, and this file is not in it. Nothing is to be replaced."
    )


def when_time_is_up(step: Step[Replacement]) -> StrOrPromise | None:
    """Its instant has passed."""
    return None if step.at >= step.record.open_until else _("There is still time.")


def take_the_file(step: Step[Replacement]) -> dict[str, Any]:
    """The new document; what breaks a rule ends the step with the rule's sentence."""
    replacement = step.record
    assert step.actor is not None
    document = documents.take_in(
        step.data["upload"],
        subject=replacement.application,
        by=step.actor,
        kinds=replacement.question.file_kinds,
    )
    step.facts["document"] = str(document.pk)
    return {"document": document, "replaced_by": step.actor}


def put_it_into_the_draft(step: Step[Replacement]) -> None:
    """Where the draft still holds the refused file, a later version is to have the new one."""
    replacement = step.record
    Answer.objects.filter(
        application=replacement.application_id,
        question=replacement.question_id,
        document=replacement.refused_id,
    ).update(document=replacement.document_id)


def tell_the_application(step: Step[Replacement]) -> None:
    """Its history says it too."""
    audit.record(step.record.application, "replace-file", actor=step.actor, facts=dict(step.facts))


def tell_that_it_lapsed(step: Step[Replacement]) -> None:
    """Its history says it too."""
    facts = {"document": str(step.record.refused_id)}
    audit.record(step.record.application, "not-replace-file", actor=None, facts=facts)


def drop_reminders(step: Step[Replacement]) -> None:
    """The work is done, or its time is over."""
    Reminder.objects.drop(step.record)


def with_application(replacements: QuerySet[Replacement]) -> QuerySet[Replacement]:
    """What guards, effects and letters read."""
    return replacements.select_related(
        "application__call__programme", "application__startup", "question", "refused"
    )


replacement_workflow: Workflow[Replacement] = Workflow(
    Replacement,
    Transition(
        name="replace",
        label=gettext_lazy("Put this file in its place"),
        permission="challenges.replace_file_application",
        sources={State.OPEN},
        target=State.REPLACED,
        locks=LOCK_APPLICATION,
        guards=(while_there_is_time, while_it_is_read, while_it_counts),
        changes=take_the_file,
        reads=with_application,
        effects=(put_it_into_the_draft, tell_the_application, drop_reminders),
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="lapse",
        label=gettext_lazy("Not replaced in time"),
        permission="challenges.handle_application",
        sources={State.OPEN},
        target=State.LAPSED,
        locks=LOCK_APPLICATION,
        guards=(when_time_is_up,),
        reads=with_application,
        effects=(tell_that_it_lapsed, drop_reminders),
        internal=True,
    ),
)
