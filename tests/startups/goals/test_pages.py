"""The pages of goals and promises."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.choices import Role
from portal.models import AuditEntry
from portal.registry import registry
from startups.choices import ItemState, Side
from startups.panels.goals import startups_home
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
from tests.factories.portal import make_staff, make_user
from tests.startups.goals.steps import again, owner_of, words

if TYPE_CHECKING:
    from startups.models import Place

pytestmark = pytest.mark.django_db


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
