"""Questions and answers about the calls, the days of their next news, one letter in own words."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from challenges.choices import ClarificationState
from challenges.models import Clarification, FaqEntry, Wording
from challenges.workflow.news import plan_news
from procurement.demo.calls import CHALLENGE
from procurement.demo.source import key, toml

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.models import User
    from procurement.demo.calls import MadeCall
    from procurement.demo.history import Trail
    from procurement.demo.source import Moment

LANGUAGE = "en-gb"


def load(
    calls: Mapping[str, MadeCall], cast: Mapping[str, User], moment: Moment, trail: Trail
) -> None:
    """Store them."""
    told = toml("talk.toml")
    for made in calls.values():
        FaqEntry.objects.bulk_create(
            FaqEntry(
                id=key("faq", made.call.slug, str(order)), call=made.call, order=order, **entry
            )
            for order, entry in enumerate(told["faq"], start=1)
        )
    for slug, day in told["news"].items():
        call = calls[slug].call
        call.next_news_on = moment.day(day, call.time_zone)
        call.save(update_fields=["next_news_on"])
        plan_news(call, now=moment.now)
    for row in told["question"]:
        _ask(row, calls[row["call"]], cast, moment, trail)
    call = calls[CHALLENGE].call
    manager = cast["manager.kobe@example.org"]
    worded = Wording.objects.create(
        id=key("wording", call.slug, told["letter"]),
        call=call,
        notice=told["letter"],
        language=LANGUAGE,
        subject=told["subject"],
        text=told["text"].strip(),
        signature=told["signature"].strip(),
        written_by=manager,
    )
    trail.add(
        call,
        "word-letter",
        at=moment.now - timedelta(days=6),
        actor=manager,
        facts={"letter": worded.notice, "language": worded.language},
    )


def _ask(
    row: Mapping[str, Any],
    made: MadeCall,
    cast: Mapping[str, User],
    moment: Moment,
    trail: Trail,
) -> None:
    asked_at = moment.now - timedelta(hours=row["hours_ago"])
    question = Clarification(
        id=key("clarification", row["text"]),
        created_at=asked_at,
        state_changed_at=asked_at,
        call=made.call,
        asked_by=cast[row["by"]],
        text=row["text"],
    )
    facts: dict[str, Any] = {"private": False}
    trail.add(question, "ask", at=asked_at, actor=question.asked_by, facts=facts)
    if "answer" in row:
        at = moment.now - timedelta(hours=row["answered_hours_ago"])
        question.state = ClarificationState.ANSWERED
        question.answer = row["answer"]
        question.published_text = row["published_text"]
        question.answered_by = cast[row["answered_by"]]
        question.answered_at = question.published_at = question.state_changed_at = at
        trail.add(
            question,
            "answer",
            at=at,
            actor=question.answered_by,
            from_state=ClarificationState.ASKED,
            to_state=ClarificationState.ANSWERED,
            facts={"for_everybody": True},
        )
    question.save(force_insert=True)
