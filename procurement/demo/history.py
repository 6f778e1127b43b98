"""What has happened, in order: the audit trail, with the letters and notices of the time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone, translation

from challenges import reminders
from challenges.choices import ApplicationState as State, AssignmentState, Outcome
from challenges.notices.application import ApplicationReceived
from challenges.workflow.decision import LETTERS, VERBS
from portal import outbox
from portal.choices import OutboxState, WhyNot
from portal.models import AuditEntry, InboxNotice, OutboxMessage, User
from portal.workflow import Step
from procurement.demo.calls import CHALLENGE
from procurement.demo.reviews import CHAIR, MANAGER
from procurement.demo.source import key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from challenges.models import Application, Decision
    from portal.notices import Notice
    from procurement.demo.applications import Plan
    from procurement.demo.calls import MadeCall
    from procurement.demo.companies import Company
    from procurement.demo.reviews import Work
    from procurement.demo.source import Moment
    from procurement.models import SupplierStatement

STAFF_OF = {
    "gic-sweden": "manager.sweden@example.org",
    "gic-antigua": "manager.antigua@example.org",
}
#: So many receipts of the open call stand among the letters; one more came back.
LETTERS_SHOWN = 12
MAILBOX_UNKNOWN = "550 5.1.1 The mailbox is not known here."
ATTEMPTS = 6


class Trail:
    """The audit trail as it is written: gathered, put in order of time, stored at once."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def add(
        self, subject: Any, verb: str, *, at: datetime, actor: User | None, **fields: Any
    ) -> AuditEntry:
        """Note one thing that happened."""
        entry = AuditEntry(
            at=at,
            actor=actor,
            verb=verb,
            subject_type=subject._meta.label_lower,
            subject_id=subject.pk,
            startup_id=getattr(subject, "startup_key", None),
            programme_id=getattr(subject, "programme_key", None),
            **fields,
        )
        self.entries.append(entry)
        return entry

    def store(self) -> None:
        """Store the entries in order: the trail is read by its numbers."""
        AuditEntry.objects.bulk_create(sorted(self.entries, key=lambda entry: entry.at))


def load(
    *,
    calls: Mapping[str, MadeCall],
    companies: Sequence[Company],
    plans: Sequence[Plan],
    applications: Mapping[str, Sequence[Application]],
    work: Work,
    statements: Sequence[SupplierStatement],
    cast: Mapping[str, User],
    moment: Moment,
    trail: Trail,
) -> None:
    """Store the trail with what others wrote into it, then letters that refer to its entries."""
    for made in calls.values():
        _of_call(trail, made, cast)
    for company in companies:
        _of_company(trail, company)
    for statement in statements:
        trail.add(
            statement,
            "state",
            at=statement.created_at,
            actor=statement.stated_by,
            facts={"level": statement.level},
        )
    pairs = list(_pairs(plans, applications))
    submitted = {
        application.pk: entry
        for plan, application in pairs
        if (entry := _of_application(trail, plan, application, cast)) is not None
    }
    _of_jury(trail, work, cast)
    results = {
        decision.application_id: _of_decision(trail, decision) for decision in work.decisions
    }
    trail.store()
    decisions = {decision.application_id: decision for decision in work.decisions}
    _write_letters(pairs, submitted, results, decisions)
    for plan, application in pairs:
        if application.state == State.DRAFT and plan.call.slug == CHALLENGE:
            reminders.plan(application, now=moment.now)


def _pairs(
    plans: Sequence[Plan], applications: Mapping[str, Sequence[Application]]
) -> list[tuple[Plan, Application]]:
    turns = {slug: iter(found) for slug, found in applications.items()}
    return [(plan, next(turns[plan.call.slug])) for plan in plans]


def _of_call(trail: Trail, made: MadeCall, cast: Mapping[str, User]) -> None:
    call = made.call
    if call.published_at is not None:
        trail.add(
            call,
            "publish",
            at=call.published_at,
            actor=cast[STAFF_OF.get(call.programme.slug, MANAGER)],
            from_state="draft",
            to_state="published",
        )


def _of_company(trail: Trail, company: Company) -> None:
    startup = company.startup
    trail.add(startup, "create", at=startup.created_at, actor=company.people[0])


def _of_application(
    trail: Trail, plan: Plan, application: Application, cast: Mapping[str, User]
) -> AuditEntry | None:
    """The applicant's steps; answers the entry of the submission that counts."""
    owner = plan.company.people[0]
    trail.add(application, "start", at=plan.started_at, actor=owner, to_state=State.DRAFT)
    if plan.submitted_at is None:
        return None
    at = plan.submitted_at
    if plan.versions > 1:
        first = at - (at - plan.started_at) / 3
        trail.add(
            application,
            "submit",
            at=first,
            actor=owner,
            from_state=State.DRAFT,
            to_state=State.SUBMITTED,
            facts={"version": 1},
        )
    entry = trail.add(
        application,
        "submit" if plan.versions == 1 else "amend",
        at=at,
        actor=owner,
        from_state=State.DRAFT if plan.versions == 1 else State.SUBMITTED,
        to_state=State.SUBMITTED,
        facts={"version": plan.versions},
    )
    if application.state == State.WITHDRAWN:
        trail.add(
            application,
            "withdraw",
            at=at + timedelta(hours=5),
            actor=owner,
            from_state=State.SUBMITTED,
            to_state=State.WITHDRAWN,
        )
    elif application.state != State.SUBMITTED:
        trail.add(
            application,
            "start-review",
            at=plan.call.closes_at + timedelta(hours=14),
            actor=cast[CHAIR],
            from_state=State.SUBMITTED,
            to_state=State.IN_REVIEW,
        )
    return entry


