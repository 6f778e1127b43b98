"""Staff see the plan of a call's reminders ahead, with the letter and without any answer."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges import reminders
from challenges.actions.reminding import remind_due
from challenges.models import Answer
from portal.choices import OutboxState, ReminderState, Role
from portal.models import OutboxMessage, Reminder
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db
SECRET = "Ultrasonic sensors in every pipe"


@pytest.fixture
def programme():
    return make_programme()


@pytest.fixture
def manager(programme):
    return make_staff(programme, Role.MANAGER, time_zone="Asia/Tokyo")


@pytest.fixture
def call(programme, manager):
    call = make_call(programme, closes_at=timezone.now() + timedelta(days=20))
    draft = make_application(
        call, make_startup(make_user(given_name="Wanjiku", time_zone="Africa/Nairobi"))
    )
    Answer.objects.create(
        application=draft,
        question=call.questions.first(),
        value=SECRET,
        edited_by=draft.started_by,
    )
    reminders.plan_anew(call, now=timezone.now())
    return call


@pytest.fixture
def draft(call):
    return call.applications.get()


def plan_page(client, call, **query):
    """The page as a person reads it."""
    answer = client.get(reverse("admin:challenges_call_reminders", args=[call.pk]), query)
    assert answer.status_code == 200
    return answer.content.decode()


def letter_page(client, call, row):
    """One letter of it."""
    return client.get(
        reverse("admin:challenges_call_reminder", args=[call.pk, row.pk])
    ).content.decode()


def test_plan_says_who_is_told_what_and_when(client, call, draft, manager):
    client.force_login(manager)
    page = plan_page(client, call)
    assert page.count("draft not submitted") == 6
    assert "3 days before: draft not submitted" in page
    assert "7 days before: figures for staff" in page
    assert "Wanjiku" in page
    assert draft.reference in page
    assert " in Nairobi" in page
    assert (
        reverse("admin:challenges_call_reminders", args=[call.pk])
        in client.get(reverse("admin:challenges_call_change", args=[call.pk])).content.decode()
    )


def test_plan_of_one_person_and_all_that_was(client, call, draft, manager):
    client.force_login(manager)
    reader = draft.started_by
    page = plan_page(client, call, person=str(reader.pk))
    assert page.count("draft not submitted") == 6
    assert "figures for staff" not in page
    Reminder.objects.filter(kind="draft_14_days").update(due_at=timezone.now())
    remind_due()
    reminders.drop(draft)
    assert "No reminder is ahead." in plan_page(client, call, person=str(reader.pk))
    page = plan_page(client, call, person=str(reader.pk), show="all")
    assert "nothing is left to be reminded of" in page
    # The letter that had not left was held back, and the page says why.
    assert "what it reminds of moved or ended before it left" in page
    assert plan_page(client, call, person="nobody").count("draft not submitted") == 0


def test_letter_reads_as_it_would_today_in_its_readers_language(client, call, draft, manager):
    client.force_login(manager)
    row = Reminder.objects.get(kind="draft_3_days")
    page = letter_page(client, call, row)
    assert "Not submitted yet, 20 days" in page or "Not submitted yet, 19 days" in page
    assert "your time, Nairobi" in page
    assert SECRET not in page
    assert SECRET not in plan_page(client, call, show="all")
    last = letter_page(client, call, Reminder.objects.get(kind="draft_1_hour"))
    assert "As things are it would not be written" in last
    assert "it is for what is complete" in last
    staff = letter_page(client, call, Reminder.objects.get(kind="call_7_days"))
    assert "Drafts less than half done" in staff
    assert not OutboxMessage.objects.exists()


def test_written_letter_is_shown_as_it_was_written(client, call, manager):
    client.force_login(manager)
    Reminder.objects.filter(kind="draft_7_days").update(due_at=timezone.now())
    remind_due()
    row, letter = Reminder.objects.get(kind="draft_7_days"), OutboxMessage.objects.get()
    page = letter_page(client, call, row)
    assert reverse("admin:portal_outboxmessage_change", args=[letter.pk]) in page
    OutboxMessage.objects.update(available_at=timezone.now() + timedelta(hours=3))
    assert "the end of the reader’s night" in letter_page(client, call, row)
    OutboxMessage.objects.update(state=OutboxState.DIGEST)
    assert "In the digest" in letter_page(client, call, row)


def test_moved_instants_say_from_where(client, call, manager, settings):
    client.force_login(manager)
    Reminder.objects.filter(kind="draft_7_days").update(
        due_at=call.closes_at - timedelta(days=7, hours=2)
    )
    assert "before their night; else it were at" in plan_page(client, call)


def test_nobody_else_reads_it(client, call, programme):
    row = Reminder.objects.filter(state=ReminderState.PLANNED).first()
    urls = (
        reverse("admin:challenges_call_reminders", args=[call.pk]),
        reverse("admin:challenges_call_reminder", args=[call.pk, row.pk]),
    )
    other = make_call(programme, closes_at=timezone.now() + timedelta(days=9))
    strange = reverse("admin:challenges_call_reminder", args=[other.pk, row.pk])
    for person in (
        make_staff(programme, Role.APPROVER),
        make_staff(make_programme(), Role.MANAGER),
    ):
        client.force_login(person)
        assert {client.get(url).status_code for url in urls} == {404}
    client.force_login(make_staff(programme, Role.COORDINATOR))
    assert {client.get(url).status_code for url in urls} == {200}
    assert client.get(strange).status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_plan_asks_as_often_for_three_as_for_one(
    client, call, manager, count, django_assert_num_queries
):
    for _number in range(count - 1):
        make_application(call)
    reminders.plan_anew(call, now=timezone.now())
    Reminder.objects.filter(kind="draft_7_days").update(due_at=timezone.now())
    remind_due()
    client.force_login(manager)
    plan_page(client, call, show="all")
    with django_assert_num_queries(11):
        plan_page(client, call, show="all")


def test_page_of_fifty(client, call, manager):
    for _number in range(10):
        make_application(call)
    reminders.plan_anew(call, now=timezone.now())
    client.force_login(manager)
    assert "1–50 of 69" in plan_page(client, call)
    assert "51–69 of 69" in plan_page(client, call, page="2")
