"""Closing an account: what must be handed over, what ends at once, what is erased, what stays."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from challenges.choices import ApplicationState, AssignmentState
from challenges.models import ReviewAssignment
from portal.actions import closing
from portal.choices import Role
from portal.models import (
    AuditEntry,
    Closing,
    Document,
    InboxNotice,
    KnownDevice,
    OutboxMessage,
    Retention,
    User,
)
from portal.workflow import StepRefused
from startups.choices import MemberRole
from tests.factories.challenges import make_application
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_invitation, make_startup
from tests.pages import text_of

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def signed_in(user):
    client = Client()
    data = {"login": user.email, "password": PASSWORD}
    assert client.post(reverse("account_login"), data).status_code == 302
    return client


def close(client):
    return client.post(reverse("account-close"), {"sure": "on"})


def let_the_days_pass():
    with connection.cursor() as cursor:
        cursor.execute("UPDATE portal_closing SET erase_from = now() - interval '1 minute'")
    return closing.erase_due()


def test_account_ends_at_once_everywhere_with_one_letter():
    user = make_user(email="amina@example.org")
    KnownDevice.objects.create(user=user, token_hash="1" * 64, expires_at="2099-01-01T00:00Z")
    here, elsewhere = signed_in(user), signed_in(user)
    page = text_of(here.get(reverse("account-close")))
    assert "For 30 days the administrator can open the account again" in page
    assert "What stays, and why" in page
    done = close(here)
    assert "Your account is closed" in text_of(done)
    for browser in (here, elsewhere):
        assert browser.get(reverse("profile-edit")).status_code == 302
    data = {"login": user.email, "password": PASSWORD}
    refused = text_of(Client().post(reverse("account_login"), data))
    assert "do not fit together" in refused
    assert not KnownDevice.objects.exists()
    letter = OutboxMessage.objects.get(to_address="amina@example.org", notice="account_closed")
    assert "This is our last letter to you" in letter.text
    assert AuditEntry.objects.get(verb="close-account").actor == user


def test_closing_needs_the_tick_and_the_proof(client, settings):
    user = make_user()
    browser = signed_in(user)
    page = browser.post(reverse("account-close"), {})
    assert "Tick this box" in text_of(page)
    assert not Closing.objects.exists()
    settings.REAUTHENTICATION_MINUTES = 30
    client.force_login(user)
    asked = client.post(reverse("account-close"), {"sure": "on"})
    assert asked.url.startswith(reverse("account_reauthenticate"))
    assert not Closing.objects.exists()


# -- what must be handed over ---------------------------------------------------------------------


def refusal_for(user):
    client = signed_in(user)
    page = text_of(client.get(reverse("account-close")))
    assert "Not yet: others rely on you" in page
    assert 'name="sure"' not in page
    close(client)
    assert not Closing.objects.exists()
    with pytest.raises(StepRefused):
        closing.close_account(user=user)
    return page


def test_only_owner_with_others_hands_over_first():
    user = make_user()
    startup = make_startup(owner=user, legal_name="Umi Robotics KK")
    add_member(startup)
    page = refusal_for(user)
    assert "You alone own Umi Robotics KK" in page
    assert reverse("startups:member-transfer", args=[startup.pk]) in page
    add_member(startup, role=MemberRole.OWNER)
    close(signed_in(user))
    assert not startup.memberships.filter(user=user).exists()


def test_running_application_nobody_else_answers_for():
    user = make_user()
    application = make_application(
        startup=make_startup(owner=user), state=ApplicationState.SUBMITTED
    )
    page = refusal_for(user)
    assert application.reference in page
    assert application.get_absolute_url() in page


def test_juror_with_reviews_to_write_and_last_manager():
    juror = make_staff(role=Role.REVIEWER)
    application = make_application(state=ApplicationState.IN_REVIEW)
    assignment = ReviewAssignment.objects.create(
        application=application,
        reviewer=juror,
        assigned_by=make_user(),
        state=AssignmentState.READING,
    )
    assert "reviews to write" in refusal_for(juror)
    ReviewAssignment.objects.filter(pk=assignment.pk).update(state=AssignmentState.HANDED_BACK)
    close(signed_in(juror))
    assert not juror.staff_roles.active().exists()

    programme = make_programme()
    manager = make_staff(programme)
    with pytest.raises(StepRefused, match="only manager"):
        closing.close_account(user=manager)
    make_staff(programme)
    closing.close_account(user=manager)


def test_only_administrator_stays():
    boss = make_user(is_superuser=True)
    with pytest.raises(StepRefused, match="only administrator"):
        closing.close_account(user=boss)
    make_user(is_superuser=True)
    closing.close_account(user=boss)
    boss.refresh_from_db()
    assert not boss.is_superuser


# -- days of grace --------------------------------------------------------------------------------


def test_administrator_opens_it_again_in_time(settings):
    settings.STAFF_SECOND_FACTOR = "optional"
    user = make_user(email="amina@example.org")
    old = signed_in(user)
    close(signed_in(user))
    record, client = Closing.objects.get(), Client()
    client.force_login(make_user(is_superuser=True))
    act = reverse("admin:portal_closing_act", args=[record.pk])
    page = text_of(client.post(act, {"reason": ""}, follow=True))
    assert "a reason is needed" in page
    page = text_of(client.post(act, {"reason": "Called from the known number"}, follow=True))
    assert "Open again" in page
    user.refresh_from_db()
    assert user.is_active
    # The old sessions and the old password are gone for good; the mailbox chooses a new one.
    assert old.get(reverse("profile-edit")).status_code == 302
    data = {"login": user.email, "password": PASSWORD}
    assert Client().post(reverse("account_login"), data).status_code == 200
    stranger = Client()
    stranger.post(reverse("account_reset_password"), {"email": user.email})
    letter = OutboxMessage.objects.filter(notice="sign_in").latest("created_at")
    assert "/password/reset/key/" in letter.text
    assert let_the_days_pass() == 0


def test_days_of_grace_are_the_organisations_to_say():
    Retention.objects.filter(kind="closed-account").update(days=3)
    user = make_user()
    page = text_of(signed_in(user).get(reverse("account-close")))
    assert "For 3 days the administrator" in page
    record = closing.close_account(user=user)
    assert (record.erase_from - record.created_at).days in {2, 3}


# -- what is erased, what stays -------------------------------------------------------------------


def test_personal_data_is_erased_and_what_belongs_to_the_team_stays():
    user = make_user(
        email="amina@example.org", given_name="Amina", family_name="Diallo", display_name="Ami"
    )
    startup = make_startup(owner=user)
    other = add_member(startup, role=MemberRole.OWNER)
    application = make_application(startup=startup, state=ApplicationState.SUBMITTED)
    document = Document.objects.create(
        name="deck.pdf",
        file=ContentFile(b"%PDF", name="deck.pdf"),
        size=4,
        sha256="0" * 64,
        subject_type="challenges.application",
        subject_id=application.pk,
        startup_id=startup.pk,
        uploaded_by=user,
    )
    InboxNotice.objects.create(recipient=user, event_key="x", notice="x", subject="s", body="b")
    invitation = make_invitation(email="amina@example.org")
    closing.close_account(user=user)
    assert closing.erase_due() == 0
    assert User.objects.get(pk=user.pk).email == "amina@example.org"
    assert let_the_days_pass() == 1
    assert let_the_days_pass() == 0
    user.refresh_from_db()
    assert user.email == f"closed-{user.pk.hex}@closed.invalid"
    assert str(user) == "Closed account"
    assert (user.given_name, user.family_name, user.last_login) == ("", "", None)
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not InboxNotice.objects.filter(recipient=user).exists()
    invitation.refresh_from_db()
    assert invitation.email == user.email
    # The team's work, its file, and the trail that names keys alone.
    application.refresh_from_db()
    assert application.answers.count() == 3
    assert application.revisions.get().answers
    assert Document.objects.get().pk == document.pk
    assert list(startup.owners()) == [other]
    assert AuditEntry.objects.filter(actor=user).exists()
    assert not AuditEntry.objects.filter(reason__icontains="amina").exists()
    assert "Amina" not in str(list(AuditEntry.objects.values_list("facts", flat=True)))
    # The address is free: the same person, or whoever has it next, may have a new account.
    make_user(email="amina@example.org")


def test_no_row_of_any_table_holds_the_erased_name():
    """Every table as text, but for what the inventory says stays."""
    user = make_user(
        email="canary-7f3a@example.org", given_name="Canarygiven", family_name="Canaryfamily"
    )
    programme = make_programme()
    make_staff(programme)
    programme.staff.create(user=user, role=Role.REVIEWER, telephone="+99 canary")
    browser = signed_in(user)
    browser.post(reverse("email-change"), {"address": "canary-new@example.org"})
    make_invitation(email=user.email)
    closing.close_account(user=user)
    let_the_days_pass()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
        )
        tables = [name for (name,) in cursor.fetchall()]
        left = {}
        for name in tables:
            cursor.execute(f'SELECT count(*) FROM "{name}" t WHERE t::text ILIKE %s', ["%canary%"])
            (count,) = cursor.fetchone()
            if count:
                left[name] = count
    # Letters stay as they were sent; the reason stands on the page that closes an account.
    assert set(left) <= {"portal_outboxmessage"}
