"""What has expired goes by itself, and nothing else does."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.utils import timezone

from portal.actions import sweep, tidying
from portal.models import AnsweredRequest, Heartbeat, KnownDevice
from tests.factories.portal import make_user

pytestmark = pytest.mark.django_db


def session(*, age):
    """A session that ends so long from now, and the row that shows where somebody is signed in."""
    store = SessionStore()
    store.set_expiry(timezone.now() + age)
    store["a"] = 1
    store.create()
    UserSession.objects.create(
        user=make_user(), ip="192.0.2.1", user_agent="x", session_key=store.session_key
    )
    return store.session_key


def device(person, name, *, ends):
    return KnownDevice.objects.create(
        user=person, token_hash=name, expires_at=timezone.now() + ends
    )


def answer(person, *, age):
    return AnsweredRequest.objects.create(
        user=person, key=uuid.uuid4(), fingerprint="f", created_at=timezone.now() - age
    )


def kept_values():
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key FROM portal_cache")
        return {key.rpartition(":")[2] for (key,) in cursor.fetchall()}


def test_expired_sessions_go_with_their_place_of_sign_in():
    session(age=timedelta(minutes=-1))
    valid = session(age=timedelta(days=1))
    tidying.tidy()
    assert [one.session_key for one in Session.objects.all()] == [valid]
    assert [one.session_key for one in UserSession.objects.all()] == [valid]


def test_expired_devices_and_old_answers_go(settings):
    settings.ANSWERED_REQUEST_DAYS = 7
    person = make_user()
    device(person, "old", ends=timedelta(seconds=-1))
    new = device(person, "new", ends=timedelta(days=1))
    answer(person, age=timedelta(days=8))
    young = answer(person, age=timedelta(days=6))
    gone = tidying.tidy()
    assert list(KnownDevice.objects.all()) == [new]
    assert list(AnsweredRequest.objects.all()) == [young]
    assert gone["known devices"] == gone["answers to forms"] == 1


def test_expired_values_of_the_cache_go():
    cache.set("tidy-stays", 1, 60)
    cache.set("tidy-goes", 1, 60)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE portal_cache SET expires = clock_timestamp() - interval '1 second'"
            " WHERE cache_key LIKE '%%tidy-goes'"
        )
    tidying.tidy()
    assert "tidy-stays" in kept_values()
    assert "tidy-goes" not in kept_values()


def test_much_goes_in_portions(monkeypatch):
    monkeypatch.setattr(tidying, "BATCH", 2)
    for _one in range(3):
        session(age=timedelta(minutes=-1))
    assert tidying.tidy()["sessions"] == 2
    assert Session.objects.count() == 1


def test_sweep_tidies_once_an_hour():
    session(age=timedelta(minutes=-1))
    sweep()
    assert not Session.objects.exists()
    session(age=timedelta(minutes=-1))
    sweep()
    assert Session.objects.count() == 1
    Heartbeat.objects.filter(name="tidy").update(at=timezone.now() - timedelta(minutes=61))
    sweep()
    assert not Session.objects.exists()
