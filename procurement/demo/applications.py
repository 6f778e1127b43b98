"""Applications at every stage, with answers, submitted copies and files."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

import pgtrigger
from django.db.models import F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from challenges import answers, carried, conditions
from challenges.choices import ApplicationState as State, QuestionKind
from challenges.fingerprint import fingerprint_of
from challenges.models import Answer, Application, Revision
from challenges.workflow.application import copy_of
from portal.models import Document
from procurement.demo.calls import CHALLENGE, INTAKE, PURCHASE
from procurement.demo.papers import paper
from procurement.demo.source import chance, key, reference
from procurement.demo.text import Library, Writer
from startups.models import Acquaintance

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from challenges.models import Call, Question
    from procurement.demo.calls import MadeCall
    from procurement.demo.companies import Company

#: Of the challenge's sixty: so many drafts (how much of each is answered), and withdrawn ones. The
#: rest is submitted; nothing is read before a call closes.
DRAFTS = (
    *(0, 0, 0, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 0.3, 0.4, 0.4, 0.5),
    *(0.5, 0.6, 0.6, 0.7, 0.8, 0.8, 0.9, 0.9, 1, 1, 1),
)
SMALL_DRAFTS = (0.3, 1)
WITHDRAWN = 3
#: One submission in so many is being changed, and one in so many was changed and submitted again.
CHANGING_EVERY, AMENDED_EVERY = 9, 7
#: Teams with nothing but an idea do not get as far as submitting.
IDEA = "idea"
#: One in so many that submit adds a file.
FILE_EVERY = 4
UNREAD = 2
FOUNDERS_DRAFT = 0.5


@dataclass
class Plan:
    """What becomes of one organisation's application."""

    company: Company
    made: MadeCall
    state: State
    filled: float = 1
    versions: int = 1
    is_changing: bool = False
    started_at: datetime = field(init=False)
    submitted_at: datetime | None = field(init=False, default=None)
    edited_at: datetime | None = field(init=False, default=None)

    @property
    def call(self) -> Call:
        """The call."""
        return self.made.call

    def set_times(self, now: datetime) -> None:
        """Most begin late and submit later: instants between opening and deadline."""
        luck = chance("times", self.call.slug, self.company.key)
        begins = self.call.opens_at
        # A minute before now, for what has been done is past.
        ends = min(self.call.closes_at, now - timedelta(minutes=1))
        whole = ends - begins
        self.started_at = begins + whole * (luck.random() * 0.8)
        rest = ends - self.started_at
        if self.state == State.DRAFT:
            self.edited_at = self.started_at + rest * luck.random() if self.filled else None
            return
        self.submitted_at = self.started_at + rest * (0.2 + 0.75 * luck.random() ** 0.5)
        self.edited_at = self.submitted_at - timedelta(minutes=luck.randint(1, 90))
        self.edited_at = max(self.edited_at, self.started_at)
        if self.is_changing:
            self.edited_at = self.submitted_at + (ends - self.submitted_at) / 2


def plan_challenge(made: MadeCall, companies: Sequence[Company], founder: Company) -> list[Plan]:
    """The open call: drafts at every stage, submissions, some withdrawn."""
    plans = [Plan(founder, made, State.DRAFT, filled=FOUNDERS_DRAFT)]
    luck = chance("challenge")
    order = [one for one in companies if one.startup.product_stage != IDEA]
    luck.shuffle(order)
    order = [one for one in companies if one.startup.product_stage == IDEA] + order
    # In a small demonstration too, something stands at each stage.
    is_small = len(companies) <= len(DRAFTS)
    drafts: Sequence[float] = SMALL_DRAFTS if is_small else DRAFTS
    plans += [
        Plan(company, made, State.DRAFT, filled=filled)
        for company, filled in zip(order, drafts, strict=False)
    ]
    rest = order[len(drafts) :]
    withdrawn = 1 if is_small else WITHDRAWN
    plans += [Plan(company, made, State.WITHDRAWN) for company in rest[:withdrawn]]
    for number, company in enumerate(rest[withdrawn:], start=1):
        plan = Plan(company, made, State.SUBMITTED)
        plan.is_changing = number % CHANGING_EVERY == 0
        plan.versions = 2 if number % AMENDED_EVERY == 0 else 1
        plans.append(plan)
    return plans


