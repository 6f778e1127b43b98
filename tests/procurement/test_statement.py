"""Supplier statements: who reads them, who makes them, what is refused."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.choices import Role
from portal.models import AuditEntry
from procurement.actions import state_supplier
from procurement.models import SupplierStatement
from startups import actions
from startups.choices import MemberRole
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db

READERS = {Role.MANAGER, Role.COORDINATOR, Role.PROCUREMENT, Role.COMPLIANCE}


def make_statement(startup=None, **fields):
    startup = startup or make_startup()
    facts: dict[str, Any] = {
        "level": "basic",
        "number": "123456",
        "as_of": date(2026, 5, 2),
    } | fields
    return state_supplier(startup=startup, by=startup.owners()[0], **facts)


@pytest.fixture
def met():
    startup, programme = make_startup(legal_name="Maji Safi Ltd"), make_programme()
    actions.meet(startup=startup, programme=programme)
    return startup, programme


def form_of(startup):
    return reverse("procurement:supplier-statement-create", args=[startup.pk])


def test_listed_is_permitted(met):
    startup, programme = met
    mine, other = make_statement(startup), make_statement()
    rows = {SupplierStatement.objects.get(pk=row.pk) for row in (mine, other)}
    people = {
        "owner": startup.owners()[0],
        "editor": add_member(startup),
        "viewer": add_member(startup, role=MemberRole.VIEWER),
        "stranger": make_user(),
        "administrator": make_user(is_superuser=True),
        **{f"{role} here": make_staff(programme, role) for role in Role},
        **{f"{role} elsewhere": make_staff(make_programme(), role) for role in Role},
    }
    rows = {SupplierStatement.objects.get(pk=row.pk) for row in rows}
    seen = set()
    for name, user in people.items():
        listed = set(SupplierStatement.objects.visible_to(user))
        permission = "procurement.view_supplierstatement"
        assert listed == {row for row in rows if user.has_perm(permission, row)}, name
        if mine in listed:
            seen.add(name)
    here = {f"{role} here" for role in READERS}
    assert seen == {"owner", "editor", "viewer", "administrator"} | here


def test_statement_is_made_and_the_older_stays(client, met):
    startup, _programme = met
    make_statement(startup)
    client.force_login(add_member(startup))
    assert "Basic" in client.get(form_of(startup)).content.decode()
    data = {"level": "level_1", "number": "123456", "as_of": "2026-06-01"}
    assert client.post(form_of(startup), data).url == startup.get_absolute_url()
    assert [row.level for row in startup.supplier_statements.all()] == ["level_1", "basic"]
    assert AuditEntry.objects.filter(verb="state", startup_id=startup.pk).count() == 2
    page = client.get(startup.get_absolute_url()).content.decode()
    assert "Level 1" in page
    assert "Earlier statements" in page
    assert "Standing as a UN supplier stated" in page


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"level": "basic", "number": "", "as_of": "2026-06-01"}, "Write the number"),
        ({"level": "basic", "number": "12a", "as_of": "2026-06-01"}, "4 to 12 digits"),
        ({"level": "none", "number": "123456", "as_of": "2026-06-01"}, "there is no number"),
        ({"level": "gold", "number": "", "as_of": "2026-06-01"}, "not one of the available"),
        ({"level": "none", "number": "", "as_of": ""}, "Please fill this in"),
        ({"level": "none", "number": "", "as_of": "soon"}, "Write a day"),
        ({}, "Please fill this in"),
    ],
)
def test_bad_input_gets_a_sentence(client, met, data, sentence):
    startup, _programme = met
    client.force_login(startup.owners()[0])
    response = client.post(form_of(startup), data)
    assert response.status_code == 200
    assert sentence in response.content.decode()
    assert data.get("number", "") in response.content.decode()
    assert not SupplierStatement.objects.exists()


def test_a_day_to_come_is_refused(client, met):
    startup, _programme = met
    client.force_login(startup.owners()[0])
    tomorrow = timezone.localdate() + timedelta(days=2)
    data = {"level": "none", "number": "", "as_of": tomorrow.isoformat()}
    assert "has not come yet" in client.post(form_of(startup), data).content.decode()


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("stranger", 404), ("manager", 403)])
def test_only_owners_and_editors_state(client, met, who, status):
    startup, programme = met
    client.force_login(
        {
            "viewer": lambda: add_member(startup, role=MemberRole.VIEWER),
            "stranger": make_user,
            "manager": lambda: make_staff(programme),
        }[who]()
    )
    data = {"level": "none", "number": "", "as_of": "2026-06-01"}
    assert client.post(form_of(startup), data).status_code == status
    assert not SupplierStatement.objects.exists()


def test_chair_reads_the_organisation_without_its_statements(client, met):
    startup, programme = met
    make_statement(startup)
    client.force_login(make_staff(programme, Role.CHAIR))
    page = client.get(startup.get_absolute_url()).content.decode()
    assert "Maji Safi Ltd" in page
    assert "UN supplier" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_admin_list(client, met, count, django_assert_num_queries):
    startup, programme = met
    make_statement()
    for _number in range(count):
        make_statement(startup)
    client.force_login(make_staff(programme, Role.PROCUREMENT))
    path = reverse("admin:procurement_supplierstatement_changelist")
    client.get(path)
    with django_assert_num_queries(6):
        response = client.get(path)
    assert response.context["cl"].result_count == count
    statement = startup.supplier_statements.first()
    record = reverse("admin:procurement_supplierstatement_change", args=[statement.pk])
    assert "123456" in client.get(record).content.decode()
    assert client.post(record, {"level": "none"}).status_code == 403
    client.force_login(make_staff())
    assert client.get(record).status_code == 404
