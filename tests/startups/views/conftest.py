"""A person who is signed in, their organisation, and one that is nothing to them."""

from __future__ import annotations

import pytest

from tests.factories.portal import make_user
from tests.factories.startups import make_startup


@pytest.fixture
def user(client):
    person = make_user()
    client.force_login(person)
    return person


@pytest.fixture
def startup(user):
    return make_startup(user, legal_name="Maji Safi Ltd")


@pytest.fixture
def hidden():
    """An organisation with facts that would be recognised anywhere."""
    owner = make_user(given_name="Zebedee", email="zebedee@zebra.example")
    there = make_startup(
        owner,
        legal_name="Umi Robotics Kabushiki Kaisha",
        trading_name="Umibot",
        country="JP",
        city="Akashi",
        registration_number="JCN-777",
        website="https://umibot.example",
        summary="Buoys that listen.",
    )
    there.contacts.update(name="Xanthippe", telephone="+81 99 999 9999")
    return there
