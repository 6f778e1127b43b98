"""The data inventory: every field of every table is classified, and what it says can be done."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.core.exceptions import FieldDoesNotExist

from portal.inventory import INVENTORY
from portal.models import Retention

HOW = (
    "Classify it in the app's `inventory.py`: plain (nothing of a person but a key), personal (of"
    " the person the row belongs to, and in their download), others (of somebody else), sealed"
    " (opens something). Say whose the row is (`mine`), and what becomes of it when the account is"
    " erased: goes_at_once, goes, cleared, or `stays` with the reason."
)
MODELS = [
    model
    for model in apps.get_models(include_auto_created=True)
    if model._meta.managed and not model._meta.proxy
]


def fields_of(model):
    found = {field.name for field in model._meta.concrete_fields}
    return found | {field.name for field in model._meta.many_to_many}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_every_field_is_classified(model):
    holding = INVENTORY.get(model._meta.label_lower)
    assert holding is not None, f"{model._meta.label} is not in the data inventory. {HOW}"
    missing = fields_of(model) - holding.fields
    assert not missing, f"{model._meta.label}: {sorted(missing)}. {HOW}"
    assert not holding.fields - fields_of(model), f"{model._meta.label} has no such fields any more"


def test_inventory_names_no_table_that_is_gone():
    assert set(INVENTORY) == {model._meta.label_lower for model in MODELS}


@pytest.mark.parametrize("holding", INVENTORY.values(), ids=lambda holding: holding.model)
def test_each_field_has_one_class(holding):
    groups = [holding.plain, holding.personal, holding.others, holding.sealed]
    assert sum(map(len, groups)) == len(holding.fields)


@pytest.mark.parametrize("holding", INVENTORY.values(), ids=lambda holding: holding.model)
def test_what_is_personal_is_in_the_download_and_has_an_end(holding):
    shown = {name for fields in holding.mine.values() for name in fields}
    assert holding.personal <= shown, "personal, and in nobody's download"
    own = {name for name in shown if "__" not in name}
    assert own <= holding.personal | holding.plain, "secrets and other people's words stay inside"
    cleared = {name for values in holding.cleared.values() for name in values}
    ends = holding.goes or holding.goes_at_once or holding.stays
    assert ends or holding.personal <= cleared, "say what becomes of it, or why it stays"
    assert not holding.others or holding.stays or holding.goes, "say why other people's words stay"


@pytest.mark.parametrize("holding", INVENTORY.values(), ids=lambda holding: holding.model)
def test_ways_to_the_person_lead_there(holding):
    model = apps.get_model(holding.model)
    ways = {*holding.mine, *holding.goes, *holding.goes_at_once, *holding.cleared}
    for way in ways:
        found = model
        for step in way.lstrip("@").split("__"):
            if step == "pk":
                continue
            try:
                field = found._meta.get_field(step)
            except FieldDoesNotExist:
                pytest.fail(f"{holding.model} has no way {way}")
            found = field.related_model
        if not way.startswith("@"):
            assert found._meta.label_lower == "portal.user"


#: Keys of accounts by which a row is yet nobody's own: who staff put in charge, who took a link.
OF_NOBODY = {
    "challenges.application": {"responsible"},
    "challenges.callpreview": {"made_by"},
    "challenges.reviewassignment": {"assigned_by"},
    "challenges.decisionevent": {"sent_by"},
    "portal.staffinvitation": {"accepted_by"},
    "startups.merge": {"undone_by"},
    "portal.user_groups": {"user"},
    "portal.user_user_permissions": {"user"},
    "admin.logentry": {"user"},
}


@pytest.mark.parametrize("holding", INVENTORY.values(), ids=lambda holding: holding.model)
def test_each_key_of_a_person_makes_the_row_theirs_or_says_why_not(holding):
    model = apps.get_model(holding.model)
    keys = {
        field.name
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model._meta.label_lower == "portal.user"
    }
    theirs = {way.split("__")[0] for way in holding.mine}
    left = keys - theirs - OF_NOBODY.get(holding.model, set())
    if holding.model.endswith("event") and not holding.personal:
        return
    assert not left, f"{holding.model}: whose is it by {left}?"


@pytest.mark.django_db
def test_each_time_of_keeping_has_its_row():
    kinds = set(Retention.objects.values_list("kind", flat=True))
    assert {holding.retention for holding in INVENTORY.values() if holding.retention} <= kinds
