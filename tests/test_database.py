"""The ground of the tests itself: what one commits, the next does not find."""

from __future__ import annotations

import pytest
from django.db import transaction

from portal import audit
from portal.models import AuditEntry, Retention, User
from tests import database
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db(transaction=True)


def kept() -> list[object]:
    """The rows that migrations put in."""
    return list(Retention.objects.order_by("pk").values())


@pytest.mark.parametrize("_time", range(2))
def test_what_was_committed_goes_and_what_migrations_put_in_comes_back(_time: int) -> None:
    before = kept()
    assert before
    assert not User.objects.exists()
    programme = make_programme()
    with transaction.atomic():
        audit.record(programme, "note", actor=make_staff(programme))
    Retention.objects.all().delete()
    database.GROUND[0].put_back()
    assert kept() == before
    assert not User.objects.exists()
    assert not AuditEntry.objects.exists()  # it refuses to be deleted from, save by its owner
