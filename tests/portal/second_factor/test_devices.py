"""A mailed code once a device, for those on staff who need no second factor."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.choices import Role
from portal.models import KnownDevice, OutboxMessage, User
from tests.factories.portal import make_programme, make_staff, make_user
from tests.portal.codes import mailed_code, sign_in
from tests.portal.second_factor.words import STOCK

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.PARTNER, Role.STATISTICS, Role.MENTOR])
def test_others_on_staff_get_a_mailed_code_once_a_device(client, role):
    user = make_staff(role=role)
    answer = sign_in(client, user)
    assert answer.url == reverse("account_confirm_login_code")
    assert client.get("/inbox/").status_code == 302
    mailed_code(client)
    assert client.get("/admin/").status_code == 200
    letter = OutboxMessage.objects.get(subject="A new device has signed in")
    assert not STOCK.search(letter.text)
    client.post(reverse("account_logout"))
    assert sign_in(client, user).url == "/"
    assert client.get("/admin/").status_code == 200
    # Another browser asks anew.
    assert sign_in(Client(), user).url == reverse("account_confirm_login_code")


def test_applicant_needs_the_password_only(client):
    assert sign_in(client, make_user()).url == "/"


def test_one_persons_device_is_not_another_persons(client):
    programme = make_programme()
    first, second = (make_staff(programme, Role.REVIEWER) for _ in range(2))
    for user in (first, second):
        assert sign_in(client, user).url == reverse("account_confirm_login_code")
        mailed_code(client)
        client.post(reverse("account_logout"))
    for user in (first, second):
        assert sign_in(client, user).url == "/"
        client.post(reverse("account_logout"))


def test_device_is_known_for_its_time_and_not_longer(client):
    user = make_staff(role=Role.REVIEWER)
    sign_in(client, user)
    mailed_code(client)
    device = KnownDevice.objects.get()
    assert device.expires_at - timezone.now() > timedelta(days=settings.KNOWN_DEVICE_DAYS - 1)
    assert client.cookies["device"].value not in device.token_hash
    client.post(reverse("account_logout"))
    KnownDevice.objects.update(expires_at=timezone.now())
    assert sign_in(client, user).url == reverse("account_confirm_login_code")


def test_new_password_forgets_every_device(client):
    user = make_staff(role=Role.REVIEWER)
    sign_in(client, user)
    mailed_code(client)
    # Even one set beside the pages, by a command, where no row is deleted.
    user = User.objects.get(pk=user.pk)
    user.set_password("another horse battery")
    user.save(update_fields=["password"])
    again = sign_in(client, user, "another horse battery")
    assert KnownDevice.objects.exists()
    assert again.url == reverse("account_confirm_login_code")


def test_forgotten_device_asks_anew_and_only_its_person_forgets_it(client):
    user = make_staff(role=Role.REVIEWER)
    sign_in(client, user)
    mailed_code(client)
    forget = reverse("device-forget", args=[KnownDevice.objects.get().pk])
    stranger = Client()
    stranger.force_login(make_user(), backend=settings.AUTHENTICATION_BACKENDS[-1])
    assert stranger.post(forget).status_code == 404
    assert client.post(forget).status_code == 302
    client.post(reverse("account_logout"))
    assert sign_in(client, user).url == reverse("account_confirm_login_code")
