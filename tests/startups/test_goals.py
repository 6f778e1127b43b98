"""Goals and what was promised: who may what, dated words, reminders, letters, pages."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.choices import ReminderState, Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage, Reminder
from portal.registry import registry
from portal.workflow import StepRefused
from startups.actions import coaching
from startups.actions.action_item import item_reminding, promise
from startups.actions.goal import goal_reminding, say_of_goal, set_goal
from startups.choices import GoalState, ItemState, MemberRole, PlaceState, SessionState, Side
from startups.models import ActionItem, Goal, GoalReview, Place
from startups.panels.goals import goals_to_judge, promised, reports_to_give, startups_home
from startups.workflow.action_item import item_workflow
from startups.workflow.goal import goal_workflow
from tests.factories.cohorts import (
    make_action_item,
    make_cohort,
    make_goal,
    make_mentoring,
    make_place,
    make_session,
)
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup
from tests.startups.test_rules import TEAM, agree, cast

pytestmark = pytest.mark.django_db

READERS = {f"{role} here" for role in
           ("manager", "coordinator", "approver", "procurement", "compliance")}  # fmt: skip
RUNNERS = {"administrator", "manager here", "coordinator here"}


@pytest.fixture
def place():
    return again(make_place(make_cohort(make_programme()), make_startup(make_user())))


def again(record: Any) -> Any:
    """The row as another request reads it."""
    return type(record).objects.get(pk=record.pk)


def owner_of(place: Place) -> Any:
    return place.startup.owners()[0]


def words(**changes: Any) -> dict[str, Any]:
    today = timezone.localdate()
    return {
        "title": "Ten paying hospitals",
        "measure": "paying hospitals",
        "baseline": Decimal(2),
        "target": Decimal(10),
        "starts_on": today - timedelta(days=30),
        "ends_on": today + timedelta(days=60),
    } | changes


def at_nine(day: Any, person: Any) -> datetime:
    return datetime.combine(day, time(9), person.zone)


def make_due(record: Any, kind: str, person: Any) -> None:
    """What was planned for a day stands as if that day were here."""
    rows = Reminder.objects.about(record).filter(kind=kind, recipient=person)
    assert rows.update(due_at=timezone.now() - timedelta(minutes=1)) == 1


# -- who ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [Goal, GoalReview, ActionItem])
def test_listed_is_permitted(place, kind):
    def one_of(at: Place) -> Any:
        if kind is ActionItem:
            return make_action_item(at)
        goal = make_goal(at)
        if kind is Goal:
            return goal
        return goal.reviews.create(voice="startup", by=owner_of(at), text="Going well.")

    people = cast(place.startup, place.cohort.programme)
    elsewhere = make_mentoring(make_place(place.cohort))
    people["mentor of another"] = elsewhere.mentor.user
    people["mentor of it"] = make_mentoring(place).mentor.user
    rows = [again(one_of(at)) for at in (place, elsewhere.place, make_place())]
    seen = agree(kind, f"startups.view_{kind._meta.model_name}", people, rows)
    assert seen == TEAM | READERS | {"administrator", "mentor of it"}


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        ("startups.change_goal", {"owner", "editor"} | RUNNERS),
        ("startups.report_goal", {"owner", "editor"}),
        ("startups.comment_goal", {"mentor of it"}),
        ("startups.judge_goal", RUNNERS),
    ],
)
def test_who_speaks_of_a_goal(place, permission, allowed):
    people = cast(place.startup, place.cohort.programme)
    people["mentor of it"] = make_mentoring(place).mentor.user
    people["mentor of another"] = make_mentoring(make_place(place.cohort)).mentor.user
    goal = again(make_goal(again(place)))
    assert {name for name, user in people.items() if user.has_perm(permission, goal)} == allowed


@pytest.mark.parametrize(
    ("side", "permission", "allowed"),
    [
        (Side.STARTUP, "startups.finish_actionitem", {"owner", "editor"} | RUNNERS),
        (Side.MENTOR, "startups.finish_actionitem", {"mentor of it"} | RUNNERS),
        (
            Side.STARTUP,
            "startups.change_actionitem",
            {"owner", "editor", "mentor of it", "second mentor"} | RUNNERS,
        ),
        (
            Side.MENTOR,
            "startups.change_actionitem",
            {"mentor of it", "second mentor"} | RUNNERS,
        ),
    ],
)
def test_who_ticks_off_and_moves_a_promise(place, side, permission, allowed):
    people = cast(place.startup, place.cohort.programme)
    mentor = make_mentoring(place).mentor
    people["mentor of it"] = mentor.user
    people["second mentor"] = make_mentoring(place).mentor.user
    people["mentor of another"] = make_mentoring(make_place(place.cohort)).mentor.user
    owner = mentor if side == Side.MENTOR else None
    item = again(make_action_item(again(place), side=side, mentor=owner))
    assert {name for name, user in people.items() if user.has_perm(permission, item)} == allowed


# -- goals ----------------------------------------------------------------------------------------


def test_each_word_stands_beside_the_earlier_ones(client, place):
    owner, mentor = owner_of(place), make_mentoring(place).mentor.user
    manager = make_staff(place.cohort.programme, Role.MANAGER)
    goal = set_goal(place=again(place), words=words(), by=owner)
    for value in (4, 6):
        say_of_goal(goal=goal, step="report", words={"value": value, "text": ""}, by=owner)
    say_of_goal(goal=goal, step="comment", words={"text": "Ask the whole group."}, by=mentor)
    verdict = {"verdict": "at_risk", "text": "Six of ten."}
    say_of_goal(goal=goal, step="judge", words=verdict, by=manager)
    assert list(goal.reviews.values_list("voice", flat=True)) == [
        *("staff", "mentor", "startup", "startup")
    ]
    client.force_login(owner)
    page = " ".join(client.get(goal.get_absolute_url().partition("#")[0]).content.decode().split())
    for text in ("Ask the whole group.", "Six of ten.", "At risk", "1 earlier word", "50 % of"):
        assert text in page
    assert 'value="50"' in page


def test_verdict_is_told_with_its_reason_once(place):
    owner = owner_of(place)
    viewer = add_member(place.startup, role=MemberRole.VIEWER)
    manager = make_staff(place.cohort.programme, Role.MANAGER)
    goal = make_goal(place)
    verdict = {"verdict": "off_track", "text": "No hospital answered."}
    for _click in range(2):
        say_of_goal(goal=again(goal), step="judge", words=verdict, by=manager)
    told = InboxNotice.objects.filter(notice="verdict_given")
    assert [one.recipient for one in told] == [owner]
    assert "No hospital answered." in OutboxMessage.objects.get(notice="verdict_given").text
    assert viewer not in {one.recipient for one in told}
    assert goal.reviews.count() == 1
    entry = AuditEntry.objects.get(verb="judge")
    assert entry.facts == {"verdict": "off_track"}
    assert "hospital" not in f"{entry.facts}{entry.reason}"


def test_verdict_needs_its_reason_and_a_report_some_word(place):
    goal, manager = make_goal(place), make_staff(place.cohort.programme, Role.MANAGER)
    with pytest.raises(StepRefused, match="why"):
        say_of_goal(goal=goal, step="judge", words={"verdict": "at_risk", "text": ""}, by=manager)
    with pytest.raises(StepRefused, match="number"):
        say_of_goal(goal=goal, step="report", words={"value": None, "text": ""}, by=owner_of(place))
    assert not goal.reviews.exists()


def test_goal_is_changed_until_somebody_spoke(place):
    owner = owner_of(place)
    goal = set_goal(place=place, words=words(), by=owner)
    goal_workflow.perform(goal, "change", actor=owner, data=words(target=Decimal(12)))
    say_of_goal(goal=goal, step="report", words={"value": 4, "text": ""}, by=owner)
    with pytest.raises(StepRefused, match="stays as it is"):
        goal_workflow.perform(goal, "change", actor=owner, data=words(target=Decimal(3)))
    assert again(goal).target == 12


@pytest.mark.parametrize(
    ("step", "reason", "state"),
    [
        ("meet", "", GoalState.MET),
        ("miss", "The tender was called off.", GoalState.MISSED),
        ("drop", "We sell to schools now.", GoalState.DROPPED),
    ],
)
def test_what_became_of_a_goal(place, step, reason, state):
    goal = set_goal(place=place, words=words(), by=owner_of(place))
    if reason:
        with pytest.raises(StepRefused, match="reason"):
            goal_workflow.perform(goal, step, actor=owner_of(place))
    goal_workflow.perform(goal, step, actor=owner_of(place), reason=reason)
    assert again(goal).state == state
    assert not Reminder.objects.about(goal).filter(state=ReminderState.PLANNED).exists()


def test_goals_are_set_while_one_takes_part(place):
    Place.objects.filter(pk=place.pk).update(state=PlaceState.DROPPED_OUT)
    with pytest.raises(StepRefused, match="takes part"):
        set_goal(place=place, words=words(), by=owner_of(place))


def test_second_click_sets_no_second_goal(place):
    first = set_goal(place=place, words=words(), by=owner_of(place))
    assert set_goal(place=place, words=words(), by=owner_of(place)) == first


@pytest.mark.parametrize(
    ("baseline", "target", "value", "share"),
    [
        *((2, 10, 6, 50), (2, 10, 1, 0), (2, 10, 30, 100), (None, 8, 2, 25)),
        *((12, 4, 8, 50), (5, 5, 5, 100), (5, 5, 4, 0), (2, 10, None, 0)),
    ],
)
def test_share_of_the_way(baseline, target, value, share):
    number = {name: None if one is None else Decimal(one)
              for name, one in (("baseline", baseline), ("target", target))}  # fmt: skip
    assert Goal(**number).share_of(None if value is None else Decimal(value)) == share


# -- reminders of reports -------------------------------------------------------------------------


def test_report_is_asked_for_at_nine_of_the_readers_own_clock(place):
    owner = owner_of(place)
    owner.time_zone = "America/Antigua"
    owner.save(update_fields=["time_zone"])
    goal = set_goal(place=again(place), words=words(), by=owner)
    planned = Reminder.objects.about(goal).values_list("due_at", flat=True)
    days = [goal.ends_on + timedelta(days=days) for days in (-14, -7, 0, 3)]
    assert list(planned.order_by("due_at")) == [at_nine(day, owner) for day in days]


def test_moved_quarter_plans_anew(place):
    owner = owner_of(place)
    goal = set_goal(place=place, words=words(), by=owner)
    later = words(ends_on=goal.ends_on + timedelta(days=10))
    goal_workflow.perform(goal, "change", actor=owner, data=later)
    planned = Reminder.objects.about(goal).filter(state=ReminderState.PLANNED)
    assert set(planned.values_list("version", flat=True)) == {2}
    assert planned.all().count() == 4
    back = words()
    goal_workflow.perform(goal, "change", actor=owner, data=back)
    due = planned.order_by("due_at").first()
    assert due is not None
    assert due.due_at == at_nine(goal.ends_on - timedelta(days=14), owner)


def test_one_letter_asks_for_all_reports_of_a_quarter(place):
    owner, soon = owner_of(place), timezone.localdate() + timedelta(days=14, hours=1)
    goals = [
        set_goal(place=place, words=words(title=title, ends_on=soon), by=owner)
        for title in ("First goal", "Second goal", "Third goal")
    ]
    say_of_goal(goal=goals[2], step="report", words={"value": 4, "text": ""}, by=owner)
    now = timezone.now() - timedelta(minutes=1)
    Reminder.objects.filter(kind="goal_14_days").update(due_at=now)
    goal_reminding.write_due()
    letter = OutboxMessage.objects.get(notice="goal_report_due")
    assert "2 goals" in letter.subject
    assert "First goal" in letter.text
    assert "Second goal" in letter.text
    assert "Third goal" not in letter.text


@pytest.mark.parametrize("why", ["reported", "met", "left", "viewer"])
def test_report_is_not_asked_for(place, why):
    owner, soon = owner_of(place), timezone.localdate() + timedelta(days=8)
    goal = set_goal(place=place, words=words(ends_on=soon), by=owner)
    make_due(goal, "goal_7_days", owner)
    if why == "reported":
        say_of_goal(goal=goal, step="report", words={"value": 4, "text": ""}, by=owner)
    elif why == "met":
        Goal.objects.filter(pk=goal.pk).update(state=GoalState.MET)
    elif why == "left":
        Place.objects.filter(pk=place.pk).update(state=PlaceState.DROPPED_OUT)
    else:
        place.startup.memberships.update(role=MemberRole.VIEWER)
    goal_reminding.write_due()
    assert not InboxNotice.objects.filter(notice="goal_report_due").exists()


def test_report_of_an_earlier_time_is_no_report_of_the_quarter(place):
    owner, soon = owner_of(place), timezone.localdate() + timedelta(days=8)
    goal = set_goal(place=place, words=words(ends_on=soon), by=owner)
    say_of_goal(goal=goal, step="report", words={"value": 4, "text": ""}, by=owner)
    GoalReview.objects.update(created_at=timezone.now() - timedelta(days=40))
    make_due(goal, "goal_7_days", owner)
    goal_reminding.write_due()
    assert InboxNotice.objects.filter(notice="goal_report_due").count() == 1


def test_staff_have_what_waits_and_no_letter(place):
    manager = make_staff(place.cohort.programme, Role.MANAGER)
    today = timezone.localdate()
    goal = make_goal(place, ends_on=today - timedelta(days=4))
    assert [item.verb for item in goals_to_judge(manager)] == ["Ask for"]
    assert [item.verb for item in reports_to_give(owner_of(place))] == ["Report"]
    say_of_goal(goal=goal, step="report", words={"value": 4, "text": ""}, by=owner_of(place))
    assert [item.verb for item in goals_to_judge(manager)] == ["Judge"]
    assert not list(reports_to_give(owner_of(place)))
    verdict = {"verdict": "on_track", "text": "Good."}
    say_of_goal(goal=goal, step="judge", words=verdict, by=manager)
    assert not list(goals_to_judge(manager))
    assert not list(goals_to_judge(make_staff(make_programme(), Role.MANAGER)))
    assert not InboxNotice.objects.filter(recipient=manager).exists()


# -- what was promised ----------------------------------------------------------------------------


def test_promise_is_reminded_of_moved_done_and_open_again(place):
    owner, day = owner_of(place), timezone.localdate() + timedelta(days=9)
    item = promise(place=place, what="Call", side=Side.STARTUP, due_on=day, by=owner)
    planned = Reminder.objects.about(item).filter(state=ReminderState.PLANNED).order_by("due_at")
    days = [day + timedelta(days=days) for days in (-3, -1, 1)]
    assert [one.due_at for one in planned] == [at_nine(day, owner) for day in days]
    later = day + timedelta(days=5)
    item_workflow.perform(item, "move", actor=owner, data={"due_on": later})
    assert {one.version for one in planned.all()} == {2}
    assert planned.all().count() == 3
    item_workflow.perform(item, "finish", actor=owner)
    assert planned.all().count() == 0
    item = again(item)
    assert (item.state, item.done_by, bool(item.done_at)) == (ItemState.DONE, owner, True)
    item_workflow.perform(item, "undo", actor=owner)
    assert {one.version for one in planned.all()} == {3}
    item_workflow.perform(item, "drop", actor=owner, reason="No longer needed.")
    assert planned.all().count() == 0


def test_item_of_a_mentor_reminds_the_mentor(place):
    mentor = make_mentoring(place).mentor
    day = timezone.localdate() + timedelta(days=9)
    item = promise(
        place=again(place), what="Introduce", side=Side.MENTOR, due_on=day, mentor=mentor,
        by=mentor.user,
    )  # fmt: skip
    assert {one.recipient for one in Reminder.objects.about(item)} == {mentor.user}
    assert [one.object for one in promised(mentor.user)] == ["Introduce"]


@pytest.mark.parametrize(
    ("kind", "due_in", "written"),
    [
        ("item_3_days", 3, True),
        # After a standstill of the scheduler the latest one alone is written.
        ("item_3_days", 1, False),
        ("item_1_day", -1, False),
        ("item_late", -1, True),
    ],
)
def test_reminder_of_a_promise_is_written_while_it_holds(place, kind, due_in, written):
    owner = owner_of(place)
    far = timezone.localdate() + timedelta(days=9)
    item = promise(place=place, what="Call", side=Side.STARTUP, due_on=far, by=owner)
    day = timezone.localdate(timezone=owner.zone) + timedelta(days=due_in)
    ActionItem.objects.filter(pk=item.pk).update(due_on=day)
    make_due(item, kind, owner)
    item_reminding.write_due()
    item_reminding.write_due()
    letters = InboxNotice.objects.filter(notice="action_item_due")
    assert letters.count() == int(written)
    if written:
        assert ("Was due" in letters[0].subject) is (due_in < 0)


def test_session_that_is_logged_plans_reminders_of_what_was_promised(place):
    mentoring = make_mentoring(place)
    held = timezone.now() - timedelta(hours=2)
    session = make_session(mentoring, starts_at=held)
    day = timezone.localdate() + timedelta(days=9)
    coaching.log_session(
        place=again(place),
        session=session,
        log={"discussed": "Pricing.", "minutes_contact": 60},
        private_note="",
        promises=[{"what": "Call five", "side": Side.STARTUP, "due_on": day}],
        next_at=None,
        key=session.pk,
        by=mentoring.mentor.user,
    )
    item = ActionItem.objects.get(what="Call five")
    assert item.session == session
    assert Reminder.objects.about(item).count() == 3
    assert again(session).state == SessionState.LOGGED


# -- pages ----------------------------------------------------------------------------------------


def test_done_in_one_tap_and_a_second_tap_is_harmless(client, place):
    item = make_action_item(place)
    client.force_login(owner_of(place))
    home = client.get(reverse("home")).content.decode()
    url = reverse("startups:action-step", args=[item.pk, "finish"])
    assert url in home
    for _tap in range(2):
        answer = client.post(url, {"next": reverse("home")}, follow=True)
        assert "not possible" not in answer.content.decode()
    assert answer.redirect_chain[-1][0] == reverse("home")
    assert again(item).state == ItemState.DONE
    assert AuditEntry.objects.filter(verb="finish").count() == 1


def test_goal_form_keeps_what_was_typed(client, place):
    client.force_login(owner_of(place))
    url = reverse("startups:goal-create", args=[place.pk])
    given = {name: str(value) for name, value in words(target=2, title="Typed here").items()}
    answer = client.post(url, given)
    assert answer.status_code == 422
    assert "Typed here" in answer.content.decode()
    assert "where you start" in answer.content.decode()
    given["target"] = "10"
    assert client.post(url, given).status_code == 302
    assert place.goals.get().title == "Typed here"


def test_report_without_a_word_is_sent_back_open(client, place):
    goal = make_goal(place)
    client.force_login(owner_of(place))
    answer = client.post(reverse("startups:goal-say", args=[goal.pk, "report"]), {"value": "many"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Write a number, like" in page
    assert '<details class="step-reason" open>' in page
    assert not goal.reviews.exists()


def test_promise_in_the_past_is_sent_back(client, place):
    client.force_login(owner_of(place))
    url = reverse("startups:action-create", args=[place.pk])
    given = {"what": "Call the port", "owner": "startup", "due_on": "2020-01-01"}
    answer = client.post(url, given)
    assert answer.status_code == 422
    assert "Call the port" in answer.content.decode()
    for _click in range(2):
        client.post(url, given | {"due_on": ""})
    assert place.action_items.count() == 1


def test_verdict_in_the_admin(client, place):
    goal = make_goal(place)
    client.force_login(make_staff(place.cohort.programme, Role.COORDINATOR))
    url = reverse("admin:startups_goal_judge", args=[goal.pk])
    assert client.post(url, {"verdict": "at_risk"}).status_code == 422
    answer = client.post(url, {"verdict": "at_risk", "text": "Slow sales."}, follow=True)
    assert "Slow sales." in answer.content.decode()
    assert "At risk" in client.get(reverse("admin:startups_goal_changelist")).content.decode()
    # A mentor reads it there and judges nothing.
    mentor = make_mentoring(place).mentor.user
    client.force_login(mentor)
    assert client.get(url).status_code == 404
    assert client.get(reverse("admin:startups_goal_change", args=[goal.pk])).status_code == 200


def test_home_has_one_part_for_each_place(client, place):
    owner = owner_of(place)
    second = make_place(make_cohort(), place.startup)
    other = make_place(second.cohort)
    make_action_item(other, what="Not yours")
    make_session(make_mentoring(place))
    client.force_login(owner)
    page = client.get(reverse("home")).content.decode()
    for name in (place.cohort.name, second.cohort.name, "Next session"):
        assert name in page
    assert "Not yours" not in page
    assert other.startup.name not in page


def fill(place: Place, count: int) -> None:
    mentoring = make_mentoring(place)
    for _number in range(count):
        goal = make_goal(place)
        for voice, verdict in (("startup", ""), ("mentor", ""), ("staff", "at_risk")):
            goal.reviews.create(voice=voice, by=make_user(), text="Well.", verdict=verdict)
        make_action_item(place)
        make_action_item(place, side=Side.MENTOR, mentor=mentoring.mentor)
        make_action_item(place, state=ItemState.DONE, done_by=make_user(), done_at=timezone.now())
        make_session(mentoring)


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(("name", "queries"), [("goal-list", 9), ("action-list", 10)])
def test_page_query_count(client, place, count, name, queries, django_assert_num_queries):
    fill(place, count)
    client.force_login(owner_of(place))
    url = reverse(f"startups:{name}", args=[place.pk])
    client.get(url)
    with django_assert_num_queries(queries):
        client.get(url)


@pytest.mark.parametrize("count", [1, 3])
def test_home_block_query_count(rf, place, count, django_assert_num_queries):
    owner = owner_of(place)
    for _number in range(count):
        fill(make_place(make_cohort(), place.startup), count)
    request = rf.get("/")
    request.user = type(owner).objects.get(pk=owner.pk)
    # is there any, places, who writes, sessions, items, goals, words, pitches, the clock
    with django_assert_num_queries(9):
        block = startups_home(request)
        assert block is not None
        assert len(block.context["parts"]) == count + 1


def test_every_step_here_has_its_sentence():
    for workflow in (goal_workflow, item_workflow):
        for step in workflow:
            assert f"{workflow.model._meta.label_lower}:{step.name}" in registry.sentences