def plan_purchase(made: MadeCall, companies: Sequence[Company], founder: Company) -> list[Plan]:
    """The call that closed last week: most are with the jury, two wait for it."""
    drafts = {"frohvila": 0.4, "tihkrada": 0.9, "hitzeliste": 1}
    plans = [Plan(founder, made, State.IN_REVIEW)]
    for company in companies:
        if company.key in drafts:
            plans.append(Plan(company, made, State.DRAFT, filled=drafts[company.key]))
        elif company.key == "svart-olja":
            plans.append(Plan(company, made, State.WITHDRAWN))
        else:
            plans.append(Plan(company, made, State.IN_REVIEW))
    reading = [plan for plan in plans if plan.state == State.IN_REVIEW]
    if len(reading) > 2 * UNREAD:
        for plan in reading[-UNREAD:]:
            plan.state = State.SUBMITTED
    return plans


def plan_intake(made: MadeCall, companies: Sequence[Company], founder: Company) -> list[Plan]:
    """The intake of 2020: everybody has a result."""
    return [
        Plan(company, made, State(company.outcome.value))
        for company in (founder, *companies)
        if company.outcome is not None
    ]


PLANNERS = {CHALLENGE: plan_challenge, PURCHASE: plan_purchase, INTAKE: plan_intake}


def first_seen(plans: Iterable[Plan]) -> dict[str, datetime]:
    """When each organisation made its record: some hours before it first began to apply."""
    seen: dict[str, datetime] = {}
    for plan in plans:
        before = plan.started_at - timedelta(hours=chance("seen", plan.company.key).randint(1, 60))
        name = plan.company.key
        seen[name] = min(seen.get(name, before), before)
    return seen


def load(plans: Sequence[Plan]) -> dict[str, list[Application]]:
    """Store the applications of all plans; answers them by call, in the plans' order."""
    library = Library()
    made: dict[str, list[Application]] = {}
    written: list[Answer] = []
    revisions: list[Revision] = []
    documents: list[Document] = []
    for plan in plans:
        application = _application(plan)
        given = _answers(plan, application, library, documents)
        questions = list(plan.made.questions.values())
        application.completeness = answers.completeness(questions, given)
        written += given.values()
        revisions += _revisions(plan, application, given)
        made.setdefault(plan.call.slug, []).append(application)
    everything = [application for found in made.values() for application in found]
    # These were in time when they were submitted; the wall asks the clock of today.
    with pgtrigger.ignore("challenges.Application:submitted_in_time"):
        Application.objects.bulk_create(everything)
    Document.objects.bulk_create(documents)
    Answer.objects.bulk_create(written)
    Revision.objects.bulk_create(revisions)
    Acquaintance.objects.bulk_create(
        Acquaintance(
            id=key("acquaintance", plan.call.programme.slug, plan.company.key),
            created_at=plan.started_at,
            startup=plan.company.startup,
            programme=plan.call.programme,
        )
        for plan in plans
    )
    # `auto_now` has written the instant of loading.
    saved = Application.objects.filter(pk=OuterRef("application")).values("edited_at")
    # What a draft began with was there before anybody saved.
    Answer.objects.filter(application__in=everything).update(
        edited_at=Coalesce(Subquery(saved), F("created_at"))
    )
    return made


def _application(plan: Plan) -> Application:
    names = (plan.call.slug, plan.company.key)
    handed_in = plan.submitted_at is not None
    return Application(
        id=key("application", *names),
        created_at=plan.started_at,
        state_changed_at=plan.submitted_at or plan.started_at,
        call=plan.call,
        startup=plan.company.startup,
        reference=reference(*names),
        state=plan.state,
        started_by=plan.company.people[0],
        edited_at=plan.edited_at,
        revision_count=plan.versions if handed_in else 0,
        submitted_at=plan.submitted_at,
        deadline=plan.call.accepts_until if handed_in else None,
    )


