"""The longest form: sixty questions of every kind in one section, with conditions, answered."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench._people import make_applicants, make_call
from challenges.choices import QuestionKind as Kind
from challenges.models import Answer, Question

if TYPE_CHECKING:
    import random

    from portal.models import Programme

QUESTIONS, TEAMS = 60, 8
#: As forms are: mostly texts, and each other kind a few times.
KINDS = [kind for kind in Kind.values for _time in range(6 if kind == Kind.LONG else 1)]
ANSWERS = {
    Kind.CHOICE: "Water",
    Kind.CHOICES: "Water\nEnergy",
    Kind.NUMBER: "12",
    Kind.MONEY: "JPY 1200000",
    Kind.DATE: "2027-02-03",
    Kind.COUNTRY: "JP",
    Kind.GOALS: "3\n13",
    Kind.MATURITY: "6",
    Kind.LINK: "https://example.org",
    Kind.VIDEO: "https://example.org/video",
    Kind.FILE: "",
}


def make_long_form(programme: Programme, rng: random.Random) -> list[tuple[str, str]]:
    """A session and a draft's key for each of some teams."""
    call = make_call(programme, "long")
    call.questions.all().delete()
    questions = [
        Question(
            call=call,
            order=order,
            section="Everything",
            label=f"Question {order}: what would change for people, and how do you know?",
            help="Say it in your own words.",
            kind=(kind := KINDS[order % len(KINDS)]),
            options=["Water", "Energy"] if kind in {Kind.CHOICE, Kind.CHOICES} else [],
            currencies=["JPY", "USD"] if kind == Kind.MONEY else [],
        )
        for order in range(QUESTIONS)
    ]
    # Each fifth hangs on the one before.
    for place in range(5, QUESTIONS, 5):
        questions[place].shown_if = questions[place - 1]
    Question.objects.bulk_create(questions)
    teams = make_applicants(call, TEAMS, rng)
    for kind, value in ANSWERS.items():
        Answer.objects.filter(question__call=call, question__kind=kind).update(value=value)
    return [(team.session, str(team.application)) for team in teams]
