"""The browser of somebody who is signed in by a password, and whether it still is."""

from __future__ import annotations

from django.test import Client
from django.urls import reverse

from tests.portal.codes import PASSWORD, sign_in

OTHER_PASSWORD = " Ħarbour of no  king 港 7 " * 4


def browser(user, password=PASSWORD, **options):
    client = Client(**options)
    sign_in(client, user, password)
    return client


def is_in(client):
    return client.get(reverse("inbox-list")).status_code == 200
