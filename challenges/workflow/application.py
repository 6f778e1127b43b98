"""The life of an application, on one screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F, Prefetch
from django.utils.translation import gettext as _, gettext_lazy

from challenges import answers, conditions, reminders
from challenges.choices import (
    UNFINISHED,
    ApplicationState as State,
    AssignmentState,
    CallState,
    QuestionKind,
)
from challenges.fingerprint import fingerprint_of
from challenges.models import Answer, Application, Collaborator, Revision
from challenges.models.talk import with_wordings
from challenges.notices.application import (
    ApplicationAmended,
    ApplicationReceived,
    ApplicationRestored,
    ApplicationWithdrawn,
)
from challenges.notices.message import PlaceReturned
from challenges.workflow.decision import DECISIONS
from challenges.workflow.offer import OFFERS, give_it_back
from challenges.workflow.review import recount
from portal import clock
from portal.models import came_with, has_rows
from portal.workflow import WALLS, Step, Transition, Workflow
from startups.models import Membership

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

#: Submitters share the call's row; whoever closes or moves it waits for those in flight.
SHARE_CALL = (("call", "SHARE"),)
#: Written by the trigger when a revision is counted.
STAMPED = ("submitted_at", "deadline")


def while_open(step: Step[Application]) -> StrOrPromise | None:
    """Decided by the database's clock, read after the locks: before the effective deadline."""
    application = step.record
    call = application.call
    if call.state != CallState.PUBLISHED:
        return _("This call is not open.")
    if step.at < call.opens_at:
        return _("This call opens on %(when)s.") % {
            "when": clock.in_both_zones(call.opens_at, call.time_zone, clock.reader_zone())
        }
    return None if step.at < application.until else too_late(application)


def too_late(application: Application) -> StrOrPromise:
    """The sentence for whoever came after the deadline."""
    call = application.call
    return _("The deadline passed on %(when)s. Your draft is kept. Questions: %(contact)s.") % {
        # The published one, or the team's own: the grace is for staff to know.
        "when": clock.in_both_zones(application.ends, call.time_zone, clock.reader_zone()),
        "contact": call.contact_email or call.programme.mailbox,
    }


#: States in which the answers stand still, with the sentence that says so.
SHUT_STATES: dict[str, StrOrPromise] = {
    State.WITHDRAWN: gettext_lazy("This application is withdrawn, so it cannot be changed."),
    State.IN_REVIEW: gettext_lazy("The application is in review and cannot be changed any more."),
}


def why_shut(application: Application, at: datetime) -> StrOrPromise | None:
    """Why the answers cannot be changed at ``at``, in a sentence; ``None`` while they can."""
    call = application.call
    if application.is_decided:
        return _("The result has been sent. The application cannot be changed any more.")
    if (sentence := SHUT_STATES.get(application.state)) is not None:
        return sentence
    if call.state == CallState.CANCELLED:
        return _("This call was cancelled. What you wrote is kept.")
    if call.state == CallState.PUBLISHED and at < application.until:
        return None
    return _too_late_to_change(application)


def _too_late_to_change(application: Application) -> StrOrPromise:
    if application.call.state != CallState.PUBLISHED:
        return _("This call is over. What you wrote is kept.")
    if application.state == State.SUBMITTED:
        return _("The deadline passed on %(when)s. Version %(number)d counts.") % {
            "when": clock.in_both_zones(
                application.ends, application.call.time_zone, clock.reader_zone()
            ),
            "number": application.revision_count,
        }
    return too_late(application)


def when_complete(step: Step[Application]) -> StrOrPromise | None:
    """Nothing that is required is missing or wrong."""
    application = step.record
    given = answers_by_question(application)
    lacking = answers.missing_from(application.asked(), given)
    if not lacking:
        return None
    return _("Not complete yet: %(labels)s.") % {
        "labels": ", ".join(missing.label for missing in lacking[:5])
    }


def when_reachable(step: Step[Application]) -> StrOrPromise | None:
    """Somebody can be called."""
    if has_rows(step.record.startup.contacts):
        return None
    return _("Your organisation has no contact yet. Add one with a telephone number.")


