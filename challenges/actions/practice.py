"""A practice run: three made-up applications through every step and letter, and no trace.

It runs on a copy of the call inside one transaction that never commits, so it is the real steps,
guards and letters that are tried, and nobody is written to.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from challenges.actions import decision as decisions, practice_clock, review as reviews
from challenges.actions.application import (
    attach_file,
    save_answers,
    start_application,
    submit_application,
)
from challenges.actions.call import move_deadline
from challenges.actions.copying import copy_call
from challenges.actions.wording import besides
from challenges.answers import bound, canonical, limit_of, options_of
from challenges.choices import LimitUnit, Outcome, QuestionKind as Kind
from challenges.models import Application, Call, ReviewAssignment
from challenges.workflow.application import application_workflow
from challenges.workflow.call import call_workflow
from challenges.workflow.review import assignment_workflow
from portal import clock
from portal.actions.telling import tell_due
from portal.choices import Role
from portal.models import OutboxMessage, ProgrammeStaff, Reminder, User
from portal.outbox import lay_out
from portal.workflow import StepRefused
from startups.choices import MemberRole, StartupKind
from startups.models import Contact, Membership, Startup

if TYPE_CHECKING:
    from collections.abc import Callable

    from challenges.models import Question

APPLICANTS = 3
#: What becomes of each of the three.
OUTCOMES = (Outcome.SELECTED, Outcome.RESERVE, Outcome.NOT_SELECTED)
#: A PDF of one empty page; the check of files looks at it after the run is gone.
EMPTY_PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
    b"2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
    b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]>>endobj\n"
    b"trailer<</Root 1 0 R>>\n%%EOF\n"
)


@dataclass
class PractisedLetter:
    """One letter that would have left."""

    to: str
    subject: str
    text: str


@dataclass
class PractisedStep:
    """One step of the run: what was done, the letters that followed, or why it was refused."""

    label: str
    letters: list[PractisedLetter] = field(default_factory=list)
    refusal: str = ""


def practise(*, call: Call, by: User) -> list[PractisedStep]:
    """Run three made-up applications through the whole of a call and answer what happened.

    A step that is refused says why and ends the run: what follows could not happen either.

    Raises:
        StepRefused: the person does not run the call.
    """
    if not by.has_perm("challenges.practise_call", call):
        raise StepRefused(_("You may not practise this call."), permission=True)
    run = _Run(call, by)
    try:
        with transaction.atomic():
            run.go()
            transaction.set_rollback(True)
    finally:
        run.throw_files_away()
    return run.steps


class _Run:
    """The run itself, inside its transaction."""

    def __init__(self, call: Call, by: User) -> None:
        self.by = by
        self.source = call
        self.steps: list[PractisedStep] = []
        self.files: list[Any] = []
        self._seen = set[uuid.UUID]()
        self._kinds = set[str]()

    def go(self) -> None:
        """Every step in order, until one is refused."""
        for label, step in (
            (_("The call is copied and published"), self._open),
            (_("Three organisations write their applications"), self._write),
            (_("Before the deadline the teams are reminded"), self._remind_teams),
            (_("They submit"), self._submit),
            (_("One submits a newer version, one withdraws and undoes it"), self._change_minds),
            (_("The deadline moves"), self._move),
            (_("As it closes, those who run it are told"), self._tell_staff),
            (_("The call closes and the review begins"), self._review),
            (_("Jurors submit their reviews"), self._score),
            (_("Decisions are prepared and the results are sent"), self._decide),
            (_("Another call of the kind is cancelled"), self._cancel),
            *(
                [(_("A place in the cohort is offered"), self._offer)]
                if self.source.feeds_id
                else []
            ),
        ):
            refusal = self._take(step)
            self.steps.append(PractisedStep(str(label), self._letters(), refusal))
            if refusal:
                return
        label = _("What else may happen: each letter that this run did not write, with an example")
        self.steps.append(PractisedStep(str(label), self._other_letters()))

    @staticmethod
    def _take(step: Callable[[], None]) -> str:
        try:
            # A refused step takes back its own half; the run's other rows stay to be read.
            with transaction.atomic():
                step()
        except StepRefused as refusal:
            return str(refusal)
        return ""

    def throw_files_away(self) -> None:
        """What was stored lies outside the database, and is taken out by hand."""
        for file in self.files:
            file.storage.delete(file.name)

    # -- who plays ----------------------------------------------------------------------------

    def _person(self, name: str, language: str = "") -> User:
        return User.objects.create_user(
            f"{uuid.uuid4().hex}@practice.invalid",
            None,
            given_name=name,
            family_name=_("(practice)"),
            language=language or self.by.language,
            time_zone=self.by.time_zone,
        )

    def _on_staff(self, name: str, role: Role) -> User:
        person = self._person(name)
        ProgrammeStaff.objects.create(programme=self.call.programme, user=person, role=role)
        return person

    def _organisation(self, number: int) -> Startup:
        languages = self.call.languages or [self.by.language]
        founder = self._person(
            _("Founder %(number)d") % {"number": number}, languages[number % len(languages)]
        )
        startup = Startup.objects.create(
            kind=StartupKind.STARTUP,
            legal_name=_("Practice company %(number)d") % {"number": number},
            country=str(self.call.programme.country),
            registration_number=f"P-{number}",
        )
        Membership.objects.create(startup=startup, user=founder, role=MemberRole.OWNER)
        Contact.objects.create(startup=startup, name=founder.shown_name, telephone="+1 000 000 000")
        return startup

    # -- what happens -------------------------------------------------------------------------

    def _copy(self, name: str) -> Call:
        now = clock.database_now()
        copy = copy_call(
            call=self.source,
            title=self.source.title,
            slug=f"{name}-{uuid.uuid4().hex}",
            opens_on=now.date(),
            by=self.by,
        )
        # As if every date were looked at and the call open now.
        Call.objects.filter(pk=copy.pk).update(
            to_confirm=[],
            opens_at=now - timedelta(days=1),
            closes_at=now + timedelta(days=1),
            accepts_until=now + timedelta(days=1),
            questions_until=now + timedelta(days=1) if self.source.questions_until else None,
            last_year=self.source.last_year,
        )
        return Call.objects.select_related("programme").get(pk=copy.pk)

    def _open(self) -> None:
        self.call = self._copy("practice")
        self.manager = self._on_staff(_("Manager"), Role.MANAGER)
        call_workflow.perform(self.call, "publish", actor=self.manager)
        self.call = Call.objects.select_related("programme").get(pk=self.call.pk)

    def _write(self) -> None:
        self.applications: list[Application] = []
        for number in range(1, APPLICANTS + 1):
            startup = self._organisation(number)
            owner = startup.owners()[0]
            application = start_application(call=self.call, startup=startup, by=owner)
            asked = application.asked()
            known = {one.question_id: one.version for one in application.answers.all()}
            save_answers(
                application=application,
                values={one.pk: sample(one, number) for one in asked if one.kind != Kind.FILE},
                versions=known,
                by=owner,
            )
            for question in asked:
                if question.kind == Kind.FILE and (upload := sample_file(question)):
                    answer = attach_file(
                        application=application, question=question, upload=upload, by=owner
                    )
                    if answer.document is not None:
                        self.files.append(answer.document.file)
            self.applications.append(self._fresh(application))

    @staticmethod
    def _fresh(application: Application) -> Application:
        return Application.objects.select_related("call__programme", "startup").get(
            pk=application.pk
        )

    def _hand_in(self, application: Application) -> None:
        submit_application(
            application=self._fresh(application),
            key=uuid.uuid4(),
            terms_version=self.call.terms_version,
            by=application.startup.owners()[0],
        )

    def _remind_teams(self) -> None:
        draft, complete = (self._fresh(one) for one in self.applications[:2])
        practice_clock.tell_teams(draft, complete)

    def _tell_staff(self) -> None:
        call = Call.objects.select_related("programme").get(pk=self.call.pk)
        practice_clock.tell_staff(call, self.manager)

    def _offer(self) -> None:
        cohort = self.source.feeds
        assert cohort is not None
        practice_clock.offer(self._fresh(self.applications[0]), cohort=cohort, by=self.manager)

    def _submit(self) -> None:
        for application in self.applications:
            self._hand_in(application)

    def _change_minds(self) -> None:
        first, *_others, last = self.applications
        for question in first.asked():
            if question.kind in {Kind.SHORT, Kind.LONG}:
                known = {one.question_id: one.version for one in first.answers.all()}
                save_answers(
                    application=self._fresh(first),
                    values={question.pk: sample(question, APPLICANTS + 1)},
                    versions=known,
                    by=first.startup.owners()[0],
                )
                self._hand_in(first)
                break
        owner = last.startup.owners()[0]
        application_workflow.perform(self._fresh(last), "withdraw", actor=owner)
        application_workflow.perform(self._fresh(last), "restore", actor=owner)

    def _move(self) -> None:
        move_deadline(
            call=self.call,
            closes_at=self.call.closes_at + timedelta(days=1),
            accepts_until=None,
            reason=_("The reason that you write stands here."),
            by=self.manager,
        )

    def _review(self) -> None:
        now = clock.database_now()
        Call.objects.filter(pk=self.call.pk).update(closes_at=now, accepts_until=now)
        applications = [self._fresh(one) for one in self.applications]
        self.jurors = [
            self._on_staff(_("Juror %(number)d") % {"number": number}, Role.REVIEWER)
            for number in range(1, self.call.reviewers_wanted + 1)
        ]
        reviews.assign(applications=applications, reviewers=self.jurors, by=self.manager)

    def _score(self) -> None:
        rows = ReviewAssignment.objects.filter(application__in=self.applications)
        for given in rows.select_related("reviewer", "application__call"):
            juror = given.reviewer
            reading = assignment_workflow.perform(given, "confirm", actor=juror).record
            reviews.save_review(
                assignment=reading,
                scores={one: len(one.levels) for one in self.call.criteria.all()},
                comment=_("A comment for colleagues."),
                feedback=_("A word for the applicant."),
                version=1,
                by=juror,
            )
            written = ReviewAssignment.objects.get(pk=given.pk)
            assignment_workflow.perform(written, "submit-review", actor=juror)

    def _decide(self) -> None:
        for application, outcome in zip(self.applications, OUTCOMES, strict=True):
            decisions.prepare(
                application=self._fresh(application),
                outcome=outcome,
                reason=_("The reason that you write stands here."),
                by=self.manager,
            )
        decisions.send_results(call=self.call, by=self.manager)

    def _cancel(self) -> None:
        other = self._copy("practice-cancelled")
        call_workflow.perform(other, "publish", actor=self.manager)
        other = Call.objects.select_related("programme").get(pk=other.pk)
        startup = self.applications[0].startup
        start_application(call=other, startup=startup, by=startup.owners()[0])
        call_workflow.perform(
            other,
            "cancel",
            actor=self.manager,
            reason=_("The reason that you write stands here."),
        )

    # -- what came of it ----------------------------------------------------------------------

    def _other_letters(self) -> list[PractisedLetter]:
        """Letters of more time, questions, files and the like: the rest of all there are."""
        return [
            PractisedLetter(
                to=label,
                subject=letter.subject,
                text=lay_out(letter, programme=self.source.programme)[0],
            )
            for label, letter in besides(self.source, self.by.language, self._kinds)
        ]

    def _letters(self) -> list[PractisedLetter]:
        """The letters that this step wrote, each kind to each sort of reader once."""
        tell_due(among=Reminder.objects.filter(recipient__email__endswith="@practice.invalid"))
        mine = OutboxMessage.objects.filter(
            programme_id=self.source.programme_id, to_address__endswith="@practice.invalid"
        ).exclude(pk__in=self._seen)
        found = list(mine.select_related("recipient").order_by("created_at", "pk"))
        self._seen |= {letter.pk for letter in found}
        self._kinds |= {letter.notice for letter in found}
        return [
            PractisedLetter(
                to=letter.recipient.shown_name if letter.recipient else letter.to_address,
                subject=letter.subject,
                text=letter.text,
            )
            for letter in found
        ]


# -- what is answered ---------------------------------------------------------------------------


def sample(question: Question, number: int) -> str:
    """An answer that fits the question; of a choice another for each ``number``."""
    options = [str(one) for one in options_of(question)]
    if options:
        wanted = options[: question.most or 1]
        if question.kind in {Kind.CHOICE, Kind.MATURITY}:
            wanted = [options[(number - 1) % len(options)]]
        return canonical(question, "\n".join(wanted))
    if question.kind in {Kind.SHORT, Kind.LONG}:
        return _text_within(question, _("Practice answer %(number)d") % {"number": number})
    return canonical(question, _plain_sample(question))


def _text_within(question: Question, text: str) -> str:
    limit = limit_of(question)
    if question.limit_unit == LimitUnit.WORDS:
        return " ".join(text.split()[:limit])
    return text[:limit]


def _plain_sample(question: Question) -> str:
    between = question.minimum if question.minimum is not None else question.maximum
    amount = bound(between) if between is not None else "1000"
    currency = question.currencies[0] if question.currencies else "USD"
    return {
        Kind.NUMBER: amount,
        Kind.MONEY: f"{currency} {amount}",
        Kind.DATE: "2020-01-31",
        Kind.COUNTRY: "JP",
        Kind.LINK: "https://example.org/practice",
        Kind.VIDEO: "https://example.org/practice",
    }.get(Kind(question.kind), "")


def sample_file(question: Question) -> SimpleUploadedFile | None:
    """A small file of a kind that the question takes."""
    kinds = question.file_kinds
    if not kinds or "pdf" in kinds:
        return SimpleUploadedFile("practice.pdf", EMPTY_PDF, "application/pdf")
    if "csv" in kinds:
        return SimpleUploadedFile("practice.csv", b"practice\n", "text/csv")
    for kind in ("png", "jpg", "jpeg"):
        if kind in kinds:
            return SimpleUploadedFile(f"practice.{kind}", _picture(kind))
    if "docx" in kinds:
        return SimpleUploadedFile("practice.docx", _document())
    if "xlsx" in kinds:
        return SimpleUploadedFile("practice.xlsx", _sheet())
    return None


def _picture(kind: str) -> bytes:
    from PIL import Image  # noqa: PLC0415 -- large, and only a practice run needs it here

    target = BytesIO()
    Image.new("RGB", (8, 8)).save(target, "PNG" if kind == "png" else "JPEG")
    return target.getvalue()


def _document() -> bytes:
    from docx import Document as WordDocument  # noqa: PLC0415 -- as above

    target = BytesIO()
    WordDocument().save(target)
    return target.getvalue()


def _sheet() -> bytes:
    from openpyxl import Workbook  # noqa: PLC0415 -- as above

    target = BytesIO()
    Workbook().save(target)
    return target.getvalue()
