"""Coaching: assign, describe oneself, plan, remind, log in one small form, confirm."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from portal.choices import PolicyKind, ReminderState, Role
from portal.models import (
    AuditEntry,
    OutboxMessage,
    PolicyText,
    ProgrammeStaff,
    Reminder,
)
from portal.workflow import StepRefused
from startups.actions import coaching, mentoring as verbs
from startups.choices import MemberRole, MentoringState, SessionState, Side
from startups.forms.promises import promises_in
from startups.models import ActionItem, CoachingSession, Mentor, Mentoring, PrivateNote
from startups.workflow.coaching import session_workflow
from startups.workflow.mentoring import mentoring_workflow
from tests.factories.cohorts import (
    make_cohort,
    make_mentor,
    make_mentoring,
    make_place,
    make_session,
)
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db

SOON = timezone.localdate() + timedelta(days=60)


@pytest.fixture
def coached() -> Mentoring:
    """A startup coached by a mentor whose clock is Nairobi's."""
    cohort = make_cohort()
    group = cohort.groups.create(name="East", time_zone="Asia/Tokyo")
    place = make_place(cohort, group=group)
    person = make_staff(place.cohort.programme, Role.MENTOR, time_zone="Africa/Nairobi")
    return make_mentoring(place, make_mentor(place.cohort.programme, person))


def owner_of(mentoring: Mentoring) -> Any:
    return mentoring.place.startup.owners()[-1]


def letters(notice: str) -> list[str]:
    rows = OutboxMessage.objects.filter(notice=notice).order_by("to_address")
    return list(rows.values_list("to_address", flat=True))


def over(mentoring: Mentoring, **fields: Any) -> CoachingSession:
    """A session that ended an hour ago."""
    return make_session(mentoring, starts_at=timezone.now() - timedelta(hours=2), **fields)


def typed(session: CoachingSession | None = None, **fields: str) -> dict[str, str]:
    day = timezone.localdate().isoformat()
    if session is not None:
        day = session.starts_at.astimezone(session.mentor.user.zone).date().isoformat()
    return {
        "key": str(uuid4()),
        "discussed": "Prices for hospitals.",
        "advice": "Ask for a deposit.",
        "shared_note": "Good talk.",
        "private_note": "They are tired.",
        "promises": f"- Call five hospitals by {SOON}\nme: send the template",
        "minutes_contact": "50",
        "day": day,
    } | fields


# -- who coaches whom -------------------------------------------------------------------------


def test_assigning_tells_both_sides_and_opens_the_file(client: Any) -> None:
    place = make_place()
    manager = make_staff(place.cohort.programme, Role.MANAGER)
    mentor = make_mentor(place.cohort.programme)
    client.force_login(mentor.user)
    address = reverse("startups:coaching-file", args=[place.pk])
    assert client.get(address).status_code == 404
    mentoring = verbs.assign_mentor(mentor=mentor, place=place, by=manager)
    assert client.get(address).status_code == 200
    assert letters("mentor_assigned") == [mentor.user.email]
    assert letters("mentor_introduced") == [one.email for one in place.startup.everybody()]
    session = make_session(mentoring)
    mentoring_workflow.perform(mentoring, "end", actor=manager, reason="Moved away.")
    assert client.get(address).status_code == 404
    session.refresh_from_db()
    assert session.state == SessionState.CANCELLED
    assert len(letters("mentoring_ended")) == 1 + len(place.startup.everybody())


def test_access_ends_with_the_role(client: Any, coached: Mentoring) -> None:
    session = make_session(coached)
    client.force_login(coached.mentor.user)
    pages = [
        reverse("startups:coaching-file", args=[coached.place_id]),
        session.get_absolute_url(),
    ]
    assert {client.get(page).status_code for page in pages} == {200}
    ProgrammeStaff.objects.filter(user=coached.mentor.user).update(ended_at=timezone.now())
    assert {client.get(page).status_code for page in pages} == {404}


def test_nobody_is_assigned_to_their_own_beyond_capacity_or_without_the_role() -> None:
    place = make_place()
    programme = place.cohort.programme
    manager = make_staff(programme, Role.MANAGER)
    mentor = make_mentor(programme, capacity=1)
    make_mentoring(make_place(place.cohort), mentor)
    with pytest.raises(verbs.AboveCapacity, match="wanted at most 1"):
        verbs.assign_mentor(mentor=mentor, place=place, by=manager)
    verbs.assign_mentor(mentor=mentor, place=place, by=manager, above_capacity=True)
    own = make_mentor(programme)
    add_member(place.startup, own.user, MemberRole.VIEWER)
    with pytest.raises(StepRefused, match="Nobody coaches their own"):
        verbs.assign_mentor(mentor=own, place=place, by=manager)
    former = make_mentor(programme)
    ProgrammeStaff.objects.filter(user=former.user).update(ended_at=timezone.now())
    with pytest.raises(StepRefused, match="does not hold the role"):
        verbs.assign_mentor(mentor=former, place=place, by=manager)
    with pytest.raises(StepRefused) as refused:
        verbs.assign_mentor(mentor=make_mentor(programme), place=place, by=mentor.user)
    assert refused.value.permission


