"""Reviews: interest first, scores, two windows, the figures of the list, the jury's pages."""

from __future__ import annotations

import threading
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, settings, strategies as st

from challenges.actions.review import (
    StaleReview,
    assign,
    save_review,
    scores_open_to,
    spread,
)
from challenges.choices import ApplicationState, AssignmentState as State, Audience, QuestionKind
from challenges.models import (
    Application,
    Call,
    ConflictOfInterest,
    Criterion,
    Question,
    Review,
    ReviewAssignment,
    ScoreEvent,
)
from challenges.workflow.application import application_workflow
from challenges.workflow.review import assignment_workflow, total_of
from portal.choices import DocumentState, Role
from portal.models import AuditEntry, Document, OutboxMessage, Programme, ProgrammeStaff, User
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db


def attempt(workflow: Any, record: Any, name: str, actor: User, **more: Any) -> StepRefused | None:
    """Take a step; the refusal if it was refused."""
    try:
        workflow.perform(record, name, actor=actor, **more)
    except StepRefused as refusal:
        return refusal
    return None


def closed_call(programme: Programme | None = None, **fields: Any) -> Call:
    """A call whose deadline has passed."""
    now = timezone.now()
    return make_call(
        programme,
        **({"opens_at": now - timedelta(days=30), "closes_at": now - timedelta(days=1)} | fields),
    )


def in_review(call: Call | None = None, **fields: Any) -> Application:
    """A submitted application of a closed call that the jury reads."""
    return make_application(
        call or closed_call(), **({"state": ApplicationState.IN_REVIEW} | fields)
    )


def given_to(
    application: Application, juror: User, state: State = State.ASSIGNED
) -> ReviewAssignment:
    """The application in a juror's hands, brought to ``state`` by the steps that lead there."""
    assignment = ReviewAssignment.objects.create(
        application=application, reviewer=juror, assigned_by=juror
    )
    if state in {State.READING, State.DONE}:
        assignment_workflow.perform(assignment, "confirm", actor=juror)
        if state == State.DONE:
            fill(assignment, juror)
            assignment_workflow.perform(assignment, "submit-review", actor=juror)
    elif state == State.CONFLICT:
        assignment_workflow.perform(
            assignment, "declare-conflict", actor=juror, reason="I advise them."
        )
    elif state == State.HANDED_BACK:
        assignment_workflow.perform(assignment, "hand-back", actor=juror)
    elif state == State.CANCELLED:
        ReviewAssignment.objects.filter(pk=assignment.pk).update(state=State.CANCELLED)
    assignment.refresh_from_db()
    return assignment


def fill(assignment: ReviewAssignment, juror: User, level: int = 3, **words: Any) -> Review:
    """Give every criterion a level."""
    version = Review.objects.get(assignment=assignment).version
    return save_review(
        assignment=assignment,
        scores=dict.fromkeys(assignment.application.call.criteria.all(), level),
        comment=words.get("comment", "Solid."),
        feedback=words.get("feedback", "Show the costs."),
        version=words.get("version", version),
        by=juror,
    )


@pytest.fixture
def programme() -> Programme:
    return make_programme()


@pytest.fixture
def juror(programme: Programme) -> User:
    return make_staff(programme, Role.REVIEWER)


@pytest.fixture
def manager(programme: Programme) -> User:
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def application(programme: Programme) -> Application:
    return in_review(closed_call(programme))


# -- the formula --------------------------------------------------------------------------------


@st.composite
def sheets(draw: st.DrawFn) -> list[tuple[Criterion, int]]:
    """Criteria whose weights add to 100, each with a level."""
    cuts = sorted(draw(st.lists(st.integers(1, 99), unique=True, max_size=7)))
    bounds = [0, *cuts, 100]
    weights = [after - before for before, after in pairwise(bounds)]
    found = []
    for weight in weights:
        levels = draw(st.integers(2, 10))
        criterion = Criterion(weight=weight, levels=["words"] * levels)
        found.append((criterion, draw(st.integers(1, levels))))
    return found


@given(sheets())
@settings(max_examples=200)
def test_total_is_the_weighted_share_and_stays_between_0_and_100(sheet):
    total = total_of(sheet)
    assert total is not None
    exact = sum(
        Decimal(criterion.weight) * (value - 1) / (len(criterion.levels) - 1)
        for criterion, value in sheet
    )
    assert abs(total - exact) <= Decimal("0.006")
    assert 0 <= total <= 100
    assert total == total.quantize(Decimal("0.01"))


