"""Demo Day: who sees what, the running order, decks and their freezing, the stage and its desk."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import F
from django.test import Client
from django.urls import reverse

from events.choices import EventState
from portal import clock
from portal.choices import DocumentState, Role
from portal.models import AuditEntry, Document, InboxNotice, OutboxMessage
from portal.registry import registry
from portal.workflow import StepRefused
from startups.actions.demo_day import arrange, let_hand_in_late, move_decks, take_cohort_in
from startups.actions.pitch import freeze_due, hand_in_deck, prepare_pitch, tell_of_refused_deck
from startups.actions.stage import end_pitch, start_pitch, take_back
from startups.choices import MemberRole, PlaceState
from startups.journey import journey_of
from startups.models import DemoDay, Group, Pitch
from startups.panels.demo_day import decks_missing, demo_days_ahead, pitches_to_prepare
from tests.factories.cohorts import (
    make_cohort,
    make_demo_day,
    make_mentoring,
    make_pitch,
    make_place,
)
from tests.factories.events import make_event
from tests.factories.files import make_pdf
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup
from tests.startups.test_rules import TEAM, agree, cast

pytestmark = pytest.mark.django_db

READERS = {"manager", "coordinator", "approver", "procurement", "compliance"}


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def manager(programme):
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def demo_day(programme):
    return make_demo_day(make_cohort(programme, places=9))


@pytest.fixture
def pitch(demo_day):
    return make_pitch(demo_day)


def owner_of(pitch: Pitch) -> Any:
    return pitch.startup.owners()[0]


def pdf(name: str = "deck.pdf", text: bytes = b"") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, make_pdf() + text, "application/pdf")


def deck_of(pitch: Pitch, **fields: Any) -> Document:
    fields = {"state": DocumentState.CLEAN, "name": "deck.pdf"} | fields
    document = Document.objects.create(
        file=ContentFile(b"%PDF-1.4", name="deck.pdf"),
        content_type="application/pdf",
        size=8,
        sha256="a1b2" * 16,
        subject_type="startups.pitch",
        subject_id=pitch.pk,
        startup_id=pitch.startup_key,
        uploaded_by=owner_of(pitch),
        **fields,
    )
    pitch.deck = document
    pitch.save(update_fields=["deck"])
    return document


def deadline_passed(demo_day: DemoDay) -> None:
    DemoDay.objects.filter(pk=demo_day.pk).update(
        deck_due_at=clock.database_now() - timedelta(seconds=1)
    )
    demo_day.refresh_from_db()


def begins_now(demo_day: DemoDay) -> DemoDay:
    now = clock.database_now()
    demo_day.event.starts_at, demo_day.event.ends_at = now, now + timedelta(hours=2)
    demo_day.event.save(update_fields=["starts_at", "ends_at"])
    return demo_day


def page(name: str, demo_day: DemoDay) -> str:
    return reverse(f"startups:{name}", args=[demo_day.event.slug])


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


# -- who -------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", [PlaceState.ACTIVE, PlaceState.ALUMNI, PlaceState.REFUSED])
@pytest.mark.parametrize("event", [EventState.PUBLISHED, EventState.DRAFT])
def test_demo_day_listed_is_permitted(programme, state, event):
    cohort = make_cohort(programme)
    place = make_place(cohort, state=state)
    demo_day = make_demo_day(cohort, make_event(programme, state=event))
    people = cast(place.startup, programme)
    people["mentor of it"] = make_mentoring(place).mentor.user
    people["mentor of another"] = make_mentoring().mentor.user
    rows = [DemoDay.objects.get(pk=demo_day.pk), make_demo_day()]
    seen = agree(DemoDay, "startups.attend_demoday", people, rows)
    staff = {"administrator"} | {f"{role} here" for role in READERS}
    told = state != PlaceState.REFUSED and event == EventState.PUBLISHED
    assert seen == staff | (TEAM | {"mentor of it"} if told else set())
    runs = {name for name, one in people.items() if one.has_perm("startups.view_demoday", rows[0])}
    assert runs == staff


def test_pitch_listed_is_permitted(programme, pitch):
    people = cast(pitch.startup, programme)
    people["mentor of it"] = make_mentoring(pitch.place).mentor.user
    theirs = make_pitch(pitch.demo_day)
    people["colleague"] = owner_of(theirs)
    rows = [Pitch.objects.get(pk=pitch.pk), theirs, make_pitch()]
    seen = agree(Pitch, "startups.view_pitch", people, rows)
    assert seen == TEAM | {"administrator", "mentor of it"} | {f"{role} here" for role in READERS}


def test_mentor_does_not_get_the_day_in_the_admin(pitch):
    mentor = make_mentoring(pitch.place).mentor.user
    address = reverse("admin:startups_demoday_change", args=[pitch.demo_day_id])
    assert browser(mentor).get(address).status_code == 403


# -- the running order --------------------------------------------------------------------------


def test_cohort_is_taken_in_once_by_group_and_name(programme, manager, demo_day):
    cohort = demo_day.cohort
    east = Group.objects.create(cohort=cohort, name="East", time_zone="Asia/Tokyo")
    for name, group in {"Zeta": east, "Beta": None, "Alfa": None, "Kappa": east}.items():
        make_place(cohort, make_startup(legal_name=name), group=group)
    make_place(cohort, state=PlaceState.INVITED)
    make_place(cohort, state=PlaceState.DROPPED_OUT)
    assert take_cohort_in(demo_day=demo_day, by=manager) == 4
    assert take_cohort_in(demo_day=demo_day, by=manager) == 0
    late = make_place(cohort, make_startup(legal_name="Aaa"))
    assert take_cohort_in(demo_day=demo_day, by=manager) == 1
    names = [str(one) for one in demo_day.pitches.in_order()]
    assert names == ["Kappa", "Zeta", "Alfa", "Beta", "Aaa"]
    late.state = PlaceState.DROPPED_OUT
    late.save(update_fields=["state"])
    assert "Aaa" not in [str(one) for one in demo_day.pitches.in_order()]
    coordinator = make_staff(programme, Role.APPROVER)
    with pytest.raises(StepRefused) as refusal:
        take_cohort_in(demo_day=demo_day, by=coordinator)
    assert refusal.value.permission


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ({2: 1}, "CABD"),  # to the place of another, before them
        ({0: 3}, "BCAD"),  # on the way down behind them
        ({0: 99}, "BCDA"),
        ({0: 2, 1: 1}, "BACD"),
        ({}, "ABCD"),
    ],
)
def test_numbers_put_in_order(demo_day, manager, typed, expected):
    pitches = [
        make_pitch(demo_day, make_place(demo_day.cohort, make_startup(legal_name=name)))
        for name in "ABCD"
    ]
    rows = {pitches[number].pk: {"order": order} for number, order in typed.items()}
    arrange(demo_day=demo_day, rows=rows, by=manager)
    order = list(demo_day.pitches.in_order())
    assert "".join(map(str, order)) == expected
    assert [one.order for one in order] == [1, 2, 3, 4]
    assert AuditEntry.objects.about(demo_day).filter(verb="arrange").count() == bool(typed)


def test_order_page_works_with_numbers_and_buttons(demo_day, manager):
    first, second = make_pitch(demo_day), make_pitch(demo_day)
    client = browser(manager)
    address = reverse("admin:startups_demoday_order", args=[demo_day.pk])
    assert client.get(address).status_code == 200

    def post(**more: str) -> Any:
        data = dict(more)
        for one in demo_day.pitches.in_order():
            for name in ("order", "presenter", "language", "minutes", "question_minutes"):
                data.setdefault(f"{one.pk.hex}-{name}", str(getattr(one, name)))
        return client.post(address, data)

    assert post(move=f"down:{first.pk}").status_code == 302
    assert list(demo_day.pitches.in_order()) == [second, first]
    assert post(move=f"up:{second.pk}").status_code == 302  # the first stays where it is
    assert list(demo_day.pitches.in_order()) == [second, first]
    answer = post(**{f"{first.pk.hex}-minutes": "0"})
    assert answer.status_code == 200
    assert b"errorlist" in answer.content
    post(**{f"{first.pk.hex}-minutes": "7", f"{first.pk.hex}-presenter": "Otieno"})
    first.refresh_from_db()
    assert (first.minutes, first.presenter) == (7, "Otieno")
    assert post(move="up:nonsense").status_code == 302


def test_demo_day_is_made_from_event_and_cohort(programme, manager):
    cohort, event = make_cohort(programme), make_event(programme, time_zone="Asia/Tokyo")
    other = make_event(make_programme())
    make_place(cohort)
    client = browser(manager)
    address = reverse("admin:startups_demoday_add")
    due = event.starts_at.astimezone(event.zone).replace(tzinfo=None) - timedelta(days=7)
    data = {"event": str(event.pk), "cohort": str(cohort.pk), "opening_minutes": "10",
            "deck_due_at": due.isoformat(timespec="minutes")}  # fmt: skip
    assert client.post(address, data | {"event": str(other.pk)}).status_code == 200
    late = event.starts_at.astimezone(event.zone).replace(tzinfo=None) + timedelta(days=1)
    assert client.post(address, data | {"deck_due_at": late.isoformat()}).status_code == 200
    assert not DemoDay.objects.exists()
    assert client.post(address, data).status_code == 302
    made = DemoDay.objects.get()
    assert made.deck_due_at == due.replace(tzinfo=event.zone, second=0, microsecond=0)
    assert made.pitches_from == event.starts_at + timedelta(minutes=10)
    assert made.planned_version == event.version
    for name in ("change", "order", "move_decks"):
        address = reverse(f"admin:startups_demoday_{name}", args=[made.pk])
        assert client.get(address).status_code == 200


# -- decks ----------------------------------------------------------------------------------------


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


# -- the startup's page -----------------------------------------------------------------------


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


# -- the stage ------------------------------------------------------------------------------------


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


# -- what waits -----------------------------------------------------------------------------------


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
