"""Who sees a Demo Day, and its running order."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from events.choices import EventState
from portal.choices import Role
from portal.models import AuditEntry
from portal.workflow import StepRefused
from startups.actions.demo_day import arrange, take_cohort_in
from startups.choices import PlaceState
from startups.models import DemoDay, Group, Pitch
from tests.factories.cohorts import (
    make_cohort,
    make_demo_day,
    make_mentoring,
    make_pitch,
    make_place,
)
from tests.factories.events import make_event
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import make_startup
from tests.startups.demo_day.steps import browser, owner_of
from tests.startups.test_rules import TEAM, agree, cast

pytestmark = pytest.mark.django_db

READERS = {"manager", "coordinator", "approver", "procurement", "compliance"}


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
