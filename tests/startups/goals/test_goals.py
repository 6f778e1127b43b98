"""Goals of a quarter: three voices, reminders, verdicts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from portal.choices import ReminderState, Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage, Reminder
from portal.workflow import StepRefused
from startups.actions.goal import goal_reminding, say_of_goal, set_goal
from startups.choices import GoalState, MemberRole, PlaceState, Side
from startups.models import ActionItem, Goal, GoalReview, Place
from startups.panels.goals import goals_to_judge, reports_to_give
from startups.workflow.goal import goal_workflow
from tests.factories.cohorts import (
    make_action_item,
    make_goal,
    make_mentoring,
    make_place,
)
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import add_member
from tests.startups.goals.steps import again, at_nine, make_due, owner_of, words
from tests.startups.test_rules import TEAM, agree, cast

pytestmark = pytest.mark.django_db

READERS = {f"{role} here" for role in
           ("manager", "coordinator", "approver", "procurement", "compliance")}  # fmt: skip


RUNNERS = {"administrator", "manager here", "coordinator here"}


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
    # A day more: what is asked 14 days before is ahead then, whatever hour it is now.
    owner, soon = owner_of(place), timezone.localdate() + timedelta(days=15)
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
