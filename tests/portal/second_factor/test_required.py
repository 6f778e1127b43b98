"""No staff address opens without a second factor, and who must have one."""

from __future__ import annotations

from collections import defaultdict

import pytest
from django.db import transaction
from django.urls import reverse

from portal.choices import MANAGING_ROLES, Role
from portal.models import User
from tests.access_table import ROWS, admin_rows
from tests.cast import set_the_stage
from tests.factories.portal import make_staff, make_user
from tests.pages import text_of
from tests.portal.codes import show_factor, sign_in
from tests.test_access import MEANINGS, address_of, client_of, outcome

pytestmark = pytest.mark.django_db


#: Together they may open every page; that each managing role must is asked below.
MUST = ("manager", "superuser")


def test_no_address_gives_a_managing_role_more_than_nobodys_before_the_second_factor(settings):
    settings.REAUTHENTICATION_MINUTES = 0  # the question whether it is still you comes first
    world, wrong, asked = set_the_stage(), defaultdict(list), 0
    clients = {who: client_of(world, who) for who in MUST}
    for name, row in {**ROWS, **admin_rows()}.items():
        if row.expected("anonymous") == "page" or name == "second-factor":
            continue  # for the whole world; and the page that leads there
        posted = {key: world[path] for key, path in (row.post or {}).items()}
        # Who has no role any more is the measure: whatever they get, an applicant may have.
        allowed = MEANINGS[row.expected("revoked")] | {"403", "factor"}
        for who, client in clients.items():
            with transaction.atomic():
                address = address_of(world, row, name)
                answer = client.get(address) if row.post is None else client.post(address, posted)
                found = outcome(answer)
                if answer.status_code == 302 and "/second-factor/" in answer["Location"]:
                    found = "factor"
                transaction.set_rollback(True)
            asked += 1
            if found not in allowed:
                wrong[f"{name}: {found} instead of {sorted(allowed)}"].append(who)
    assert asked > 200
    assert not wrong, "\n" + "\n".join(f"{what}: {' '.join(who)}" for what, who in wrong.items())


def test_the_same_addresses_open_after_it():
    world = set_the_stage()
    client = client_of(world, "manager")
    show_factor(client)
    for name in ("admin:index", "styleguide", "admin:challenges_application_changelist"):
        assert client.get(reverse(name)).status_code == 200


def test_startup_of_an_application_is_closed_to_the_manager_without_it():
    world = set_the_stage()
    client = client_of(world, "manager")
    address = reverse("startups:startup-detail", args=[world["startup"]])
    answer = client.get(address)
    assert answer.status_code == 403
    assert "opens with a second factor only" in text_of(answer)
    assert reverse("mfa_add_webauthn") in answer.content.decode()
    show_factor(client)
    assert client.get(address).status_code == 200


def test_who_must_is_every_managing_role_and_the_administrator():
    for role in Role:
        user = make_staff(role=role)
        assert User.objects.get(pk=user.pk).needs_second_factor == (role in MANAGING_ROLES)
    assert make_user(is_superuser=True).needs_second_factor
    assert not make_user().needs_second_factor


def test_optional_asks_nobody(client, settings):
    settings.STAFF_SECOND_FACTOR = "optional"
    sign_in(client, make_staff())
    assert client.get("/admin/").status_code == 200


def test_a_role_that_rests_is_not_taken_away_by_a_save():
    user = make_user(is_superuser=True, given_name="Aya")
    user.come_without_factor()
    user.given_name = "Aiko"
    user.save()
    again = User.objects.get(pk=user.pk)
    assert (again.given_name, again.is_superuser) == ("Aiko", True)
    user.refresh_from_db()
    assert not user.is_superuser
