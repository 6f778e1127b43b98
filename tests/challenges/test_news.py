"""The promised day of the next news: on the status page, in the receipt, moved with one letter."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from challenges.actions.call import move_deadline
from challenges.actions.news import move_news, remind_of_news
from challenges.choices import ApplicationState
from challenges.models import Application
from challenges.models.standing import standing_of
from challenges.notices.application import ApplicationReceived
from challenges.panels.questions import news_to_give
from challenges.workflow.call import call_workflow
from challenges.workflow.news import NEWS, plan_news
from portal.choices import ReminderState, Role
from portal.models import AuditEntry, OutboxMessage, Reminder
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db
TODAY = timezone.localdate()
WEEK = timedelta(days=7)


@pytest.fixture
def call(programme):
    over = timezone.now() - timedelta(days=2)
    return make_call(programme, closes_at=over, next_news_on=TODAY + 2 * WEEK)


@pytest.fixture
def waiting(call):
    return make_application(call, make_startup(make_user()), state=ApplicationState.SUBMITTED)


def in_words(day):
    return date_format(day, "D j M Y")


def page_of(client, application):
    client.force_login(application.startup.owners()[0])
    return client.get(application.get_absolute_url()).content.decode()


def test_status_page_says_where_it_stands_and_when_news_comes(client, call, waiting):
    page = page_of(client, waiting)
    assert "Where it stands" in page
    assert f"by {in_words(call.next_news_on)}" in page
    assert "That day is over" not in page


def test_which_of_two_is_read_already_is_not_told(client, call):
    """Staff began with one of them; both teams read the same."""
    pages = []
    for state in (ApplicationState.SUBMITTED, ApplicationState.IN_REVIEW):
        one = make_application(call, state=state)
        standing = standing_of(one)
        assert standing is not None
        pages.append((one.public_state, standing.now, standing.next))
        assert "In review" in page_of(client, one)
    assert pages[0] == pages[1]


def test_before_the_deadline_it_is_received(client):
    one = make_application(make_call(), state=ApplicationState.SUBMITTED)
    page = page_of(client, one)
    assert "Received" in page
    assert "Until the deadline you can change it" in page


@pytest.mark.parametrize("state", ["draft", "withdrawn", "selected", "not_selected"])
def test_who_waits_for_nothing_is_promised_nothing(call, state):
    assert standing_of(make_application(call, state=state)) is None


def test_day_that_passed_is_late_for_the_team_and_overdue_for_staff(client, call, waiting, manager):
    call.next_news_on = TODAY - timedelta(days=2)
    call.save(update_fields=["next_news_on"])
    assert "That day is over" in page_of(client, waiting)
    [row] = news_to_give(manager)
    assert row.tone == "lamp"
    assert row.when == f"overdue since {in_words(call.next_news_on)}"
    client.force_login(manager)
    assert "overdue since" in client.get(reverse("admin:index")).content.decode()


def test_far_day_and_call_where_nobody_waits_are_not_on_the_home(call, waiting, manager):
    assert list(news_to_give(manager)) == []
    call.next_news_on = TODAY + timedelta(days=2)
    call.save(update_fields=["next_news_on"])
    assert len(list(news_to_give(manager))) == 1
    Application.objects.filter(pk=waiting.pk).update(state="not_selected")
    assert list(news_to_give(manager)) == []


def test_receipt_names_the_day_of_the_news_before_the_day_of_results(call, waiting):
    call.results_on = TODAY + 9 * WEEK
    step = SimpleNamespace(record=waiting, at=timezone.now(), data={})
    waiting.call = call
    facts = dict(ApplicationReceived().facts(step, make_user()))
    assert facts["Next news by"] == in_words(call.next_news_on)
    call.next_news_on = None
    facts = dict(ApplicationReceived().facts(step, make_user()))
    assert facts["Next news by"] == in_words(call.results_on)


def test_moving_the_day_tells_all_who_wait_in_one_letter_each(client, call, waiting, manager):
    draft = make_application(call, make_startup(make_user()))
    decided = make_application(call, make_startup(make_user()), state="not_selected")
    day = call.next_news_on + WEEK
    client.force_login(manager)
    sent = client.post(
        reverse("admin:challenges_call_move_news", args=[call.pk]),
        {"day": day.isoformat(), "reason": "A juror fell ill."},
    )
    assert sent.status_code == 302
    call.refresh_from_db()
    assert (call.next_news_on, call.news_version) == (day, 2)
    [letter] = OutboxMessage.objects.filter(notice="news_date_moved")
    assert letter.to_address == waiting.startup.owners()[0].email
    assert "A juror fell ill." in letter.text
    assert in_words(day) in letter.text
    assert in_words(day - WEEK) in letter.text
    assert in_words(day) in page_of(client, waiting)
    entry = AuditEntry.objects.get(verb="move-news")
    assert entry.facts["day_after"] == day.isoformat()
    assert draft.state == "draft"
    assert decided.state == "not_selected"


@pytest.mark.parametrize(
    ("days", "sentence"), [(-1, "That day is over"), (14, "This is the day already")]
)
def test_day_that_is_no_promise_is_refused(call, manager, days, sentence):
    with pytest.raises(StepRefused, match=sentence):
        move_news(call=call, day=TODAY + timedelta(days=days), reason="Why.", by=manager)


def test_only_who_runs_the_call_moves_it_and_with_a_reason(call, manager):
    with pytest.raises(StepRefused) as refused:
        move_news(
            call=call, day=TODAY + WEEK, reason="Why.", by=make_staff(call.programme, Role.CHAIR)
        )
    assert refused.value.permission
    with pytest.raises(StepRefused, match="reason"):
        move_news(call=call, day=TODAY + WEEK, reason=" ", by=manager)


def test_staff_are_reminded_three_days_before_and_anew_when_it_moves(call, waiting, manager):
    plan_news(call, now=timezone.now())
    [planned] = Reminder.objects.filter(kind=NEWS)
    assert planned.recipient == manager
    assert timezone.localdate(planned.due_at, call.zone) == call.next_news_on - timedelta(days=3)
    move_news(call=call, day=call.next_news_on + WEEK, reason="Later.", by=manager)
    planned.refresh_from_db()
    assert planned.state == ReminderState.CANCELLED
    anew = Reminder.objects.get(kind=NEWS, state=ReminderState.PLANNED)
    assert anew.version == 2
    assert anew.due_at - planned.due_at == WEEK
    assert remind_of_news() == 0
    Reminder.objects.filter(pk=anew.pk).update(due_at=timezone.now() - timedelta(minutes=1))
    assert remind_of_news() == 1
    letter = OutboxMessage.objects.get(notice="news_date_reminded")
    assert letter.to_address == manager.email
    assert "One application" in letter.text
    assert remind_of_news() == 0
    assert waiting.state == "submitted"


def test_who_joins_after_it_was_planned_is_reminded_as_well_and_nobody_twice(
    call, waiting, manager
):
    plan_news(call, now=timezone.now())
    late = make_staff(call.programme, Role.COORDINATOR)
    juror = make_staff(call.programme, Role.REVIEWER)
    remind_of_news()
    rows = Reminder.objects.filter(kind=NEWS)
    assert {row.recipient for row in rows} == {manager, late}
    assert len({row.due_at for row in rows}) == 1
    rows.update(due_at=timezone.now() - timedelta(minutes=1))
    assert remind_of_news() == 2
    # When the morning is over already, it comes at once.
    type(call).objects.filter(pk=call.pk).update(next_news_on=TODAY + timedelta(days=1))
    latest = make_staff(call.programme, Role.COORDINATOR)
    remind_of_news()
    row = rows.get(recipient=latest)
    assert row.due_at - timezone.now() < timedelta(minutes=2)
    rows.filter(pk=row.pk).update(due_at=timezone.now())
    assert remind_of_news() == 1
    assert remind_of_news() == 0
    letters = OutboxMessage.objects.filter(notice="news_date_reminded")
    addresses = sorted(letters.values_list("to_address", flat=True))
    assert addresses == sorted([manager.email, late.email, latest.email])
    assert juror.email not in addresses
    assert waiting.state == "submitted"


@pytest.mark.parametrize("because", ["over", "withdrawn"])
def test_nothing_is_planned_for_who_joins_once_the_promise_is_over(call, waiting, because):
    changed = {
        "over": {"next_news_on": TODAY - timedelta(days=2)},
        "withdrawn": {"state": "cancelled"},
    }
    type(call).objects.filter(pk=call.pk).update(**changed[because])
    make_staff(call.programme, Role.MANAGER)
    remind_of_news()
    assert not Reminder.objects.filter(kind=NEWS).exists()
    assert waiting.call_id == call.pk


@pytest.mark.parametrize("because", ["moved", "nobody waits", "role ended"])
def test_outdated_reminder_is_never_written(call, waiting, manager, because):
    plan_news(call, now=timezone.now())
    Reminder.objects.update(due_at=timezone.now() - timedelta(minutes=1))
    if because == "moved":
        type(call).objects.filter(pk=call.pk).update(news_version=2)
    elif because == "nobody waits":
        Application.objects.filter(pk=waiting.pk).update(state="not_selected")
    else:
        manager.staff_roles.update(ended_at=timezone.now() - timedelta(days=1))
    remind_of_news()
    assert not OutboxMessage.objects.exists()
    assert Reminder.objects.get(version=1).state == ReminderState.CANCELLED


def test_publishing_plans_the_reminder(programme, manager):
    draft = make_call(programme, state="draft", published_at=None, next_news_on=TODAY + 5 * WEEK)
    call_workflow.perform(draft, "publish", actor=manager)
    assert Reminder.objects.filter(kind=NEWS, recipient=manager).count() == 1


def test_promised_day_is_written_in_the_draft_and_locked_once_published(client, programme, manager):
    client.force_login(manager)
    draft = make_call(programme, state="draft", published_at=None)
    page = client.get(reverse("admin:challenges_call_change", args=[draft.pk])).content.decode()
    assert 'name="next_news_on"' in page
    assert 'name="answers_within"' in page
    published = make_call(programme)
    page = client.get(reverse("admin:challenges_call_change", args=[published.pk]))
    assert 'name="next_news_on"' not in page.content.decode()
    assert "Move the day of the next news" in page.content.decode()


def test_moved_deadline_leaves_the_reminder_of_the_news_alone(programme):
    """Both are planned from the call, with versions of their own."""
    manager = make_staff(programme, Role.MANAGER)
    call = make_call(programme, next_news_on=TODAY + 8 * WEEK)
    plan_news(call, now=timezone.now())
    rows = Reminder.objects.about(call).filter(kind=NEWS)
    assert {row.state for row in rows} == {ReminderState.PLANNED}
    later = call.closes_at + WEEK
    move_deadline(call=call, closes_at=later, accepts_until=None, reason="x", by=manager)
    assert {row.state for row in rows.all()} == {ReminderState.PLANNED}
