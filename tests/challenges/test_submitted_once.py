"""Submitted once, however often it is asked for and however busy the database is."""

from __future__ import annotations

import uuid
from threading import Barrier

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal import clock
from portal.workflow import StepRefused
from startups.choices import MemberRole
from tests.challenges.last_second import (
    TOO_LATE,
    assert_nothing_was_submitted,
    assert_submitted_once,
    complete_draft,
    other_session,
    set_deadline,
    submit,
)
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db(transaction=True)


def test_many_clicks_at_once_submit_once_and_all_get_the_receipt(threads):
    application = complete_draft()
    add_member(application.startup, role=MemberRole.VIEWER)
    user, barrier = application.started_by, Barrier(4)
    url = reverse("challenges:application-check", args=[application.pk])
    data = {
        "key": str(uuid.uuid4()),
        "terms_version": application.call.terms_version,
        "accept_terms": "on",
    }

    def click():
        browser = Client()
        browser.force_login(user)
        barrier.wait(60)
        return browser.post(url, data)["Location"]

    clicks = [threads(click) for _number in range(4)]
    receipt = reverse("challenges:application-receipt", args=[application.pk])
    assert {one.result(timeout=60) for one in clicks} == {receipt}
    assert_submitted_once(application, readers=2)


def test_two_members_who_submit_at_once_submit_once(threads):
    application = complete_draft()
    colleague = add_member(application.startup)
    barrier = Barrier(2)

    def click(by):
        barrier.wait(60)
        try:
            submit(application, by=by)
        except StepRefused as refusal:
            return str(refusal)
        return ""

    clicks = [threads(click, by) for by in (application.started_by, colleague)]
    said = sorted(one.result(timeout=60) for one in clicks)
    assert said[0] == ""
    assert "Received" in said[1] or "Nothing has changed" in said[1] or "Submitted" in said[1]
    assert_submitted_once(application, readers=2)


def test_second_click_after_the_deadline_still_gets_the_receipt():
    application = complete_draft()
    key = uuid.uuid4()
    submit(application, key=key)
    set_deadline(application.call, clock.database_now())
    submit(application, key=key)  # its first answer was lost on the way
    with pytest.raises(StepRefused, match=TOO_LATE):
        submit(application)
    assert_submitted_once(application)


def test_lock_that_takes_too_long_is_answered_503_and_nothing_is_lost():
    application = complete_draft()
    browser = Client(raise_request_exception=False)
    browser.force_login(application.started_by)
    url = reverse("challenges:application-check", args=[application.pk])
    data = {
        "key": str(uuid.uuid4()),
        "terms_version": application.call.terms_version,
        "accept_terms": "on",
    }
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = '100ms'")
    with other_session() as session, session.cursor() as other:
        other.execute(
            "SELECT 1 FROM challenges_call WHERE id = %s FOR UPDATE", [str(application.call_id)]
        )
        response = browser.post(url, data)
        assert (response.status_code, response["Retry-After"]) == (503, "2")
        assert "carried out once" in response.content.decode()
        assert_nothing_was_submitted(application)
        session.rollback()
    response = browser.post(url, data)
    assert response["Location"] == reverse("challenges:application-receipt", args=[application.pk])
    assert_submitted_once(application)
