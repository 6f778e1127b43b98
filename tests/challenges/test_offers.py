"""From the result to the offer and its answer; the reserve list; the last one taken by fifty."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, connections
from django.urls import reverse
from django.utils import timezone

from challenges.actions.offer import left_in, make_offer, next_for
from challenges.choices import ApplicationState as State
from challenges.models import Application
from challenges.panels.offers import offers_to_make
from challenges.workflow.application import application_workflow
from portal import clock
from portal.choices import Role
from portal.models import AuditEntry, OutboxMessage
from portal.workflow import StepRefused
from startups.choices import MemberRole, PlaceState
from startups.models import Cohort, Place
from startups.panels.cohort import offers_to_answer
from startups.workflow.place import place_workflow
from tests.factories.challenges import make_application, make_call
from tests.factories.cohorts import make_cohort, make_place
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def manager(programme):
    return make_staff(programme, Role.MANAGER)


@pytest.fixture
def call(programme):
    return call_for(programme, places=2)


def call_for(programme: Any, places: int) -> Any:
    """A call that is over and selects for a cohort that begins in a month."""
    first = timezone.localdate() + timedelta(days=30)
    cohort = make_cohort(
        programme, starts_on=first, ends_on=first + timedelta(days=60), places=places
    )
    closed = timezone.now() - timedelta(days=20)
    return make_call(programme, feeds=cohort, closes_at=closed, opens_at=closed - timedelta(days=9))


def result(call: Any, state: State = State.SELECTED, score: int = 80, **more: Any) -> Application:
    return make_application(call, state=state, mean_score=Decimal(score), **more)


def offer(application: Application, by: Any, days: float = 10) -> Application:
    answer_by = clock.database_now() + timedelta(days=days)
    make_offer(application=application, answer_by=answer_by, by=by)
    return Application.objects.select_related("place__cohort", "startup").get(pk=application.pk)


def accept(application: Application, version: str = "1") -> Any:
    return application_workflow.perform(
        application,
        "accept-offer",
        actor=application.started_by,
        data={"terms_version": version},
    )


def refuse(application: Application, reason: str = "") -> Any:
    return application_workflow.perform(
        application, "refuse-offer", actor=application.started_by, reason=reason
    )


def state_of(application: Application) -> tuple[str, str]:
    found = Application.objects.select_related("place").get(pk=application.pk)
    return found.state, found.place.state if found.place else ""


# -- making offers ---------------------------------------------------------------------------


def test_selected_are_offered_to_take_part(call, manager):
    application = offer(result(call), manager)
    assert state_of(application) == (State.SELECTED, PlaceState.INVITED)
    page = reverse("challenges:application-offer", args=[application.pk])
    assert application.place.answer_path == page
    letter = OutboxMessage.objects.get(recipient=application.started_by)
    assert page in letter.text
    assert "Come to every workshop." in letter.text
    with pytest.raises(StepRefused, match="had its offer"):
        offer(application, manager)


@pytest.mark.parametrize("state", [one for one in State if one not in {State.SELECTED, "reserve"}])
def test_nobody_else_is_offered_anything(call, manager, state):
    with pytest.raises(StepRefused):
        offer(result(call, state), manager)
    assert not Place.objects.exists()


@pytest.mark.parametrize("role", Role)
def test_who_makes_offers(call, programme, role):
    application, who = result(call), make_staff(programme, role)
    if role in {Role.MANAGER, Role.COORDINATOR}:
        offer(application, who)
        return
    with pytest.raises(StepRefused) as refused:
        offer(application, who)
    assert refused.value.permission


def test_call_without_a_cohort_offers_nothing(programme, manager):
    with pytest.raises(StepRefused, match="selects for no cohort"):
        offer(result(make_call(programme)), manager)


def test_reserve_moves_up(call, manager):
    application = offer(result(call, State.RESERVE), manager)
    assert state_of(application) == (State.SELECTED, PlaceState.INVITED)
    letter = OutboxMessage.objects.get(recipient=application.started_by)
    assert "next on the reserve list" in letter.text
    assert AuditEntry.objects.about(application).get(verb="move-up").actor == manager


# -- answering -------------------------------------------------------------------------------


def test_owner_accepts_and_stands_in_the_cohort(call, manager):
    application = offer(result(call), manager)
    accept(application)
    assert state_of(application) == (State.ACCEPTED, PlaceState.CONFIRMED)
    assert OutboxMessage.objects.filter(notice="offer_accepted", recipient=manager).exists()


def test_wrong_terms_change_nothing(call, manager):
    application = offer(result(call), manager)
    with pytest.raises(StepRefused, match="terms"):
        accept(application, version="0")
    assert state_of(application) == (State.SELECTED, PlaceState.INVITED)
    assert not AuditEntry.objects.about(application).filter(verb="accept-offer").exists()


def test_editor_answers_nothing(call, manager):
    application = offer(result(call), manager)
    editor = add_member(application.startup, role=MemberRole.EDITOR)
    for step in ("accept-offer", "refuse-offer"):
        with pytest.raises(StepRefused) as refused:
            application_workflow.perform(
                application, step, actor=editor, data={"terms_version": "1"}
            )
        assert refused.value.permission


def test_refusal_proposes_the_next_of_the_reserve(call, manager):
    call.feeds.places = 1
    call.feeds.save(update_fields=["places"])
    application = offer(result(call), manager)
    result(call, State.RESERVE, score=60)
    second = result(call, State.RESERVE, score=70)
    assert not list(offers_to_make(manager))
    refuse(application, "Another programme.")
    assert state_of(application) == (State.REFUSED, PlaceState.REFUSED)
    letter = OutboxMessage.objects.get(notice="offer_closed")
    assert (letter.recipient, second.reference in letter.text) == (manager, True)
    assert "Another programme." in letter.text
    (waits,) = offers_to_make(manager)
    assert second.startup.name in waits.object
    assert waits.url.endswith(f"?next={second.pk}")
    assert waits.url in letter.text
    offer(second, manager)
    assert not list(offers_to_make(manager))


def test_reserve_list_stands_by_score_then_by_who_was_first(call):
    late = result(call, State.RESERVE, score=70, submitted_at=call.closes_at - timedelta(days=1))
    best = result(call, State.RESERVE, score=90)
    early = result(call, State.RESERVE, score=70, submitted_at=call.closes_at - timedelta(days=5))
    unread = make_application(call, state=State.RESERVE)
    assert list(call.applications.on_reserve()) == [best, early, late, unread]


@pytest.mark.parametrize("how", ["ended", "lapsed", "withdrawn"])
def test_offer_that_came_to_nothing_proposes_the_next(call, manager, how):
    call.feeds.places = 1
    call.feeds.save(update_fields=["places"])
    application, following = offer(result(call), manager), result(call, State.RESERVE)
    place = application.place
    if how == "ended":
        place_workflow.perform(place, "end-offer", actor=manager, reason="Too late.")
    elif how == "lapsed":
        Place.objects.filter(pk=place.pk).update(answer_by=clock.database_now())
    else:
        application_workflow.perform(
            application, "withdraw", actor=application.started_by, reason="We moved."
        )
        assert state_of(application) == (State.WITHDRAWN, PlaceState.ENDED)
        letter = OutboxMessage.objects.get(notice="place_returned")
        assert reverse("admin:challenges_application_offers", args=[call.pk]) in letter.text
    assert next_for(place)[0].startswith(following.startup.name)
    assert [one.verb for one in offers_to_make(manager)] == ["Offer the place"]


def test_offer_counts_as_long_as_it_can_be_accepted(call, manager):
    cohort = call.feeds
    assert left_in(cohort) == 2
    first, second = offer(result(call), manager), offer(result(call), manager)
    assert left_in(cohort) == 0
    accept(first)
    assert left_in(cohort) == 0
    Place.objects.filter(pk=second.place_id).update(answer_by=clock.database_now())
    assert left_in(cohort) == 1


@pytest.mark.parametrize("count", [1, 3])
def test_what_waits_for_staff_is_asked_in_one_go(
    programme, manager, count, django_assert_max_num_queries
):
    for _number in range(count):
        call = call_for(programme, places=2)
        result(call, State.RESERVE)
    user = type(manager).objects.get(pk=manager.pk)
    with django_assert_max_num_queries(4):
        assert len(list(offers_to_make(user))) == count


# -- the pages -------------------------------------------------------------------------------


def test_manager_makes_the_offers_on_one_page(client, call, manager):
    first, second = result(call), result(call)
    third = result(call, State.RESERVE)
    client.force_login(manager)
    url = reverse("admin:challenges_application_offers", args=[call.pk])
    ranking = client.get(reverse("admin:challenges_application_ranking", args=[call.pk]))
    assert url in ranking.content.decode()
    page = client.get(url).content.decode()
    assert page.count("checked") == 2
    assert client.get(f"{url}?next={third.pk}").content.decode().count("checked") == 1
    when = (timezone.now() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    too_many = {"chosen": [first.pk, second.pk, third.pk], "answer_by": when}
    said = client.post(url, too_many)
    assert said.status_code == 422
    assert "Only 2 more" in said.content.decode()
    assert client.post(url, {"chosen": [], "answer_by": when}).status_code == 422
    chosen = {"chosen": [first.pk, second.pk], "answer_by": when}
    assert client.post(url, chosen).status_code == 302
    assert {state_of(one) for one in (first, second)} == {(State.SELECTED, PlaceState.INVITED)}
    assert client.get(url).content.decode().count("Offered") >= 2


def test_founder_accepts_on_the_page_of_the_application(client, call, manager):
    application = offer(result(call), manager)
    founder = application.started_by
    client.force_login(founder)
    detail = client.get(application.get_absolute_url()).content.decode()
    url = reverse("challenges:application-offer", args=[application.pk])
    assert url in detail
    assert [one.url for one in offers_to_answer(founder)] == [url]
    page = client.get(url).content.decode()
    assert "Come to every workshop." in page
    assert "your time" in page
    assert client.get(application.place.get_absolute_url())["Location"] == url
    untouched = client.post(url, {"answer": "accept", "terms_version": "1"})
    assert untouched.status_code == 409
    data = {"answer": "accept", "terms_version": "1", "accept_terms": "on"}
    assert client.post(url, data)["Location"] == url
    assert "You take part in" in client.get(url).content.decode()
    assert client.get(application.place.get_absolute_url()).status_code == 200
    twice = client.post(url, data)
    assert twice.status_code == 409
    assert "not possible any more" in twice.content.decode()


def test_founder_refuses_on_the_page_of_the_application(client, call, manager):
    application = offer(result(call), manager)
    client.force_login(application.started_by)
    url = reverse("challenges:application-offer", args=[application.pk])
    too_long = client.post(url, {"answer": "refuse", "reason": "x" * 501})
    assert too_long.status_code == 409
    assert "x" * 501 in too_long.content.decode()
    client.post(url, {"answer": "refuse", "reason": "No time."})
    assert state_of(application) == (State.REFUSED, PlaceState.REFUSED)
    assert "You refused this offer" in client.get(url).content.decode()


def test_offer_page_is_the_teams_and_there_only_with_an_offer(client, call, manager):
    application = result(call)
    url = reverse("challenges:application-offer", args=[application.pk])
    client.force_login(application.started_by)
    assert client.get(url).status_code == 404
    offer(application, manager)
    client.force_login(make_application(call).started_by)
    assert client.get(url).status_code == 404


# -- the last one ----------------------------------------------------------------------------

MANY = 50


def offers_for_one(count: int) -> tuple[Cohort, list[Application]]:
    """One place, and many open offers: more than staff can make on their page."""
    call = call_for(make_programme(), places=1)
    applications = []
    for _number in range(count):
        application = result(call)
        place = make_place(
            call.feeds,
            application.startup,
            state=PlaceState.INVITED,
            offered_by=application.started_by,
        )
        Application.objects.filter(pk=application.pk).update(place=place)
        applications.append(Application.objects.select_related("startup").get(pk=application.pk))
    return call.feeds, applications


def all_at_once(applications: list[Application]) -> list[str]:
    """Everybody accepts at the same moment, each in a session of their own; what each is told."""
    barrier = Barrier(len(applications))

    def click(application: Application) -> str:
        try:
            connection.ensure_connection()
            barrier.wait(60)
            accept(application)
        except StepRefused as refusal:
            return str(refusal)
        finally:
            connections.close_all()
        return ""

    for application in applications:
        assert application.started_by.is_active  # read before the race
    with ThreadPoolExecutor(len(applications)) as pool:
        return list(pool.map(click, applications))


def assert_one_won(cohort: Cohort, said: list[str]) -> None:
    assert said.count("") == 1
    assert {text[:26] for text in said if text} == {"Others accepted before you"}
    assert cohort.held_places.taken().count() == 1
    assert cohort.held_places.filter(state=PlaceState.INVITED).count() == len(said) - 1
    states = Application.objects.filter(place__cohort=cohort).values_list("state", flat=True)
    assert sorted(states) == [State.ACCEPTED] + [State.SELECTED] * (len(said) - 1)
    told = OutboxMessage.objects.filter(subject_id__in=cohort.held_places.values("pk"))
    assert told.filter(notice="taking_part_confirmed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_fifty_acceptances_of_the_last_one_at_once_and_one_wins():
    cohort, applications = offers_for_one(MANY)
    said = all_at_once(applications)
    assert_one_won(cohort, said)
    assert all(cohort.programme.mailbox in text for text in said if text)


@pytest.mark.django_db(transaction=True)
def test_database_itself_lets_one_win(monkeypatch):
    step = place_workflow.transitions["confirm"]
    monkeypatch.setitem(place_workflow.transitions, "confirm", replace(step, guards=(), locks=()))
    cohort, applications = offers_for_one(12)
    assert_one_won(cohort, all_at_once(applications))
