"""The tests' ground: a database made by its owner, then used as the application's own role."""

from __future__ import annotations

import os
from datetime import time
from typing import TYPE_CHECKING, Any

import environ
import pytest
from celery import current_app
from django.db import connections
from django.test import TransactionTestCase
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

hypothesis_settings.register_profile("portal", database=None, deadline=None)
hypothesis_settings.load_profile("portal")


# -- the database -----------------------------------------------------------------------------


def owner() -> dict[str, Any]:
    """Who the owner of the database is; the application's role may not create or flush tables."""
    found: dict[str, Any] = environ.Env().db_url("DATABASE_OWNER_URL", os.environ["DATABASE_URL"])
    return {"USER": found["USER"], "PASSWORD": found["PASSWORD"]}


def act_as(who: dict[str, Any]) -> dict[str, Any]:
    """Let the default connection sign in as ``who`` from its next use on; answers who it was."""
    connection = connections["default"]
    before = {key: connection.settings_dict[key] for key in ("USER", "PASSWORD")}
    connection.close()
    connection.settings_dict.update(who)
    return before


@pytest.fixture(scope="session")
def django_db_modify_db_settings(request: pytest.FixtureRequest) -> None:
    """Give each worker of pytest-xdist a database of its own."""
    worker = getattr(request.config, "workerinput", {}).get("workerid")
    if worker:
        settings = connections["default"].settings_dict
        settings["TEST"]["NAME"] = f"test_{settings['NAME']}_{worker}"


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_test_environment: None,
    django_db_blocker: Any,
    django_db_modify_db_settings: None,
) -> Iterator[None]:
    """Create the database as its owner; every test then runs as `portal_app`."""
    from django.test.utils import setup_databases, teardown_databases  # noqa: PLC0415

    keep = bool(request.config.getvalue("reuse_db")) and not request.config.getvalue("create_db")
    with django_db_blocker.unblock():
        application = act_as(owner())
        try:
            made = setup_databases(verbosity=0, interactive=False, keepdb=keep)
        finally:
            act_as(application)
    yield
    with django_db_blocker.unblock():
        act_as(owner())
        if not request.config.getvalue("reuse_db"):
            teardown_databases(made, verbosity=0)


_case: Any = TransactionTestCase
_flush = _case._fixture_teardown


def _flush_as_owner(self: TransactionTestCase) -> None:
    """TRUNCATE belongs to the owner: only the flush after a transactional test runs as that."""
    application = act_as(owner())
    try:
        _flush(self)
        # The cache is a table but no model, so the flush passes it by: counters would live on.
        with connections["default"].cursor() as cursor:
            cursor.execute("TRUNCATE portal_cache")
    finally:
        act_as(application)


_case._fixture_teardown = _flush_as_owner


# -- every test -------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _plain_settings(settings: Any, tmp_path: Path) -> None:
    """The same whatever the machine's environment says: no broker, no mail, files of the test."""
    settings.DEMO = False
    settings.DELIVER_WITHOUT_WORKER = False  # a thread would meet the test's open transaction
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere"
    current_app.conf.update(broker_url=settings.CELERY_BROKER_URL)
    settings.MEDIA_ROOT = str(tmp_path / "media")
    # WhiteNoise warns when there is no such folder, and the one of a demonstration is large.
    settings.STATIC_ROOT = str(tmp_path / "static")
    (tmp_path / "static").mkdir()
    # `force_login` shows neither a password nor a second factor, so the tests of everything else
    # ask for none; those of sign-in (second_factor, test_sessions, …) switch it on.
    settings.STAFF_SECOND_FACTOR = "optional"
    settings.REAUTHENTICATION_MINUTES = 0
    # The suite runs at night too; tests of the quiet hours set their own.
    settings.QUIET_FROM = settings.QUIET_UNTIL = time(0)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture(autouse=True)
def _strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """No undefined variable, no careless page, no save of all fields (see `tests.strict`)."""
    from tests.strict import be_strict  # noqa: PLC0415 -- needs the settings

    be_strict(monkeypatch)
