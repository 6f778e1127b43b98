"""Calls and applications for tests."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pgtrigger
from django.utils import timezone

from challenges.choices import ApplicationState, CallKind, CallState, Fact, QuestionKind
from challenges.models import Answer, Application, Call, Criterion, Question, Revision
from tests.factories.portal import make_programme
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from portal.models import Programme
    from startups.models import Startup

_number = count(1)


def make_call(programme: Programme | None = None, **fields: Any) -> Call:
    """A published call, open for a week more, with three questions and two criteria."""
    number = next(_number)
    programme = programme or make_programme()
    bare = fields.pop("bare", False)
    now = timezone.now()
    fields = {
        "kind": CallKind.CHALLENGE,
        "title": f"Call {number}",
        "slug": f"call-{number}",
        "summary": "Technology for resilient infrastructure.",
        "description": "# What we look for\n\nTechnology.",
        "places": 5,
        "state": CallState.PUBLISHED,
        "published_at": now - timedelta(days=7),
        "opens_at": now - timedelta(days=7),
        "closes_at": now + timedelta(days=7),
        "time_zone": "Asia/Tokyo",
        "not_applicable": list(Fact.values),
        "terms": "The terms.",
        "terms_version": "2026-01",
        "contact_name": "Desk",
        "contact_email": "desk@example.org",
    } | fields
    fields.setdefault("accepts_until", fields["closes_at"])
    call = Call.objects.create(programme=programme, **fields)
    if not bare:
        Question.objects.create(
            call=call, order=1, section="Solution", label="Title", kind=QuestionKind.SHORT
        )
        Question.objects.create(
            call=call,
            order=2,
            section="Solution",
            label="Theme",
            kind=QuestionKind.CHOICE,
            options=["Water", "Energy"],
        )
        Question.objects.create(
            call=call,
            order=3,
            section="Team",
            label="People",
            kind=QuestionKind.NUMBER,
            minimum=1,
            required=False,
        )
        for order, (name, weight) in enumerate((("Technology", 60), ("Team", 40))):
            Criterion.objects.create(
                call=call,
                order=order,
                name=name,
                weight=weight,
                levels=["Weak", "Fair", "Good", "Very good", "Outstanding"],
            )
    return call


def make_application(
    call: Call | None = None, startup: Startup | None = None, **fields: Any
) -> Application:
    """A draft; ``complete=True`` answers every question; ``state=…`` puts it anywhere."""
    call = call or make_call()
    startup = startup or make_startup()
    person = startup.owners()[0]
    complete = fields.pop("complete", False)
    state = fields.pop("state", ApplicationState.DRAFT)
    handed_in = state != ApplicationState.DRAFT
    startup.acquaintances.get_or_create(programme=call.programme)
    with pgtrigger.ignore("challenges.Application:submitted_in_time"):
        if handed_in:
            fields = {
                "revision_count": 1,
                "submitted_at": call.closes_at - timedelta(days=8),
                "deadline": call.accepts_until,
            } | fields
        application = Application.objects.create(
            call=call, startup=startup, started_by=person, state=state, **fields
        )
    if complete or handed_in:
        for question in application.asked():
            value = {"choice": "Water", "number": "3", "file": ""}.get(question.kind, "Answer")
            Answer.objects.create(
                application=application, question=question, value=value, edited_by=person
            )
    if handed_in:
        Revision.objects.create(
            application=application,
            number=1,
            answers=[
                {
                    "question": str(question.pk),
                    "section": question.section,
                    "label": question.label,
                    "kind": question.kind,
                    "read_by": question.read_by,
                    "unit": question.unit,
                    "value": "Answer",
                    "document": None,
                }
                for question in application.asked()
            ],
            startup_facts=startup.snapshot(),
            terms_version=call.terms_version,
            fingerprint="0" * 64,
            submitted_by=person,
            submitted_at=application.submitted_at or call.closes_at,
        )
    return application
