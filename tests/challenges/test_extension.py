"""More time: holds at once, needs a second person, ends, and leaves a mark."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection

from challenges.actions.application import start_application, submit_application
from challenges.actions.extension import (
    ask_more_time,
    complete_not_submitted,
    facts_of,
    grant_extension,
    lapse_due,
    refuse_more_time,
)
from challenges.choices import (
    ApplicationState,
    CallState,
    ExtensionState,
    Lateness,
    RequestState,
)
from challenges.models import (
    Application,
    Call,
    Extension,
    MoreTimeRequest,
    RefusedAttempt,
    lateness_of,
    unconfirmed,
)
from challenges.models.deadline import deadline_entry
from challenges.panels.calendar import deadlines
from challenges.workflow.application import why_shut
from challenges.workflow.extension import extension_workflow
from portal import clock
from portal.choices import ReminderState, Role
from portal.models import AuditEntry, OutboxMessage, Reminder
from portal.workflow import StepRefused
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.deadlines import HOUR, give_time, make_late_draft
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db


def submit(application, by=None):
    import uuid  # noqa: PLC0415 -- one line of one helper

    return submit_application(
        application=Application.objects.get(pk=application.pk),
        key=uuid.uuid4(),
        terms_version=application.call.terms_version,
        by=by or application.started_by,
    )


def outwait(extension):
    """The day to confirm it is over."""
    Extension.objects.filter(pk=extension.pk).update(
        confirm_by=clock.database_now() - timedelta(seconds=1)
    )


def letters(name):
    return OutboxMessage.objects.filter(notice=name)


# -- granting -------------------------------------------------------------------------------------


def test_extension_holds_at_once_and_for_the_whole_team():
    draft = make_late_draft()
    colleague = add_member(draft.startup, role=MemberRole.EDITOR)
    with pytest.raises(StepRefused, match="The deadline passed"):
        submit(draft)
    extension = give_time(draft)
    draft.refresh_from_db()
    assert (extension.state, draft.extended_until) == (ExtensionState.GRANTED, extension.until)
    assert draft.extension_version == 1
    assert why_shut(draft, clock.database_now()) is None
    submit(draft, by=colleague)
    draft.refresh_from_db()
    assert draft.state == ApplicationState.SUBMITTED
    assert draft.deadline == extension.until


def test_extension_reaches_only_whom_it_names():
    draft = make_late_draft()
    other = make_late_draft(draft.call)
    give_time(draft)
    other.refresh_from_db()
    assert (other.extended_until, other.extension_version) == (None, 0)
    with pytest.raises(StepRefused, match="The deadline passed"):
        submit(other)


def test_all_of_a_country_get_it_and_who_begins_there_while_it_holds():
    call = make_call()
    kenyan = make_application(call, make_startup(country="KE"))
    swede = make_application(call, make_startup(country="SE"))
    withdrawn = make_application(call, make_startup(country="KE"), state=ApplicationState.WITHDRAWN)
    manager = make_staff(call.programme, Role.MANAGER)
    until = call.closes_at + timedelta(days=1)
    extension = grant_extension(
        call=call, country="KE", until=until, reason="Power cuts.", by=manager
    )
    assert list(extension.applications.all()) == [kenyan]
    late = make_startup(country="KE")
    begun = start_application(call=call, startup=late, by=late.owners()[0])
    assert begun.extended_until == until
    elsewhere = make_startup(country="SE")
    assert (
        start_application(call=call, startup=elsewhere, by=elsewhere.owners()[0]).extended_until
        is None
    )
    for untouched in (swede, withdrawn):
        untouched.refresh_from_db()
        assert untouched.extended_until is None


def test_longest_of_several_counts_and_what_remains_when_one_ends():
    draft = make_late_draft()
    now = clock.database_now()
    short = give_time(draft, until=now + HOUR)
    long = give_time(draft, until=now + 5 * HOUR)
    give_time(draft, until=now + 2 * HOUR)
    draft.refresh_from_db()
    assert (draft.extended_until, draft.extension_version) == (long.until, 2)
    outwait(long)
    assert lapse_due() == 1
    draft.refresh_from_db()
    assert (draft.extended_until, draft.extension_version) == (now + 2 * HOUR, 3)
    assert short.state == ExtensionState.GRANTED


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"reason": "  "}, "Say why"),
        ({"until": -HOUR}, "passed already"),
        ({"applications": []}, "no draft or submission"),
    ],
)
def test_extension_that_makes_no_sense_is_refused(changes, sentence):
    draft = make_late_draft()
    now = clock.database_now()
    data = {
        "call": draft.call,
        "applications": [draft.pk],
        "until": now + HOUR,
        "reason": "Why.",
        "by": make_staff(draft.call.programme, Role.MANAGER),
    } | changes
    if isinstance(data["until"], timedelta):
        data["until"] += now
    with pytest.raises(StepRefused, match=sentence):
        grant_extension(**data)
    assert not Extension.objects.exists()


def test_extension_no_later_than_the_deadline_is_refused():
    call = make_call()
    draft = make_application(call)
    with pytest.raises(StepRefused, match="no later than the deadline"):
        give_time(draft, until=call.accepts_until)


def test_nobody_gets_time_once_results_are_sent_or_the_call_is_over():
    draft = make_late_draft()
    make_application(draft.call, state=ApplicationState.NOT_SELECTED)
    with pytest.raises(StepRefused, match="Results have been sent"):
        give_time(draft)
    other = make_late_draft()
    Call.objects.filter(pk=other.call_id).update(state=CallState.CANCELLED)
    with pytest.raises(StepRefused, match="only while the call is published"):
        give_time(other)


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.CHAIR, Role.COMPLIANCE, Role.PARTNER])
def test_only_managers_and_approvers_grant(role):
    draft = make_late_draft()
    with pytest.raises(StepRefused) as refused:
        give_time(draft, by=make_staff(draft.call.programme, role))
    assert refused.value.permission
    give_time(draft, by=make_staff(draft.call.programme, Role.APPROVER))


def test_nobody_decides_about_a_team_of_their_own():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    add_member(draft.startup, manager, role=MemberRole.VIEWER)
    with pytest.raises(StepRefused, match="You belong to one of these teams"):
        give_time(draft, by=manager)
    extension = give_time(draft)
    with pytest.raises(StepRefused, match="You belong to one of these teams"):
        extension_workflow.perform(extension, "confirm", actor=manager)
    asked = ask_more_time(application=draft, reason="Again.", by=draft.started_by)
    with pytest.raises(StepRefused, match="You belong to this team"):
        refuse_more_time(asked=asked, answer="No.", by=manager)


# -- the second person ----------------------------------------------------------------------------


def test_second_person_confirms_and_it_stays():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    extension = give_time(draft, by=manager)
    with pytest.raises(StepRefused, match="Somebody else has to confirm"):
        extension_workflow.perform(extension, "confirm", actor=manager)
    approver = make_staff(draft.call.programme, Role.APPROVER)
    extension_workflow.perform(extension, "confirm", actor=approver)
    extension.refresh_from_db()
    assert (extension.state, extension.confirmed_by) == (ExtensionState.CONFIRMED, approver)
    outwait(extension)
    assert lapse_due() == 0
    draft.refresh_from_db()
    assert draft.extended_until == extension.until


def test_what_nobody_confirmed_ends_and_all_are_told():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    approver = make_staff(draft.call.programme, Role.APPROVER)
    extension = give_time(draft, by=manager)
    assert {one.recipient for one in letters("confirmation_requested")} == {approver}
    assert lapse_due() == 0
    outwait(extension)
    with pytest.raises(StepRefused, match="not confirmed in time"):
        extension_workflow.perform(extension, "confirm", actor=approver)
    assert lapse_due() == 1
    assert lapse_due() == 0
    draft.refresh_from_db()
    extension.refresh_from_db()
    assert (extension.state, draft.extended_until) == (ExtensionState.ENDED, None)
    assert {one.recipient for one in letters("extension_not_confirmed")} == {manager, approver}
    assert {one.recipient for one in letters("extension_ended")} == {draft.started_by}
    with pytest.raises(StepRefused, match="The deadline passed"):
        submit(draft)


def test_what_was_submitted_under_it_stands_and_is_marked():
    draft, confirmed, in_time = (make_late_draft() for _one in range(3))
    extension, other = give_time(draft), give_time(confirmed)
    submit(draft)
    submit(confirmed)
    second = make_staff(confirmed.call.programme, Role.APPROVER)
    extension_workflow.perform(other, "confirm", actor=second)
    draft.refresh_from_db()
    assert lateness_of(draft) == Lateness.EXTENDED
    outwait(extension)
    lapse_due()
    draft.refresh_from_db()
    confirmed.refresh_from_db()
    assert draft.state == ApplicationState.SUBMITTED
    assert not letters("extension_ended").exists(), "who has submitted loses nothing"
    assert lateness_of(draft) == Lateness.UNCONFIRMED
    assert lateness_of(confirmed) == Lateness.EXTENDED
    assert lateness_of(in_time) is None
    assert list(Application.objects.filter(unconfirmed())) == [draft]
    # A deadline that moves for everybody takes the mark away.
    Call.objects.filter(pk=draft.call_id).update(
        closes_at=clock.database_now() + HOUR, accepts_until=clock.database_now() + HOUR
    )
    draft = Application.objects.get(pk=draft.pk)
    assert lateness_of(draft) is None
    assert not Application.objects.filter(unconfirmed()).exists()


def test_one_person_ends_what_they_granted_with_a_reason():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    extension = give_time(draft, by=manager)
    with pytest.raises(StepRefused, match="a reason is needed"):
        extension_workflow.perform(extension, "end", actor=manager)
    extension_workflow.perform(extension, "end", actor=manager, reason="The wrong team.")
    draft.refresh_from_db()
    assert draft.extended_until is None
    assert [entry.verb for entry in AuditEntry.objects.about(draft).order_by("id")] == [
        "extend",
        "end-extension",
    ]


def test_grace_accepts_and_marks():
    now = clock.database_now()
    call = make_call(closes_at=now - HOUR, accepts_until=now + HOUR)
    draft = make_late_draft(call)
    submit(draft)
    draft.refresh_from_db()
    assert lateness_of(draft) == Lateness.GRACE
    late = make_late_draft(call)
    Call.objects.filter(pk=call.pk).update(accepts_until=now)
    with pytest.raises(StepRefused) as refused:
        submit(late)
    published = clock.in_words(call.closes_at, call.time_zone)
    assert published in str(refused.value), "the grace is for staff to know"


# -- reminders and calendars ----------------------------------------------------------------------


def test_reminders_follow_the_teams_own_deadline():
    call = make_call(closes_at=clock.database_now() + timedelta(days=2))
    startup = make_startup()
    draft = start_application(call=call, startup=startup, by=startup.owners()[0])
    others = make_application(call)
    before = Reminder.objects.about(draft).filter(state=ReminderState.PLANNED)
    assert {row.version for row in before} == {draft.deadline_mark}
    extension = give_time(draft, until=call.closes_at + timedelta(days=9))
    draft = Application.objects.get(pk=draft.pk)
    planned = Reminder.objects.about(draft).filter(state=ReminderState.PLANNED)
    assert {row.version for row in planned} == {draft.deadline_mark}
    assert max(row.due_at for row in planned) > call.closes_at
    assert all(row.due_at < extension.until for row in planned)
    assert not Reminder.objects.about(others).exists()


def test_calendar_entry_moves_there_and_back_with_rising_numbers():
    draft = make_late_draft()
    first = deadline_entry(draft)
    extension = give_time(draft)
    draft = Application.objects.get(pk=draft.pk)
    second = deadline_entry(draft)
    assert (second.uid, second.starts_at) == (first.uid, extension.until)
    letter = letters("extension_granted").get()
    assert f"SEQUENCE:{second.sequence}" in letter.calendar
    outwait(extension)
    lapse_due()
    (third,) = deadlines(draft.started_by)
    assert third.starts_at == draft.call.closes_at
    assert first.sequence < second.sequence < third.sequence
    assert f"SEQUENCE:{third.sequence}" in letters("extension_ended").get().calendar


# -- asking ---------------------------------------------------------------------------------------


def test_asking_writes_down_the_facts_and_tells_who_decides():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    make_staff(draft.call.programme, Role.COORDINATOR)
    at = clock.database_now()
    RefusedAttempt.objects.create(
        application=draft, person=draft.started_by, kind="submit", instants=[at], last_at=at
    )
    asked = ask_more_time(application=draft, reason="Power cut.", by=draft.started_by)
    assert asked.facts["completeness"] == 100
    assert asked.facts["attempts"][0]["count"] == 1
    assert asked.facts["missing"] == 0
    assert "Power cut" not in str(asked.facts)
    assert {one.recipient for one in letters("more_time_asked")} == {manager}
    with pytest.raises(StepRefused, match="has asked already"):
        ask_more_time(application=draft, reason="Again.", by=draft.started_by)
    assert MoreTimeRequest.objects.count() == 1


def test_asking_is_for_writers_near_the_deadline_and_after_it():
    early = make_application(make_call(closes_at=clock.database_now() + timedelta(days=5)))
    with pytest.raises(StepRefused, match="You can ask for more time from"):
        ask_more_time(application=early, reason="Why.", by=early.started_by)
    soon = make_application(make_call(closes_at=clock.database_now() + timedelta(hours=20)))
    assert ask_more_time(application=soon, reason="Why.", by=soon.started_by)
    viewer = add_member(soon.startup, role=MemberRole.VIEWER)
    for somebody in (viewer, make_user()):
        with pytest.raises(StepRefused) as refused:
            ask_more_time(application=soon, reason="Why.", by=somebody)
        assert refused.value.permission


def test_one_extension_answers_all_who_asked():
    one = make_late_draft()
    two = make_late_draft(one.call)
    asked = [
        ask_more_time(application=draft, reason="Why.", by=draft.started_by) for draft in (one, two)
    ]
    extension = give_time(one, two, answer="We heard of the power cut.")
    for request in asked:
        request.refresh_from_db()
        assert (request.state, request.extension) == (RequestState.GRANTED, extension)
    assert letters("extension_granted").count() == 2
    assert all("power cut" in letter.text for letter in letters("extension_granted"))


def test_refusal_needs_words_and_the_team_reads_them():
    draft = make_late_draft()
    manager = make_staff(draft.call.programme, Role.MANAGER)
    asked = ask_more_time(application=draft, reason="Why.", by=draft.started_by)
    with pytest.raises(StepRefused, match="Write the team why"):
        refuse_more_time(asked=asked, answer=" ", by=manager)
    refuse_more_time(asked=asked, answer="The jury has begun.", by=manager)
    asked.refresh_from_db()
    assert asked.state == RequestState.REFUSED
    assert "The jury has begun." in letters("more_time_refused").get().text
    assert ask_more_time(application=draft, reason="Please.", by=draft.started_by)


def test_complete_drafts_are_found_the_latest_activity_first():
    old = make_late_draft(edited_at=clock.database_now() - 3 * HOUR)
    new = make_late_draft(old.call, edited_at=clock.database_now() - HOUR)
    make_application(old.call, completeness=90)
    make_application(old.call, state=ApplicationState.SUBMITTED)
    assert list(complete_not_submitted(old.call)) == [new, old]


def test_facts_hold_no_names_and_no_answers():
    draft = make_late_draft()
    text = str(facts_of(draft, clock.database_now()))
    assert draft.startup.legal_name not in text
    assert draft.started_by.email not in text


# -- the database's own walls ---------------------------------------------------------------------


def test_database_refuses_one_person_as_both():
    draft = make_late_draft()
    extension = give_time(draft)
    with pytest.raises(Exception, match="extension_has_two_people"), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE challenges_extension SET confirmed_by_id = granted_by_id WHERE id = %s",
            [str(extension.pk)],
        )