def when_terms_are_accepted(step: Step[Application]) -> StrOrPromise | None:
    """The terms that stand now were agreed to, not an earlier version of them."""
    if "terms_version" not in step.data:
        return None  # asked for the button only
    if step.data["terms_version"] == step.record.call.terms_version:
        return None
    return _("Accept the terms (version %(version)s) to submit.") % {
        "version": step.record.call.terms_version
    }


def while_no_result_was_sent(step: Step[Application]) -> StrOrPromise | None:
    """Stepping back from a result is not undone by oneself: the place may be somebody else's."""
    if step.record.sent_decision is None:
        return None
    return _("You had a result already. Write to %(contact)s.") % {
        "contact": step.record.call.contact_email or step.record.call.programme.mailbox
    }


def when_something_changed(step: Step[Application]) -> StrOrPromise | None:
    """There is a newer version to submit."""
    if step.record.has_unsubmitted_changes:
        return None
    return _("Nothing has changed since you submitted.")


def when_a_result_is_given_back_with_a_reason(step: Step[Application]) -> StrOrPromise | None:
    """Who was selected or stands on the reserve list says why they step back."""
    # `from_state` is set while a step is taken, not while a button is only being offered.
    if step.from_state in {State.SELECTED, State.RESERVE} and not step.reason:
        return _("Say why: a reason is needed.")
    return None


def say_until_when(step: Step[Application]) -> None:
    """The letter says whether this can be undone."""
    step.data = {**step.data, "may_be_undone": while_open(step) is None}


def may_be_restored(application: Application) -> bool:
    """Whether a withdrawal could be undone now."""
    return while_open(Step(record=application, actor=None, at=clock.database_now())) is None


def count_revision(_step: Step[Application]) -> dict[str, Any]:
    """One more version; the database itself stamps when, and refuses if that is too late."""
    return {"revision_count": F("revision_count") + 1}


def take_snapshot(step: Step[Application]) -> None:
    """Freeze answers and facts as the version that counts."""
    application = step.record
    # The receipt speaks of this instant too: nobody needs to ask the clock again.
    application.call.__dict__["now"] = step.at
    copies = copies_of(application)
    facts = application.startup.snapshot()
    facts["consortium"] = [
        {
            "name": member.name,
            "kind": member.kind,
            "country": str(member.country),
            "registration_number": member.registration_number,
        }
        for member in application.consortium.all()
    ]
    terms_version = str(step.data.get("terms_version", ""))
    assert step.actor is not None
    assert application.submitted_at is not None
    revision = Revision.objects.create(
        application=application,
        number=application.revision_count,
        answers=copies,
        startup_facts=facts,
        terms_version=terms_version,
        fingerprint=fingerprint_of(
            reference=application.reference,
            number=application.revision_count,
            answers=copies,
            startup_facts=facts,
            terms_version=terms_version,
        ),
        submitted_by=step.actor,
        submitted_at=application.submitted_at,
    )
    application.__dict__["current_revision"] = revision
    step.facts.update(version=revision.number, fingerprint=revision.fingerprint)


def answers_by_question(application: Application) -> dict[UUID, Answer]:
    """The answers as they stand, with their files; where they came with the record, those."""
    answers_now = application.answers.all()
    if not came_with(application.answers):
        answers_now = answers_now.select_related("document")
    return {answer.question_id: answer for answer in answers_now}


def for_submission(applications: QuerySet[Application]) -> QuerySet[Application]:
    """All that a submission reads, in one statement for each kind of row."""
    # The letter that follows is asked for staff's own words: they come with the record.
    rows: QuerySet[Application] = with_wordings(
        applications, "application_received", "application_amended"
    )
    return rows.select_related("call__programme", "startup__sector").prefetch_related(
        Prefetch("startup__memberships", Membership.objects.select_related("user")),
        Prefetch("collaborators", Collaborator.objects.select_related("user")),
        Prefetch("answers", Answer.objects.select_related("document")),
        "call__questions",
        "consortium",
        "startup__founders",
        "startup__contacts",
    )


def copies_of(application: Application, *, with_hidden: bool = False) -> list[dict[str, Any]]:
    """The questions that are asked, each with the answer as it stands, as a copy would have them.

    What an answer hides is not submitted; ``with_hidden`` is for the team's own copy of its draft.
    """
    given, questions = answers_by_question(application), application.asked()
    asked = conditions.shown(questions, given)
    return [
        copy_of(question, given.get(question.pk))
        for question in questions
        if question.pk in asked
        or (with_hidden and question.pk in given and given[question.pk].is_given)
    ]


