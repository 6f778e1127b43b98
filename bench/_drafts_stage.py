"""The draft that two people write in, and a ledger of what was committed to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import connection

from bench._people import make_applicants, make_call, session_of
from challenges.choices import QuestionKind
from challenges.models import Answer, Application, Call, Question
from portal.models import Programme, User
from startups.choices import MemberRole
from startups.models import Membership

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

QUESTIONS = 6
CHOICE = ["Water", "Energy", "Waste", "Light"]
#: Each version of each answer, as it was committed: a trigger writes it, no code of the portal.
LEDGER = """
    CREATE TABLE IF NOT EXISTS bench_ledger (
        at timestamptz, application uuid, question uuid, version int, value text, person uuid);
    CREATE OR REPLACE FUNCTION bench_note() RETURNS trigger SECURITY DEFINER AS $$
    BEGIN
        INSERT INTO bench_ledger VALUES (clock_timestamp(), NEW.application_id, NEW.question_id,
            NEW.version, NEW.value, NEW.edited_by_id);
        RETURN NEW;
    END $$ LANGUAGE plpgsql;
    CREATE OR REPLACE TRIGGER bench_noted AFTER INSERT OR UPDATE ON challenges_answer
        FOR EACH ROW EXECUTE FUNCTION bench_note();
"""


#: When, question, number, text, by whom.
Committed = tuple[float, str, int, str, str]


@dataclass
class Draft:
    """One application of a team of three, and its questions."""

    application: Application
    people: list[dict[str, str]]
    texts: list[Question]
    choice: Question


def make_draft(call: Call, rng: random.Random) -> Draft:
    """A team of an owner and two editors in front of an empty draft."""
    (applicant,) = make_applicants(call, 1, rng)
    application = Application.objects.get(pk=applicant.application)
    Answer.objects.filter(application=application, question__section="Together").delete()
    people = []
    for name in ("Amina", "Kofi", "Chloé"):
        user = User.objects.create(
            email=f"{name.lower()}-{application.pk.hex}@example.org",
            given_name=name,
            time_zone="Asia/Tokyo",
        )
        role = MemberRole.OWNER if name == "Chloé" else MemberRole.EDITOR
        Membership.objects.create(startup=application.startup, user=user, role=role)
        session = session_of(user)
        session.save()
        people.append(
            {
                "name": name,
                "user": str(user.pk),
                "session": session.session_key,
                "cookie": settings.SESSION_COOKIE_NAME,
                "address": application.get_absolute_url(),
            }
        )
    questions = list(call.questions.filter(section="Together").order_by("order", "created_at"))
    return Draft(application, people, questions[:-1], questions[-1])


def make_stage(programme: Programme, name: str) -> Call:
    """A call whose first section is written together."""
    call = make_call(programme, name)
    call.questions.filter(kind=QuestionKind.CHOICE).delete()
    for number in range(QUESTIONS + 1):
        is_last = number == QUESTIONS
        text = (QuestionKind.LONG, QuestionKind.SHORT)[number % 2]
        Question.objects.create(
            call=call,
            order=0,
            section="Together",
            label=f"Together {number + 1}",
            kind=QuestionKind.CHOICE if is_last else text,
            options=CHOICE if is_last else [],
            required=False,
        )
    return call


def ledger(
    application: Application, people: Iterable[str]
) -> list[tuple[float, str, int, str, str]]:
    """Every version that these people committed, in its order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT extract(epoch FROM at), question, version, value, person FROM bench_ledger"
            " WHERE application = %s AND person = ANY(%s::uuid[]) ORDER BY at",
            [str(application.pk), list(people)],
        )
        return [
            (float(at), f"q_{question.hex}", version, value, str(person))
            for at, question, version, value, person in cursor.fetchall()
        ]