def _of_jury(trail: Trail, work: Work, cast: Mapping[str, User]) -> None:
    steps = {
        AssignmentState.DONE: ("submit-review", AssignmentState.READING),
        AssignmentState.READING: ("confirm", AssignmentState.ASSIGNED),
        AssignmentState.CONFLICT: ("declare-conflict", AssignmentState.ASSIGNED),
        AssignmentState.HANDED_BACK: ("hand-back", AssignmentState.ASSIGNED),
    }
    for assignment in work.assignments:
        trail.add(
            assignment,
            "assign",
            at=assignment.created_at,
            actor=cast[CHAIR],
            to_state=AssignmentState.ASSIGNED,
            facts={"juror": str(assignment.reviewer_id)},
        )
        found = steps.get(AssignmentState(assignment.state))
        if found is not None:
            verb, before = found
            trail.add(
                assignment,
                verb,
                at=assignment.state_changed_at,
                actor=assignment.reviewer,
                from_state=before,
                to_state=assignment.state,
            )


def _of_decision(trail: Trail, decision: Decision) -> AuditEntry:
    application = decision.application
    entry = trail.add(
        # On the call, since the journey of the startup must not tell what is not sent yet.
        application.call,
        "prepare-decision",
        at=decision.created_at,
        actor=decision.prepared_by,
        facts={"application": str(application.pk), "outcome": decision.outcome},
    )
    if decision.sent_at is None:
        return entry
    return trail.add(
        application,
        VERBS[Outcome(decision.outcome)],
        at=decision.sent_at,
        actor=decision.sent_by,
        from_state=State.IN_REVIEW,
        to_state=decision.outcome,
    )


def _write_letters(
    pairs: Sequence[tuple[Plan, Application]],
    submitted: Mapping[Any, AuditEntry],
    results: Mapping[Any, AuditEntry],
    decisions: Mapping[Any, Decision],
) -> None:
    """Receipts and results of the founder's team, receipts of others, one that came back."""
    post = _Post()
    shown = 0
    for plan, application in pairs:
        entry = submitted.get(application.pk)
        is_hers = bool(plan.company.own_words)
        is_shown = plan.call.slug == CHALLENGE and application.state == State.SUBMITTED
        if entry is None or not (is_hers or (is_shown and shown <= LETTERS_SHOWN)):
            continue
        shown += not is_hers
        came_back = shown == LETTERS_SHOWN and not is_hers
        for reader in plan.company.people:
            post.write(ApplicationReceived(), application, entry, reader, came_back=came_back)
            decision = decisions.get(application.pk)
            if decision is not None and decision.sent_at is not None:
                post.write(
                    LETTERS[decision.outcome],
                    application,
                    results[application.pk],
                    reader,
                    data={"decision": decision},
                )
    post.store()


class _Post:
    """Inbox notices and letters as they were written at the time."""

    def __init__(self) -> None:
        self.notices: list[InboxNotice] = []
        self.letters: list[OutboxMessage] = []
        self.unreachable: list[User] = []

    def write(
        self,
        notice: Notice,
        application: Application,
        entry: AuditEntry,
        reader: User,
        *,
        data: Mapping[str, Any] | None = None,
        came_back: bool = False,
    ) -> None:
        """One notice and its letter to one reader."""
        step: Step[Application] = Step(
            record=application, actor=entry.actor, at=entry.at, data=data or {}
        )
        step.entry = entry
        programme = application.call.programme
        event_key = notice.event_key(step)
        about = {
            "subject_type": application._meta.label_lower,
            "subject_id": application.pk,
            "startup_id": application.startup_id,
        }
        with translation.override(reader.language), timezone.override(reader.zone):
            letter = notice.compose(step, reader)
            text, html = outbox.lay_out(letter, programme=programme)
        self.notices.append(
            InboxNotice(
                id=key("notice", notice.name, str(application.pk), reader.email),
                created_at=entry.at,
                recipient=reader,
                event_key=event_key,
                notice=notice.name,
                subject=letter.subject[:250],
                body="\n\n".join(letter.paragraphs),
                url=letter.action[1] if letter.action else "",
                # The newest stays unread, so that the bell has something to show.
                read_at=None
                if application.state == State.IN_REVIEW
                else entry.at + timedelta(hours=3),
                **about,
            )
        )
        self.letters.append(
            OutboxMessage(
                id=key("letter", notice.name, str(application.pk), reader.email),
                created_at=entry.at,
                dedup_key=f"{event_key}:{reader.pk}",
                lane=notice.lane,
                notice=notice.name,
                recipient=reader,
                to_address=reader.email,
                reply_to=programme.mailbox,
                sender_name=f"{programme.name}",
                subject=letter.subject[:250],
                text=text,
                html=html,
                programme_id=programme.pk,
                state=OutboxState.FAILED if came_back else OutboxState.SENT,
                attempts=ATTEMPTS if came_back else 1,
                available_at=entry.at,
                sent_at=None if came_back else entry.at + timedelta(seconds=4),
                last_error=MAILBOX_UNKNOWN if came_back else "",
                why_not=WhyNot.ADDRESS if came_back else "",
                **about,
            )
        )
        if came_back:
            reader.bounced_at = entry.at + timedelta(hours=2)
            self.unreachable.append(reader)

    def store(self) -> None:
        """Store all."""
        InboxNotice.objects.bulk_create(self.notices)
        OutboxMessage.objects.bulk_create(self.letters)
        User.objects.bulk_update(self.unreachable, ["bounced_at"])