@given(sheets())
@settings(max_examples=100)
def test_lowest_levels_give_0_and_highest_100_and_a_better_level_never_less(sheet):
    assert total_of([(criterion, 1) for criterion, _value in sheet]) == 0
    assert total_of([(criterion, len(criterion.levels)) for criterion, _value in sheet]) == 100
    criterion, value = sheet[0]
    better = [(criterion, min(value + 1, len(criterion.levels))), *sheet[1:]]
    before, after = total_of(sheet), total_of(better)
    assert before is not None
    assert after is not None
    assert after >= before


@given(st.lists(st.integers(1, 5), min_size=1, max_size=6))
def test_equal_weights_give_the_plain_mean(values):
    sheet = [(Criterion(weight=10, levels=["words"] * 5), value) for value in values]
    plain = Decimal(sum(values) - len(values)) * 25 / len(values)
    total = total_of(sheet)
    assert total is not None
    assert abs(total - plain) <= Decimal("0.006")


def test_no_criteria_give_no_total():
    assert total_of([]) is None


# -- steps --------------------------------------------------------------------------------------

STEPS = {
    "confirm": {State.ASSIGNED: State.READING},
    "declare-conflict": dict.fromkeys((State.ASSIGNED, State.READING, State.DONE), State.CONFLICT),
    "submit-review": {State.READING: State.DONE},
    "reopen": {State.DONE: State.READING},
    "open-again": {State.DONE: State.READING},
    "hand-back": dict.fromkeys((State.ASSIGNED, State.READING), State.HANDED_BACK),
    "cancel": dict.fromkeys((State.ASSIGNED, State.READING, State.DONE), State.CANCELLED),
    "assign-again": dict.fromkeys((State.HANDED_BACK, State.CANCELLED), State.ASSIGNED),
}
MAY = {
    "confirm": {"own"},
    "declare-conflict": {"own"},
    "submit-review": {"own"},
    "reopen": {"own"},
    "open-again": {"manager", "coordinator", "chair"},
    "hand-back": {"own"},
    "cancel": {"manager", "coordinator", "chair"},
    "assign-again": {"manager", "coordinator", "chair"},
}
WHO = (
    "own",
    "former",
    "other juror",
    "elsewhere",
    "founder",
    "nobody",
    *(role.value for role in Role),
)


def person(who: str, application: Application, juror: User) -> User:
    programme = application.call.programme
    if who == "former":
        ProgrammeStaff.objects.filter(user=juror).update(ended_at=timezone.now())
    found: User
    match who:
        case "own" | "former":
            found = User.objects.get(pk=juror.pk)
        case "elsewhere":
            found = make_staff(None, Role.MANAGER)
        case "founder":
            found = application.startup.owners()[0]
        case "nobody":
            found = make_user()
        case "other juror":
            found = make_staff(programme, Role.REVIEWER)
        case _:
            found = make_staff(programme, Role(who))
    return found


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("who", WHO)
def test_every_step_by_every_role_from_every_state(programme, juror, who, state):
    application = in_review(closed_call(programme))
    assignment = given_to(application, juror, state)
    if state == State.READING:
        fill(assignment, juror)
    actor = person(who, application, juror)
    for name, ways in STEPS.items():
        allowed = who in MAY[name] and state in ways
        refusal = attempt(assignment_workflow, assignment, name, actor, reason="Because.")
        assert (refusal is None) == allowed, f"{name} from {state} by {who}: {refusal}"
        if refusal is not None:
            assert refusal.permission == (who not in MAY[name])
        else:
            assignment.refresh_from_db()
            assert assignment.state == ways[state]
            # Back to where it was, for the next step.
            ReviewAssignment.objects.filter(pk=assignment.pk).update(state=state)
            assignment.refresh_from_db()


@pytest.mark.parametrize(
    "state",
    [ApplicationState.WITHDRAWN, ApplicationState.SELECTED, ApplicationState.SUBMITTED],
)
def test_nothing_is_reviewed_after_withdrawal_results_or_before_the_start(programme, juror, state):
    application = in_review(closed_call(programme))
    assignment = given_to(application, juror, State.READING)
    fill(assignment, juror)
    Application.objects.filter(pk=application.pk).update(state=state)
    with pytest.raises(StepRefused):
        assignment_workflow.perform(assignment, "submit-review", actor=juror)
    with pytest.raises(StepRefused, match="Nothing was saved"):
        fill(assignment, juror, level=1)


