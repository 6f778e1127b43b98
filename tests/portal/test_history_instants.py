"""Two instants of one minute are told apart in a record's history."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from challenges.models import Call
from portal.staff.history import page_of
from tests.factories.challenges import make_call
from tests.factories.portal import make_programme, make_staff


@pytest.mark.django_db
def test_two_instants_of_one_minute_are_told_with_their_seconds():
    programme = make_programme()
    closes_at = datetime(2030, 1, 1, 12, 0, 10, tzinfo=UTC)
    call = make_call(programme, closes_at=closes_at, accepts_until=closes_at)
    later = closes_at.replace(second=40)
    Call.objects.filter(pk=call.pk).update(closes_at=later, accepts_until=later)
    (line,) = page_of(call, make_staff(programme), number="", person="", kind="").lines
    said = next(one for one in line["changes"] if "closes" in one)
    assert "12:00:10" in said
    assert "12:00:40" in said
