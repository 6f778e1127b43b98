"""Drafts with their reminders planned, and rows that are due at this moment."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from challenges import reminders
from challenges.models import Answer, Application
from portal.choices import ReminderState
from portal.models import Reminder
from startups.models import Contact
from tests.factories.challenges import make_application

pytestmark = pytest.mark.django_db


PLANNED = ReminderState.PLANNED


def draft_of(call, **fields):
    """A draft with its rows planned."""
    application = make_application(call, **fields)
    reminders.plan(application, now=timezone.now())
    return application


def complete(application):
    """Nothing is missing: one click submits it."""
    Application.objects.filter(pk=application.pk).update(completeness=100)
    for question in application.call.questions.all():
        value = {"choice": "Water", "number": "3"}.get(question.kind, "Answer")
        Answer.objects.get_or_create(
            application=application,
            question=question,
            defaults={"value": value, "edited_by": application.started_by},
        )
    Contact.objects.get_or_create(
        startup=application.startup, name="Wanjiku", telephone="+254700000001"
    )


def due(*kinds, **fields):
    """These are due at this very moment."""
    rows = Reminder.objects.filter(kind__in=kinds, state=PLANNED, **fields)
    assert rows.update(due_at=timezone.now() - timedelta(seconds=1))


def states(application):
    """Kind → how far each row is."""
    rows = Reminder.objects.about(application)
    return {row.kind: (row.state, row.why_not) for row in rows}
