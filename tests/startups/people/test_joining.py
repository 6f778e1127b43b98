"""Asking to join, and two who act at once."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from portal.models import InboxNotice, OutboxMessage
from portal.workflow import StepRefused
from startups import actions
from startups.choices import JoinRequestState, MemberRole
from startups.models import JoinRequest, Membership
from tests.factories.portal import make_user
from tests.factories.startups import (
    add_member,
    make_invitation,
    make_join_request,
    make_startup,
)
from tests.startups.people.steps import PEOPLE


@pytest.mark.django_db
def test_ask_to_join_goes_to_the_owners_of_the_most_similar():
    make_startup(legal_name="Umi Fishing KK", country="JP")
    startup = make_startup(legal_name="Umi Robotics KK", country="JP")
    make_startup(legal_name="Umi Robotics KK", country="SE")
    user = make_user()
    request = actions.ask_to_join(name="Umi Robotic", country="JP", message="It is me", by=user)
    assert request.startup == startup
    assert [notice.recipient for notice in InboxNotice.objects.all()] == startup.owners()
    with pytest.raises(StepRefused, match="asked already"):
        actions.ask_to_join(name="Umi Robotics", country="JP", message="", by=user)


@pytest.mark.django_db
def test_ask_to_join_nothing_similar():
    with pytest.raises(StepRefused, match="no other"):
        actions.ask_to_join(name="Quetzal", country="MX", message="", by=make_user())


@pytest.mark.django_db
def test_ask_to_join_leaves_owners_in_peace():
    user = make_user()
    startup = make_startup(legal_name="Quetzal SA", country="MX")
    make_join_request(startup, user, state=JoinRequestState.DECLINED)
    with pytest.raises(StepRefused, match="declined"):
        actions.ask_to_join(name="Quetzal SA", country="MX", message="", by=user)
    for _number in range(actions.REQUESTS_AT_ONCE):
        make_join_request(user=user)
    make_startup(legal_name="Colibri", country="MX")
    with pytest.raises(StepRefused, match="Wait"):
        actions.ask_to_join(name="Colibri", country="MX", message="", by=user)


def at_once(*attempts):
    """Run the attempts in threads that start together; answers what each raised."""
    barrier = threading.Barrier(len(attempts))
    outcomes: list[Any] = [None] * len(attempts)

    def run(number, attempt):
        try:
            barrier.wait(60)
            attempt()
        except StepRefused as refusal:
            outcomes[number] = str(refusal)
        except Exception as error:  # noqa: BLE001 -- a test must see whatever happened
            outcomes[number] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(number, attempt))
        for number, attempt in enumerate(attempts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_two_owners_leaving_at_once_leave_one():
    for _round in range(5):
        startup = make_startup()
        first, second = startup.owners()[0], add_member(startup, role=MemberRole.OWNER)
        outcomes = at_once(
            lambda s=startup, u=first: actions.leave(startup=s, by=u),
            lambda s=startup, u=second: actions.leave(startup=s, by=u),
        )
        assert len(startup.owners()) == 1
        assert sorted(outcome is None for outcome in outcomes) == [False, True]
        assert all(outcome is None or "Hand over" in outcome for outcome in outcomes)


@pytest.mark.django_db(transaction=True)
def test_leaving_waits_for_the_startup():
    """The lock itself: while another owner's leaving is not committed, mine waits for it."""
    startup = make_startup()
    first, second = startup.owners()[0], add_member(startup, role=MemberRole.OWNER)
    outcome = []
    started = threading.Event()

    def leave():
        started.set()
        try:
            actions.leave(startup=startup, by=second)
        except StepRefused as refusal:
            outcome.append(str(refusal))
        finally:
            connection.close()

    thread = threading.Thread(target=leave)
    with transaction.atomic():
        actions.leave(startup=startup, by=first)
        thread.start()
        started.wait(60)
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(60)
    assert outcome
    assert "Hand over" in outcome[0]


@pytest.mark.django_db(transaction=True)
def test_an_invitation_accepted_by_two_at_once_admits_one():
    invitation = make_invitation(token="secret")
    people = [make_user(), make_user()]
    outcomes = at_once(
        *[
            lambda user=user: actions.answer_invitation(
                invitation=invitation, name="accept", by=user, token="secret"
            )
            for user in people
        ]
    )
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    assert Membership.objects.filter(user__in=people).count() == 1


@pytest.mark.django_db(transaction=True)
def test_asking_twice_at_once_asks_once():
    make_startup(legal_name="Quetzal SA", country="MX")
    user = make_user()
    at_once(
        *[
            lambda: actions.ask_to_join(name="Quetzal SA", country="MX", message="", by=user)
            for _click in range(2)
        ]
    )
    assert JoinRequest.objects.filter(user=user).count() == 1
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_once_do_not_overwrite():
    startup = make_startup()
    owner = startup.owners()[0]
    outcomes = at_once(
        *[
            lambda city=city: actions.change_facts(
                startup=startup, facts={"city": city}, **PEOPLE, version=1, by=owner
            )
            for city in ("Kisumu", "Nakuru")
        ]
    )
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    startup.refresh_from_db()
    assert startup.version == 2


@pytest.mark.django_db
def test_ask_to_join_passes_over_ones_own():
    user = make_user()
    make_startup(user, legal_name="Quetzal SA", country="MX")
    other = make_startup(legal_name="Quetzal Norte SA", country="MX")
    request = actions.ask_to_join(name="Quetzal SA", country="MX", message="", by=user)
    assert request.startup == other
