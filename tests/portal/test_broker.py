"""The whole suite runs without a broker, as `dev.py test` starts none: what passes holds so."""

from __future__ import annotations

import time

import pytest
from celery import current_app
from django.core import mail
from django.core.management import call_command
from django.db import transaction
from django.urls import reverse
from kombu.exceptions import OperationalError

from portal import actions, outbox
from portal.models import Heartbeat, InboxNotice, OutboxMessage
from startups.notices import MemberDeparted
from tests.letters import Stage


def test_no_broker_answers_here() -> None:
    begin = time.monotonic()
    with pytest.raises(OperationalError):
        current_app.send_task("portal.deliver_due", retry=False)
    assert time.monotonic() - begin < 10


@pytest.mark.django_db(transaction=True)
def test_notice_is_written_and_mailed_without_a_broker(client):
    on = Stage()
    begin = time.monotonic()
    with transaction.atomic():
        outbox.tell(MemberDeparted(), on.step(on.startup, actor=on.editor), programme=on.programme)
    assert time.monotonic() - begin < 10, "a person's request does not wait for a broker"
    client.force_login(on.owner)
    assert "left Maji Sensors" in client.get(reverse("inbox-list")).content.decode()
    assert InboxNotice.objects.get().notice == "member_departed"
    assert OutboxMessage.objects.get().attempts == 0
    actions.sweep()
    assert [letter.to for letter in mail.outbox] == [[on.owner.email]]


@pytest.mark.django_db(transaction=True)
def test_the_command_does_what_is_due_by_its_own_clock():
    on = Stage()
    with transaction.atomic():
        outbox.tell(MemberDeparted(), on.step(on.startup, actor=on.editor), programme=on.programme)
    call_command("sweep", once=True)
    assert [letter.to for letter in mail.outbox] == [[on.owner.email]]
    assert Heartbeat.objects.filter(name="sweep").exists()
