"""Making and changing a record."""

from __future__ import annotations

import pytest

from portal.models import AuditEntry
from portal.workflow import StepRefused
from startups import actions
from startups.choices import MemberRole
from startups.models import Acquaintance
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import (
    add_member,
    make_startup,
)
from tests.startups.people.steps import PEOPLE, verbs


@pytest.mark.django_db
def test_create_makes_the_maker_owner():
    user = make_user()
    startup = actions.create_startup(
        facts={"kind": "team", "legal_name": "Umi", "country": "JP"}, **PEOPLE, by=user
    )
    assert startup.owners() == [user]
    assert startup.snapshot()["founders"] == [{"name": "Sukarno", "role": "CEO", "full_time": True}]
    assert verbs(startup) == ["create"]


@pytest.mark.django_db
def test_founders_keep_the_order_in_which_they_were_written():
    founders = [{"name": name, "role": "", "gender": "", "full_time": True} for name in "ZYXWVUTS"]
    startup = actions.create_startup(
        facts={"legal_name": "Umi", "country": "JP"}, founders=founders, by=make_user()
    )
    assert [founder.name for founder in startup.founders.all()] == list("ZYXWVUTS")


@pytest.mark.django_db
def test_change_facts_counts_versions_and_names_fields_only():
    startup = make_startup()
    owner = startup.owners()[0]
    facts = {"legal_name": "New Name Ltd", "city": "Nairobi"}
    saved = actions.change_facts(startup=startup, facts=facts, **PEOPLE, version=1, by=owner)
    assert saved.version == 2
    entry = AuditEntry.objects.get(verb="change-facts")
    assert entry.facts == {
        "fields": ["legal_name", "city", "founders", "contacts"],
        "version": 2,
    }
    again = actions.change_facts(startup=startup, facts=facts, **PEOPLE, version=2, by=owner)
    assert again.version == 2
    assert AuditEntry.objects.filter(verb="change-facts").count() == 1


@pytest.mark.django_db
def test_change_facts_never_overwrites_a_newer_version():
    startup = make_startup(city="Nairobi")
    owner = startup.owners()[0]
    actions.change_facts(startup=startup, facts={"city": "Kisumu"}, **PEOPLE, version=1, by=owner)
    with pytest.raises(actions.ChangedMeanwhile) as conflict:
        actions.change_facts(
            startup=startup, facts={"city": "Nakuru"}, **PEOPLE, version=1, by=owner
        )
    assert conflict.value.startup.city == "Kisumu"
    startup.refresh_from_db()
    assert startup.city == "Kisumu"


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["viewer", "stranger", "manager", "administrator"])
def test_change_facts_is_for_owners_and_editors(who):
    startup = make_startup()
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    user = {
        "viewer": lambda: add_member(startup, role=MemberRole.VIEWER),
        "stranger": make_user,
        "manager": lambda: make_staff(programme),
        "administrator": lambda: make_user(is_superuser=True),
    }[who]()
    with pytest.raises(StepRefused) as refusal:
        actions.change_facts(startup=startup, facts={"city": "X"}, **PEOPLE, version=1, by=user)
    assert refusal.value.permission


@pytest.mark.django_db
def test_meet_is_done_once():
    startup, programme = make_startup(), make_programme()
    actions.meet(startup=startup, programme=programme)
    actions.meet(startup=startup, programme=programme)
    assert Acquaintance.objects.count() == 1
