"""Field by field, whatever wrote it: events, and how the history tells them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from challenges.choices import ApplicationState, AssignmentState
from challenges.models import (
    Application,
    ApplicationEvent,
    Decision,
    DecisionEvent,
    Review,
    ReviewAssignment,
    ReviewEvent,
    Score,
    ScoreEvent,
)
from portal.choices import Role
from portal.models import ProgrammeStaff, ProgrammeStaffEvent, User, UserEvent
from portal.staff.history import page_of
from startups.models import Startup, StartupEvent
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user

pytestmark = pytest.mark.django_db


def labels(events: Any) -> list[str]:
    return list(events.order_by("pgh_id").values_list("pgh_label", flat=True))


def test_bulk_statements_and_sql_by_hand_are_seen():
    application = make_application(make_call())
    events = ApplicationEvent.objects.filter(pgh_obj=application)
    assert labels(events) == ["insert"]
    Application.objects.filter(pk=application.pk).update(open_to_staff=True)
    application.extended_until = timezone.now() + timedelta(days=9)
    Application.objects.bulk_update([application], ["extended_until"])
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE challenges_application SET open_to_staff = false WHERE id = %s",
            [application.pk],
        )
    assert labels(events) == ["insert", "update", "update", "update"]
    assert list(events.values_list("open_to_staff", flat=True)) == [False, True, True, False]


def test_bulk_create_and_delete_are_seen():
    application = make_application(make_call(), state=ApplicationState.IN_REVIEW)
    person = make_user()
    Decision.objects.bulk_create(
        [Decision(application=application, outcome="selected", reason="x", prepared_by=person)]
    )
    Decision.objects.all().delete()
    assert labels(DecisionEvent.objects.all()) == ["insert", "delete"]


def test_volatile_columns_are_no_history():
    application = make_application(make_call())
    Application.objects.filter(pk=application.pk).update(
        edited_at=timezone.now(), completeness=50, review_count=2
    )
    assert ApplicationEvent.objects.filter(pgh_obj=application).count() == 1


def test_sheet_being_written_is_no_history_but_tampering_with_it_is():
    application = make_application(make_call(), state=ApplicationState.IN_REVIEW)
    juror = make_staff(application.call.programme, Role.REVIEWER)
    assignment = ReviewAssignment.objects.create(
        application=application, reviewer=juror, assigned_by=juror, state=AssignmentState.READING
    )
    review = Review.objects.create(assignment=assignment)
    events = ReviewEvent.objects.filter(pgh_obj=review)
    Review.objects.filter(pk=review.pk).update(comment="Half a sen", version=2)
    assert labels(events) == ["insert"]
    Review.objects.filter(pk=review.pk).update(comment="Not by the juror")
    assert labels(events) == ["insert", "update"]
    Review.objects.filter(pk=review.pk).update(submitted_at=timezone.now(), total=50, version=3)
    Review.objects.filter(pk=review.pk).update(comment="Afterwards", version=4)
    assert [event.comment for event in events.order_by("pgh_id")] == [
        *("", "Not by the juror", "Not by the juror", "Afterwards"),
    ]
    score = Score.objects.create(
        review=review, criterion=application.call.criteria.first(), value=1
    )
    Score.objects.filter(pk=score.pk).update(value=5)
    score.delete()
    assert list(ScoreEvent.objects.order_by("pgh_id").values_list("value", flat=True)) == [1, 5, 5]


def test_role_and_administrator_are_seen_and_names_are_not():
    person = make_staff()
    ProgrammeStaff.objects.update(role=Role.CHAIR)
    User.objects.filter(pk=person.pk).update(is_superuser=True, given_name="Other")
    User.objects.filter(pk=person.pk).update(given_name="Third", last_login=timezone.now())
    assert labels(ProgrammeStaffEvent.objects.filter(user=person)) == ["insert", "update"]
    assert labels(UserEvent.objects.filter(pgh_obj=person)) == ["insert", "update"]
    kept = {field.name for field in UserEvent._meta.fields}
    assert not kept & {"email", "given_name", "family_name", "password", "telephone"}


def test_deleting_a_person_waits_for_no_event():
    person = make_user()
    key = person.pk
    person.emailaddress_set.all().delete()
    person.delete()
    assert labels(UserEvent.objects.filter(pgh_obj=key)) == ["insert", "delete"]


@pytest.mark.parametrize("model", [ApplicationEvent, ReviewEvent, StartupEvent, UserEvent])
@pytest.mark.parametrize("verb", ["update", "delete"])
def test_event_cannot_be_changed_by_the_application(model, verb):
    table = model._meta.db_table
    sql = f"UPDATE {table} SET pgh_label = 'x'" if verb == "update" else f"DELETE FROM {table}"
    with pytest.raises(Exception, match="permission denied"), transaction.atomic():
        connection.cursor().execute(sql)


def test_who_changed_it_is_known_by_key_and_nothing_else(client):
    programme = make_programme()
    manager = make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    colleague = make_staff(programme)
    client.force_login(manager)
    handled = client.post(
        reverse("admin:challenges_application_handle", args=[application.pk]),
        {"responsible": colleague.pk},
    )
    assert handled.status_code == 302
    event = ApplicationEvent.objects.filter(pgh_obj=application).latest("pgh_id")
    assert event.responsible_id == colleague.pk
    assert event.pgh_context["user"] == str(manager.pk)
    assert set(event.pgh_context) <= {"user", "request"}


def test_change_is_folded_into_its_entry_and_told_from_what_to_what(client):
    programme = make_programme()
    manager, colleague = make_staff(programme), make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    client.force_login(manager)
    client.post(
        reverse("admin:challenges_application_handle", args=[application.pk]),
        {"responsible": colleague.pk},
    )
    page = page_of(application, manager, number="", person="", kind="")
    (line,) = [line for line in page.lines if "responsible" in line["text"]]
    assert line["changes"] == [
        f"changed “responsible colleague” from nothing to {colleague.shown_name}"
    ]


def test_change_without_a_step_stands_alone():
    programme = make_programme()
    manager = make_staff(programme)
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.SELECTED)
    page = page_of(application, manager, number="", person="", kind="")
    (line,) = page.lines
    assert line["text"] == "Changed in the database itself:"
    assert line["changes"] == ["changed “state” from Submitted to Selected"]


def test_facts_of_an_organisation_are_told_from_what_to_what():
    startup = make_application(make_call()).startup
    Startup.objects.filter(pk=startup.pk).update(city="Osaka")
    page = page_of(startup, make_user(is_superuser=True), number="", person="", kind="")
    assert "to “Osaka”" in str(page.lines)
