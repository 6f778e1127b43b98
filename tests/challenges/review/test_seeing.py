"""Who sees what of an application and its reviews, and when."""

from __future__ import annotations

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.actions.review import scores_open_to
from challenges.choices import AssignmentState as State, Audience
from challenges.models import Question, Review, ReviewAssignment
from challenges.workflow.review import assignment_workflow
from portal.choices import Role
from portal.models import ProgrammeStaff, User
from tests.challenges.review.desk import page_of, person
from tests.factories.portal import make_staff, make_user
from tests.factories.reviews import closed_call, fill, given_to, in_review

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("state", State)
def test_listed_is_permitted(programme, juror, state):
    own = given_to(in_review(closed_call(programme)), juror, state)
    other = given_to(in_review(closed_call(programme)), make_staff(programme, Role.REVIEWER), state)
    foreign = given_to(in_review(), make_user())
    people = [juror, make_user(), make_staff(None, Role.CHAIR), own.application.startup.owners()[0]]
    people += [make_staff(programme, role) for role in Role]
    ended = make_staff(programme, Role.REVIEWER)
    given_to(own.application, ended)
    ProgrammeStaff.objects.filter(user=ended).update(ended_at=timezone.now())
    for reader in [User.objects.get(pk=each.pk) for each in [*people, ended]]:
        listed = set(ReviewAssignment.objects.visible_to(reader))
        permitted = {
            each
            for each in ReviewAssignment.objects.all()
            if reader.has_perm("challenges.view_reviewassignment", each)
        }
        assert listed == permitted, reader.roles
    assert foreign not in ReviewAssignment.objects.visible_to(juror)
    assert other not in ReviewAssignment.objects.visible_to(juror)


def test_before_confirming_a_juror_reads_name_and_line_only(client, application, juror):
    application.startup.summary = "Sensors for floods."
    application.startup.save(update_fields=["summary"])
    assignment = given_to(application, juror)
    client.force_login(juror)
    page = client.get(page_of(assignment)).content.decode()
    assert application.startup.name in page
    assert "Sensors for floods." in page
    assert ">Answer<" not in page
    assert "Theme" not in page


def test_conflict_hides_the_application(client, application, juror):
    assignment = given_to(application, juror, State.CONFLICT)
    client.force_login(juror)
    page = client.get(page_of(assignment)).content.decode()
    assert "closed to you" in page
    assert "Theme" not in page


def test_jurors_never_read_what_is_for_staff(client, programme, juror):
    call = closed_call(programme)
    Question.objects.create(
        call=call, order=9, section="Legal", label="Open disputes", read_by=Audience.STAFF
    )
    assignment = given_to(in_review(call), juror, State.READING)
    client.force_login(juror)
    page = client.get(page_of(assignment)).content.decode()
    assert "Theme" in page
    assert "Open disputes" not in page
    assert "Legal" not in page
    assert "telephone" not in page
    assert "+254 700 000 001" not in page


def test_others_scores_appear_after_my_own(client, programme, application, juror, manager):
    colleague = make_staff(programme, Role.REVIEWER)
    theirs = given_to(application, colleague, State.READING)
    fill(theirs, colleague, comment="Brilliant idea")
    mine = given_to(application, juror, State.READING)
    fill(mine, juror)
    client.force_login(juror)
    assignment_workflow.perform(mine, "submit-review", actor=juror)
    assert "Brilliant idea" not in client.get(page_of(mine)).content.decode()  # not submitted
    assignment_workflow.perform(mine, "reopen", actor=juror)
    assignment_workflow.perform(theirs, "submit-review", actor=colleague)
    assert "Brilliant idea" not in client.get(page_of(mine)).content.decode()  # mine is open
    assignment_workflow.perform(mine, "submit-review", actor=juror)
    assert "Brilliant idea" in client.get(page_of(mine)).content.decode()
    assert scores_open_to(manager, application)


def test_chair_who_reviews_too_sees_scores_after_their_own(client, programme, application, juror):
    chair = make_staff(programme, Role.CHAIR)
    given_to(application, juror, State.DONE)
    own = given_to(application, chair, State.READING)
    client.force_login(chair)
    record = reverse("admin:challenges_application_change", args=[application.pk])
    assert "Solid." not in client.get(record).content.decode()
    fill(own, chair, comment="Mine")
    assignment_workflow.perform(own, "submit-review", actor=chair)
    assert "Solid." in client.get(record).content.decode()


def test_revoked_juror_sees_nothing_at_the_next_request(client, application, juror):
    assignment = given_to(application, juror, State.READING)
    client.force_login(juror)
    assert client.get(page_of(assignment)).status_code == 200
    ProgrammeStaff.objects.filter(user=juror).update(ended_at=timezone.now())
    for address in (page_of(assignment), reverse("admin:challenges_reviewassignment_changelist")):
        response = client.get(address, follow=True)
        assert application.startup.name not in response.content.decode()
        assert client.get(address).status_code in {302, 404}
    assert client.post(page_of(assignment), {"version": 1}).status_code in {302, 404}


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("own", 200),
        ("other juror", 404),
        ("elsewhere", 404),
        ("manager", 200),
        ("coordinator", 200),
        ("chair", 200),
        ("approver", 404),
        ("partner", 404),
        ("statistics", 404),
        ("compliance", 404),
        ("procurement", 404),
        ("mentor", 404),
        ("founder", (302, 404)),
        ("nobody", (302, 404)),
    ],
)
def test_review_page_by_role(client, application, juror, who, status):
    assignment = given_to(application, juror, State.READING)
    client.force_login(person(who, application, juror))
    got = client.get(page_of(assignment))
    assert got.status_code in (status if isinstance(status, tuple) else (status,))
    if who != "own":
        answer = client.post(page_of(assignment), {"version": "1", "comment": "x"})
        assert answer.status_code in {302, 404}
        assert Review.objects.get(assignment=assignment).comment == ""
