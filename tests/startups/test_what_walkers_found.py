"""What people found who walked through the first path: forms that took what nobody means."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.choices import Role
from portal.workflow import StepRefused
from startups.actions import coaching
from startups.choices import PlaceState
from startups.models import CoachingSession, Goal
from startups.panels.calendar import decks, demo_days
from startups.workflow.place import offer_place
from tests.factories.cohorts import (
    make_action_item,
    make_cohort,
    make_demo_day,
    make_mentoring,
    make_pitch,
    make_place,
)
from tests.factories.portal import make_staff
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db


def test_an_answer_that_is_none_answers_nothing(client: Any) -> None:
    place = make_place(state=PlaceState.INVITED)
    client.force_login(place.startup.owners()[0])
    for sent in ({}, {"answer": "perhaps"}):
        page = client.post(place.get_absolute_url(), sent)
        assert page.status_code == 409
        assert "Choose one" in page.content.decode()
    place.refresh_from_db()
    assert place.state == PlaceState.INVITED


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("9999-12-01", "9999-12-31"),
        ("0001-01-01", "0001-01-10"),
        ("3000-10-01", "3000-12-31"),
    ],
)
def test_a_goal_lies_in_reach(client: Any, first: str, last: str) -> None:
    place = make_place()
    client.force_login(place.startup.owners()[0])
    data = {"title": "Ten", "measure": "hospitals", "target": "10", "baseline": "1"}
    answer = client.post(
        reverse("startups:goal-create", args=[place.pk]),
        {**data, "starts_on": first, "ends_on": last},
    )
    assert answer.status_code == 422
    assert "Check the year" in answer.content.decode()
    assert not Goal.objects.exists()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01"])
def test_a_promise_is_moved_to_a_day_in_reach(client: Any, day: str) -> None:
    item = make_action_item()
    before = item.due_on
    client.force_login(item.place.startup.owners()[0])
    address = reverse("startups:action-step", args=[item.pk, "move"])
    assert client.post(address, {"due_on": day}).status_code < 500
    item.refresh_from_db()
    assert item.due_on == before


def test_nobody_is_offered_what_ends_before_they_answer() -> None:
    cohort = make_cohort()
    manager = make_staff(cohort.programme, Role.MANAGER)
    with pytest.raises(StepRefused, match="The cohort ends on"):
        offer_place(
            cohort=cohort,
            startup=make_startup(),
            answer_by=timezone.now() + timedelta(days=90),
            by=manager,
        )


def test_a_day_moved_ahead_of_its_decks_takes_their_deadline_along() -> None:
    demo_day = make_demo_day()
    pitch = make_pitch(demo_day)
    demo_day.event.starts_at = demo_day.deck_due_at - timedelta(days=1)
    assert pitch.deck_until() == demo_day.event.starts_at


def test_the_calendar_keeps_a_demo_day_until_the_startup_leaves() -> None:
    demo_day = make_demo_day()
    pitch = make_pitch(demo_day, make_place(demo_day.cohort, state=PlaceState.COMPLETED))
    owner = pitch.place.startup.owners()[0]
    assert len(list(demo_days(owner))) == 1
    assert [entry.cancelled for entry in decks(owner)] == [False]
    pitch.place.state = PlaceState.DROPPED_OUT
    pitch.place.save(update_fields=["state"])
    assert [entry.cancelled for entry in decks(owner)] == [True]


def test_the_same_log_sent_after_back_is_one_session() -> None:
    """The page has another key by then; the words are the same."""
    mentoring = make_mentoring()

    def log(words: str) -> CoachingSession:
        begun = timezone.now() - timedelta(hours=1)
        return coaching.log_session(
            place=mentoring.place,
            session=None,
            log={
                "discussed": words,
                "minutes_contact": 45,
                "starts_at": begun,
                "ends_at": begun + timedelta(minutes=45),
            },
            private_note="",
            promises=[],
            next_at=None,
            key=uuid.uuid4(),
            by=mentoring.mentor.user,
        )

    first = log("Prices.")
    assert log("Prices.") == first
    assert log("Hospitals.") != first
    assert CoachingSession.objects.count() == 2


@pytest.mark.parametrize("wanted", ["1", "[]", "2026-02-30", "//evil.example", "javascript:1", ""])
def test_a_word_that_is_no_path_leads_to_the_items_own_page(client: Any, wanted: str) -> None:
    item = make_action_item()
    client.force_login(item.place.startup.owners()[0])
    address = reverse("startups:action-step", args=[item.pk, "finish"])
    assert client.post(address, {"next": wanted}).url == item.get_absolute_url()
    assert client.post(address, {"next": "/inbox/"}).url == "/inbox/"