def test_staff_assign_in_the_admin_and_read_why_not(client: Any) -> None:
    place = make_place()
    mentor = make_mentor(place.cohort.programme, capacity=1)
    make_mentoring(make_place(place.cohort), mentor)
    client.force_login(make_staff(place.cohort.programme, Role.MANAGER))
    address = reverse("admin:startups_mentoring_add")
    data = {"place": str(place.pk), "mentor": str(mentor.pk)}
    assert "wanted at most 1" in client.post(address, data).content.decode()
    answer = client.post(address, {**data, "above_capacity": "on"})
    assert answer.status_code == 302
    assert place.mentorings.get().mentor == mentor
    listed = client.get(reverse("admin:startups_mentor_changelist")).content.decode()
    assert "2 / 1, more than wanted" in listed


def test_mentor_describes_themselves_and_agrees_to_each_new_conduct(client: Any) -> None:
    # Not what a migration put in: a test with real commits before this one took it away.
    PolicyText.objects.filter(kind=PolicyKind.MENTORS).delete()
    PolicyText.objects.create(
        kind=PolicyKind.MENTORS,
        version="1",
        text="Be kind.",
        in_force_from=timezone.localdate() - timedelta(days=1),
    )
    programme = make_place().cohort.programme
    user = make_staff(programme, Role.MENTOR)
    client.force_login(user)
    address = reverse("startups:mentor-profile", args=[programme.slug])
    assert address in client.get("/").content.decode()
    data = {"expertise": "Pricing", "capacity": "2", "languages": ["en", "ja"]}
    assert client.post(address, {**data, "version": "1"}).status_code == 200
    agreed = {**data, "version": "1", "conduct": "on"}
    assert client.post(address, agreed).status_code == 302
    assert address not in client.get("/").content.decode()
    today = timezone.localdate()
    PolicyText.objects.create(
        kind=PolicyKind.MENTORS, version="2", text="Keep **quiet**.", in_force_from=today
    )
    assert address in client.get("/").content.decode()
    assert "<strong>quiet</strong>" in client.get(address).content.decode()
    assert client.post(address, {**data, "version": "2"}).status_code == 200
    assert client.post(address, {**data, "version": "2", "conduct": "on"}).status_code == 302
    assert Mentor.objects.get(user=user).conduct_version == "2"
    assert address not in client.get("/").content.decode()


# -- planning ---------------------------------------------------------------------------------


def test_planned_on_ones_own_clock_once_with_reminders_for_both(
    client: Any, coached: Mentoring
) -> None:
    client.force_login(coached.mentor.user)
    address = reverse("startups:session-plan", args=[coached.place_id])
    page = client.get(address).content.decode()
    assert "Nairobi" in page
    assert "Tokyo" in page
    assert coached.mentor.call_link in page
    day = timezone.localdate() + timedelta(days=5)
    data = {
        "mentor": str(coached.mentor_id),
        "starts_at": f"{day}T10:00",
        "minutes": "45",
        "call_link": coached.mentor.call_link,
    }
    assert client.post(address, data).status_code == 302
    assert client.post(address, data).status_code == 302
    session = CoachingSession.objects.get()
    assert session.starts_at == datetime.fromisoformat(f"{day}T10:00+03:00")
    assert session.planned_minutes == 45
    people = sorted(person.email for person in session.people())
    assert letters("session_planned") == people
    kinds = Reminder.objects.about(session).values_list("kind", flat=True)
    assert sorted(kinds) == sorted(
        ["session_1_day", "session_1_hour"] * len(people) + ["log_1_day", "log_3_days"]
    )
    shown = client.get(session.get_absolute_url()).content.decode()
    assert "10:00 EAT" in shown
    assert "16:00 JST" in shown


