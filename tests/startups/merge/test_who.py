"""Who makes records one, and the pages."""

from __future__ import annotations

import pytest
from django.urls import reverse

from challenges.choices import ApplicationState as State
from portal.choices import Role
from portal.workflow import StepRefused
from startups import actions
from startups.choices import MemberRole
from startups.models import Merge, Startup, likely_pairs, likely_same
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import (
    add_member,
    make_startup,
)
from tests.startups.merge.steps import again, merged

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", Role)
def test_who_may_merge_what_one_programme_met(programme, pair, role):
    person = make_staff(programme, role)
    if role in {Role.MANAGER, Role.COMPLIANCE}:
        merged(pair, person)
        return
    with pytest.raises(StepRefused) as refusal:
        merged(pair, person)
    assert refusal.value.permission


def test_another_programme_that_met_one_of_them_wants_compliance(programme, manager, pair):
    actions.meet(startup=pair[1], programme=make_programme())
    with pytest.raises(StepRefused) as refusal:
        merged(pair, manager)
    assert refusal.value.permission
    merged(pair, make_staff(programme, Role.COMPLIANCE))


def test_a_programme_that_met_only_one_of_them_merges_nothing(pair):
    elsewhere = make_programme()
    actions.meet(startup=pair[0], programme=elsewhere)
    with pytest.raises(StepRefused):
        merged(pair, make_staff(elsewhere, Role.COMPLIANCE))
    merged(pair, make_user(is_superuser=True))


def test_nobody_merges_their_own(manager, pair):
    add_member(pair[1], manager, MemberRole.VIEWER)
    with pytest.raises(StepRefused) as refusal:
        merged(pair, manager)
    assert refusal.value.permission


def test_pages_from_the_list_of_duplicates_to_undoing(client, manager, pair, programme):
    kept, gone = pair
    make_application(make_call(programme), gone, state=State.SUBMITTED)
    client.force_login(manager)
    page = client.get(reverse("admin:startups_startup_duplicates")).content.decode()
    assert "Umi Robotics KK" in page
    assert "similar name" in page
    page = client.get(reverse("admin:startups_startup_merge_choose", args=[kept.pk]))
    address = reverse("admin:startups_startup_merge", args=[kept.pk, gone.pk])
    assert address in page.content.decode()
    page = client.get(address)
    text = page.content.decode()
    assert "Applications: 1" in text
    assert "fact-legal_name" in text
    assert "Website" in text
    answer = client.post(address, {"seen": "", "reason": ""})
    assert answer.status_code == 200
    assert not Merge.objects.exists()
    sent = {
        "seen": page.context["preview"].seen,
        "reason": "Same register.",
        "fact-legal_name": "gone",
        "fact-registration_number": "kept",
    }
    answer = client.post(address, sent | {"seen": "7-7"})
    assert "changed meanwhile" in answer.content.decode()
    answer = client.post(address, sent, follow=True)
    assert "Merged. All members get a letter." in answer.content.decode()
    assert again(kept).legal_name == "Umi Robotics"
    assert "Undo the merge" in answer.content.decode()
    merge = Merge.objects.get()
    undo = reverse("admin:startups_startup_merge_undo", args=[merge.pk])
    answer = client.post(undo, {"reason": "Sisters."}, follow=True)
    assert "Undone." in answer.content.decode()
    assert again(kept).legal_name == "Umi Robotics KK"
    assert client.post(undo, {"reason": "x"}, follow=True).status_code == 200


def test_choosing_finds_by_name_and_only_what_one_sees(client, manager, pair):
    make_startup(legal_name="Umi Robotics Secret")
    client.force_login(manager)
    address = reverse("admin:startups_startup_merge_choose", args=[pair[0].pk])
    page = client.get(address, {"q": "umi robotics"}).content.decode()
    assert "Umi Robotics" in page
    assert "Secret" not in page
    assert "No record has a similar name" in client.get(address, {"q": "zzzz"}).content.decode()


def test_likely_duplicates_by_number_website_and_name(manager, programme, pair):
    kept, gone = pair
    Startup.objects.filter(pk=kept.pk).update(website="http://umi.example", registration_number="7")
    Startup.objects.filter(pk=gone.pk).update(registration_number="7")
    other = make_startup(legal_name="Quite Different")
    actions.meet(startup=other, programme=programme)
    make_startup(legal_name="Umi Robotics KK")  # met by nobody
    found = likely_pairs(manager)
    assert [({one.pk, two.pk}, set(why)) for one, two, why in found] == [
        ({kept.pk, gone.pk}, {"name", "number", "website"})
    ]
    assert likely_same(again(kept), manager) == [gone]


def test_list_of_duplicates_costs_the_same(client, manager, programme, django_assert_num_queries):
    client.force_login(manager)
    address = reverse("admin:startups_startup_duplicates")
    counts = []
    for number in range(3):
        for _twin in range(2):
            startup = make_startup(legal_name=f"Maji Safi {'abc'[number] * 9} Ltd")
            actions.meet(startup=startup, programme=programme)
        client.get(address)
        from django.db import connection  # noqa: PLC0415
        from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]
