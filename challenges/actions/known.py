"""Facts that read otherwise in a draft than in the record: asked about, taken over, or left."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from challenges import carried
from challenges.actions.application import lock_for_writing
from portal.workflow import StepRefused
from startups.actions.facts import change_fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date
    from uuid import UUID

    from challenges.models import Answer, Application, Question
    from portal.models import User


@dataclass(frozen=True)
class Differing:
    """A fact that reads otherwise in a draft than in the record, in words."""

    question: Question
    here: str
    record: str
    #: Since when the record is as it is; nothing where that is this month.
    since: date | None


def differing(
    application: Application,
    given: Mapping[UUID, Answer],
    *,
    reader: User,
    questions: Iterable[Question] | None = None,
) -> list[Differing]:
    """Facts that read otherwise here than in the record, for whoever may change the record.

    Not those of which the team said that the record stays as it is.
    """
    startup = application.startup
    facts = carried.facts_of(startup)
    found: list[Differing] = []
    for question in application.asked() if questions is None else questions:
        answer = given.get(question.pk)
        if answer is None or answer.came_from == carried.KEPT:
            continue
        value = carried.to_record(question, answer.value)
        known = facts[carried.FIELD_OF[question.fact]] if value is not None else None  # type: ignore[index]
        if value is None or value == known:
            continue
        found.append(
            Differing(
                question=question,
                here=carried.known_in_words(question.fact, value),
                record=carried.known_in_words(question.fact, known or ""),
                since=carried.months_ago(startup.updated_at),
            )
        )
    # Asked last, so that a draft that says what the record says asks nothing of the database.
    return found if found and reader.has_perm("startups.change_startup", startup) else []


@transaction.atomic
def leave_record(*, application: Application, question: Question, by: User) -> None:
    """The record stays as it is: the team is not asked again about this answer.

    Raises:
        StepRefused: not this person, or nothing can be changed any more.
    """
    locked = lock_for_writing(application, by)
    locked.answers.filter(question=question).update(came_from=carried.KEPT)


def take_into_record(*, application: Application, question: Question, by: User) -> None:
    """Change the record's fact to what the team answered here.

    Raises:
        StepRefused: not this person, no such fact, or the record would not take it.
    """
    answer = application.answers.filter(question=question).first()
    value = carried.to_record(question, answer.value) if answer else None
    if value is None:
        raise StepRefused(_("This answer does not say a fact of your record."))
    change_fact(
        startup=application.startup,
        name=carried.FIELD_OF[question.fact],  # type: ignore[index]
        value=value,
        by=by,
    )