def test_moving_tells_both_with_a_newer_entry_and_drops_the_old_reminders(
    coached: Mentoring,
) -> None:
    session = coaching.plan_session(
        place=coached.place,
        mentor=coached.mentor,
        starts_at=timezone.now() + timedelta(days=3),
        minutes=60,
        by=coached.mentor.user,
    )
    later = session.starts_at + timedelta(days=1)
    plan = {"starts_at": later, "ends_at": later + timedelta(hours=1), "call_link": ""}
    assert coaching.change_plan(session=session, plan=plan, by=coached.mentor.user)
    session.refresh_from_db()
    assert session.calendar_entry().sequence == 2
    assert letters("session_moved") == sorted(person.email for person in session.people())
    planned = Reminder.objects.about(session).filter(state=ReminderState.PLANNED)
    assert set(planned.values_list("version", flat=True)) == {2}
    words = {**plan, "agenda": "Bring figures."}
    assert not coaching.change_plan(session=session, plan=words, by=coached.mentor.user)
    session.refresh_from_db()
    assert (session.plan_version, session.agenda) == (2, "Bring figures.")
    session_workflow.perform(session, "cancel", actor=owner_of(coached), reason="Ill.")
    session.refresh_from_db()
    assert session.calendar_entry().cancelled
    assert session.calendar_entry().sequence == 3
    assert not Reminder.objects.about(session).filter(state=ReminderState.PLANNED).exists()


def due(session: CoachingSession, **ago: timedelta) -> None:
    """Let reminders of these kinds be due now."""
    for kind, since in ago.items():
        Reminder.objects.about(session).filter(kind=kind).update(due_at=timezone.now() - since)


def test_reminders_are_written_once_and_none_for_what_is_outdated(coached: Mentoring) -> None:
    session = coaching.plan_session(
        place=coached.place,
        mentor=coached.mentor,
        starts_at=timezone.now() + timedelta(hours=26),
        minutes=60,
        by=coached.mentor.user,
    )
    due(session, session_1_day=timedelta(minutes=1))
    coaching.session_reminding.write_due()
    coaching.session_reminding.write_due()
    assert letters("session_reminded") == sorted(one.email for one in session.people())
    # Over, and not logged: the mentor alone, each reminder once.
    begun = timezone.now() - timedelta(hours=30)
    CoachingSession.objects.filter(pk=session.pk).update(
        starts_at=begun, ends_at=begun + timedelta(hours=1)
    )
    due(session, log_1_day=timedelta(minutes=1), session_1_hour=timedelta(minutes=1))
    coaching.session_reminding.write_due()
    assert letters("log_reminded") == [coached.mentor.user.email]
    assert len(letters("session_reminded")) == len(session.people())
    session.refresh_from_db()
    session_workflow.perform(session, "miss", actor=coached.mentor.user)
    due(session, log_3_days=timedelta(minutes=1))
    coaching.session_reminding.write_due()
    assert len(letters("log_reminded")) == 1
    assert letters("session_missed")


# -- the log ----------------------------------------------------------------------------------


def test_log_from_the_plan_is_kept_once_and_the_startup_confirms(
    client: Any, coached: Mentoring
) -> None:
    session = over(coached)
    mentor, owner = coached.mentor.user, owner_of(coached)
    client.force_login(mentor)
    address = reverse("startups:session-log", args=[session.pk])
    assert address in client.get("/").content.decode()
    data = typed(session, next_at=f"{timezone.localdate() + timedelta(days=9)}T09:30")
    for _tap in range(2):
        answer = client.post(address, data, follow=True)
        assert "2 action items were kept, 1 with a date" in answer.content.decode()
    session.refresh_from_db()
    assert (session.state, session.minutes_contact) == (SessionState.LOGGED, 50)
    assert session.next_session is not None
    items = list(ActionItem.objects.order_by("side"))
    assert [(item.what, item.side, item.due_on) for item in items] == [
        ("send the template", Side.MENTOR, None),
        ("Call five hospitals", Side.STARTUP, SOON),
    ]
    assert PrivateNote.objects.get().text == "They are tired."
    assert letters("session_logged") == sorted(one.email for one in session.people()[1:])
    assert AuditEntry.objects.filter(verb="log").count() == 1
    assert address not in client.get("/").content.decode()

    client.force_login(owner)
    assert session.get_absolute_url() in client.get("/").content.decode()
    page = client.get(session.get_absolute_url()).content.decode()
    assert "Ask for a deposit." in page
    assert "They are tired." not in page
    confirm = reverse("startups:session-step", args=[session.pk, "confirm"])
    seen = str(session.logged_at and session.logged_at.isoformat())
    # The mentor changes a word after the startup opened the page.
    client.force_login(mentor)
    assert (
        client.post(address, typed(session, advice="No deposit.", promises="")).status_code == 302
    )
    client.force_login(owner)
    client.post(confirm, {"seen": seen})
    session.refresh_from_db()
    assert (session.state, session.advice) == (SessionState.LOGGED, "No deposit.")
    seen = str(session.logged_at and session.logged_at.isoformat())
    client.post(confirm, {"seen": seen})
    session.refresh_from_db()
    assert (session.state, session.confirmed_by) == (SessionState.CONFIRMED, owner)
    client.force_login(mentor)
    assert client.post(address, typed(session)).url == session.get_absolute_url()
    session.refresh_from_db()
    assert session.advice == "No deposit."


