"""Another address: both mailboxes say yes, each can stop it, nobody learns who has an account."""

from __future__ import annotations

import re

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.tokens import default_token_generator
from django.db import connection
from django.test import Client
from django.urls import reverse

from portal.actions import address
from portal.models import AuditEntry, EmailChange, OutboxMessage, User
from portal.workflow import StepRefused
from tests.factories.portal import make_user
from tests.pages import text_of

pytestmark = pytest.mark.django_db

OLD, NEW = "amina@example.org", "amina@example.com"
PASSWORD = "correct horse battery"


@pytest.fixture
def user():
    return make_user(email=OLD)


def signed_in(user):
    """A browser in which the person has just typed the password."""
    client = Client()
    data = {"login": user.email, "password": PASSWORD}
    assert client.post(reverse("account_login"), data).status_code == 302
    return client


def letter(to, **wanted):
    return OutboxMessage.objects.filter(to_address=to, **wanted).latest("created_at")


def link_in(message):
    return re.search(r"(/accounts/email/answer/\S+)", message.text)[1]


def ask(client, new=NEW):
    return client.post(reverse("email-change"), {"address": new}, follow=True)


def test_address_changes_when_both_have_said_yes(user):
    client, elsewhere = signed_in(user), signed_in(user)
    token = default_token_generator.make_token(user)
    page = text_of(ask(client, "  Amina@Example.COM "))
    assert "We wrote to both addresses" in page
    assert "A change is waiting" in page
    stranger = Client()
    page = text_of(stranger.get(link_in(letter(NEW))))
    assert "Is this your new address?" in page
    stranger.post(link_in(letter(NEW)), {"answer": "yes"})
    user.refresh_from_db()
    assert user.email == OLD
    assert NEW in letter(OLD).text
    page = text_of(client.post(link_in(letter(OLD)), {"answer": "yes"}, follow=True))
    assert "Done. Sign in with the new address" in page
    user.refresh_from_db()
    assert user.email == NEW
    found = EmailAddress.objects.get(user=user)
    assert (found.email, found.verified, found.primary) == (NEW, True, True)
    # The browser that said yes goes on; all others are signed out, and old links are dead.
    assert client.get(reverse("profile-edit")).status_code == 200
    assert elsewhere.get(reverse("profile-edit")).status_code == 302
    assert not default_token_generator.check_token(user, token)
    for to in (OLD, NEW):
        assert "Your address is changed" in letter(to).subject
    data = {"login": NEW, "password": PASSWORD}
    assert Client().post(reverse("account_login"), data).status_code == 302
    data["login"] = OLD
    assert Client().post(reverse("account_login"), data).status_code == 200


@pytest.mark.parametrize("first", [OLD, NEW])
def test_one_yes_is_not_enough(user, first):
    ask(signed_in(user))
    Client().post(link_in(letter(first)), {"answer": "yes"})
    Client().post(link_in(letter(first)), {"answer": "yes"})
    user.refresh_from_db()
    assert user.email == OLD


def test_old_address_stops_it_and_signs_everybody_out(user):
    thief = signed_in(user)
    ask(thief)
    Client().post(link_in(letter(NEW)), {"answer": "yes"})
    no = link_in(letter(OLD))
    page = text_of(Client().post(no, {"answer": "stop"}, follow=True))
    assert "Stopped. The address stays as it was" in page
    assert thief.get(reverse("profile-edit")).status_code == 302
    assert Client().post(no, {"answer": "yes"}).status_code == 404
    user.refresh_from_db()
    assert user.email == OLD
    assert "Your address stays as it is" in letter(OLD).subject


def test_new_address_stops_it(user):
    client = signed_in(user)
    ask(client)
    Client().post(link_in(letter(NEW)), {"answer": "stop"})
    assert not EmailChange.objects.waiting().exists()
    assert client.get(reverse("profile-edit")).status_code == 200


def test_opening_a_link_changes_nothing(user):
    ask(signed_in(user))
    for to in (OLD, NEW):
        assert Client().get(link_in(letter(to))).status_code == 200
    change = EmailChange.objects.get()
    assert (change.new_confirmed_at, change.old_confirmed_at) == (None, None)


def test_asking_again_ends_the_earlier_wish(user):
    client = signed_in(user)
    ask(client)
    first = link_in(letter(NEW))
    ask(client, "third@example.org")
    assert Client().get(first).status_code == 404
    assert EmailChange.objects.waiting().get().new_email == "third@example.org"
    page = text_of(client.post(reverse("email-change-stop"), follow=True))
    assert "Your address stays as it is" in page
    assert not EmailChange.objects.waiting().exists()


def test_links_end_after_their_hours(user):
    ask(signed_in(user))
    EmailChange.objects.update(expires_at="2020-01-01T00:00Z")
    gone = Client().get(link_in(letter(NEW)))
    assert gone.status_code == 404
    assert "This link does not work any more" in text_of(gone)


