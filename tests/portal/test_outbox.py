"""Letters: written with the change, sent in the order of their lanes, never lost."""

from __future__ import annotations

import threading
from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.core.mail.backends.base import BaseEmailBackend
from django.db import connection, transaction
from django.utils import timezone

from portal import actions, outbox
from portal.choices import Lane, OutboxState, Role
from portal.delivery import as_mail, deliver_due
from portal.models import AuditEntry, OutboxMessage
from portal.notices import Letter
from portal.workflow import StepRefused
from tests.factories.portal import make_programme, make_staff, make_user


def write(number=1, *, lane=Lane.NEWS, to="amina@example.org", **fields):
    with transaction.atomic():
        return outbox.post(
            Letter(
                subject=f"Letter {number}",
                heading="Heading",
                paragraphs=["One.", "Two <b>."],
                action=("Open", "/calls/"),
            ),
            to=to,
            dedup_key=f"key:{number}",
            lane=lane,
            notice="test",
            **fields,
        )


@pytest.mark.django_db
def test_letter_is_sent_once_with_text_and_html(settings):
    programme = make_programme(name="GIC Kobe", mailbox="kobe@example.org")
    message = write(programme=programme)
    assert deliver_due() == 1
    assert deliver_due() == 0
    sent = mail.outbox[0]
    assert sent.to == ["amina@example.org"]
    assert sent.reply_to == ["kobe@example.org"]
    assert sent.extra_headers["Message-ID"].startswith(f"<{message.pk}@")
    assert f"{settings.SITE_URL}/calls/" in sent.body
    html = sent.alternatives[0][0]
    assert "Two &lt;b&gt;." in html
    message.refresh_from_db()
    assert message.state == OutboxState.SENT
    assert message.sent_at is not None


@pytest.mark.django_db
def test_same_letter_is_written_once():
    write(1)
    write(1)
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db
def test_code_overtakes_ten_thousand_reminders():
    OutboxMessage.objects.bulk_create(
        OutboxMessage(
            dedup_key=f"r{number}",
            lane=Lane.REMINDER,
            notice="reminder",
            to_address="a@example.org",
            subject="Reminder",
            text="…",
            html="",
        )
        for number in range(10_000)
    )
    write(1, lane=Lane.CODE)
    deliver_due(limit=1)
    assert mail.outbox[0].subject == "Letter 1"


@pytest.mark.django_db
def test_letter_outside_a_transaction_is_refused(transactional_db):
    with pytest.raises(RuntimeError):
        outbox.post(
            Letter("s", "h", []), to="a@example.org", dedup_key="x", lane=Lane.NEWS, notice="n"
        )


class Broken(BaseEmailBackend):
    """A mail server that is down, or refuses."""

    error: Exception = SMTPServerDisconnected("gone")

    def send_messages(self, email_messages):
        raise self.error


@pytest.mark.django_db
def test_failure_backs_off_and_keeps_the_letter(settings, monkeypatch):
    message = write()
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    assert deliver_due() == 1
    message.refresh_from_db()
    assert message.state == OutboxState.PENDING
    assert message.attempts == 1
    assert message.available_at > timezone.now() + timedelta(seconds=15)
    assert "could not be reached" in message.last_error
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    assert deliver_due() == 0
    OutboxMessage.objects.update(available_at=timezone.now())
    assert deliver_due() == 1
    assert len(mail.outbox) == 1


@pytest.mark.django_db
def test_refused_recipient_is_undelivered_at_once_with_the_reason(settings, monkeypatch):
    message = write()
    monkeypatch.setattr(
        Broken, "error", SMTPRecipientsRefused({"a": (550, b"No such mailbox here")})
    )
    settings.EMAIL_BACKEND = f"{__name__}.Broken"
    deliver_due()
    message.refresh_from_db()
    assert message.state == OutboxState.FAILED
    assert "No such mailbox here" in message.last_error


@pytest.mark.django_db
def test_undelivered_letter_is_resent_to_the_present_address():
    programme = make_programme()
    manager, reader = make_staff(programme), make_user(email="old@example.org")
    message = write(recipient=reader, programme=programme, to=reader.email)
    OutboxMessage.objects.update(state=OutboxState.FAILED, attempts=9)
    reader.email = "new@example.org"
    reader.save(update_fields=["email"])
    actions.resend_letter(message=message, by=manager)
    deliver_due()
    assert mail.outbox[0].to == ["new@example.org"]
    assert AuditEntry.objects.about(message).get().verb == "resend-letter"
    stranger = make_staff(make_programme())
    with pytest.raises(StepRefused):
        actions.resend_letter(message=message, by=stranger)


@pytest.mark.django_db
def test_broker_that_is_down_costs_a_moment_and_no_letter(
    django_capture_on_commit_callbacks, caplog
):
    with django_capture_on_commit_callbacks(execute=True):
        write()
        write(2)
    assert "the letters wait" in caplog.text
    actions.sweep()
    assert len(mail.outbox) == 2


@pytest.mark.django_db(transaction=True)
def test_broker_that_is_down_does_not_keep_a_code_waiting(settings):
    settings.DELIVER_WITHOUT_WORKER = True
    message = write(lane=Lane.CODE)
    for thread in threading.enumerate():
        if thread.name == "deliver":
            thread.join(timeout=60)
    message.refresh_from_db()
    assert message.state == OutboxState.SENT


@pytest.mark.django_db(transaction=True)
def test_many_workers_send_each_letter_once():
    for number in range(30):
        write(number)

    def work():
        deliver_due()
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(message.subject for message in mail.outbox) == sorted(
        f"Letter {number}" for number in range(30)
    )


@pytest.mark.django_db
def test_subject_cannot_smuggle_a_header():
    with transaction.atomic():
        message = outbox.post(
            Letter("s", "h", []),
            to="a@example.org",
            dedup_key="x",
            lane=Lane.NEWS,
            notice="n",
        )
    message.subject = "Hello\nBcc: everybody@example.org"
    with pytest.raises(mail.BadHeaderError):
        as_mail(message).message()


@pytest.mark.django_db
@pytest.mark.parametrize("role", Role)
def test_letters_listed_are_the_letters_permitted(role):
    programme = make_programme()
    person = make_staff(programme, role)
    own, other = write(1, programme=programme), write(2, programme=make_programme())
    code = write(3, lane=Lane.CODE)
    listed = set(OutboxMessage.objects.visible_to(person))
    permitted = {
        one for one in (own, other, code) if person.has_perm("portal.view_outboxmessage", one)
    }
    assert listed == permitted
