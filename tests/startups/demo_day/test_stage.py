"""The stage, the desk, the run sheet, and what waits."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F

from portal import clock
from portal.choices import DocumentState, Role
from portal.models import AuditEntry, Document, InboxNotice, OutboxMessage
from portal.registry import registry
from portal.workflow import StepRefused
from startups.actions.demo_day import let_hand_in_late
from startups.actions.pitch import freeze_due, prepare_pitch
from startups.actions.stage import end_pitch, start_pitch, take_back
from startups.choices import MemberRole
from startups.journey import journey_of
from startups.models import DemoDay, Pitch
from startups.panels.demo_day import decks_missing, demo_days_ahead, pitches_to_prepare
from tests.factories.cohorts import (
    make_mentoring,
    make_pitch,
)
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member
from tests.startups.demo_day.steps import browser, deck_of, owner_of, page

pytestmark = pytest.mark.django_db


def begins_now(demo_day: DemoDay) -> DemoDay:
    now = clock.database_now()
    demo_day.event.starts_at, demo_day.event.ends_at = now, now + timedelta(hours=2)
    demo_day.event.save(update_fields=["starts_at", "ends_at"])
    return demo_day


def test_desk_moves_the_stage_and_a_second_press_changes_nothing(demo_day, manager):
    first, second = make_pitch(begins_now(demo_day)), make_pitch(demo_day)
    client, address = browser(manager), page("demo-day-desk", demo_day)
    stage = page("demo-day-stage", demo_day)
    assert str(first).encode() in client.get(stage).content
    for _press in range(2):
        data = {"pitch": str(first.pk), "verb": "start"}
        assert client.post(address, data).status_code == 302
    first.refresh_from_db()
    began = first.started_at
    assert AuditEntry.objects.about(first).filter(verb="start-pitch").count() == 1
    assert b"minutes left" in client.get(stage).content
    assert client.get(address).status_code == 200
    client.post(address, {"pitch": str(second.pk), "verb": "start"})
    client.post(address, {"pitch": str(first.pk), "verb": "end"})  # the other desk was slower
    first.refresh_from_db(), second.refresh_from_db()
    assert first.started_at == began
    assert first.ended_at == second.started_at
    client.post(address, {"pitch": str(second.pk), "verb": "end"})
    assert b"Thank you" in client.get(stage).content
    assert client.get(address).status_code == 200
    said = [entry["text"] for entry in journey_of(first.startup, owner_of(first))]
    assert said.count("Pitched at Demo Day") == 1
    for nonsense in ({}, {"verb": "start", "pitch": "x"}, {"verb": "x", "pitch": str(first.pk)}):
        assert client.post(address, nonsense).status_code == 302


def test_desk_is_shut_until_the_day(pitch, manager):
    with pytest.raises(StepRefused, match="two hours before"):
        start_pitch(pitch=pitch, by=manager)
    pitch.refresh_from_db()
    assert pitch.started_at is None


def test_press_by_mistake_is_taken_back(demo_day, manager):
    first, second = make_pitch(begins_now(demo_day)), make_pitch(demo_day)
    assert start_pitch(pitch=first, by=manager)
    assert take_back(pitch=first, by=manager)
    assert not take_back(pitch=first, by=manager)
    with pytest.raises(StepRefused, match="not begun"):
        end_pitch(pitch=first, by=manager)
    start_pitch(pitch=first, by=manager)
    assert end_pitch(pitch=first, by=manager)
    assert take_back(pitch=first, by=manager)
    first.refresh_from_db()
    assert first.ended_at is None
    start_pitch(pitch=second, by=manager)
    with pytest.raises(StepRefused, match="Somebody else"):
        take_back(pitch=first, by=manager)


def test_stage_counts_the_pitch_then_its_questions(pitch, manager):
    client, address = browser(manager), page("demo-day-stage", pitch.demo_day)
    begins_now(pitch.demo_day)
    start_pitch(pitch=pitch, by=manager)
    for gone, word in {1.5: "Now", 4: "Questions", 6: "time is up"}.items():
        Pitch.objects.filter(pk=pitch.pk).update(
            started_at=clock.database_now() - timedelta(minutes=gone)
        )
        assert word in client.get(address).content.decode()


def test_only_who_runs_the_cohort_presses(programme, pitch):
    address = page("demo-day-desk", pitch.demo_day)
    data = {"pitch": str(pitch.pk), "verb": "start"}
    for person in (owner_of(pitch), make_staff(programme, Role.APPROVER), make_user()):
        assert browser(person).post(address, data).status_code == 404
    pitch.refresh_from_db()
    assert pitch.started_at is None


def test_run_sheet_has_deck_and_telephone(pitch, manager):
    deck_of(pitch)
    pitch.startup.contacts.update(name="Otieno", telephone="+254 700 1")
    text = browser(manager).get(page("demo-day-run-sheet", pitch.demo_day)).content.decode()
    assert "a1b2 a1b2 a1b2 a1b2" in text
    assert "+254 700 1" in text
    assert str(pitch.startup) in text
    assert (
        browser(owner_of(pitch)).get(page("demo-day-run-sheet", pitch.demo_day)).status_code == 404
    )


def test_what_waits_before_a_demo_day(programme, pitch, manager):
    owner, mentor = owner_of(pitch), make_mentoring(pitch.place).mentor.user
    Pitch.objects.filter(pk=pitch.pk).update(presenter="")
    DemoDay.objects.update(deck_due_at=clock.database_now() + timedelta(days=2))
    pitch.demo_day.event.starts_at = clock.database_now() + timedelta(days=9)
    pitch.demo_day.event.save(update_fields=["starts_at"])
    waits = [(one.verb, one.tone) for one in pitches_to_prepare(owner)]
    assert waits == [("Hand in", "amber"), ("Say", "")]
    assert not list(pitches_to_prepare(mentor))
    assert not list(pitches_to_prepare(add_member(pitch.startup, role=MemberRole.VIEWER)))
    for person in (owner, mentor):
        assert [one.object for one in demo_days_ahead(person)] == [pitch.demo_day.event.title]
    assert not list(demo_days_ahead(make_user()))
    assert [one.object for one in decks_missing(manager)] == [
        f"1 deck: {pitch.demo_day.event.title}"
    ]
    assert not list(decks_missing(make_staff(make_programme(), Role.MANAGER)))
    deck_of(pitch)
    prepare_pitch(pitch=pitch, presenter="Wanjiku", language="en", by=owner)
    assert not list(pitches_to_prepare(owner))
    assert not list(decks_missing(manager))
    DemoDay.objects.update(deck_due_at=pitch.demo_day.event.starts_at + timedelta(hours=1))
    assert [one.verb for one in decks_missing(manager)] == ["Move"]  # the day was moved before it
    Document.objects.update(state=DocumentState.REFUSED)
    assert [one.verb for one in pitches_to_prepare(owner)] == ["Hand in"]
    assert {freeze_due, *registry.due} <= set(registry.due)


def test_letters_are_about_the_programme(pitch, manager):
    """What is told of a deck stands in the inbox of those who write, and of nobody else."""
    until = clock.database_now() + timedelta(days=29)
    let_hand_in_late(pitch=pitch, until=until, reason="A power cut.", by=manager)
    assert list(InboxNotice.objects.values_list("recipient", flat=True)) == [owner_of(pitch).pk]
    assert OutboxMessage.objects.filter(programme_id=F("programme_id")).count() == 1
