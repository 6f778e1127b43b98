"""Who and what the tests here begin with."""

from __future__ import annotations

import pytest

from challenges.actions.message import write_message
from challenges.choices import ApplicationState as State
from tests.challenges.messages.steps import SECRET, fresh
from tests.factories.challenges import make_application, make_call


@pytest.fixture
def application(programme):
    return make_application(make_call(programme), state=State.SUBMITTED)


@pytest.fixture
def owner(application):
    return application.startup.owners()[0]


@pytest.fixture
def spoken(application, manager, owner):
    write_message(application=fresh(application), text=SECRET, by=manager)
    write_message(application=fresh(application), text=f"{SECRET}, again", by=owner)
    return application


@pytest.fixture
def inbound(settings):
    settings.INBOUND_DOMAIN = "reply.example.org"