def test_conflict_needs_a_reason_and_is_kept(application, juror):
    assignment = given_to(application, juror)
    with pytest.raises(StepRefused, match="Say why"):
        assignment_workflow.perform(assignment, "declare-conflict", actor=juror)
    assignment_workflow.perform(
        assignment, "declare-conflict", actor=juror, reason="My sister works there."
    )
    kept = ConflictOfInterest.objects.get(application=application, person=juror)
    assert (kept.has_conflict, kept.reason) == (True, "My sister works there.")


def test_confirming_is_kept_as_a_declaration(application, juror):
    given_to(application, juror, State.READING)
    kept = ConflictOfInterest.objects.get(application=application, person=juror)
    assert kept.has_conflict is False


def test_review_with_a_criterion_without_level_is_refused(application, juror):
    assignment = given_to(application, juror, State.READING)
    first, *_rest = application.call.criteria.all()
    save_review(
        assignment=assignment,
        scores={first: 2, _rest[0]: None},
        comment="",
        feedback="",
        version=1,
        by=juror,
    )
    with pytest.raises(StepRefused, match="Give a level for: Team"):
        assignment_workflow.perform(assignment, "submit-review", actor=juror)


def test_review_is_saved_in_few_statements_and_only_what_changed_is_touched(
    application, juror, django_assert_max_num_queries
):
    assignment = given_to(application, juror, State.READING)
    first, second = application.call.criteria.all()

    def save(one: int | None, other: int | None, version: int) -> dict[Any, int]:
        review = save_review(
            assignment=assignment,
            scores={first: one, second: other},
            comment="",
            feedback="",
            version=version,
            by=juror,
        )
        return dict(review.scores.values_list("criterion", "value"))

    # Roles, lock, application, review, levels before; levels and sheet written: one each.
    with django_assert_max_num_queries(10):
        assert save(2, 3, 1) == {first.pk: 2, second.pk: 3}
    events = ScoreEvent.objects.count()
    assert save(2, 4, 2) == {first.pk: 2, second.pk: 4}
    assert ScoreEvent.objects.count() == events + 1
    assert save(None, 4, 3) == {second.pk: 4}
    assert save(1, None, 4) == {first.pk: 1}


def figures(application: Application) -> tuple[int, int, Decimal | None]:
    application.refresh_from_db()
    return application.assigned_count, application.review_count, application.mean_score


def test_figures_follow_each_step(programme, application, manager):
    first, second = (make_staff(programme, Role.REVIEWER) for _number in range(2))
    assign(applications=[application], reviewers=[first, second], by=manager)
    assert figures(application) == (2, 0, None)
    one, two = (ReviewAssignment.objects.get(reviewer=each) for each in (first, second))
    for assignment, juror, level in ((one, first, 5), (two, second, 2)):
        assignment_workflow.perform(assignment, "confirm", actor=juror)
        fill(assignment, juror, level)
        assignment_workflow.perform(assignment, "submit-review", actor=juror)
    assert figures(application) == (2, 2, Decimal("62.50"))
    with pytest.raises(StepRefused, match="You have seen what others gave"):
        assignment_workflow.perform(one, "reopen", actor=first)
    assignment_workflow.perform(one, "open-again", actor=manager, reason="Wrong line.")
    assert figures(application) == (2, 1, Decimal("25.00"))
    assignment_workflow.perform(one, "submit-review", actor=first)
    assignment_workflow.perform(two, "declare-conflict", actor=second, reason="I know the founder.")
    assert figures(application) == (1, 1, Decimal("100.00"))
    assert Review.objects.filter(assignment=two).exists()  # stored, but it does not count
    assignment_workflow.perform(one, "cancel", actor=manager, reason="Too late.")
    assert figures(application) == (0, 0, None)


