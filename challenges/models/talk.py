"""What the page of a call says in answer to questions, read with the call in one statement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Count, F, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce, JSONObject

from challenges.models.clarification import Clarification, FaqEntry, Wording

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet

    from challenges.models.call import Call

#: So many answers stand on the page of a call; the others are one link away.
SHOWN = 5


@dataclass(frozen=True)
class Answered:
    """A question as everybody reads it, with its answer; nobody's name comes along."""

    question: str
    answer: str
    at: datetime


@dataclass(frozen=True)
class Talk:
    """Frequent questions, the latest answers, and how many answers there are."""

    faq: list[tuple[str, str]]
    answered: list[Answered]
    count: int


def _faq(call: Any) -> QuerySet[FaqEntry, Any]:
    rows = FaqEntry.objects.filter(call=call).order_by("order", "created_at")
    return rows.values(said=JSONObject(question=F("question"), answer=F("answer")))


def _answered(call: Any) -> QuerySet[Clarification, Any]:
    rows = Clarification.objects.published().filter(call=call).order_by("-published_at")
    return rows.values(
        said=JSONObject(question=F("published_text"), answer=F("answer"), at=F("published_at"))
    )[:SHOWN]


def with_talk(calls: Any) -> Any:
    """Each call with what is said in answer to questions."""
    published = Clarification.objects.published().filter(call=OuterRef("pk")).order_by()
    counted = published.values("call").annotate(found=Count("pk")).values("found")
    return calls.annotate(
        talk_faq=ArraySubquery(_faq(OuterRef("pk"))),
        talk_answered=ArraySubquery(_answered(OuterRef("pk"))),
        talk_count=Coalesce(Subquery(counted, output_field=IntegerField()), 0),
    )


def talk_of(call: Call) -> Talk:
    """What came with the call; a call that came without is asked."""
    came: Any = call if "talk_count" in call.__dict__ else with_talk(_this(call)).get()
    return Talk(
        faq=[(row["question"], row["answer"]) for row in came.talk_faq],
        answered=[
            Answered(row["question"], row["answer"], datetime.fromisoformat(row["at"]))
            for row in came.talk_answered
        ],
        count=came.talk_count,
    )


def _this(call: Call) -> QuerySet[Call]:
    return type(call)._default_manager.filter(pk=call.pk).only("pk")


def with_wordings(records: Any, *notices: str) -> Any:
    """Each application with its call's own words for these letters."""
    rows = Wording.objects.filter(call=OuterRef("call"), notice__in=notices)
    said = JSONObject(
        notice=F("notice"),
        language=F("language"),
        subject=F("subject"),
        text=F("text"),
        signature=F("signature"),
    )
    return records.annotate(own_words=ArraySubquery(rows.values(said=said)))


def words_that_came(record: Model) -> list[dict[str, str]] | None:
    """The words that `with_wordings` read with the record; None where nobody asked for them."""
    return record.__dict__.get("own_words")
