"""Calls: found by anybody once published, published only when nothing is missing, moved fairly."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.actions.call import make_preview, move_deadline, withdraw_previews
from challenges.choices import ApplicationState, CallState, Fact, Phase
from challenges.models import Call
from challenges.workflow.call import call_workflow
from portal.actions.telling import tell_due
from portal.choices import ReminderState, Role
from portal.models import AuditEntry, OutboxMessage, Reminder
from portal.workflow import StepRefused
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.mark.parametrize(
    ("opens", "closes", "state", "phase"),
    [
        (-2, 2, CallState.PUBLISHED, Phase.OPEN),
        (1, 2, CallState.PUBLISHED, Phase.UPCOMING),
        (-2, -1, CallState.PUBLISHED, Phase.CLOSED),
        (-2, 2, CallState.CANCELLED, Phase.CANCELLED),
        (-2, 2, CallState.DRAFT, Phase.DRAFT),
    ],
)
def test_phase_is_computed_from_the_database_clock(opens, closes, state, phase):
    now = timezone.now()
    call = make_call(
        opens_at=now + timedelta(hours=opens), closes_at=now + timedelta(hours=closes), state=state
    )
    row = Call.objects.with_phase().get(pk=call.pk)
    assert row.phase_now == row.phase == phase


def test_grace_accepts_but_is_not_shown(client):
    now = timezone.now()
    call = make_call(
        closes_at=now - timedelta(minutes=1), accepts_until=now + timedelta(minutes=10)
    )
    assert Call.objects.with_phase().get(pk=call.pk).is_open
    page = client.get(call.get_absolute_url()).content.decode()
    assert "grace" not in page.lower()


def test_draft_is_found_by_nobody(client, manager, programme):
    draft = make_call(programme, state=CallState.DRAFT, published_at=None)
    client.force_login(manager)
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert draft.title not in client.get(reverse("challenges:call-list")).content.decode()
    assert client.get(reverse("challenges:application-start", args=[draft.slug])).status_code == 404


def test_search_finds_by_title_programme_and_city(client, programme):
    call = make_call(programme, title="Harbour noise")
    other = make_call(title="Solar pumps")
    for words in ("harbour", programme.name):
        page = client.get(reverse("challenges:call-list"), {"q": words}).content.decode()
        assert call.title in page
        assert other.title not in page
    empty = client.get(reverse("challenges:call-list"), {"q": "nothing like it"})
    assert "No call fits these words." in empty.content.decode()


@pytest.mark.parametrize("item_count", [1, 3])
def test_public_pages_ask_the_database_little(client, django_assert_max_num_queries, item_count):
    for _ in range(item_count):
        call = make_call()
    with django_assert_max_num_queries(1):
        client.get(reverse("challenges:call-list"))
    with django_assert_max_num_queries(3):
        client.get(call.get_absolute_url())


@pytest.mark.parametrize(
    ("lacking", "reason"),
    [
        ({"not_applicable": [f for f in Fact.values if f != "takes"]}, "Equity and rights taken"),
        ({"bare": True}, "no question yet"),
        ({"terms": ""}, "terms"),
        ({"closes_at": NOW - timedelta(hours=1)}, "has passed already"),
    ],
)
def test_publishing_names_what_is_missing(programme, manager, lacking, reason):
    fields = {"state": CallState.DRAFT, "published_at": None} | lacking
    call = make_call(programme, **fields)
    with pytest.raises(StepRefused, match=reason):
        call_workflow.perform(call, "publish", actor=manager)
    call.refresh_from_db()
    assert call.state == CallState.DRAFT


def test_weights_must_add_to_100(programme, manager):
    call = make_call(programme, state=CallState.DRAFT, published_at=None)
    call.criteria.filter(name="Team").update(weight=30)
    with pytest.raises(StepRefused, match="add to 90"):
        call_workflow.perform(call, "publish", actor=manager)


def test_published_call_is_taken_back_only_while_nobody_applies(programme, manager):
    call = make_call(programme)
    application = make_application(call)
    with pytest.raises(StepRefused, match="1 organisation has started"):
        call_workflow.perform(call, "unpublish", actor=manager, reason="x")
    application.delete()
    call_workflow.perform(call, "unpublish", actor=manager, reason="x")
    call.refresh_from_db()
    assert (call.state, call.published_at) == (CallState.DRAFT, None)


# -- moving the deadline ----------------------------------------------------------------------


def test_later_deadline_tells_everybody_with_a_draft_or_a_submission(programme, manager):
    call = make_call(programme)
    draft, submitted = make_application(call), make_application(call, state="submitted")
    make_application(call, state=ApplicationState.WITHDRAWN)
    later = call.closes_at + timedelta(days=3)
    move_deadline(call=call, closes_at=later, accepts_until=None, reason="Power cut.", by=manager)
    tell_due()
    call.refresh_from_db()
    assert call.closes_at == call.accepts_until == later
    assert call.deadline_version == 2
    told = {letter.recipient for letter in OutboxMessage.objects.filter(notice="deadline_moved")}
    assert told == {*draft.startup.owners(), *submitted.startup.owners()}
    entry = AuditEntry.objects.about(call).get()
    assert entry.reason == "Power cut."
    assert entry.facts["after"] == later.isoformat()


def test_grace_keeps_its_length(programme, manager):
    closes = timezone.now() + timedelta(days=10)
    call = make_call(programme, closes_at=closes, accepts_until=closes + timedelta(minutes=15))
    later = closes + timedelta(days=1)
    move_deadline(call=call, closes_at=later, accepts_until=None, reason="x", by=manager)
    call.refresh_from_db()
    assert call.accepts_until - call.closes_at == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("role", "days", "reason"),
    [
        (Role.COORDINATOR, 12, "Only a manager"),
        (Role.MANAGER, 6, "still have seven days"),
        (Role.MANAGER, 12, None),
        (Role.COORDINATOR, 25, None),
        (Role.MANAGER, -1, "has passed already"),
    ],
)
def test_deadline_comes_earlier_only_by_a_manager_with_seven_days_left(
    programme, role, days, reason
):
    now = timezone.now()
    call = make_call(programme, closes_at=now + timedelta(days=20))
    person = make_staff(programme, role)

    def move():
        move_deadline(
            call=call,
            closes_at=now + timedelta(days=days),
            accepts_until=None,
            reason="x",
            by=person,
        )

    if reason is None:
        move()
    else:
        with pytest.raises(StepRefused, match=reason):
            move()
        call.refresh_from_db()
        assert call.deadline_version == 1


def test_deadline_stays_once_a_result_is_sent(programme, manager):
    call = make_call(programme)
    make_application(call, state=ApplicationState.SELECTED)
    with pytest.raises(StepRefused, match="Results have been sent"):
        move_deadline(
            call=call,
            closes_at=call.closes_at + timedelta(days=1),
            accepts_until=None,
            reason="x",
            by=manager,
        )


def test_hour_that_comes_twice_is_sent_back_with_the_typed_text(client, programme):
    manager = make_staff(programme)
    call = make_call(programme, time_zone="Europe/Stockholm")
    client.force_login(manager)
    response = client.post(
        reverse("admin:challenges_call_move_deadline", args=[call.pk]),
        {"closes_at": "2027-10-31T02:30", "reason": "Typed reason"},
    )
    page = response.content.decode()
    assert "The clocks in Stockholm change then" in page
    assert "Typed reason" in page


# -- preview ----------------------------------------------------------------------------------


def test_preview_link_works_without_account_until_it_ends(client, programme, manager):
    call = make_call(programme, state=CallState.DRAFT, published_at=None)
    preview, token = make_preview(call=call, by=manager)
    address = reverse("challenges:call-preview", args=[call.slug, token])
    response = client.get(address)
    assert call.title in response.content.decode()
    assert response["X-Robots-Tag"] == "noindex"
    assert client.get(address.replace(token, "guess")).status_code == 404
    type(preview).objects.update(expires_at=timezone.now())
    assert client.get(address).status_code == 404
    _preview, token = make_preview(call=call, by=manager)
    withdraw_previews(call=call, by=manager)
    assert (
        client.get(reverse("challenges:call-preview", args=[call.slug, token])).status_code == 404
    )


# -- every role, every state --------------------------------------------------------------------

MAY = {
    "publish": {Role.MANAGER},
    "unpublish": {Role.MANAGER},
    "cancel": {Role.MANAGER},
    "archive": {Role.MANAGER},
    "move-deadline": {Role.MANAGER, Role.COORDINATOR},
    "move-news": {Role.MANAGER, Role.COORDINATOR},
}
FROM = {
    "publish": {CallState.DRAFT},
    "unpublish": {CallState.PUBLISHED},
    "cancel": {CallState.PUBLISHED},
    "archive": {CallState.PUBLISHED, CallState.CANCELLED},
    "move-deadline": {CallState.PUBLISHED},
    "move-news": {CallState.PUBLISHED},
}


def test_table_names_every_step():
    assert set(MAY) == set(FROM) == set(call_workflow.transitions)


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("name", MAY)
def test_each_step_from_each_state_by_each_role(programme, name, state):
    now = timezone.now()
    over = name == "archive"
    call = make_call(
        programme,
        state=state,
        opens_at=now - timedelta(days=2),
        closes_at=now + timedelta(days=-1 if over else 20),
    )
    later = now + timedelta(days=30)
    data = {"closes_at": later, "accepts_until": later, "day": later.date()}
    people = [(make_staff(programme, role), role) for role in Role]
    people += [(make_user(), None), (make_staff(make_programme()), None)]
    for person, role in people:
        Call.objects.filter(pk=call.pk).update(
            state=state,
            closes_at=call.closes_at,
            accepts_until=call.closes_at,
            next_news_on=None,
        )
        allowed = role in MAY[name] and state in FROM[name]
        try:
            call_workflow.perform(call, name, actor=person, reason="x", data=data)
        except StepRefused:
            assert not allowed, f"{role} was refused"
        else:
            assert allowed, f"{role} was let through"


@pytest.mark.parametrize("role", Role)
def test_calls_listed_are_the_calls_permitted(programme, role):
    person = make_staff(programme, role)
    calls = [make_call(programme, state=state) for state in CallState] + [make_call()]
    listed = set(Call.objects.visible_to(person))
    assert listed == {call for call in calls if person.has_perm("challenges.view_call", call)}


# -- reminders ------------------------------------------------------------------------------------


def test_reminders_follow_the_deadline_and_end_with_the_work(programme, manager):
    from challenges import reminders  # noqa: PLC0415

    call = make_call(programme, closes_at=timezone.now() + timedelta(days=10))
    application = make_application(call)
    reminders.plan(application, now=timezone.now())
    assert set(Reminder.objects.values_list("kind", flat=True)) == {
        "draft_7_days", "draft_3_days", "draft_1_day", "draft_3_hours", "draft_1_hour",
    }  # fmt: skip
    later = call.closes_at + timedelta(days=10)
    move_deadline(call=call, closes_at=later, accepts_until=None, reason="x", by=manager)
    planned = Reminder.objects.filter(state=ReminderState.PLANNED).about(application)
    assert planned.count() == 6
    assert set(planned.values_list("version", flat=True)) == {2}
    assert planned.get(kind="draft_1_day").due_at == later - timedelta(days=1)


def test_due_reminder_is_written_once_and_only_for_a_draft(programme):
    from challenges import reminders  # noqa: PLC0415
    from challenges.actions.reminding import remind_due  # noqa: PLC0415

    call = make_call(programme, closes_at=timezone.now() + timedelta(days=10))
    draft, done = make_application(call), make_application(call)
    for application in (draft, done):
        reminders.plan(application, now=timezone.now())
    Reminder.objects.filter(kind="draft_7_days").update(due_at=timezone.now())
    done = make_submitted(done)
    assert remind_due() == 2
    assert remind_due() == 0
    letter = OutboxMessage.objects.get(notice="draft_reminded")
    assert letter.subject_id == draft.pk
    assert "9 days" in letter.subject
    assert Reminder.objects.filter(kind="draft_7_days", state=ReminderState.CANCELLED).count() == 1


def make_submitted(application):
    import pgtrigger  # noqa: PLC0415

    with pgtrigger.ignore("challenges.Application:submitted_in_time"):
        application.revision_count = 1
        application.state = ApplicationState.SUBMITTED
        application.submitted_at = timezone.now()
        application.deadline = application.call.accepts_until
        application.save()
    return application


def test_every_step_of_a_call_queues_behind_those_who_read_it_in_a_stream():
    """Three schedulers share the row without a gap; what does not queue never comes to it."""
    assert [one.name for one in call_workflow.transitions.values() if not one.in_turn] == []