def copy_of(question: Any, answer: Any) -> dict[str, Any]:
    """One question with its answer as a submitted copy keeps it."""
    document = answer.document if answer and question.kind == QuestionKind.FILE else None
    return {
        "question": str(question.pk),
        "section": question.section,
        "label": question.label,
        "kind": question.kind,
        "read_by": question.read_by,
        "unit": question.unit,
        "value": answer.value if answer else "",
        "document": {
            "id": str(document.pk),
            "name": document.name,
            "size": document.size,
            "sha256": document.sha256,
        }
        if document
        else None,
    }


def drop_reminders(step: Step[Application]) -> None:
    """The work is done."""
    reminders.drop(step.record)


def stop_reviews(step: Step[Application]) -> None:
    """Nobody reads on what was withdrawn."""
    step.record.assignments.filter(state__in=UNFINISHED).update(state=AssignmentState.CANCELLED)
    recount(step.record.pk)


def open_draft(_step: Step[Application]) -> dict[str, Any]:
    """Staff may look."""
    return {"open_to_staff": True}


def close_draft(_step: Step[Application]) -> dict[str, Any]:
    """Staff may look no longer."""
    return {"open_to_staff": False}


def while_shut(step: Step[Application]) -> StrOrPromise | None:
    """Staff cannot look yet."""
    return _("Staff may look already.") if step.record.open_to_staff else None


def while_shown(step: Step[Application]) -> StrOrPromise | None:
    """Staff can look."""
    return None if step.record.open_to_staff else _("Staff cannot look.")


application_workflow: Workflow[Application] = Workflow(
    Application,
    Transition(
        name="submit",
        label=gettext_lazy("Submit application"),
        permission="challenges.submit_application",
        sources={State.DRAFT},
        target=State.SUBMITTED,
        locks=SHARE_CALL,
        guards=(while_open, when_complete, when_reachable, when_terms_are_accepted),
        changes=count_revision,
        reads=for_submission,
        stamped=STAMPED,
        effects=(take_snapshot, drop_reminders),
        notices=(ApplicationReceived(),),
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="amend",
        label=gettext_lazy("Submit the new version"),
        permission="challenges.submit_application",
        sources={State.SUBMITTED},
        target=None,
        locks=SHARE_CALL,
        guards=(
            while_open,
            when_something_changed,
            when_complete,
            when_reachable,
            when_terms_are_accepted,
        ),
        changes=count_revision,
        reads=for_submission,
        stamped=STAMPED,
        effects=(take_snapshot,),
        notices=(ApplicationAmended(),),
        needs_data=True,
        primary=True,
    ),
    Transition(
        name="withdraw",
        label=gettext_lazy("Withdraw"),
        permission="challenges.withdraw_application",
        sources={State.SUBMITTED, State.IN_REVIEW, State.RESERVE, State.SELECTED},
        target=State.WITHDRAWN,
        locks=SHARE_CALL,
        guards=(when_a_result_is_given_back_with_a_reason,),
        effects=(stop_reviews, drop_reminders, give_it_back, say_until_when),
        notices=(ApplicationWithdrawn(), PlaceReturned()),
        destructive=True,
    ),
    Transition(
        name="restore",
        label=gettext_lazy("Undo the withdrawal"),
        permission="challenges.withdraw_application",
        sources={State.WITHDRAWN},
        target=State.SUBMITTED,
        locks=SHARE_CALL,
        guards=(while_open, while_no_result_was_sent),
        notices=(ApplicationRestored(),),
    ),
    Transition(
        name="let-staff-look",
        label=gettext_lazy("Let staff look at the draft"),
        permission="challenges.share_application",
        sources={State.DRAFT},
        target=None,
        guards=(while_shut,),
        changes=open_draft,
    ),
    Transition(
        name="stop-staff-looking",
        label=gettext_lazy("Stop letting staff look"),
        permission="challenges.share_application",
        sources={State.DRAFT},
        target=None,
        guards=(while_shown,),
        changes=close_draft,
    ),
    *DECISIONS,
    *OFFERS,
)


def _too_late_for_the_database() -> StrOrPromise:
    return _("The deadline has passed. Your draft is kept.")


WALLS["application_was_in_time"] = _too_late_for_the_database
