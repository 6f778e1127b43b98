"""The tests' ground: a database made by its owner, then used as the application's own role."""

from __future__ import annotations

import gc
import shutil
from contextlib import ExitStack, closing
from datetime import time
from typing import TYPE_CHECKING, Any

import pytest
from celery import current_app
from django.db import connections
from django.test import TransactionTestCase, override_settings
from hypothesis import settings as hypothesis_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

hypothesis_settings.register_profile("portal", database=None, deadline=None)
hypothesis_settings.load_profile("portal")


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not look at it again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


# -- the database -----------------------------------------------------------------------------


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
    """A database made by its owner; every test then runs as `portal_app`."""
    # Its imports need the settings.
    from tests import database  # noqa: PLC0415

    asked = {key: request.config.getvalue(f"{key}_db") for key in ("create", "reuse")}
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            stack.enter_context(database.fresh_database(anew=asked["create"], keep=asked["reuse"]))
            database.GROUND.append(stack.enter_context(closing(database.Ground())))
        yield
        with django_db_blocker.unblock():
            stack.close()


def _put_back(_case: TransactionTestCase) -> None:
    """What a test committed goes again: as the owner, and at a fraction of a flush's price."""
    from tests.database import GROUND  # noqa: PLC0415 -- needs the settings

    connections["default"].close()  # whatever it holds, nobody else shall wait for it
    GROUND[0].put_back()


_case: Any = TransactionTestCase
_case._fixture_teardown = _put_back


# -- every test -------------------------------------------------------------------------------


@pytest.fixture(scope="session", autouse=True)
def _plain_settings(
    django_test_environment: None, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """The same whatever the machine's environment says: no broker, no mail, files of the tests.

    Once for all: what each test had to set and to unset was half the price of a short one.
    """
    from django.conf import settings  # noqa: PLC0415 -- not read before pytest has chosen them

    folder = tmp_path_factory.mktemp("files")
    (folder / "static").mkdir()
    plain: dict[str, Any] = {
        "DEMO": False,
        "INSPECTION_NICE": 0,  # the tests wait for it
        "DELIVER_WITHOUT_WORKER": False,  # a thread would meet the test's open transaction
        "CELERY_BROKER_URL": "redis+socket:///nowhere",
        "MEDIA_ROOT": str(folder / "media"),
        # WhiteNoise warns when there is no such folder, and the one of a demonstration is large.
        "STATIC_ROOT": str(folder / "static"),
        # `force_login` shows neither a password nor a second factor, so the tests of everything
        # else ask for none; those of sign-in (second_factor, test_sessions, …) switch it on.
        "STAFF_SECOND_FACTOR": "optional",
        "REAUTHENTICATION_MINUTES": 0,
        # The suite runs at night too; tests of the quiet hours set their own.
        "QUIET_FROM": time(0),
        "QUIET_UNTIL": time(0),
        "PASSWORD_HASHERS": ["django.contrib.auth.hashers.MD5PasswordHasher"],
        "STORAGES": {
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
        },
    }
    current_app.conf.update(broker_url=plain["CELERY_BROKER_URL"])
    with override_settings(**plain):
        yield folder


@pytest.fixture(autouse=True)
def _no_files_of_others(_plain_settings: Path) -> Iterator[None]:
    """What a test stored is gone before the next; most store nothing."""
    yield
    shutil.rmtree(_plain_settings / "media", ignore_errors=True)
    for left in (_plain_settings / "static").iterdir():
        left.unlink()


@pytest.fixture(autouse=True)
def _strict(monkeypatch: pytest.MonkeyPatch) -> None:
    """No undefined variable, no careless page, no save of all fields (see `tests.strict`)."""
    from tests.strict import be_strict  # noqa: PLC0415 -- needs the settings

    be_strict(monkeypatch)