@pytest.mark.django_db(transaction=True)
def test_figures_are_right_when_all_jurors_submit_at_once():
    programme = make_programme()
    application = in_review(closed_call(programme))
    jurors = [make_staff(programme, Role.REVIEWER) for _number in range(4)]
    assignments = [given_to(application, juror, State.READING) for juror in jurors]
    for level, (assignment, juror) in enumerate(zip(assignments, jurors, strict=True), start=1):
        fill(assignment, juror, level)
    barrier = threading.Barrier(len(jurors))
    failures: list[BaseException] = []

    def submit(assignment: ReviewAssignment, juror: User) -> None:
        try:
            barrier.wait(10)
            assignment_workflow.perform(
                assignment, "submit-review", actor=User.objects.get(pk=juror.pk)
            )
        except BaseException as error:  # noqa: BLE001 -- shown by the test
            failures.append(error)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=submit, args=pair) for pair in zip(assignments, jurors, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not failures
    assert figures(application) == (4, 4, Decimal("37.50"))


# -- saving -------------------------------------------------------------------------------------


def test_second_window_overwrites_nothing_and_shows_both_texts(application, juror):
    assignment = given_to(application, juror, State.READING)
    first, *_rest = application.call.criteria.all()
    fill(assignment, juror, comment="First window", version=1)
    with pytest.raises(StaleReview) as caught:
        fill(assignment, juror, level=1, comment="Second window", version=1)
    assert caught.value.review.comment == "First window"
    assert caught.value.scores[first.pk] == 3
    stored = Review.objects.get(assignment=assignment)
    assert (stored.comment, stored.version) == ("First window", 2)


def test_same_text_saved_again_is_no_conflict(application, juror):
    assignment = given_to(application, juror, State.READING)
    once = fill(assignment, juror, version=1)
    again = fill(assignment, juror, version=1)
    assert once.version == again.version == 2


@pytest.mark.django_db(transaction=True)
def test_two_windows_saving_at_once_lose_no_text():
    programme = make_programme()
    juror = make_staff(programme, Role.REVIEWER)
    assignment = given_to(in_review(closed_call(programme)), juror, State.READING)
    barrier = threading.Barrier(2)
    results: list[str] = []

    def save(text: str) -> None:
        try:
            barrier.wait(10)
            fill(assignment, User.objects.get(pk=juror.pk), comment=text, version=1)
            results.append(text)
        except StaleReview as stale:
            results.append(f"stale: {stale.review.comment}")
        finally:
            connection.close()

    threads = [threading.Thread(target=save, args=(text,)) for text in ("one", "two")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    stored = Review.objects.get(assignment=assignment).comment
    assert sorted(results) == sorted([stored, f"stale: {stored}"])


def test_nobody_saves_anothers_review(programme, application, juror, manager):
    assignment = given_to(application, juror, State.READING)
    for other in (manager, make_staff(programme, Role.REVIEWER), make_user()):
        with pytest.raises(StepRefused) as caught:
            fill(assignment, other)
        assert caught.value.permission


def test_submitted_review_is_not_changed_by_an_old_window(application, juror):
    assignment = given_to(application, juror, State.DONE)
    with pytest.raises(StepRefused, match="Open it again"):
        fill(assignment, juror, level=1)


# -- giving applications to jurors --------------------------------------------------------------


def test_spread_is_even_complete_and_moves_nothing(programme, manager):
    call = closed_call(programme, reviewers_wanted=2)
    applications = [make_application(call, state=ApplicationState.SUBMITTED) for _n in range(6)]
    jurors = [make_staff(programme, Role.REVIEWER) for _number in range(4)]
    result = spread(applications=applications, by=manager)
    assert len(result.made) == 12
    assert not result.left_out
    loads = [ReviewAssignment.objects.filter(reviewer=juror).count() for juror in jurors]
    assert loads == [3, 3, 3, 3]
    for application in applications:
        assert figures(application)[0] == 2
        assert application.state == ApplicationState.IN_REVIEW
    before = set(ReviewAssignment.objects.values_list("pk", "reviewer"))
    assert not spread(applications=applications, by=manager).made
    assert set(ReviewAssignment.objects.values_list("pk", "reviewer")) == before


def test_spread_leaves_out_members_and_conflicts_and_says_so(programme, manager):
    call = closed_call(programme, reviewers_wanted=2)
    application = make_application(call, state=ApplicationState.SUBMITTED)
    member, conflicted, free = (make_staff(programme, Role.REVIEWER) for _number in range(3))
    add_member(application.startup, member)
    ConflictOfInterest.objects.create(
        application=application, person=conflicted, has_conflict=True, reason="Investor."
    )
    result = spread(applications=[application], by=manager)
    assert [made.reviewer for made in result.made] == [free]
    assert "1 of 2 jurors found" in result.left_out[0]


def test_spread_never_gives_back_what_was_handed_back(programme, manager, juror):
    call = closed_call(programme, reviewers_wanted=1)
    application = in_review(call)
    given_to(application, juror, State.HANDED_BACK)
    assert not spread(applications=[application], by=manager).made
    assert assign(applications=[application], reviewers=[juror], by=manager).made
    assert ReviewAssignment.objects.get().state == State.ASSIGNED


def test_each_juror_gets_one_letter_with_the_number(programme, manager, juror):
    call = closed_call(programme)
    applications = [make_application(call, state=ApplicationState.SUBMITTED) for _n in range(3)]
    assign(applications=applications, reviewers=[juror], by=manager)
    letter = OutboxMessage.objects.get(notice="reviews_assigned")
    assert letter.to_address == juror.email
    assert "3 applications" in letter.text


def test_nothing_is_assigned_while_the_call_is_open(programme, manager, juror):
    application = make_application(make_call(programme), state=ApplicationState.SUBMITTED)
    result = assign(applications=[application], reviewers=[juror], by=manager)
    assert not result.made
    assert "can still be changed" in result.left_out[0]


def test_only_the_programmes_own_jury_is_given_anything(programme, manager):
    application = in_review(closed_call(programme))
    strangers = [make_staff(None, Role.REVIEWER), make_user()]
    assert not assign(applications=[application], reviewers=strangers, by=manager).made


@pytest.mark.parametrize("role", Role)
def test_who_may_assign(programme, juror, role):
    application = in_review(closed_call(programme))
    who = make_staff(programme, role)
    if role in {Role.MANAGER, Role.COORDINATOR, Role.CHAIR}:
        assert assign(applications=[application], reviewers=[juror], by=who).made
    else:
        with pytest.raises(StepRefused):
            assign(applications=[application], reviewers=[juror], by=who)


@pytest.mark.django_db(transaction=True)
def test_two_managers_spreading_at_once_assign_no_more_than_wanted():
    programme = make_programme()
    call = closed_call(programme, reviewers_wanted=2)
    applications = [make_application(call, state=ApplicationState.SUBMITTED) for _n in range(3)]
    for _number in range(4):
        make_staff(programme, Role.REVIEWER)
    managers = [make_staff(programme, Role.MANAGER) for _number in range(2)]
    barrier = threading.Barrier(2)

    def go(manager: User) -> None:
        try:
            barrier.wait(10)
            spread(applications=applications, by=User.objects.get(pk=manager.pk))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(manager,)) for manager in managers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert ReviewAssignment.objects.count() == 6
    assert [figures(each)[0] for each in applications] == [2, 2, 2]


# -- who sees -----------------------------------------------------------------------------------


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


def page_of(assignment: ReviewAssignment) -> str:
    return reverse("admin:challenges_reviewassignment_review", args=[assignment.pk])


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


# -- the page -----------------------------------------------------------------------------------


def data_of(assignment: ReviewAssignment, level: int = 4, **more: Any) -> dict[str, Any]:
    criteria = assignment.application.call.criteria.all()
    return {
        "version": "1",
        "comment": "Good\r\nidea",
        "feedback": "",
        **{criterion.field: str(level) for criterion in criteria},
        **more,
    }


def test_review_from_confirm_to_submit_without_script(client, application, juror):
    assignment = given_to(application, juror)
    client.force_login(juror)
    step = reverse("admin:challenges_reviewassignment_step", args=[assignment.pk, "confirm"])
    assert client.post(step, follow=True).redirect_chain[-1][0] == page_of(assignment)
    page = client.get(page_of(assignment)).content.decode()
    assert "Outstanding" in page
    response = client.post(page_of(assignment), data_of(assignment, then="submit"), follow=True)
    assert "Your review is submitted and counts." in response.content.decode()
    assert figures(application) == (1, 1, Decimal("75.00"))


def test_script_saves_and_a_second_window_gets_both_texts(client, application, juror):
    assignment = given_to(application, juror, State.READING)
    client.force_login(juror)
    ask = {"headers": {"accept": "application/json"}}
    first = client.post(page_of(assignment), data_of(assignment), **ask)
    assert first.status_code == 200
    assert first.json()["version"] == 2
    assert first.json()["saved"].startswith("saved ")
    second = client.post(page_of(assignment), data_of(assignment, comment="Other"), **ask)
    assert second.status_code == 409
    assert "Good" in second.json()["html"]
    assert "Other" in second.json()["html"]
    plain = client.post(page_of(assignment), data_of(assignment, comment="Other <b>"))
    assert plain.status_code == 409
    page = plain.content.decode()
    assert "changed in another window" in page
    assert "Other &lt;b&gt;" in page
    assert Review.objects.get(assignment=assignment).comment == "Good\nidea"
    mine = client.post(page_of(assignment), data_of(assignment, comment="Other", version="2"))
    assert mine.status_code == 302
    assert Review.objects.get(assignment=assignment).comment == "Other"


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": ""},
        {"version": "x"},
        {"level": 9},
        {"level": 0},
        {"comment": "x" * 5_001},
    ],
)
def test_bad_input_is_a_sentence_and_the_text_is_kept(client, application, juror, wrong):
    assignment = given_to(application, juror, State.READING)
    client.force_login(juror)
    level = wrong.pop("level", 4)
    response = client.post(
        page_of(assignment), data_of(assignment, level, feedback="Keep me", **wrong)
    )
    assert response.status_code == 422
    assert "Keep me" in response.content.decode()
    assert Review.objects.get(assignment=assignment).version == 1


