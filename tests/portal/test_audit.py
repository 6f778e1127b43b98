"""The audit trail: written with the change, never changed afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from portal import audit
from portal.models import AuditEntry
from tests.database import act_as, owner
from tests.factories.portal import make_programme, make_user


@pytest.mark.django_db
def test_entry_knows_subject_actor_and_programme():
    programme, person = make_programme(), make_user()
    entry = audit.record(programme, "rename", actor=person, facts={"fields": ["name"]})
    assert list(AuditEntry.objects.about(programme)) == [entry]
    assert entry.programme_id == programme.pk
    entry.refresh_from_db()
    assert entry.at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("change", ["update", "delete"])
def test_entry_cannot_be_changed_by_the_application(change):
    audit.record(make_programme(), "rename", actor=None)
    entries = AuditEntry.objects.all()
    attempt = entries.delete if change == "delete" else lambda: entries.update(verb="other")
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        attempt()


@pytest.mark.django_db(transaction=True)
def test_entry_cannot_be_changed_by_the_owner_either():
    with transaction.atomic():
        audit.record(make_programme(), "rename", actor=None)
    before = act_as(owner())
    try:
        with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
            AuditEntry.objects.update(verb="other")
    finally:
        act_as(before)


@pytest.mark.django_db(transaction=True)
def test_entry_outside_a_transaction_is_refused():
    programme = make_programme()
    with pytest.raises(RuntimeError):
        audit.record(programme, "rename", actor=None)


@pytest.mark.django_db
def test_driver_is_psycopg2():
    driver: Any = connection
    assert driver.Database.__name__ == "psycopg2"
