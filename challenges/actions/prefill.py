"""What a draft begins with: nothing is typed twice."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import F

from challenges import answers, carried
from challenges.choices import QuestionKind
from challenges.models import Answer, Application, Question, Revision

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from portal.models import User

#: So many earlier applications are looked through, the newest first.
MOST_COPIES = 20


def prefill(application: Application, *, by: User) -> int:
    """Answer what is known: facts from the record, the rest as it was submitted last.

    Rows like any other, so that they count at once and nothing is lost; called in the transaction
    in which the draft is made. Answers how many.
    """
    questions = application.asked()
    facts = carried.facts_of(application.startup)
    begun = {
        question.pk: (carried.RECORD, value)
        for question in questions
        if (value := carried.from_record(question, facts))
    }
    earlier = answered_before(application, [one for one in questions if one.pk not in begun])
    for question in questions:
        if question.pk in begun or question.lineage not in earlier:
            continue
        value, day = earlier[question.lineage]
        if still_fits(question, value):
            begun[question.pk] = (day.isoformat(), value)
    rows = [
        Answer(
            application=application,
            question=question,
            value=answers.canonical(question, begun[question.pk][1]),
            came_from=begun[question.pk][0],
            edited_by=by,
        )
        for question in questions
        if question.pk in begun
    ]
    if not rows:
        return 0
    Answer.objects.bulk_create(rows, ignore_conflicts=True)
    application.completeness = answers.completeness(
        questions, {row.question_id: row for row in rows}
    )
    Application.objects.filter(pk=application.pk).update(completeness=application.completeness)
    return len(rows)


def answered_before(
    application: Application, questions: list[Question]
) -> dict[UUID, tuple[str, date]]:
    """By lineage what the startup submitted last to the same question of another call."""
    wanted = [one.lineage for one in questions if one.kind not in carried.NOT_CARRIED]
    lineages = {
        str(key): lineage
        for key, lineage in Question.objects.filter(
            lineage__in=wanted,
            call__applications__startup=application.startup_id,
            call__applications__revision_count__gte=1,
        )
        .exclude(call=application.call_id)
        .values_list("pk", "lineage")
        if lineage is not None
    }
    if not lineages:
        return {}
    copies = (
        Revision.objects.filter(
            application__startup=application.startup_id,
            number=F("application__revision_count"),
        )
        .exclude(application__call=application.call_id)
        .order_by("-submitted_at")
        .values_list("submitted_at", "answers")[:MOST_COPIES]
    )
    return carried.latest(((at.date(), given) for at, given in copies), lineages)


def still_fits(question: Question, value: str) -> bool:
    """Whether an earlier answer may stand here: text always does, a choice only if it is one."""
    if question.kind in {QuestionKind.SHORT, QuestionKind.LONG}:
        return not answers.too_long_to_keep(question, value)
    return answers.problem_with(question, value) is None