def _answers(
    plan: Plan, application: Application, library: Library, documents: list[Document]
) -> dict[UUID, Answer]:
    writer = Writer(plan.company, plan.call.slug, library)
    asked = list(plan.made.questions.items())
    own = plan.company.own_words.get(plan.call.slug)
    if own is not None and plan.state == State.DRAFT:
        asked = [(name, question) for name, question in asked if name in own]
    else:
        asked = asked[: round(plan.filled * len(asked))]
    given: dict[UUID, Answer] = {}
    for number, (name, question) in enumerate(asked):
        before = question.shown_if
        if before and not conditions.is_met(question, before, given.get(before.pk)):
            continue
        if question.fact:
            continue  # known from the record, see below
        document = None
        if question.kind == QuestionKind.FILE:
            document = _document(plan, application, question)
            if document is None:
                continue
            documents.append(document)
        is_last = number == len(asked) - 1
        if document is not None:
            value = ""
        elif is_last and plan.filled < 1 and own is None and question.kind == QuestionKind.LONG:
            value = writer.unfinished()
        else:
            value = writer.answer(name, question)
        given[question.pk] = Answer(
            id=key("answer", str(application.pk), name),
            created_at=plan.started_at,
            application=application,
            question=question,
            value=answers.normal(value),
            document=document,
            version=1 + number % 3,
            edited_by=plan.company.people[number % len(plan.company.people)],
        )
    given |= _known(plan, application)
    return given


def _known(plan: Plan, application: Application) -> dict[UUID, Answer]:
    """What every draft begins with: the facts of the record."""
    facts = carried.facts_of(plan.company.startup)
    return {
        question.pk: Answer(
            id=key("answer", str(application.pk), name),
            created_at=plan.started_at,
            application=application,
            question=question,
            value=value,
            came_from=carried.RECORD,
            edited_by=plan.company.people[0],
        )
        for name, question in plan.made.questions.items()
        if (value := carried.from_record(question, facts))
    }


def _revisions(
    plan: Plan, application: Application, given: Mapping[UUID, Answer]
) -> list[Revision]:
    if plan.submitted_at is None:
        return []
    facts = plan.company.startup.snapshot() | {"consortium": []}
    found = []
    for number in range(1, plan.versions + 1):
        copies = [
            copy_of(question, given.get(question.pk))
            for question in conditions.of_shown(plan.made.questions.values(), given)
        ]
        if number < plan.versions:  # what was different in the version before
            copies[2] = copies[2] | {"value": str(copies[2]["value"]).split(". ")[0] + "."}
        submitted_at = plan.submitted_at
        if number < plan.versions:
            submitted_at -= (plan.submitted_at - plan.started_at) / 3
        found.append(
            Revision(
                id=key("revision", str(application.pk), str(number)),
                created_at=submitted_at,
                application=application,
                number=number,
                answers=copies,
                startup_facts=facts,
                terms_version=plan.call.terms_version,
                fingerprint=fingerprint_of(
                    reference=application.reference,
                    number=number,
                    answers=copies,
                    startup_facts=facts,
                    terms_version=plan.call.terms_version,
                ),
                submitted_by=plan.company.people[0],
                submitted_at=submitted_at,
            )
        )
    return found


def _document(plan: Plan, application: Application, question: Question) -> Document | None:
    """A page of slides for some of the submissions."""
    is_hers = bool(plan.company.own_words)
    if plan.submitted_at is None or not (
        is_hers or chance("file", plan.company.key).randrange(FILE_EVERY) == 0
    ):
        return None
    return paper(
        application,
        f"{plan.company.key}.pdf",
        startup=plan.company.startup,
        by=plan.company.people[0],
        at=plan.submitted_at,
        title=plan.company.key.replace("-", " ").capitalize(),
        what=str(question.pk),
    )
