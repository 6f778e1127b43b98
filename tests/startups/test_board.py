"""The board of a cohort: figures by hand, who reads it, what leaves it, and how often it asks."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from portal.choices import Role
from portal.models import AuditEntry, User
from startups.actions import board
from startups.choices import GoalState, ItemState, PlaceState, SessionState, Verdict, Voice
from startups.models import Cohort, GoalReview, Group, Mentoring, Place, PrivateNote
from tests.factories.cohorts import (
    make_action_item,
    make_cohort,
    make_demo_day,
    make_goal,
    make_mentoring,
    make_pitch,
    make_place,
    make_session,
)
from tests.factories.portal import make_staff
from tests.factories.startups import make_startup

CANARY = "canary of a private note"
QUERIES = 16


@pytest.fixture
def cohort(db: Any) -> Cohort:
    return make_cohort(places=9)


@pytest.fixture
def manager(cohort: Cohort) -> User:
    return make_staff(cohort.programme, Role.MANAGER)


@pytest.fixture
def mentoring(cohort: Cohort) -> Mentoring:
    return make_mentoring(make_place(cohort, make_startup(legal_name="=SUM(A1) Ltd")))


def held(mentoring: Mentoring, *, days: int, **fields: Any) -> Any:
    """A session that took place so many days ago."""
    return make_session(
        mentoring,
        starts_at=timezone.now() - timedelta(days=days),
        **{"state": SessionState.LOGGED} | fields,
    )


def line_of(cohort: Cohort, reader: User, place: Place) -> board.Line:
    return next(line for line in board.of(cohort, reader).lines if line.place.pk == place.pk)


def url_of(cohort: Cohort) -> str:
    return reverse("admin:startups_cohort_board", args=[cohort.pk])


def test_figures_of_a_startup(cohort: Cohort, manager: User, mentoring: Mentoring) -> None:
    place = mentoring.place
    held(mentoring, days=9, minutes_contact=45, minutes_preparation=15, minutes_travel=30)
    held(mentoring, days=3, minutes_contact=60, state=SessionState.CONFIRMED)
    held(mentoring, days=2, state=SessionState.NO_SHOW)
    held(mentoring, days=1, state=SessionState.PLANNED)
    make_session(mentoring)
    today = timezone.localdate()
    make_action_item(place)
    make_action_item(place, due_on=today - timedelta(days=3))
    make_action_item(place, due_on=today - timedelta(days=3), state=ItemState.DONE)
    goal = make_goal(place)
    make_goal(place)
    make_goal(place, state=GoalState.DROPPED)
    for verdict in (Verdict.ON_TRACK, Verdict.OFF_TRACK):
        GoalReview.objects.create(goal=goal, voice=Voice.STAFF, by=manager, verdict=verdict)
    line = line_of(cohort, manager, place)
    assert (line.place.held, line.place.planned, line.place.to_log) == (2, 1, 1)
    assert (line.contact, line.whole) == (1.8, 2.5)
    assert (
        line.place.last_contact.date()
        == (timezone.now() - timedelta(days=3) + timedelta(hours=1)).date()
    )
    assert (line.place.items_open, line.place.items_overdue) == (2, 1)
    assert line.goals == {Verdict.OFF_TRACK: 1, board.NOT_JUDGED: 1}
    assert line.mentors == [str(mentoring.mentor)]
    assert not line.no_contact
    assert line.needs_attention


@pytest.mark.parametrize(
    ("days", "state", "silent"),
    [(13, "active", False), (15, "active", True), (15, "completed", False)],
)
def test_no_contact_for_fourteen_days(
    cohort: Cohort, manager: User, days: int, state: str, *, silent: bool
) -> None:
    mentoring = make_mentoring(make_place(cohort))
    held(mentoring, days=days)
    Place.objects.filter(pk=mentoring.place.pk).update(
        state=state, state_changed_at=timezone.now() - timedelta(days=40)
    )
    assert line_of(cohort, manager, mentoring.place).no_contact is silent
    assert board.without_contact([cohort])[cohort.pk] == silent


def test_never_met_counts_from_the_beginning(cohort: Cohort, manager: User) -> None:
    place = make_place(cohort)
    assert not line_of(cohort, manager, place).no_contact
    Place.objects.filter(pk=place.pk).update(state_changed_at=timezone.now() - timedelta(days=15))
    assert line_of(cohort, manager, place).no_contact
    assert board.without_contact([cohort])[cohort.pk] == 1


def test_who_only_has_an_offer_is_not_there(cohort: Cohort, manager: User) -> None:
    make_place(cohort, state=PlaceState.INVITED)
    make_place(cohort, state=PlaceState.REFUSED)
    assert board.of(cohort, manager).lines == []


def test_deck_in_or_missing(cohort: Cohort, manager: User) -> None:
    place = make_place(cohort)
    assert line_of(cohort, manager, place).deck == ("", "")
    make_pitch(make_demo_day(cohort), place)
    assert line_of(cohort, manager, place).deck == ("missing", "amber")


def test_figures_of_a_mentor(cohort: Cohort, manager: User, mentoring: Mentoring) -> None:
    held(mentoring, days=3, minutes_contact=60, minutes_preparation=30)
    held(mentoring, days=1, state=SessionState.PLANNED)
    elsewhere = make_place(make_cohort(cohort.programme))
    make_mentoring(elsewhere, mentoring.mentor)
    (mentor,) = board.of(cohort, manager).mentors
    assert (mentor.startups, mentor.everywhere, mentor.capacity) == (1, 2, 2)
    assert (mentor.held, mentor.to_log) == (1, 1)
    assert (mentor.hours_contact, mentor.hours_whole) == (1.0, 1.5)


def test_weeks_without_a_session_stand_between(
    cohort: Cohort, manager: User, mentoring: Mentoring
) -> None:
    held(mentoring, days=1)
    held(mentoring, days=22)
    weeks = board.of(cohort, manager).weeks
    assert len(weeks) == 4
    assert [count for _week, count in weeks] == [1, 0, 0, 1]
    assert all(week.weekday() == 0 for week, _count in weeks)


def test_filters(client: Any, cohort: Cohort, manager: User, mentoring: Mentoring) -> None:
    group = Group.objects.create(cohort=cohort, name="Asia", time_zone="Asia/Tokyo")
    other = make_place(cohort, make_startup(legal_name="Quiet Ltd"), group=group)
    held(mentoring, days=1, state=SessionState.PLANNED)
    client.force_login(manager)
    page = client.get(url_of(cohort), {"group": group.pk}).content.decode()
    assert other.startup.name in page
    assert "SUM(A1)" not in page
    page = client.get(url_of(cohort), {"worries": "on"}).content.decode()
    assert other.startup.name not in page
    assert "SUM(A1)" in page
    assert client.get(url_of(cohort), {"group": "nonsense"}).status_code == 200


def test_csv_runs_nothing_and_is_noted(
    client: Any, cohort: Cohort, manager: User, mentoring: Mentoring
) -> None:
    session = held(mentoring, days=2, shared_note="what the startup reads")
    PrivateNote.objects.create(session=session, author=mentoring.mentor.user, text=CANARY)
    client.force_login(manager)
    address = reverse("admin:startups_cohort_board_export", args=[cohort.pk, "startups", "csv"])
    answer = client.get(address)
    head, row = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert len(head) == len(row)
    assert row[0] == "'=SUM(A1) Ltd"
    assert row[head.index("Sessions held")] == "1"
    entry = AuditEntry.objects.about(cohort).get(verb="export")
    assert entry.actor == manager
    assert entry.facts == {"format": "csv", "startups": 1, "mentors": 1}
    mentors = reverse("admin:startups_cohort_board_export", args=[cohort.pk, "mentors", "csv"])
    assert len(list(csv.reader(io.StringIO(client.get(mentors).content.decode())))) == 2
    sheets = reverse("admin:startups_cohort_board_export", args=[cohort.pk, "board", "xlsx"])
    content = b"".join(client.get(sheets).streaming_content)
    book = load_workbook(io.BytesIO(content))
    assert book.sheetnames == ["Startups", "Mentors"]
    assert book["Startups"]["A2"].value == "'=SUM(A1) Ltd"
    assert book["Startups"]["A2"].data_type == "s"
    texts = str([[cell.value for cell in line] for sheet in book for line in sheet])
    everything = texts + answer.content.decode() + client.get(url_of(cohort)).content.decode()
    assert CANARY not in everything
    assert "what the startup reads" not in everything


def test_only_tables_that_are_there(client: Any, cohort: Cohort, manager: User) -> None:
    client.force_login(manager)
    for table, kind in (("startups", "pdf"), ("board", "csv"), ("notes", "csv")):
        address = reverse("admin:startups_cohort_board_export", args=[cohort.pk, table, kind])
        assert client.get(address).status_code == 404


def test_staff_of_another_programme_find_nothing(client: Any, cohort: Cohort) -> None:
    client.force_login(make_staff(role=Role.MANAGER))
    assert client.get(url_of(cohort)).status_code == 404
    export = reverse("admin:startups_cohort_board_export", args=[cohort.pk, "board", "xlsx"])
    assert client.get(export).status_code == 404
    assert not AuditEntry.objects.filter(verb="export").exists()


def test_first_page_leads_to_the_board(
    client: Any, cohort: Cohort, manager: User, mentoring: Mentoring
) -> None:
    Place.objects.update(state_changed_at=timezone.now() - timedelta(days=20))
    client.force_login(manager)
    page = client.get(reverse("admin:index")).content.decode()
    assert url_of(cohort) in page
    assert "1 startup without contact for 14 days" in page
    assert client.get(reverse("admin:startups_cohort_boards")).url == url_of(cohort)


@pytest.mark.parametrize("count", [1, 3])
def test_board_query_count(
    client: Any, cohort: Cohort, manager: User, count: int, django_assert_num_queries: Any
) -> None:
    demo_day = make_demo_day(cohort)
    for _number in range(count):
        mentoring = make_mentoring(make_place(cohort))
        held(mentoring, days=2)
        make_action_item(mentoring.place)
        make_goal(mentoring.place)
        make_pitch(demo_day, mentoring.place)
    client.force_login(manager)
    client.get(url_of(cohort))
    with django_assert_num_queries(QUERIES):
        assert client.get(url_of(cohort)).status_code == 200
