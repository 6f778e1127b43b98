"""Letters after they were written: stopped, come back, sent again, kept as they were."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPAuthenticationError, SMTPRecipientsRefused, SMTPServerDisconnected

import pytest
from django.core import mail
from django.db import InternalError, transaction
from django.urls import reverse
from django.utils import timezone

from portal import actions, delivery, outbox, refusals
from portal.actions.digest import DIGEST
from portal.choices import Lane, OutboxState, Role, WhyNot
from portal.delivery import as_mail, deliver_due
from portal.models import EVERY_OPTIONAL, InboxNotice, OutboxMessage
from portal.notices import Letter, optional_kinds
from portal.workflow import StepRefused
from startups.notices import MemberDeparted
from tests.factories.portal import make_programme, make_staff, make_user
from tests.letters import Stage
from tests.portal.test_outbox import Broken


@pytest.fixture
def on(db):
    return Stage()


def tell_departure(on):
    """An optional letter to the owner."""
    with transaction.atomic():
        outbox.tell(MemberDeparted(), on.step(on.startup, actor=on.editor), programme=on.programme)
    return OutboxMessage.objects.filter(notice="member_departed").order_by("-created_at").first()


def stop_link(message):
    """The address in the header, as a mail programme reads it."""
    header = as_mail(message).extra_headers["List-Unsubscribe"]
    return header.strip("<>").removeprefix("http://localhost:8000")


def write(reader, *, programme=None, key="1", lane=Lane.NEWS, **fields):
    """Any letter to this person."""
    with transaction.atomic():
        return outbox.post(
            Letter("Subject", "Heading", ["One."]),
            to=reader.email,
            dedup_key=f"letter:{key}",
            lane=lane,
            notice="test",
            recipient=reader,
            programme=programme,
            **fields,
        )


# -- one click to stop ----------------------------------------------------------------------------


def test_optional_letter_is_stopped_with_one_post_and_no_account(on, client):
    link = stop_link(tell_departure(on))
    page = client.get(link)  # a scanner of mail opens every link
    assert "Stop these letters" in page.content.decode()
    assert not on.owner.preferences.exists()
    answer = client.post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert "Stopped" in answer.content.decode()
    tell_departure(on)
    assert OutboxMessage.objects.filter(notice="member_departed").count() == 1
    assert InboxNotice.objects.filter(recipient=on.owner, notice="member_departed").count() == 2


def test_provider_needs_no_token_against_forgery(on):
    from django.test import Client  # noqa: PLC0415 -- as strict as a browser's request

    link = stop_link(tell_departure(on))
    answer = Client(enforce_csrf_checks=True).post(link, {"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert on.owner.preferences.get().notice == "member_departed"


def test_tampered_link_stops_nothing(on, client):
    link = stop_link(tell_departure(on))
    for bad in (link[:-3] + "xx/", reverse("letters-stop", args=["x" * 43])):
        assert client.post(bad).status_code == 404
    assert not on.owner.preferences.exists()
    message = OutboxMessage.objects.get(notice="member_departed")
    assert str(on.owner.pk) not in link
    assert message.stop_hash not in link


def test_stopping_one_kind_leaves_what_must_be_known(on, client):
    from challenges.notices.application import ApplicationReceived  # noqa: PLC0415

    client.post(stop_link(tell_departure(on)))
    actions.choose_mail(user=on.owner, stopped=[], only_mandatory=True)
    with transaction.atomic():
        outbox.tell(ApplicationReceived(), on.step(on.submitted), programme=on.programme)
    receipt = OutboxMessage.objects.get(notice="application_received", recipient=on.owner)
    assert "List-Unsubscribe" not in as_mail(receipt).extra_headers


def test_three_plain_choices_are_kept(on, client):
    client.force_login(on.owner)
    page = reverse("mail-preferences")
    assert "Only what I must know" in client.get(page).content.decode()
    assert client.post(page, {"wanted": "mandatory"}).status_code == 302
    assert set(on.owner.preferences.values_list("notice", flat=True)) == {EVERY_OPTIONAL}
    optional = {kind().name for kind in optional_kinds()}
    assert actions.kinds_stopped(user=on.owner) - {DIGEST} == optional > {"draft_reminded"}
    client.post(page, {"wanted": "all", "kinds": ["draft_reminded"]})
    assert actions.kinds_stopped(user=on.owner) == optional - {"draft_reminded"}
    assert not actions.wants_digest(user=on.owner)
    client.post(page, {"wanted": "digest", "kinds": sorted(optional - {"member_departed"})})
    assert actions.kinds_stopped(user=on.owner) == {"member_departed"}
    assert actions.wants_digest(user=on.owner)
    assert client.get(page).content.decode().count("checked") == len(optional)
    client.post(page, {"wanted": "all", "kinds": sorted(optional)})
    assert not on.owner.preferences.exists()
    answer = client.post(page, {"wanted": "everything", "kinds": ["application_received"]})
    assert answer.status_code == 200
    assert not on.owner.preferences.exists()


# -- what was sent stays as sent ------------------------------------------------------------------


@pytest.mark.parametrize("field", ["to_address", "subject", "text", "html", "reply_to"])
def test_database_keeps_what_was_written(on, field):
    message = tell_departure(on)
    with pytest.raises(InternalError), transaction.atomic():
        OutboxMessage.objects.filter(pk=message.pk).update(**{field: "x@example.org"})


def test_sent_letter_cannot_be_unsent_or_deleted(on):
    message = tell_departure(on)
    deliver_due()
    with pytest.raises(InternalError), transaction.atomic():
        OutboxMessage.objects.filter(pk=message.pk).update(sent_at=None)
    with pytest.raises(InternalError), transaction.atomic():
        OutboxMessage.objects.filter(pk=message.pk).delete()


def test_resending_to_a_new_address_is_a_new_letter_beside_the_old_one(on):
    message = tell_departure(on)
    OutboxMessage.objects.filter(pk=message.pk).update(state=OutboxState.FAILED)
    old = on.owner.email
    on.owner.email = "wanjiku.new@example.org"
    on.owner.save(update_fields=["email"])
    again = actions.resend_letter(message=message, by=on.manager)
    deliver_due()
    message.refresh_from_db()
    again.refresh_from_db()
    assert (message.to_address, message.state) == (old, OutboxState.FAILED)
    assert (again.to_address, again.state) == ("wanjiku.new@example.org", OutboxState.SENT)
    assert again.text == message.text
    with pytest.raises(StepRefused):
        actions.resend_letter(message=message, by=on.manager)


def test_letter_that_came_back_goes_out_under_another_message_id(on):
    message = tell_departure(on)
    deliver_due()
    actions.note_bounce(letter=message.pk, words="550 5.1.1 User unknown")
    again = actions.resend_letter(message=message, by=on.manager)
    ids = {as_mail(one).extra_headers["Message-ID"] for one in (message, again)}
    assert len(ids) == 2
    assert as_mail(again).extra_headers["List-Unsubscribe"]


# -- what the mail server says --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("550 5.1.1 <a@b> User unknown", WhyNot.ADDRESS),
        ("550 No such mailbox here", WhyNot.ADDRESS),
        ("552 5.2.2 Mailbox full", WhyNot.FULL),
        ("452 The mailbox is over quota", WhyNot.FULL),
        ("550 5.2.1 Mailbox disabled", WhyNot.CLOSED),
        ("550 5.7.1 Message rejected as spam", WhyNot.SPAM),
        ("554 Blocked by reputation", WhyNot.SPAM),
        ("550 5.1.2 Host unknown", WhyNot.DOMAIN),
        ("552 5.3.4 Message too large", WhyNot.LARGE),
        ("550 No", WhyNot.REFUSED),
    ],
)
def test_servers_words_are_said_plainly(words, why):
    assert refusals.reason_in(words) == why


def refuse_with(monkeypatch, settings, error):
    """Let the mail server answer so."""
    monkeypatch.setattr(Broken, "error", error)
    settings.EMAIL_BACKEND = "tests.portal.test_outbox.Broken"


@pytest.mark.django_db
def test_refused_address_is_marked_and_trusted_again_when_taken(settings, monkeypatch):
    reader = make_user()
    message = write(reader)
    backend = settings.EMAIL_BACKEND
    refuse_with(monkeypatch, settings, SMTPRecipientsRefused({"a": (550, b"5.1.1 unknown")}))
    deliver_due()
    message.refresh_from_db()
    reader.refresh_from_db()
    assert (message.state, message.why_not) == (OutboxState.FAILED, WhyNot.ADDRESS)
    assert reader.bounced_at is not None
    settings.EMAIL_BACKEND = backend
    write(reader, key="2")
    deliver_due()
    reader.refresh_from_db()
    assert reader.bounced_at is None
    OutboxMessage.objects.filter(pk=message.pk).update(
        state=OutboxState.PENDING, available_at=timezone.now()
    )
    deliver_due()
    message.refresh_from_db()
    assert (message.state, message.why_not, message.last_error) == (OutboxState.SENT, "", "")


@pytest.mark.django_db
def test_address_that_is_not_theirs_any_more_is_not_marked(settings, monkeypatch):
    reader = make_user()
    write(reader)
    reader.email = "new@example.org"
    reader.save(update_fields=["email"])
    refuse_with(monkeypatch, settings, SMTPRecipientsRefused({"a": (550, b"5.1.1 unknown")}))
    deliver_due()
    reader.refresh_from_db()
    assert reader.bounced_at is None


@pytest.mark.django_db
@pytest.mark.parametrize(
    "error",
    [SMTPAuthenticationError(535, b"no"), SMTPRecipientsRefused({"a": (452, b"4.2.2 full")})],
)
def test_what_passes_or_is_our_own_fault_keeps_the_letter_waiting(settings, monkeypatch, error):
    reader = make_user()
    message = write(reader)
    refuse_with(monkeypatch, settings, error)
    deliver_due()
    message.refresh_from_db()
    reader.refresh_from_db()
    assert message.state == OutboxState.PENDING
    assert message.why_not
    assert reader.bounced_at is None


@pytest.mark.django_db
def test_mail_server_that_is_away_is_asked_three_times_and_not_two_hundred(settings, monkeypatch):
    reader = make_user()
    for number in range(6):
        write(reader, key=str(number))
    refuse_with(monkeypatch, settings, SMTPServerDisconnected("gone"))
    assert deliver_due() == 0
    assert OutboxMessage.objects.filter(attempts=1).count() == delivery.GIVE_UP_AFTER


@pytest.mark.django_db
def test_code_is_tried_again_within_seconds(settings, monkeypatch):
    code, news = write(make_user(), lane=Lane.CODE), write(make_user(), key="2")
    refuse_with(monkeypatch, settings, SMTPRecipientsRefused({"a": (451, b"later")}))
    deliver_due()
    code.refresh_from_db()
    news.refresh_from_db()
    assert code.available_at < timezone.now() + timedelta(seconds=5)
    assert news.available_at > timezone.now() + timedelta(seconds=15)


# -- bounces --------------------------------------------------------------------------------------


def test_new_address_is_tried_anew_however_it_was_changed(on):
    on.owner.__class__.objects.filter(pk=on.owner.pk).update(bounced_at=timezone.now())
    on.owner.refresh_from_db()
    on.owner.email = "other@example.org"
    on.owner.save(update_fields=["email"])
    on.owner.refresh_from_db()
    assert on.owner.bounced_at is None


def test_arrival_forgives_unless_a_newer_letter_came_back(on):
    first, second = write(on.owner, key="a"), write(on.owner, key="b")
    deliver_due()
    actions.note_bounce(letter=second.pk, words="550 5.1.1 unknown")
    actions.note_arrival(letter=first.pk)
    on.owner.refresh_from_db()
    assert on.owner.bounced_at is not None
    third = write(on.owner, key="c")
    deliver_due()
    on.owner.refresh_from_db()
    assert on.owner.bounced_at is not None, "being taken by our own mail server proves nothing"
    actions.note_arrival(letter=third.pk)
    on.owner.refresh_from_db()
    assert on.owner.bounced_at is None


def test_optional_letters_do_not_go_where_they_come_back(on):
    on.owner.bounced_at = timezone.now()
    on.owner.save(update_fields=["bounced_at"])
    assert tell_departure(on) is None
    assert InboxNotice.objects.filter(recipient=on.owner, notice="member_departed").exists()


def test_person_is_told_and_proves_the_address(on, client):
    message = write(on.owner)
    deliver_due()
    actions.note_bounce(letter=message.pk, words="552 5.2.2 Mailbox full")
    client.force_login(on.owner)
    home = client.get("/").content.decode()
    assert "Confirm or change your address" in home
    check = reverse("address-check")
    assert "mailbox full" in client.get(check).content.decode()
    mail.outbox.clear()
    client.post(check)
    client.post(check)  # a second one has to wait
    deliver_due()
    (sent,) = mail.outbox
    link = next(word for word in sent.body.split() if "/accounts/address/" in word)
    path = link.removeprefix("http://localhost:8000")
    client.logout()
    assert "This letter has arrived" in client.get(path).content.decode()
    on.owner.refresh_from_db()
    assert on.owner.bounced_at is not None, "opening a link proves nothing: scanners do"
    client.post(path)
    on.owner.refresh_from_db()
    assert on.owner.bounced_at is None


def test_proof_is_for_the_address_it_was_sent_to(on, client):
    actions.send_proof(user=on.owner)
    proof = OutboxMessage.objects.get(notice="address_proof").text.split("/accounts/address/")[1]
    proof = proof.split("/")[0]
    on.owner.email = "other@example.org"
    on.owner.bounced_at = timezone.now()
    on.owner.save(update_fields=["email"])
    on.owner.save(update_fields=["bounced_at"])
    assert client.post(reverse("address-proof", args=[proof])).status_code == 404
    on.owner.refresh_from_db()
    assert on.owner.bounced_at is not None


# -- staff ----------------------------------------------------------------------------------------


@pytest.fixture
def came_back(on):
    message = write(on.owner, programme=on.programme, subject=on.submitted)
    deliver_due()
    actions.note_bounce(letter=message.pk, words="550 5.1.1 User unknown")
    return message


def test_staff_read_why_with_the_telephone_beside_it(on, came_back, client):
    client.force_login(on.manager)
    page = client.get(reverse("admin:portal_outboxmessage_change", args=[came_back.pk]))
    text = page.content.decode()
    assert "address unknown" in text
    assert "550 5.1.1 User unknown" in text
    assert 'href="tel:+254700000001"' in text
    application = reverse("admin:challenges_application_change", args=[on.submitted.pk])
    assert f'href="{application}"' in text
    listed = client.get(reverse("admin:portal_outboxmessage_changelist")).content.decode()
    assert "Wanjiku +254 700 000 001" in listed


@pytest.mark.parametrize("record", ["application", "call"])
def test_record_shows_what_came_back(on, came_back, client, record):
    client.force_login(on.manager)
    key = on.submitted.pk if record == "application" else on.call.pk
    page = client.get(reverse(f"admin:challenges_{record}_change", args=[key])).content.decode()
    assert "A letter did not arrive." in page
    assert "address unknown" in page
    assert "Wanjiku +254 700 000 001" in page
    actions.resend_letter(message=came_back, by=on.manager)
    page = client.get(reverse(f"admin:challenges_{record}_change", args=[key])).content.decode()
    assert "A letter did not arrive." not in page


def test_person_in_the_admin_shows_what_came_back(on, client):
    juror = on.juror
    message = write(juror, programme=on.programme)
    deliver_due()
    actions.note_bounce(letter=message.pk, words="552 5.2.2 Mailbox full")
    client.force_login(on.manager)
    page = client.get(reverse("admin:portal_user_change", args=[juror.pk])).content.decode()
    assert "mailbox full" in page
    stranger = make_staff(make_programme(), Role.MANAGER)
    client.force_login(stranger)
    assert client.get(reverse("admin:portal_user_change", args=[juror.pk])).status_code == 404


def test_send_again_is_a_button_and_strangers_have_none(on, came_back, client):
    url = reverse("admin:portal_outboxmessage_resend", args=[came_back.pk])
    client.force_login(make_staff(make_programme(), Role.MANAGER))
    assert client.post(url).status_code == 404
    client.force_login(on.manager)
    assert client.post(url, follow=True).status_code == 200
    assert came_back.sent_again.get().state == OutboxState.PENDING
    client.post(url)
    assert came_back.sent_again.count() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_list_of_letters_asks_as_often_for_three_as_for_one(
    on, client, count, django_assert_num_queries
):
    for number in range(count):
        message = write(on.owner, programme=on.programme, subject=on.submitted, key=str(number))
        OutboxMessage.objects.filter(pk=message.pk).update(state=OutboxState.FAILED)
    client.force_login(on.manager)
    client.get(reverse("admin:portal_outboxmessage_changelist"))
    with django_assert_num_queries(9):
        client.get(reverse("admin:portal_outboxmessage_changelist"))
