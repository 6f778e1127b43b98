"""Verbs of an applying team: start, write, attach, submit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from challenges import answers, reminders
from challenges.actions.extension import join_extensions
from challenges.actions.prefill import prefill
from challenges.choices import ApplicationState, Phase, QuestionKind
from challenges.models import Answer, Application, Call, ConsortiumMember
from challenges.workflow.application import application_workflow, why_shut
from challenges.workflow.form import FormMoved
from portal import audit, clock, documents, once
from portal.workflow import StepRefused, lock_row
from startups.choices import MemberRole
from startups.models import Acquaintance, Startup

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

    from challenges.models import Question
    from portal.models import Document, User


@transaction.atomic
def start_application(*, call: Call, startup: Startup, by: User) -> Application:
    """Open the startup's draft, or answer the one that is there: one for each call, always.

    Raises:
        StepRefused: the call is not open, or the person only reads for the startup.
    """
    # Held until the draft is written: a record that is being merged takes no new application.
    if not Startup.objects.select_for_update(no_key=True).filter(pk=startup.pk).exists():
        raise StepRefused(_("This record was merged into another. Open that one."))
    if not startup.has_member(by, MemberRole.OWNER, MemberRole.EDITOR):
        raise StepRefused(_("Only owners and editors start an application."), permission=True)
    existing = Application.objects.filter(call=call, startup=startup).first()
    if existing is not None:
        return existing
    # Held until the draft is written: whoever takes the call back, since nobody has applied yet, or
    # puts a new version of its form in force waits; or has done so, and that is read now.
    lock_row(Call, call.pk, "SHARE")
    held, now = Call.objects.get(pk=call.pk), clock.database_now()
    if held.phase_at(now) != Phase.OPEN:
        raise StepRefused(_("This call is not open."))
    # The unique index decides between two founders who click at once.
    Application.objects.bulk_create(
        [Application(call=call, startup=startup, started_by=by, form_version=held.form_version)],
        ignore_conflicts=True,
    )
    application = Application.objects.select_related("call__programme", "startup").get(
        call=call, startup=startup
    )
    Acquaintance.objects.bulk_create(
        [Acquaintance(startup=startup, programme=call.programme)], ignore_conflicts=True
    )
    if application.started_by_id == by.pk:
        audit.record(application, "start", actor=by, to_state=ApplicationState.DRAFT)
        prefill(application, by=by)
        join_extensions(application=application, now=now)
        reminders.plan(application, now=now)
    return application


@dataclass
class Saved:
    """What came of a save: the answers as they are now, and what somebody else wrote meanwhile."""

    answers: dict[UUID, Answer]
    #: Questions that were not overwritten, with the other person's answer.
    conflicts: dict[UUID, Answer] = field(default_factory=dict)
    #: Questions whose text is too long to be kept, with the sentence that says so.
    too_long: dict[UUID, str] = field(default_factory=dict)
    changed: int = 0
    #: The database's clock behind the lock: what was sent is kept since then.
    at: datetime | None = None


@transaction.atomic
def save_answers(
    *,
    application: Application,
    values: Mapping[UUID, str],
    versions: Mapping[UUID, int],
    by: User,
) -> Saved:
    """Keep what was typed, right or wrong; an answer somebody else changed meanwhile stays.

    ``values`` holds only what the person touched: a page shows old text of what colleagues have
    answered since, and would take it for an answer. ``versions`` says which version of each answer
    the page showed. A later one is not overwritten: it comes back as a conflict, and a second save
    with its version is a choice made knowingly.

    Raises:
        StepRefused: the deadline passed, or the person does not write this application.
    """
    locked = lock_for_writing(application, by)
    # Those of the call in hand, read with the page: what is kept for a question hangs on its key.
    form = locked.form_version
    questions = {one.pk: one for one in application.call.questions.all() if one.is_in(form)}
    current = {
        answer.question_id: answer
        for answer in locked.answers.select_related("document").select_for_update(of=("self",))
    }
    saved = Saved(answers=current, at=locked.call.now)
    written, changed = list[Answer](), list[Answer]()
    for key, raw in values.items():
        question = questions.get(key)
        if question is None or question.kind == QuestionKind.FILE:
            continue
        value = answers.normal(raw)
        if sentence := answers.too_long_to_keep(question, value):
            saved.too_long[key] = sentence
            continue
        answer = current.get(key)
        if (answer.value if answer else "") == value:
            continue
        if answer is not None and answer.version != versions.get(key, 0):
            saved.conflicts[key] = answer
            continue
        if answer is None:
            # Above the version that the page showed, where the row was dropped since: nobody's
            # older page may take it for the one it knows.
            version = versions.get(key, 0) + 1
            current[key] = Answer(
                application=locked, question=question, value=value, version=version, edited_by=by
            )
            written.append(current[key])
        else:
            answer.value = value
            answer.version += 1
            answer.edited_by = by
            answer.edited_at = locked.call.now
            changed.append(answer)
        saved.changed += 1
    Answer.objects.bulk_create(written)
    Answer.objects.bulk_update(changed, ["value", "version", "edited_by", "edited_at"])
    _mark_edited(locked, questions.values(), current, changed=bool(saved.changed))
    application.completeness = locked.completeness
    application.edited_at = locked.edited_at
    return saved


def lock_for_writing(application: Application, by: User) -> Application:
    """The application, locked, if the person may write it now.

    Raises:
        StepRefused: the deadline passed, or the person does not write this application.
        FormMoved: it was read with another version of the form than holds now.
    """
    locked = (
        Application.objects.select_for_update(of=("self",), no_key=True)
        .select_related("call__programme", "startup")
        .get(pk=application.pk)
    )
    if not by.has_perm("challenges.change_application", locked):
        raise StepRefused(_("You may not change this application."), permission=True)
    # Read after the lock, and kept: it is the instant of what is written under the lock.
    if refusal := why_shut(locked, locked.call.now):
        raise StepRefused(refusal)
    # The questions in hand were read before the lock: answers to them would be answers to nothing.
    if locked.form_version != application.form_version:
        raise FormMoved
    return locked


def _mark_edited(
    application: Application, questions: Any, given: Mapping[UUID, Answer], *, changed: bool
) -> None:
    application.completeness = answers.completeness(list(questions), given)
    columns: dict[str, Any] = {"completeness": application.completeness}
    if changed:
        application.edited_at = columns["edited_at"] = application.call.now
    Application.objects.filter(pk=application.pk).update(**columns)


@transaction.atomic
def attach_file(
    *, application: Application, question: Question, upload: UploadedFile[Any], by: User
) -> Answer:
    """Answer a question with a file; the one before stays with the versions that were submitted.

    Raises:
        StepRefused: not now, or not this person.
        ValidationError: the rule the file breaks, and the remedy.
    """
    locked = lock_for_writing(application, by)
    document = documents.take_in(upload, subject=locked, by=by, kinds=question.file_kinds)
    return put_file(locked, question, document, by=by)


def put_file(
    locked: Application, question: Question, document: Document, *, by: User, came_from: str = ""
) -> Answer:
    """Answer a question of the locked application with a file that was taken in for it."""
    answer, created = Answer.objects.get_or_create(
        application=locked,
        question=question,
        defaults={"document": document, "edited_by": by, "came_from": came_from},
    )
    if not created:
        answer.document = document
        answer.version += 1
        answer.edited_by = by
        answer.save(update_fields=["document", "version", "edited_by", "edited_at"])
    _edited(locked)
    audit.record(locked, "attach-file", actor=by, facts={"document": str(document.pk)})
    return answer


@transaction.atomic
def remove_file(*, application: Application, question: Question, by: User) -> None:
    """Take a file out of the draft; submitted versions keep theirs."""
    locked = lock_for_writing(application, by)
    answer = locked.answers.filter(question=question).first()
    if answer is None or answer.document_id is None:
        return
    answer.document = None
    answer.version += 1
    answer.edited_by = by
    answer.save(update_fields=["document", "version", "edited_by", "edited_at"])
    _edited(locked)
    audit.record(locked, "remove-file", actor=by)


def _edited(locked: Application) -> None:
    given = {answer.question_id: answer for answer in locked.answers.select_related("document")}
    _mark_edited(locked, locked.asked(), given, changed=True)


def submit_application(
    *, application: Application, key: UUID, terms_version: str, by: User
) -> Application:
    """Submit the draft, or the newer version of a submission; a second click changes nothing.

    The instant that counts is the database's at the deciding statement, after the locks.

    Raises:
        StepRefused: too late, incomplete, not permitted, or the key belongs to another request.
    """
    content = ["submit", str(application.pk), terms_version]
    with transaction.atomic():
        if once.first_time(user=by, key=key, content=content) is not None:
            return application
        # The state as the page's own statement read it: where a colleague submitted meanwhile,
        # the step finds another state behind the lock and refuses.
        name = "amend" if application.state == ApplicationState.SUBMITTED else "submit"
        application_workflow.perform(
            application, name, actor=by, data={"terms_version": terms_version}, savepoint=False
        )
    return application


MOST_PARTNERS = 20


@transaction.atomic
def add_partner(*, application: Application, by: User, **facts: Any) -> ConsortiumMember:
    """Name an organisation that applies together with the startup."""
    locked = lock_for_writing(application, by)
    if locked.consortium.count() >= MOST_PARTNERS:
        raise StepRefused(_("There are %(most)d partners already.") % {"most": MOST_PARTNERS})
    member = ConsortiumMember.objects.create(application=locked, **facts)
    _edited(locked)
    audit.record(locked, "add-partner", actor=by)
    return member


@transaction.atomic
def remove_partner(*, application: Application, partner_id: UUID, by: User) -> None:
    """Take a partner out of the draft; submitted versions keep theirs."""
    locked = lock_for_writing(application, by)
    removed, _rows = locked.consortium.filter(pk=partner_id).delete()
    if removed:
        _edited(locked)
        audit.record(locked, "remove-partner", actor=by)
