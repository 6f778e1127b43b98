"""Verbs of questions to staff: ask, answer (several alike together), tell who writes."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from challenges.choices import ApplicationState, CallState
from challenges.models import Call, Clarification
from challenges.notices.question import AnswersPublished
from challenges.workflow.clarification import clarification_workflow
from portal import audit, clock
from portal.actions.reminding import Reminding
from portal.actions.tries import Allowance, Pause, spend
from portal.models import Reminder, User
from portal.workflow import StepRefused, lock_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from django.db.models import QuerySet
    from django_stubs_ext import StrOrPromise

#: More than this from one account is no question any more.
IN_AN_HOUR = Allowance("ask", 6, 3_600)
IN_A_DAY = Allowance("ask-day", 20, 86_400)
LONGEST_QUESTION = 2_000
#: The hour of the call at which those who write are told of the day's answers.
TOLD_AT = time(17, 0)
#: Nearer to the deadline than this nobody waits for that hour.
TOO_NEAR = timedelta(hours=6)
SOON = timedelta(minutes=15)
#: The first answer of a letter is written moments before the letter is planned.
JUST_BEFORE = timedelta(minutes=1)
ANSWERS = "answers_published"


def why_not_ask(call: Call, now: datetime) -> StrOrPromise | None:
    """Why nothing can be asked any more, with the mailbox; ``None`` while it can."""
    mailbox = call.contact_email or call.programme.mailbox
    if call.state != CallState.PUBLISHED:
        return _("Questions about this call are closed. Write to %(mailbox)s.") % {
            "mailbox": mailbox
        }
    until = call.questions_until or call.closes_at
    if now < until:
        return None
    return _("Questions could be asked until %(when)s. Write to %(mailbox)s.") % {
        "when": clock.in_both_zones(until, call.time_zone, clock.reader_zone()),
        "mailbox": mailbox,
    }


def ask_question(*, call: Call, text: str, private: bool, by: User) -> Clarification:
    """Ask staff; the database's clock decides whether questions are still taken.

    Raises:
        StepRefused: not permitted, too late, nothing said, or too many in a short time.
    """
    if not by.has_perm("challenges.ask_call", call):
        raise StepRefused(_("You may not do this."), permission=True)
    text = text.replace("\r\n", "\n").strip()
    if not text:
        raise StepRefused(_("Write your question first."))
    if len(text) > LONGEST_QUESTION:
        raise StepRefused(
            _("A question has at most %(limit)d characters. Nothing was sent; shorten it.")
            % {"limit": LONGEST_QUESTION}
        )
    if refusal := why_not_ask(call, clock.database_now()):
        raise StepRefused(refusal)
    for allowance in (IN_AN_HOUR, IN_A_DAY):
        if isinstance(pause := spend(allowance, str(by.pk)), Pause):
            raise StepRefused(
                _("That is enough for now. Nothing was sent; ask again in %(minutes)d minutes.")
                % {"minutes": max(1, pause.seconds // 60)}
            )
    return _write_question(call=call, text=text, private=private, by=by)


@transaction.atomic
def _write_question(*, call: Call, text: str, private: bool, by: User) -> Clarification:
    # The same once more, while it waits for its answer, is a button that was pressed twice.
    lock_row(User, by.pk, "NO KEY UPDATE")
    same = Clarification.objects.unanswered().filter(call=call, asked_by=by, private=private)
    if (earlier := same.filter(text=text).first()) is not None:
        return earlier
    # Whoever moves the day until when questions are taken waits for this one.
    lock_row(Call, call.pk, "SHARE")
    locked = Call.objects.select_related("programme").with_phase().get(pk=call.pk)
    if refusal := why_not_ask(locked, locked.now):
        raise StepRefused(refusal)
    asked = Clarification.objects.create(call=locked, asked_by=by, text=text, private=private)
    audit.record(asked, "ask", actor=by, facts={"private": private})
    return asked


@transaction.atomic
def answer_question(
    *,
    question: Clarification,
    answer: str,
    for_everybody: bool,
    by: User,
    published_text: str = "",
    alike: Iterable[UUID] = (),
) -> Clarification:
    """Answer a question, and with it others that say the same; each asker gets their own letter.

    What was asked in private among them gets the answer and is never shown.

    Raises:
        StepRefused: not permitted, nothing to say, or one of them is answered meanwhile.
    """
    data = {"answer": answer, "for_everybody": for_everybody, "published_text": published_text}
    keys = set(alike) - {question.pk}
    # All of them in one order before the first is answered: two colleagues who answer the same
    # questions, each beginning with another, never wait for each other.
    of_call = Clarification.objects.filter(call=question.call_id).order_by("pk")
    list(of_call.filter(pk__in={*keys, question.pk}).select_for_update(no_key=True).values("pk"))
    step = clarification_workflow.perform(question, "answer", actor=by, data=data)
    for other in of_call.unanswered().filter(pk__in=keys).order_by("pk"):
        said = {**data, "answered_with": step.record}
        if other.private:
            said |= {"for_everybody": False, "published_text": ""}
        clarification_workflow.perform(other, "answer", actor=by, data=said)
    if for_everybody:
        _plan_to_tell(step.record.call, step.at)
    return step.record


@transaction.atomic
def correct_answer(
    *, question: Clarification, answer: str, published_text: str, by: User
) -> Clarification:
    """Mend an answer, for all who got it.

    Raises:
        StepRefused: not permitted, or nothing to say.
    """
    for_everybody = question.published_at is not None
    data = {"answer": answer, "for_everybody": for_everybody, "published_text": published_text}
    step = clarification_workflow.perform(question, "correct", actor=by, data=data)
    for other in question.alike.order_by("pk"):
        said = {**data, "for_everybody": False, "published_text": ""}
        clarification_workflow.perform(other, "correct", actor=by, data=said)
    return step.record


def names_in(question: Clarification, words: str) -> list[str]:
    """What of the asker stands in a text: name, address, organisation, reference."""
    asker = question.asked_by
    known = {asker.given_name, asker.family_name, asker.email}
    for startup in asker.memberships.select_related("startup"):
        known |= {startup.startup.legal_name, startup.startup.trading_name}
    known |= set(
        question.call.applications.filter(startup__memberships__user=asker).values_list(
            "reference", flat=True
        )
    )
    said = words.casefold()
    return sorted(name for name in known if name.strip() and name.strip().casefold() in said)


# -- telling who writes an application ------------------------------------------------------------


def _when_told(call: Call, now: datetime) -> datetime:
    """The next hour at which answers are told: once a day, at once when the deadline is near."""
    local = now.astimezone(call.zone)
    hour = datetime.combine(local.date(), TOLD_AT, tzinfo=call.zone)
    if hour <= now:
        hour = datetime.combine(local.date() + timedelta(days=1), TOLD_AT, tzinfo=call.zone)
    if hour <= call.closes_at - TOO_NEAR:
        return hour
    quarter = int(SOON.total_seconds())
    ahead = (int(now.timestamp()) // quarter + 1) * quarter
    return min(hour, datetime.fromtimestamp(ahead, tz=call.zone))


def _plan_to_tell(call: Call, now: datetime) -> None:
    """One letter for all answers until the hour, to each who writes and has not submitted."""
    due = _when_told(call, now)
    version = int(due.timestamp()) // 60
    Reminder.objects.plan(
        call, [(ANSWERS, person, due) for person in _writers(call, now)], version=version, now=now
    )


def _writers(call: Call, now: datetime) -> QuerySet[User]:
    """Everybody in a team that may still submit and has not, and who helps with one."""
    drafts = call.applications.filter(state=ApplicationState.DRAFT)
    if now >= call.closes_at:
        drafts = drafts.filter(extended_until__gt=now)
    people: QuerySet[User] = drafts.people()
    return people


def _find(key: UUID) -> Call | None:
    return Call.objects.select_related("programme").filter(pk=key).first()


def _wanted(call: Call, reminder: Reminder, now: datetime) -> Mapping[str, Any] | None:
    """How many answers there are since the letter was planned; none once there is no use in it."""
    if call.state != CallState.PUBLISHED:
        return None
    if not _writers(call, now).filter(pk=reminder.recipient_id).exists():
        return None
    count = (
        Clarification.objects.published()
        .filter(call=call, published_at__gte=reminder.created_at - JUST_BEFORE)
        .count()
    )
    return {"count": count} if count else None


telling_of_answers = Reminding(
    model=Call, letters={ANSWERS: AnswersPublished()}, find=_find, wanted=_wanted
)


def tell_of_answers() -> int:
    """Write the letters about new answers that are due."""
    return telling_of_answers.write_due()
