"""The startup's timeline: each reader what they may, in plain words, page by page."""

from __future__ import annotations

from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

import challenges
import events
import procurement
import startups
from challenges.choices import ApplicationState
from portal import audit
from portal.choices import Role
from portal.registry import registry
from portal.workflow import Workflow
from startups.choices import MemberRole
from startups.journey import SENTENCES, UNTOLD, journey_of
from startups.models import Place, Startup
from tests.factories.challenges import make_application, make_call
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
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db

APPS = (startups, challenges, events, procurement)


def workflows() -> list[Workflow[Any]]:
    """Every one that any app has."""
    found = []
    for app in APPS:
        for module in walk_packages(app.__path__, f"{app.__name__}."):
            if ".workflow" in module.name:
                held = vars(import_module(module.name)).values()
                found += [one for one in held if isinstance(one, Workflow)]
    return found


def is_about_a_startup(model: Any) -> bool:
    told: str = model.startup_key.fget.__annotations__["return"]
    return told == "UUID"


def test_every_step_about_a_startup_has_its_sentences():
    steps = [
        f"{workflow.model._meta.label_lower}:{step.name}"
        for workflow in workflows()
        if workflow.model._meta.app_label in {app.__name__ for app in APPS}
        if is_about_a_startup(workflow.model)
        if workflow.model._meta.label_lower not in UNTOLD
        for step in workflow
    ]
    assert len(steps) > 40
    assert [step for step in steps if step not in SENTENCES] == []
    assert [step for step in steps if step not in registry.sentences] == []


class Stage:
    """A startup in two cohorts of two programmes, with an entry of each kind."""

    def __init__(self) -> None:
        self.owner = make_user(given_name="Wanjiku")
        self.startup = make_startup(self.owner)
        self.here, self.there = make_programme(), make_programme()
        self.juror = make_staff(self.here, Role.REVIEWER)
        self.manager = make_staff(self.here, Role.MANAGER, given_name="Haruka")
        self.place = make_place(make_cohort(self.here), self.startup)
        other = make_place(make_cohort(self.there), self.startup)
        self.mentoring = make_mentoring(self.place)
        self.mentor = self.mentoring.mentor.user
        self.other_mentor = make_mentoring(other).mentor.user
        call = make_call(self.here)
        self.application = make_application(call, self.startup, state=ApplicationState.SUBMITTED)
        demo_day = make_demo_day(self.place.cohort)
        note = self._note()
        with transaction.atomic():
            self.write(self.startup, "create", self.owner)
            self.write(self.application, "submit", self.owner)
            self.write(self.application, "start-review", self.manager)
            self.write(self.application, "note", self.manager)
            self.write(self._assignment(), "submit-review", self.juror, reason="Weak. 2 of 5")
            self.write(make_session(self.mentoring), "log", self.mentor, facts={"minutes": 60})
            self.write(make_goal(self.place), "judge", self.manager, {"verdict": "at_risk"})
            self.write(make_action_item(self.place), "finish", self.owner)
            self.write(make_pitch(demo_day, self.place), "pitch", None)
            self.write(make_goal(other), "meet", self.owner)
            self.write(note, "read-private-note", self.manager)
            self.write(self._evidence(), "give", self.owner, {"restricted": True})
        self.startup = Startup.objects.get(pk=self.startup.pk)

    def write(self, record: Any, verb: str, by: Any, facts: Any = None, reason: str = "") -> None:
        audit.record(record, verb, actor=by, facts=facts, reason=reason)

    def _note(self) -> Any:
        from startups.models import PrivateNote  # noqa: PLC0415

        session = make_session(self.mentoring, state="logged")
        return PrivateNote.objects.create(session=session, author=self.mentor, text="Canary.")

    def _assignment(self) -> Any:
        from challenges.models import ReviewAssignment  # noqa: PLC0415

        return ReviewAssignment.objects.create(
            application=self.application, reviewer=self.juror, assigned_by=self.manager
        )

    def _evidence(self) -> Any:
        from procurement.models import Evidence, SupplierFile  # noqa: PLC0415

        file = SupplierFile.objects.create(startup=self.startup, opened_by=self.owner)
        return Evidence(file=file)

    def texts(self, reader: Any) -> set[str]:
        reader = type(reader).objects.get(pk=reader.pk)
        startup = Startup.objects.get(pk=self.startup.pk)
        return {line["text"] for line in journey_of(startup, reader)}


RECORD = {"The record was made"}
APPLIED = {"Application submitted", "Application in review"}
COACHED = {
    *("A coaching session was logged", "Verdict on a goal: At risk"),
    *("Something to do was done", "Pitched at Demo Day"),
}
ELSEWHERE = {"A goal was met"}
SUPPLIER = {"A restricted document was given"}