def test_who_has_the_new_address_is_told_there_and_nowhere_else(user):
    make_user(email="known@example.org")
    pages, settled = [], []
    for new in ("known@example.org", "nobod@example.org"):
        client = signed_in(user)
        ask(client, new)
        page = client.get(reverse("account_email"))
        pages.append(re.sub(r'value="\w{64}"', "", text_of(page)).replace(new, "NEW"))
        settled.append(page.headers.items())
    mask = [re.sub(r"\d\d:\d\d", "TIME", page) for page in pages]
    assert mask[0] == mask[1]
    message = letter("known@example.org")
    assert "You have an account" in message.text
    assert "/accounts/email/answer/" not in message.text
    assert "/accounts/email/answer/" in letter("nobod@example.org").text


def test_account_made_meanwhile_keeps_its_address(user):
    ask(signed_in(user))
    for_new, for_old = link_in(letter(NEW)), link_in(letter(OLD))
    make_user(email=NEW)
    Client().post(for_new, {"answer": "yes"})
    page = text_of(Client().post(for_old, {"answer": "yes"}, follow=True))
    assert "Stopped" in page
    user.refresh_from_db()
    assert user.email == OLD


def test_needs_the_password_once_more_when_sign_in_was_long_ago(user, client, settings):
    settings.REAUTHENTICATION_MINUTES = 30
    client.force_login(user)
    asked = client.post(reverse("email-change"), {"address": NEW})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert not EmailChange.objects.exists()
    resumed = client.post(asked.url, {"password": PASSWORD})
    assert resumed.status_code == 302
    assert EmailChange.objects.get().new_email == NEW


@pytest.mark.parametrize("typed", ["", "no address", OLD])
def test_what_cannot_be_is_said_beside_the_field(user, typed):
    client = signed_in(user)
    page = client.post(reverse("email-change"), {"address": typed})
    assert page.status_code == 200
    assert "invalid-feedback" in text_of(page)
    assert not EmailChange.objects.exists()


def test_one_person_does_not_flood_mailboxes(user):
    for number in range(5):
        address.ask_for_address(user=user, address=f"n{number}@example.com")
    with pytest.raises(StepRefused, match="on their way already"):
        address.ask_for_address(user=user, address="n6@example.com")


# -- a lost mailbox -------------------------------------------------------------------------------


def held(user, by):
    ask(signed_in(user))
    Client().post(link_in(letter(NEW)), {"answer": "yes"})
    change = EmailChange.objects.get()
    return address.let_address_count(change=change, by=by, reason="Telephone call, passport seen")


def test_administrator_lets_it_count_after_days_in_which_the_old_may_object(user):
    boss = make_user(is_superuser=True)
    change = held(user, boss)
    entry = AuditEntry.objects.about(change).get(verb="let-address-count")
    assert (entry.actor, entry.reason) == (boss, "Telephone call, passport seen")
    assert address.settle_due_changes() == 0
    user.refresh_from_db()
    assert user.email == OLD
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_emailchange SET counts_from = now() - interval '1 minute'")
    assert address.settle_due_changes() == 1
    assert User.objects.get(pk=user.pk).email == NEW


def test_old_mailbox_that_was_not_lost_stops_it(user):
    held(user, make_user(is_superuser=True))
    message = letter(OLD)
    assert "Your address changes soon" in message.subject
    Client().post(link_in(message), {"answer": "stop"})
    EmailChange.objects.update(counts_from="2020-01-01T00:00Z")
    assert address.settle_due_changes() == 0
    assert User.objects.get(pk=user.pk).email == OLD


def test_only_the_administrator_with_a_reason_and_not_for_oneself(user):
    ask(signed_in(user))
    change, boss = EmailChange.objects.get(), make_user(is_superuser=True)
    with pytest.raises(StepRefused, match="has not said yes"):
        address.let_address_count(change=change, by=boss, reason="x")
    Client().post(link_in(letter(NEW)), {"answer": "yes"})
    with pytest.raises(StepRefused, match="may not"):
        address.let_address_count(change=change, by=make_user(), reason="x")
    with pytest.raises(StepRefused, match="reason"):
        address.let_address_count(change=change, by=boss, reason=" ")
    user.is_superuser = True
    with pytest.raises(StepRefused, match="Somebody else"):
        address.let_address_count(change=change, by=user, reason="x")


def test_administrators_page_has_the_button(user, settings):
    settings.STAFF_SECOND_FACTOR = "optional"
    ask(signed_in(user))
    Client().post(link_in(letter(NEW)), {"answer": "yes"})
    change, client = EmailChange.objects.get(), Client()
    client.force_login(make_user(is_superuser=True))
    path = reverse("admin:portal_emailchange_change", args=[change.pk])
    assert "Let it count without the old address" in text_of(client.get(path))
    act = reverse("admin:portal_emailchange_act", args=[change.pk])
    page = text_of(client.post(act, {"reason": "Seen in person"}, follow=True))
    assert "The old address can still stop it" in page
    change.refresh_from_db()
    assert change.counts_from is not None


def test_letters_and_trail_hold_what_they_may(user):
    ask(signed_in(user))
    for entry in AuditEntry.objects.filter(subject_type="portal.emailchange"):
        assert "@" not in f"{entry.reason}{entry.facts}"
