"""The calls of the demonstration, one file each, with their questions and criteria."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from challenges.actions.alert import ask_for_alert
from challenges.choices import CallState
from challenges.models import Call, Criterion, EligibilityRule, Question
from procurement.demo.source import DATA, key, toml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from portal.models import Programme, User
    from procurement.demo.source import Moment

CHALLENGE = "global-innovation-challenge"
PURCHASE = "ready-for-purchase"
INTAKE = "500-kobe-accelerator-2020"
COAST = "small-islands-long-shores"

#: The sectors a call asks for: those of the intake of 2020 come first in the file.
PANDEMIC_SECTORS = 9
#: A call stands in draft for as long before it opens.
BEFORE_OPENING = timedelta(days=9)
TEXTS = (
    *("programme", "kind", "title", "slug", "summary", "languages", "places", "state"),
    *("reviewers_wanted", "not_applicable", "contact_name", "contact_email", "terms_version"),
)
FACTS = (
    *("gives", "takes", "travel", "who_may_apply", "last_year"),
    *("usual_hours", "interviews", "who_reads"),
)


@dataclass(frozen=True)
class MadeCall:
    """A stored call with what the applicants' answers are written for."""

    call: Call
    #: By the names that the files give them.
    questions: dict[str, Question]
    criteria: list[Criterion]


def load(programmes: Mapping[str, Programme], moment: Moment) -> dict[str, MadeCall]:
    """Store the calls; answers them by their address."""
    shared = toml("calls/shared.toml")
    lists = _lists(shared)
    files = sorted(path.name for path in (DATA / "calls").glob("*.toml"))
    rows = [toml(f"calls/{name}") for name in files if name != "shared.toml"]
    made = {row["slug"]: _make(row, shared, lists, programmes, moment) for row in rows}
    Call.objects.bulk_create(one.call for one in made.values())
    Question.objects.bulk_create(
        question for one in made.values() for question in one.questions.values()
    )
    Criterion.objects.bulk_create(criterion for one in made.values() for criterion in one.criteria)
    EligibilityRule.objects.bulk_create(
        rule for row in rows for rule in _rules(made[row["slug"]].call, row.get("rule", ()))
    )
    return made


def _rules(call: Call, rows: Iterable[Mapping[str, Any]]) -> list[EligibilityRule]:
    return [
        EligibilityRule(
            id=key("rule", call.slug, str(order)),
            created_at=call.created_at,
            call=call,
            order=order,
            **row,
        )
        for order, row in enumerate(rows, start=1)
    ]


def wait_for(call: Call, person: User) -> None:
    """The founder wants to hear when a call opens."""
    ask_for_alert(call=call, user=person)


def _lists(shared: Mapping[str, Any]) -> dict[str, list[str]]:
    sectors = [row["name"] for row in toml("programmes.toml")["sector"]]
    return {
        "sectors of pandemic": sectors[:PANDEMIC_SECTORS],
        "sectors of climate": sectors[PANDEMIC_SECTORS:],
        "readiness": shared["readiness"],
        "revenue": toml("phrases.toml")["revenue"],
    }


def _make(
    row: Mapping[str, Any],
    shared: Mapping[str, Any],
    lists: Mapping[str, list[str]],
    programmes: Mapping[str, Programme],
    moment: Moment,
) -> MadeCall:
    programme = programmes[row["programme"]]
    zone = programme.time_zone
    opens_at = moment.instant(row["opens"], zone)
    closes_at = moment.instant(row["closes"], zone)
    is_published = row["state"] == CallState.PUBLISHED
    # Not before today: a call that opens in some days was not published in the future.
    made_at = min(opens_at, moment.now) - BEFORE_OPENING
    call = Call(
        id=key("call", row["slug"]),
        created_at=made_at,
        programme=programme,
        description=row["description"].strip(),
        published_at=made_at + timedelta(days=2) if is_published else None,
        state_changed_at=made_at + timedelta(days=2 if is_published else 0),
        opens_at=opens_at,
        closes_at=closes_at,
        accepts_until=closes_at,
        time_zone=zone,
        questions_until=moment.instant(row["questions_until"], zone),
        shortlist_on=moment.day(row["shortlist"], zone) if "shortlist" in row else None,
        results_on=moment.day(row["results"], zone),
        review_due_on=moment.day(row["review_due"], zone),
        answers_within=row.get("answers_within"),
        terms=shared["terms"].strip(),
        **{name: row[name] for name in TEXTS if name != "programme"},
        **{name: row.get(name, "") for name in FACTS},
    )
    return MadeCall(call, _questions(call, row["question"], lists), _criteria(call, row, shared))


def _questions(
    call: Call, rows: Iterable[Mapping[str, Any]], lists: Mapping[str, list[str]]
) -> dict[str, Question]:
    made: dict[str, Question] = {}
    for order, row in enumerate(rows, start=1):
        options = row.get("options", [])
        made[row["key"]] = Question(
            id=key("question", call.slug, row["key"]),
            created_at=call.created_at,
            call=call,
            order=order,
            # A list of its own, or the name of one that several calls share.
            options=lists[options] if isinstance(options, str) else options,
            shown_if=made.get(row.get("shown_if", "")),
            # One word for the same question of several calls: what was answered to it is carried.
            lineage=key("lineage", row.get("same_as", f"{call.slug} {row['key']}")),
            **{
                name: value
                for name, value in row.items()
                if name not in {"key", "options", "shown_if", "same_as"}
            },
        )
    return made


def _criteria(call: Call, row: Mapping[str, Any], shared: Mapping[str, Any]) -> list[Criterion]:
    return [
        Criterion(
            id=key("criterion", call.slug, name),
            created_at=call.created_at,
            call=call,
            order=order,
            weight=weight,
            **shared["criteria"][name],
        )
        for order, (name, weight) in enumerate(row["criteria"], start=1)
    ]
