"""Coaching ends with the startup's place, and with the mentor's account."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from portal.choices import Role
from portal.models import InboxNotice
from portal.registry import registry
from startups.choices import MentoringState, SessionState
from startups.models import Place
from startups.workflow.place import place_workflow
from tests.factories.cohorts import make_mentoring, make_session
from tests.factories.portal import make_staff

if TYPE_CHECKING:
    from startups.models import Mentoring

pytestmark = pytest.mark.django_db


def ended_with_its_plans(mentoring: Mentoring) -> None:
    """The assignment is over, nothing is planned any more, and both sides were told."""
    mentoring.refresh_from_db()
    assert mentoring.state == MentoringState.ENDED
    assert not mentoring.place.sessions.filter(state=SessionState.PLANNED).exists()
    told = InboxNotice.objects.filter(notice="mentoring_ended").values_list("recipient", flat=True)
    assert set(told) >= {user.pk for user in mentoring.place.startup.everybody()}


def test_who_drops_out_is_coached_no_more():
    mentoring = make_mentoring()
    make_session(mentoring)
    place = mentoring.place
    manager = make_staff(place.cohort.programme, Role.MANAGER)
    mentor = mentoring.mentor.user
    assert place in Place.objects.visible_to(mentor)
    place_workflow.perform(place, "drop-out", actor=manager, reason="The company closed.")
    ended_with_its_plans(mentoring)
    assert place not in Place.objects.visible_to(mentor)
    assert not mentor.has_perm("startups.view_place", Place.objects.get(pk=place.pk))


def test_who_closes_their_account_coaches_no_more():
    mentoring = make_mentoring()
    make_session(mentoring)
    for follow in registry.at_closing:
        follow(mentoring.mentor.user)
    ended_with_its_plans(mentoring)
