"""References are independent, and what was not good and is good now is told."""

from __future__ import annotations

import pytest

from portal.choices import Role
from portal.models import OutboxMessage
from procurement.choices import EvidenceState, RequirementKind
from procurement.forms import EvidenceForm
from procurement.models import Referee, SupplierFile
from procurement.workflow import evidence_workflow
from tests.factories.cohorts import make_mentoring, make_place
from tests.factories.portal import make_programme, make_staff
from tests.factories.startups import make_startup
from tests.factories.suppliers import make_evidence, make_requirement

pytestmark = pytest.mark.django_db


@pytest.fixture
def file():
    startup = make_startup()
    return SupplierFile.objects.create(startup=startup, opened_by=startup.owners()[0])


def errors_of(file, email):
    """What the form says of a reference with this address."""
    asked = make_requirement(kind=RequirementKind.REFERENCE)
    data = {
        "name": "Aoi",
        "organisation": "A hospital",
        "email": email,
        "telephone": "+81 78 000 0001",
        "relation": "Forty beds in 2025",
        "agreed": "on",
    }
    form = EvidenceForm(data, requirement=asked, file=file, revision=None)
    form.is_valid()
    return form.errors.get("email", [])


def test_a_reference_neither_belongs_to_the_organisation_nor_coaches_it(file):
    mentor = make_mentoring(make_place(startup=file.startup)).mentor.user
    for email in (file.startup.owners()[0].email, mentor.email.upper()):
        assert "cannot stand as a reference" in errors_of(file, email)[0]
    assert not errors_of(file, "somebody@hospital.example")


def test_each_reference_stands_once(file):
    asked = make_requirement(kind=RequirementKind.REFERENCE)
    piece = make_evidence(file, asked)
    Referee.objects.create(
        evidence=piece,
        name="Aoi",
        organisation="A hospital",
        email="aoi@hospital.example",
        telephone="1",
        relation="Beds",
    )
    assert "stands as a reference already" in errors_of(file, "Aoi@hospital.example")[0]


@pytest.mark.parametrize(("before", "letters"), [("rejected", 1), ("given", 0)])
def test_good_after_not_good_is_told_and_good_at_once_is_not(file, before, letters):
    programme = make_programme()
    file.startup.acquaintances.create(programme=programme)
    adviser = make_staff(programme, Role.PROCUREMENT)
    piece = make_evidence(file, make_requirement(), state=EvidenceState(before))
    evidence_workflow.perform(piece, "accept", actor=adviser)
    told = OutboxMessage.objects.filter(notice="evidence_accepted")
    assert told.count() == letters * len(file.startup.writers())
