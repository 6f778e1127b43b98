"""What whoever sees of a call no more than the public does not learn from the staff's pages."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse

from challenges.actions.call import move_deadline
from portal.choices import Role
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def call(programme):
    """A call whose deadline was moved once, with a grace of three hours since."""
    made = make_call(programme)
    closes_at = made.closes_at + timedelta(days=1)
    move_deadline(
        call=made,
        closes_at=closes_at,
        accepts_until=closes_at + timedelta(hours=3),
        reason="A holiday.",
        by=make_staff(programme, Role.MANAGER),
    )
    return made


@pytest.mark.parametrize(
    ("role", "knows"),
    [
        (Role.PARTNER, False),
        (Role.STATISTICS, False),
        (Role.COORDINATOR, True),
        (Role.COMPLIANCE, True),
    ],
)
def test_grace_is_told_to_staff_only(client, programme, call, role, knows):
    client.force_login(make_staff(programme, role))
    page = client.get(reverse("admin:challenges_call_change", args=[call.pk])).content.decode()
    assert ("grace until" in page.lower()) is knows
    history = client.get(reverse("admin:challenges_call_history", args=[call.pk]))
    assert ("grace until" in history.content.decode().lower()) is knows


@pytest.mark.parametrize(
    ("role", "counts"), [(Role.PARTNER, None), (Role.STATISTICS, None), (Role.MANAGER, 1)]
)
def test_counts_are_for_who_reads_applications(client, programme, call, role, counts):
    make_application(call)
    client.force_login(make_staff(programme, role))
    shown = client.get(reverse("admin:challenges_call_changelist")).context["cl"]
    assert shown.model_admin.drafts(shown.result_list[0]) == counts
