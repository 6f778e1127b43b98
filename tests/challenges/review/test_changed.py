"""Jurors learn that the text they scored has changed, and nothing of what they may not read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pgtrigger
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from challenges.choices import AssignmentState as State, Audience, ReplacementState
from challenges.models import Application, Question, Revision
from portal.choices import DocumentState, Role
from portal.models import Document
from tests.challenges.review.desk import page_of
from tests.factories.portal import make_staff
from tests.factories.reviews import closed_call, given_to, in_review
from tests.factories.uploads import make_refused, make_replacement

if TYPE_CHECKING:
    from django.test import Client

    from challenges.models import ReviewAssignment
    from portal.models import Programme, User

pytestmark = pytest.mark.django_db
QUEUE = reverse("admin:challenges_reviewassignment_changelist") + "?work=all"
SCORED = "Changed since you scored: 1 answer"


def hand_in_again(application: Application, label: str, **changed: Any) -> Revision:
    """A newer version that says otherwise to one question, accepted after the review."""
    before = application.revisions.order_by("-number")[0]
    number = before.number + 1
    revision = Revision.objects.create(
        application=application,
        number=number,
        answers=[row | changed if row["label"] == label else row for row in before.answers],
        startup_facts=before.startup_facts,
        terms_version=before.terms_version,
        fingerprint=f"{number}" * 64,
        submitted_by=before.submitted_by,
        submitted_at=timezone.now(),
    )
    with pgtrigger.ignore("challenges.Application:submitted_in_time"):
        Application.objects.filter(pk=application.pk).update(
            revision_count=number,
            submitted_at=revision.submitted_at,
            deadline=revision.submitted_at + timedelta(days=1),
        )
    return revision


@pytest.fixture
def scored(application: Application, juror: User) -> ReviewAssignment:
    return given_to(application, juror, State.DONE)


def desk(client: Client, assignment: ReviewAssignment, user: User) -> str:
    client.force_login(user)
    return " ".join(client.get(page_of(assignment)).content.decode().split())


def queue(client: Client, user: User) -> str:
    client.force_login(user)
    return client.get(QUEUE).content.decode()


def test_juror_sees_what_changed_since_the_review(
    client: Client, application: Application, juror: User, scored: ReviewAssignment
) -> None:
    assert "Changed since" not in desk(client, scored, juror)
    assert "Changed since" not in queue(client, juror)
    hand_in_again(application, "Title", value="Another answer")
    page = desk(client, scored, juror)
    assert SCORED in page
    assert "<del>Answer</del><ins>Another answer</ins>" in page
    assert SCORED in queue(client, juror)


def test_who_still_reads_is_told_since_when(
    client: Client, application: Application, juror: User
) -> None:
    reading = given_to(application, juror, State.READING)
    hand_in_again(application, "Title", value="Another answer")
    assert "Changed since you began: 1 answer" in desk(client, reading, juror)


def test_review_of_the_newer_text_is_not_outdated(
    client: Client, application: Application, juror: User
) -> None:
    hand_in_again(application, "Title", value="Another answer")
    scored = given_to(application, juror, State.DONE)
    assert "Changed since" not in desk(client, scored, juror)
    assert "Changed since" not in queue(client, juror)


@pytest.mark.parametrize("when", ["always", "since", "until then"])
def test_what_only_staff_read_is_told_neither_by_name_nor_by_count(
    client: Client, programme: Programme, juror: User, when: str
) -> None:
    call = closed_call(programme)
    hidden = Question.objects.create(
        call=call,
        order=8,
        section="Team",
        label="Hidden matter",
        read_by=Audience.JURY if when == "since" else Audience.STAFF,
    )
    application = in_review(call)
    staff, jury = {"read_by": Audience.STAFF}, {"read_by": Audience.JURY}
    scored = given_to(application, juror, State.DONE)
    audience = jury if when == "until then" else staff
    hand_in_again(application, hidden.label, value="Somebody’s name", **audience)
    page, listed = desk(client, scored, juror), queue(client, juror)
    if when == "until then":
        assert SCORED in page
        return
    for text in (page, listed):
        assert "Changed since" not in text
        assert hidden.label not in text
    hand_in_again(application, "Title", value="Another answer", **jury)
    page = desk(client, scored, juror)
    assert SCORED in page
    assert "Somebody’s name" not in page
    assert hidden.label not in page


def test_file_in_the_place_of_a_refused_one_is_a_change(
    client: Client, application: Application, juror: User
) -> None:
    refused = make_refused(application, application.startup.owners()[0])
    file = {"id": str(refused.pk), "name": "deck.pdf", "size": 1, "sha256": "0" * 64}
    hand_in_again(application, "Title", kind="file", value="", document=file)
    scored = given_to(application, juror, State.DONE)
    assert "Changed since" not in desk(client, scored, juror)
    other = Document.objects.get(pk=refused.pk)
    other.pk, other.state, other.refusal = None, DocumentState.CLEAN, ""
    other.name = "deck-2.pdf"
    other.save(force_insert=True)
    make_replacement(
        application,
        refused,
        Question.objects.get(call=application.call, label="Title"),
        state=ReplacementState.REPLACED,
        document=other,
    )
    page = desk(client, scored, juror)
    assert SCORED in page
    assert "deck-2.pdf" in page
    assert SCORED in queue(client, juror)


def test_other_file_of_the_same_name_is_a_change(
    client: Client, application: Application, juror: User
) -> None:
    def file(key: int) -> dict[str, Any]:
        return {"id": f"00000000-0000-0000-0000-{key:012}", "name": "deck.pdf", "size": 1}

    hand_in_again(application, "Title", kind="file", value="", document=file(1))
    scored = given_to(application, juror, State.DONE)
    hand_in_again(application, "Title", document=file(1))
    assert "Changed since" not in desk(client, scored, juror)
    hand_in_again(application, "Title", document=file(2))
    assert "(another file)" in desk(client, scored, juror)


def test_nobody_else_is_told(
    client: Client, programme: Programme, application: Application, juror: User, manager: User
) -> None:
    scored = given_to(application, juror, State.DONE)
    hand_in_again(application, "Title", value="Another answer")
    assert "Changed since" not in desk(client, scored, manager)
    assert "Changed since" not in queue(client, manager)
    client.force_login(make_staff(programme, Role.REVIEWER))
    assert client.get(page_of(scored)).status_code == 404


@pytest.mark.parametrize("state", [State.CONFLICT, State.CANCELLED, State.ASSIGNED])
def test_who_does_not_read_is_told_nothing(
    client: Client, application: Application, juror: User, state: str
) -> None:
    scored = given_to(application, juror, State.DONE)
    hand_in_again(application, "Title", value="Another answer")
    type(scored).objects.filter(pk=scored.pk).update(state=state)
    assert "Changed since" not in desk(client, scored, juror)
    assert "Changed since" not in queue(client, juror)


def test_queue_costs_two_statements_more_however_many_changed(
    client: Client, programme: Programme, juror: User
) -> None:
    call = closed_call(programme)
    rows = [in_review(call) for _ in range(3)]
    for application in rows:
        given_to(application, juror, State.DONE)
    client.force_login(juror)
    client.get(QUEUE)
    counted = []
    for changed in (0, 1, 2):
        if changed:
            for application in rows if changed == 2 else rows[:1]:
                hand_in_again(application, "Title", value=f"Another answer {changed}")
        with CaptureQueriesContext(connection) as found:
            page = client.get(QUEUE).content.decode()
        assert page.count(SCORED) == [0, 1, 3][changed]
        counted.append(len(found))
    assert counted == [counted[0], counted[0] + 2, counted[0] + 2]
