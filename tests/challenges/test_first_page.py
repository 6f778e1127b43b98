"""What waits for each role on the first page: verb, object, by when."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.utils import timezone

from challenges.choices import ApplicationState, AssignmentState
from challenges.models import Application, Review, ReviewAssignment
from portal.choices import DocumentState, Role
from portal.models import Document, Heartbeat, InboxNotice, User
from portal.registry import registry
from startups.choices import MemberRole
from startups.models import Startup
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member, make_startup

if TYPE_CHECKING:
    from portal.registry import Waiting

pytestmark = pytest.mark.django_db


def waits(user: User, kind: str = "waits") -> list[Waiting]:
    """The list as the next request of the person makes it."""
    found: list[Waiting] = registry.workspace(User.objects.get(pk=user.pk))[kind]
    return found


def only(user: User, verb: str, kind: str = "waits") -> Waiting:
    """The one item with this verb."""
    (found,) = [item for item in waits(user, kind) if item.verb == verb]
    return found


@pytest.fixture
def founder() -> User:
    return make_user(time_zone="Africa/Nairobi")


@pytest.fixture
def startup(founder):
    return make_startup(owner=founder)


def edited(application: Application, **fields: Any) -> Application:
    Application.objects.filter(pk=application.pk).update(**fields)
    application.refresh_from_db()
    return application


# -- founders ------------------------------------------------------------------------------------


def test_a_draft_waits_with_its_share_and_its_deadline_in_both_zones(founder, startup):
    call = make_call(closes_at=timezone.now() + timedelta(days=9), time_zone="Asia/Tokyo")
    application = edited(make_application(call, startup), completeness=60)
    item = only(founder, "Go on writing")
    assert item.url == application.get_absolute_url()
    assert item.note.startswith("60 % complete · 8 days 23 h left")
    assert "JST" in item.when
    assert "your time, Nairobi" in item.when


def test_a_complete_draft_says_that_it_is_not_submitted(founder, startup):
    edited(make_application(make_call(), startup), completeness=100)
    item = only(founder, "Submit")
    assert "Complete, NOT submitted" in item.note
    assert item.tone == "amber"


def test_who_may_not_submit_is_told_to_ask_and_a_viewer_is_told_nothing(founder, startup):
    edited(make_application(make_call(), startup), completeness=100)
    Startup.objects.filter(pk=startup.pk).update(editors_may_submit=False)
    editor = add_member(startup, role=MemberRole.EDITOR)
    assert only(editor, "Ask an owner to submit")
    viewer = add_member(startup, role=MemberRole.VIEWER)
    assert not waits(viewer)


def test_an_extension_counts_for_its_own_team_and_nobody_else(founder, startup):
    now = timezone.now()
    call = make_call(opens_at=now - timedelta(days=9), closes_at=now - timedelta(hours=2))
    other = make_user()
    make_application(call, make_startup(owner=other))
    edited(make_application(call, startup), extended_until=now + timedelta(hours=3))
    assert "2 h 59 min left" in only(founder, "Go on writing").note
    assert not waits(other)


def test_changes_of_a_submitted_version_wait_until_they_are_submitted(founder, startup):
    application = make_application(make_call(), startup, state=ApplicationState.SUBMITTED)
    assert not waits(founder)
    assert only(founder, "Received", "under_way").url == application.get_absolute_url()
    edited(application, edited_at=timezone.now() + timedelta(minutes=1))
    assert "counts until you submit the changes" in only(founder, "Submit the changes").note


def test_a_refused_file_waits_to_be_replaced(founder, startup):
    application = make_application(make_call(), startup)
    document = Document.objects.create(
        name="deck.pdf",
        file="x/deck.pdf",
        content_type="application/pdf",
        size=8,
        sha256="0" * 64,
        subject_type="challenges.application",
        subject_id=application.pk,
        startup_id=startup.pk,
        uploaded_by=founder,
        state=DocumentState.REFUSED,
    )
    question = application.call.questions.first()
    application.answers.update_or_create(
        question=question, defaults={"document": document, "edited_by": founder}
    )
    item = only(founder, "Replace")
    assert "deck.pdf" in item.object
    assert item.tone == "lamp"


def test_letters_wait_unless_their_matter_waits_by_itself(founder, startup):
    del startup
    for key, notice in (("1", "application_selected"), ("2", "message_received")):
        InboxNotice.objects.create(
            recipient=founder, event_key=key, notice=notice, subject=f"News {key}", body="x"
        )
    assert only(founder, "Read").object == "News 1"
    for number in range(3, 7):
        InboxNotice.objects.create(
            recipient=founder, event_key=str(number), notice="x", subject="News", body="x"
        )
    assert only(founder, "Read").object == "5 letters in your inbox"


def test_who_waits_for_nothing_gets_a_sentence_and_a_way_on(client, founder, startup):
    del startup
    client.force_login(founder)
    page = client.get("/").content.decode()
    assert "Nothing waits for you now." in page
    assert "See open calls" in page
    assert "As published" not in page


# -- staff ---------------------------------------------------------------------------------------


def assign(application: Application, juror: User, state: str, **fields: Any) -> ReviewAssignment:
    edited(application, state=ApplicationState.IN_REVIEW)
    return ReviewAssignment.objects.create(
        application=application, reviewer=juror, assigned_by=juror, state=state, **fields
    )


def test_a_juror_reads_how_many_by_when_how_long_and_which_is_next(client, programme):
    juror = make_staff(programme, Role.REVIEWER)
    call = make_call(programme)
    day = timezone.localdate() + timedelta(days=4)
    now = timezone.now()
    for _number in range(3):
        done = assign(make_application(call, state="submitted"), juror, AssignmentState.DONE)
        review = Review.objects.create(assignment=done, submitted_at=now)
        Review.objects.filter(pk=review.pk).update(created_at=now - timedelta(minutes=20))
    assign(make_application(call, state="submitted"), juror, AssignmentState.ASSIGNED, due_on=day)
    begun = assign(
        make_application(call, state="submitted"), juror, AssignmentState.READING, due_on=day
    )
    Review.objects.create(assignment=begun)
    item = only(juror, "Review")
    assert item.object == f"{call.title}: 2 applications left"
    assert item.note == "3 of 5 done · about 40 min at your pace"
    assert "4 days left" in item.when
    assert item.more_url == begun.get_absolute_url()
    client.force_login(juror)
    assert client.get(item.more_url).status_code == 200


def test_who_leads_sees_who_is_late_and_a_juror_sees_nothing_of_others(programme):
    juror, chair = make_staff(programme, Role.REVIEWER), make_staff(programme, Role.CHAIR)
    other = make_staff(programme, Role.REVIEWER)
    application = make_application(make_call(programme), state="submitted")
    late = timezone.localdate() - timedelta(days=2)
    assign(application, juror, AssignmentState.READING, due_on=late)
    item = only(chair, "See who is late")
    assert item.object.endswith(": 1 review")
    assert item.note == "from 1 juror"
    assert "0 of 1 reviews in" in only(chair, "In review", "under_way").note
    assert not waits(other)
    assert not waits(other, "under_way")
    assert "2 days late" in only(juror, "Review").when


def test_calls_wait_to_be_published_and_drafts_to_be_looked_at(programme):
    manager = make_staff(programme, Role.MANAGER)
    soon = timezone.now() + timedelta(days=1)
    draft = make_call(programme, state="draft", published_at=None)
    call = make_call(programme, closes_at=soon)
    edited(make_application(call), completeness=100)
    make_application(call)
    make_application(call, state="submitted")
    assert only(manager, "Finish and publish").object == draft.title
    item = only(manager, "Look at drafts")
    assert "2 drafts not submitted" in item.object
    assert item.note.startswith("1 of them complete · 1 submitted · ")
    coordinator = make_staff(programme, Role.COORDINATOR)
    assert only(coordinator, "Finish")


@pytest.mark.parametrize(
    ("role", "counted"),
    [
        (Role.MANAGER, True),
        (Role.COMPLIANCE, True),
        (Role.PARTNER, False),
        (Role.STATISTICS, False),
    ],
)
def test_counts_of_an_open_call_are_for_who_reads_applications(programme, role, counted):
    call = make_call(programme)
    make_application(call)
    hidden = make_call()
    person = make_staff(programme, role)
    item = only(person, "Open", "under_way")
    assert item.object == call.title != hidden.title
    assert ("1 draft" in item.note) == counted


def test_the_administrator_learns_that_nothing_runs_by_the_clock():
    Heartbeat.objects.all().delete()
    admin = make_user(is_superuser=True)
    assert only(admin, "Start the scheduler").tone == "lamp"
    Heartbeat.objects.create(name="sweep")
    assert "Start the scheduler" not in {item.verb for item in waits(admin)}


@pytest.mark.parametrize("count", [1, 3])
def test_the_first_page_of_a_team_asks_the_same_at_any_number(
    client, founder, startup, count, django_assert_max_num_queries
):
    for _number in range(count):
        edited(make_application(make_call(), startup), completeness=40)
    client.force_login(founder)
    with django_assert_max_num_queries(33):
        page = client.get("/").content.decode()
    assert page.count("Go on writing") == count


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_a_first_page(client, programme, role):
    make_call(programme)
    client.force_login(make_staff(programme, role))
    response = client.get("/")
    assert response.status_code == 200
    assert "What waits for you" in response.content.decode()
