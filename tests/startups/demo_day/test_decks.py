"""Decks: handed in, replaced, frozen, refused; the page of a startup."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal import clock
from portal.choices import DocumentState
from portal.models import AuditEntry, Document, OutboxMessage
from portal.workflow import StepRefused
from startups.actions.demo_day import let_hand_in_late, move_decks
from startups.actions.pitch import freeze_due, hand_in_deck, prepare_pitch, tell_of_refused_deck
from startups.choices import MemberRole
from startups.journey import journey_of
from startups.models import DemoDay, Pitch
from tests.factories.cohorts import (
    make_mentoring,
    make_pitch,
)
from tests.factories.files import make_pdf
from tests.factories.portal import make_user
from tests.factories.startups import add_member
from tests.startups.demo_day.steps import browser, deck_of, owner_of, page

pytestmark = pytest.mark.django_db


def pdf(name: str = "deck.pdf", text: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, make_pdf() + text, "application/pdf")


def deadline_passed(demo_day: DemoDay) -> None:
    DemoDay.objects.filter(pk=demo_day.pk).update(
        deck_due_at=clock.database_now() - timedelta(seconds=1)
    )
    demo_day.refresh_from_db()


def test_startup_hands_in_and_replaces_until_the_deadline(pitch):
    owner = owner_of(pitch)
    hand_in_deck(pitch=pitch, upload=pdf("one.pdf"), by=owner)
    pitch = hand_in_deck(pitch=pitch, upload=pdf("two.pdf"), by=owner)
    assert pitch.deck.name == "two.pdf"
    assert pitch.frozen_deck is None
    deadline_passed(pitch.demo_day)
    with pytest.raises(StepRefused, match="deadline passed"):
        hand_in_deck(pitch=pitch, upload=pdf("three.pdf"), by=owner)
    with pytest.raises(StepRefused, match="deadline passed"):
        prepare_pitch(pitch=pitch, presenter="Somebody else", language="en", by=owner)
    assert freeze_due() == 1
    assert freeze_due() == 0
    pitch.refresh_from_db()
    assert pitch.frozen_deck.name == "two.pdf"
    said = [entry["text"] for entry in journey_of(pitch.startup, owner)]
    assert said.count("Deck handed in for Demo Day") == 2


@pytest.mark.parametrize("name", ["deck.docx", "deck", "deck.exe"])
def test_deck_of_another_kind_is_refused(pitch, name):
    with pytest.raises(ValidationError, match="PowerPoint"):
        hand_in_deck(pitch=pitch, upload=pdf(name), by=owner_of(pitch))
    assert not Document.objects.exists()


@pytest.mark.parametrize("who", ["viewer", "mentor", "manager", "stranger"])
def test_only_who_writes_hands_in(pitch, manager, who):
    person = {
        "viewer": lambda: add_member(pitch.startup, role=MemberRole.VIEWER),
        "mentor": lambda: make_mentoring(pitch.place).mentor.user,
        "manager": lambda: manager,
        "stranger": make_user,
    }[who]()
    with pytest.raises(StepRefused) as refusal:
        hand_in_deck(pitch=Pitch.objects.get(pk=pitch.pk), upload=pdf(), by=person)
    assert refusal.value.permission


def test_staff_let_one_startup_be_late_and_the_frozen_copy_follows(pitch, manager):
    other = make_pitch(pitch.demo_day)
    deck_of(pitch, name="old.pdf")
    deadline_passed(pitch.demo_day)
    freeze_due()
    until = clock.database_now() + timedelta(hours=3)
    let_hand_in_late(pitch=pitch, until=until, reason="Power cut in Nairobi.", by=manager)
    assert {one.recipient for one in OutboxMessage.objects.all()} == {owner_of(pitch)}
    pitch = hand_in_deck(pitch=pitch, upload=pdf("new.pdf"), by=owner_of(pitch))
    pitch.refresh_from_db()
    assert pitch.frozen_deck.name == pitch.deck.name == "new.pdf"
    entry = AuditEntry.objects.about(pitch).get(verb="hand-in-deck-late")
    assert entry.facts == {"document": str(pitch.deck_id)}
    allowed = AuditEntry.objects.about(pitch).get(verb="let-hand-in-late")
    assert allowed.reason == "Power cut in Nairobi."
    with pytest.raises(StepRefused, match="deadline passed"):
        hand_in_deck(pitch=other, upload=pdf(), by=owner_of(other))
    with pytest.raises(StepRefused, match="passed"):
        let_hand_in_late(pitch=other, until=until - timedelta(days=1), reason="x", by=manager)


def test_moved_deadline_opens_the_decks_again(pitch, manager):
    deck_of(pitch)
    deadline_passed(pitch.demo_day)
    freeze_due()
    later = clock.database_now() + timedelta(days=2)
    moved = move_decks(demo_day=pitch.demo_day, due_at=later, reason="A holiday.", by=manager)
    pitch.refresh_from_db()
    assert (moved.deck_version, moved.decks_frozen_at, pitch.frozen_deck) == (2, None, None)
    assert OutboxMessage.objects.filter(notice="deck_deadline_moved").count() == 1
    hand_in_deck(pitch=pitch, upload=pdf("newer.pdf"), by=owner_of(pitch))
    with pytest.raises(StepRefused, match="that hour already"):
        move_decks(demo_day=moved, due_at=later, reason="x", by=manager)


def test_refused_deck_is_told_and_leaves_a_day_to_replace_it(pitch):
    document = deck_of(pitch, state=DocumentState.REFUSED, refusal="locked")
    deadline_passed(pitch.demo_day)
    tell_of_refused_deck(document)
    letter = OutboxMessage.objects.get()
    assert letter.notice == "deck_refused"
    assert "deck.pdf" in letter.subject
    hand_in_deck(pitch=pitch, upload=pdf("mended.pdf"), by=owner_of(pitch))
    tell_of_refused_deck(document)  # no news of what was replaced
    assert OutboxMessage.objects.count() == 1


def test_page_shows_my_turn_and_takes_my_deck(pitch):
    make_pitch(pitch.demo_day, order=1)
    Pitch.objects.filter(pk=pitch.pk).update(order=2, presenter="")
    client = browser(owner_of(pitch))
    address = page("demo-day-detail", pitch.demo_day)
    turn = clock.in_words(pitch.demo_day.event.starts_at + timedelta(minutes=5), "Asia/Tokyo")
    assert turn in client.get(address).content.decode()
    deck = reverse("startups:pitch-deck", args=[pitch.pk])
    assert client.get(deck).status_code == 404  # none yet
    answer = client.post(deck, {"deck": pdf("pitch.docx")})
    assert answer.status_code == 422
    assert b"PowerPoint file (.pdf, .pptx)" in answer.content
    assert client.post(deck, {}).status_code == 422
    assert client.post(deck, {"deck": pdf("pitch.pdf")}).status_code == 302
    assert client.get(deck)["Content-Disposition"] == 'attachment; filename="pitch.pdf"'
    prepare = reverse("startups:pitch-prepare", args=[pitch.pk])
    assert client.post(prepare, {"presenter": "", "language": "en"}).status_code == 422
    assert client.post(prepare, {"presenter": "Wanjiku", "language": "ja"}).status_code == 302
    pitch.refresh_from_db()
    assert (pitch.presenter, pitch.language) == ("Wanjiku", "ja")
    deadline_passed(pitch.demo_day)
    answer = client.post(deck, {"deck": pdf("late.pdf")}, follow=True)
    assert b"The deadline passed on" in answer.content
    pitch.refresh_from_db()
    assert pitch.deck.name == "pitch.pdf"


def test_deck_is_asked_for_anew_each_time(pitch, manager):
    document = deck_of(pitch)
    Document.objects.filter(pk=document.pk).update(
        sha256="7d3d1bc4a8d3a3b9f0a3a2c1dcf2e2ab" * 2, state=DocumentState.CHECKING
    )
    colleague = owner_of(make_pitch(pitch.demo_day))
    mentoring = make_mentoring(pitch.place)
    address = reverse("startups:pitch-deck", args=[pitch.pk])
    assert browser(colleague).get(address).status_code == 404
    mentor = browser(mentoring.mentor.user)
    assert mentor.get(address).status_code == 409  # still being checked
    mentoring.state = "ended"
    mentoring.save(update_fields=["state"])
    assert mentor.get(address).status_code == 404
    browser(manager).get(address)
    assert AuditEntry.objects.about(pitch).filter(verb="download-file", actor=manager).count() == 1


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("name", "queries"),
    [
        ("demo-day-detail", 9),
        ("demo-day-stage", 6),
        ("demo-day-desk", 7),
        ("demo-day-run-sheet", 8),
    ],
)
def test_pages_ask_as_often_for_three_as_for_one(
    demo_day, manager, django_assert_num_queries, name, queries, count
):
    for _number in range(count):
        deck_of(make_pitch(demo_day))
    client = browser(manager)
    client.get(page(name, demo_day))
    with django_assert_num_queries(queries):
        assert client.get(page(name, demo_day)).status_code == 200