@pytest.fixture
def stage():
    return Stage()


def test_each_reader_is_told_what_they_may(stage):
    """The table of readers and kinds of entries."""
    viewer = add_member(stage.startup, role=MemberRole.VIEWER)
    table: dict[str, tuple[Any, set[str]]] = {
        "owner": (stage.owner, RECORD | APPLIED | COACHED | ELSEWHERE | SUPPLIER),
        "viewer": (viewer, RECORD | APPLIED | COACHED | ELSEWHERE | SUPPLIER),
        "mentor": (stage.mentor, COACHED),
        "mentor elsewhere": (stage.other_mentor, ELSEWHERE),
        "manager": (stage.manager, RECORD | APPLIED | COACHED | SUPPLIER),
        "manager elsewhere": (
            make_staff(stage.there, Role.MANAGER),
            RECORD | ELSEWHERE | SUPPLIER,
        ),
        "adviser": (make_staff(stage.here, Role.PROCUREMENT), RECORD | COACHED | SUPPLIER),
        "chair": (make_staff(stage.here, Role.CHAIR), RECORD | APPLIED),
        "juror": (stage.juror, set()),
        "manager of a programme that never met it": (make_staff(make_programme()), set()),
        "stranger": (make_user(), set()),
        "administrator": (
            make_user(is_superuser=True),
            RECORD | APPLIED | COACHED | ELSEWHERE | SUPPLIER,
        ),
    }
    assert {name: stage.texts(reader) for name, (reader, _told) in table.items()} == {
        name: told for name, (_reader, told) in table.items()
    }


def test_page_is_for_those_and_no_names_of_the_jury(client, stage):
    url = reverse("startups:startup-journey", args=[stage.startup.pk])
    for reader, status in (
        *((stage.owner, 200), (stage.manager, 200), (stage.mentor, 200)),
        *((make_user(), 404), (stage.juror, 404), (make_staff(make_programme()), 404)),
    ):
        client.force_login(reader)
        answer = client.get(url)
        assert answer.status_code == status
        page = answer.content.decode()
        for secret in ("Weak.", "2 of 5", "Canary", "private note"):
            assert secret not in page
        assert (stage.juror.shown_name in page) is (reader == stage.juror)
    client.force_login(stage.owner)
    page = client.get(url).content.decode()
    assert "the programme team" in page
    assert (
        reverse("startups:startup-journey", args=[stage.startup.pk])
        in client.get(stage.startup.get_absolute_url()).content.decode()
    )


def test_mentor_reads_nothing_once_the_coaching_ended(client, stage):
    stage.mentoring.state = "ended"
    stage.mentoring.ended_at = timezone.now()
    stage.mentoring.save(update_fields=["state", "ended_at"])
    client.force_login(stage.mentor)
    url = reverse("startups:startup-journey", args=[stage.startup.pk])
    assert client.get(url).status_code == 404


def test_filter_by_programme_and_year(client, stage):
    client.force_login(stage.owner)
    url = reverse("startups:startup-journey", args=[stage.startup.pk])
    page = client.get(url, {"programme": stage.there.slug}).content.decode()
    assert "A goal was met" in page
    assert "Application submitted" not in page
    year = timezone.now().year
    assert "Application submitted" in client.get(url, {"year": str(year)}).content.decode()
    # What nobody offers is as if it were not asked; never an error.
    for odd in ({"year": "1066"}, {"year": "x"}, {"programme": "y"}, {"page": "-1"}):
        assert "A goal was met" in client.get(url, odd).content.decode()


def test_facts_that_old_entries_lack_and_hold_are_no_error(stage):
    with transaction.atomic():
        stage.write(make_goal(stage.place), "judge", stage.manager)
        stage.write(make_action_item(stage.place), "move", stage.owner, {"due_on": "2026-11-30"})
    texts = stage.texts(stage.owner)
    assert "Verdict on a goal: –" in texts
    assert "Something to do was moved to Mon 30 Nov 2026" in texts


@pytest.mark.parametrize("count", [1, 3])
def test_query_count(client, stage, count, django_assert_num_queries):
    with transaction.atomic():
        for _number in range(count * 20):
            stage.write(make_goal(stage.place), "meet", stage.owner)
    url = reverse("startups:startup-journey", args=[stage.startup.pk])
    client.force_login(stage.owner)
    client.get(url)
    with django_assert_num_queries(11):
        page = client.get(url)
    assert Place.objects.count() == 2
    assert ("of 6" in page.content.decode()) is (count == 3)