def test_place_in_the_queue(client, programme, juror):
    call = closed_call(programme)
    assignments = [given_to(in_review(call), juror) for _number in range(3)]
    client.force_login(juror)
    page = client.get(page_of(assignments[1])).content.decode()
    assert "2 of 3" in page
    assert page_of(assignments[0]) in page
    assert page_of(assignments[2]) in page


def test_file_only_if_submitted_for_the_jury_and_after_confirming(client, programme, juror):
    from portal.documents import take_in  # noqa: PLC0415

    call = closed_call(programme)
    application = in_review(call)
    startup = application.startup
    owner = startup.owners()[0]

    def file(name: str) -> Any:
        upload = SimpleUploadedFile(name, b"%PDF-1.4 text")
        document = take_in(upload, subject=application, by=owner)
        Document.objects.filter(pk=document.pk).update(state=DocumentState.CLEAN)
        return document

    jury, staff, other = file("deck.pdf"), file("accounts.pdf"), file("draft.pdf")
    revision = application.revisions.get()
    copies = [
        {
            "question": "x",
            "section": "S",
            "label": name,
            "kind": QuestionKind.FILE,
            "read_by": read_by,
            "unit": "",
            "value": "",
            "document": {"id": str(held.pk), "name": held.name, "size": 1, "sha256": ""},
        }
        for name, held, read_by in (("Deck", jury, "jury"), ("Accounts", staff, "staff"))
    ]
    revision_model = type(revision)
    application.revision_count = 2
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.IN_REVIEW)
    import pgtrigger  # noqa: PLC0415

    with pgtrigger.ignore("challenges.Application:submitted_in_time"):
        Application.objects.filter(pk=application.pk).update(revision_count=2)
    revision_model.objects.create(
        application=application,
        number=2,
        answers=copies,
        startup_facts=startup.snapshot(),
        fingerprint="1" * 64,
        submitted_by=owner,
        submitted_at=application.submitted_at,
    )
    assignment = given_to(application, juror)
    client.force_login(juror)

    def status(held: Any) -> int:
        address = reverse("admin:challenges_reviewassignment_file", args=[assignment.pk, held.pk])
        response = client.get(address)
        if response.status_code == 200:
            assert b"".join(response.streaming_content) == b"%PDF-1.4 text"
            assert "attachment" in response["Content-Disposition"]
        return int(response.status_code)

    assert status(jury) == 404  # not confirmed yet
    assignment_workflow.perform(assignment, "confirm", actor=juror)
    assert (status(jury), status(staff), status(other)) == (200, 404, 404)
    assignment_workflow.perform(
        assignment, "declare-conflict", actor=juror, reason="I recognise them."
    )
    assert status(jury) == 404


@pytest.mark.parametrize("count", [1, 3])
def test_queue_query_count(client, programme, juror, count, django_assert_max_num_queries):
    call = closed_call(programme)
    for _number in range(count):
        given_to(in_review(call), juror)
    client.force_login(juror)
    with django_assert_max_num_queries(8):
        page = client.get(reverse("admin:challenges_reviewassignment_changelist"))
    assert page.status_code == 200


def test_steps_are_written_down_without_words_of_the_review(application, juror):
    given_to(application, juror, State.DONE)
    entries = AuditEntry.objects.filter(subject_type="challenges.reviewassignment")
    assert [entry.verb for entry in entries] == ["confirm", "submit-review"]
    assert "Solid" not in str([entry.facts for entry in entries])


def test_withdrawing_takes_the_jurors_off(programme, juror):
    application = in_review(closed_call(programme))
    assignment = given_to(application, juror, State.READING)
    owner = application.startup.owners()[0]
    application_workflow.perform(application, "withdraw", actor=owner)
    assignment.refresh_from_db()
    assert assignment.state == State.CANCELLED
    assert figures(application)[0] == 0