def test_log_without_a_plan_counts_two_taps_once_and_keeps_what_was_typed(
    client: Any, coached: Mentoring
) -> None:
    client.force_login(coached.mentor.user)
    address = f"{reverse('startups:session-create')}?place={coached.place_id}"
    wrong = client.post(address, typed(promises="Call them by 2026-02-30"))
    assert wrong.status_code == 422
    page = wrong.content.decode()
    assert "does not exist" in page
    assert "They are tired." in page
    data = typed()
    assert client.post(address, data).url == client.post(address, data).url
    session = CoachingSession.objects.get()
    assert session.state == SessionState.LOGGED
    assert session.ends_at - session.starts_at == timedelta(minutes=50)
    ahead = typed(day=(timezone.localdate() + timedelta(days=3)).isoformat())
    assert "still to come" in client.post(address, ahead).content.decode()
    client.force_login(make_staff(coached.mentor.programme, Role.MENTOR))
    assert client.get(address).status_code == 404


def test_session_still_to_come_is_not_logged(client: Any, coached: Mentoring) -> None:
    session = make_session(coached)
    client.force_login(coached.mentor.user)
    today = timezone.localdate(timezone=coached.mentor.user.zone).isoformat()
    answer = client.post(reverse("startups:session-log", args=[session.pk]), typed(session))
    assert "still to come" in answer.content.decode()
    # Held earlier than planned: the day that is typed counts.
    data = typed(session, day=today)
    assert client.post(reverse("startups:session-log", args=[session.pk]), data).status_code == 302


@pytest.mark.parametrize(
    ("line", "what", "side", "day"),
    [
        ("Call them by 2026-12-01", "Call them", Side.STARTUP, date(2026, 12, 1)),
        ("• Send price list, due 1 Dec", "Send price list", Side.STARTUP, date(2026, 12, 1)),
        ("me: introduce Kobe (by Jan 15th)", "introduce Kobe", Side.MENTOR, date(2027, 1, 15)),
        ("Me : write 15 January 2027.", "write", Side.MENTOR, date(2027, 1, 15)),
        ("1. Read ISO 9001", "Read ISO 9001", Side.STARTUP, None),
        ("Meet at 10", "Meet at 10", Side.STARTUP, None),
    ],
)
def test_line_is_understood(line: str, what: str, side: Side, day: date | None) -> None:
    found = list(promises_in(line, date(2026, 11, 21)))
    assert [(one.what, one.side, one.due_on) for one in found] == [(what, side, day)]


@pytest.mark.parametrize("line", ["x by 2026-11-31", "x by 2026-11-01", "x by 2062-01-01"])
def test_day_that_cannot_be_is_sent_back(line: str) -> None:
    with pytest.raises(ValidationError):
        list(promises_in(line, date(2026, 11, 21)))


# -- pages ------------------------------------------------------------------------------------


def test_home_and_file_ask_as_much_for_three_as_for_one(client: Any, coached: Mentoring) -> None:
    client.force_login(coached.mentor.user)
    pages = ["/", reverse("startups:coaching-file", args=[coached.place_id])]

    def counted() -> list[int]:
        found = []
        for page in pages:
            client.get(page)
            with CaptureQueriesContext(connection) as asked:
                client.get(page)
            found.append(len(asked))
        return found

    over(coached, state=SessionState.LOGGED)
    make_session(coached)
    over(coached)
    one = counted()
    for _number in range(2):
        other = make_mentoring(make_place(coached.place.cohort), coached.mentor)
        for mentoring in (coached, other):
            over(mentoring, state=SessionState.LOGGED)
            make_session(mentoring)
            over(mentoring)
    assert counted() == one


def test_listed_is_permitted(coached: Mentoring) -> None:
    programme = coached.mentor.programme
    make_session(make_mentoring())
    make_session(coached)
    people = [
        coached.mentor.user,
        owner_of(coached),
        make_user(),
        make_user(is_superuser=True),
        *(make_staff(programme, role) for role in Role),
    ]
    for model in (Mentor, Mentoring, CoachingSession):
        verb = f"startups.view_{model._meta.model_name}"
        for person in people:
            listed = set(model.objects.visible_to(person).values_list("pk", flat=True))
            permitted = {
                row.pk for row in model.objects.order_by("pk") if person.has_perm(verb, row)
            }
            assert listed == permitted, (model.__name__, person.roles)
    assert coached.state == MentoringState.ACTIVE
