"""What a team and staff write to each other, and who reads it."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from challenges.actions.application import start_application
from challenges.actions.message import lay_aside, write_message
from challenges.choices import ApplicationState as State
from challenges.models import Application, Collaborator, Message
from challenges.panels.messages import messages_to_answer, messages_to_read
from portal.choices import Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage
from portal.workflow import StepRefused
from startups.choices import MemberRole
from startups.journey import journey_of
from tests.challenges.messages.steps import SECRET, fresh
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db

READERS = {Role.MANAGER, Role.COORDINATOR, Role.COMPLIANCE}


WRITERS = {Role.MANAGER, Role.COORDINATOR}


def record(application: Application) -> str:
    return reverse("admin:challenges_application_change", args=[application.pk])


def test_staff_write_and_the_team_answers_on_its_page(client, manager, application, owner):
    viewer = add_member(application.startup, role=MemberRole.VIEWER)
    client.force_login(manager)
    address = reverse("admin:challenges_application_message", args=[application.pk])
    page = client.post(address, {"text": "Which port?"}, follow=True).content.decode()
    assert "Which port?" in page
    letters = OutboxMessage.objects.filter(notice="message_received")
    assert {letter.to_address for letter in letters} == {owner.email, viewer.email}
    assert all("Which port?" in letter.text for letter in letters)
    assert InboxNotice.objects.filter(recipient=owner, notice="message_received").exists()
    assert [row.verb for row in messages_to_read(owner)] == ["Read"]

    client.force_login(owner)
    page = client.get(application.get_absolute_url()).content.decode()
    assert "Which port?" in page
    assert not list(messages_to_read(owner))
    assert [row.verb for row in messages_to_read(viewer)] == ["Read"]
    answer = reverse("challenges:message-create", args=[application.pk])
    page = client.post(answer, {"text": "Mombasa."}, follow=True).content.decode()
    assert "Mombasa." in page
    told = OutboxMessage.objects.filter(notice="message_received", recipient=manager)
    assert "Mombasa." in told.get().text
    assert [row.verb for row in messages_to_answer(manager)] == ["Answer"]

    client.force_login(manager)
    page = client.get(record(application)).content.decode()
    assert "Mombasa." in page
    assert "No answer needed" in page
    client.post(reverse("admin:challenges_application_message_aside", args=[application.pk]))
    assert not list(messages_to_answer(manager))
    write_message(application=fresh(application), text="One more.", by=owner)
    assert len(list(messages_to_answer(manager))) == 1
    write_message(application=fresh(application), text="Thank you.", by=manager)
    assert not list(messages_to_answer(manager))


def test_viewers_read_and_do_not_write(client, application):
    client.force_login(add_member(application.startup, role=MemberRole.VIEWER))
    page = client.get(application.get_absolute_url()).content.decode()
    assert "Messages" in page
    assert "Send the message" not in page
    answer = client.post(
        reverse("challenges:message-create", args=[application.pk]), {"text": "Hello."}
    )
    assert answer.status_code == 404
    assert not Message.objects.exists()


def test_nothing_and_too_much_are_said_beside_the_field_and_kept(
    client, application, owner, manager
):
    for who, address in (
        (owner, reverse("challenges:message-create", args=[application.pk])),
        (manager, reverse("admin:challenges_application_message", args=[application.pk])),
    ):
        client.force_login(who)
        page = client.post(address, {"text": "  "})
        assert page.status_code == 422
        assert "Write something first." in page.content.decode()
        page = client.post(address, {"text": "long " * 2_001})
        assert page.status_code == 422
        assert "long long" in page.content.decode()
    assert not Message.objects.exists()


def test_the_responsible_colleague_alone_is_told(programme, manager, application, owner):
    colleague = make_staff(programme, Role.COORDINATOR)
    write_message(application=fresh(application), text="One.", by=owner)
    told = OutboxMessage.objects.filter(notice="message_received")
    assert {letter.recipient for letter in told} == {manager, colleague}
    Application.objects.filter(pk=application.pk).update(responsible=colleague)
    write_message(application=fresh(application), text="Two.", by=owner)
    assert told.filter(recipient=colleague).count() == 2
    assert told.filter(recipient=manager).count() == 1


def test_message_is_never_edited(application, owner):
    message = write_message(application=application, text="As written.", by=owner)
    for change in (
        lambda: Message.objects.filter(pk=message.pk).update(text="Other."),
        message.delete,
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert Message.objects.get().text == "As written."


def test_a_team_does_not_flood_the_staff(application, owner, manager, monkeypatch):
    monkeypatch.setattr("challenges.actions.message.FROM_A_TEAM_A_DAY", 2)
    for _number in range(2):
        write_message(application=application, text="Hello?", by=owner)
    with pytest.raises(StepRefused, match="enough for one day"):
        write_message(application=application, text="Hello?", by=owner)
    write_message(application=fresh(application), text="We are here.", by=manager)


@pytest.mark.parametrize("role", Role)
def test_only_who_runs_the_call_reads_them_anywhere(client, programme, spoken, role):
    person = make_staff(programme, role)
    client.force_login(person)
    call = spoken.call
    paths = [
        record(spoken),
        reverse("admin:challenges_application_history", args=[spoken.pk]),
        reverse("admin:challenges_application_as_applicant", args=[spoken.pk]),
        reverse("admin:challenges_application_changelist") + "?q=Zanzibar",
        reverse("admin:challenges_application_export", args=[call.pk, "csv"]),
        reverse("admin:challenges_application_ranking", args=[call.pk]),
        reverse("admin:startups_startup_change", args=[spoken.startup.pk]),
        reverse("admin:portal_outboxmessage_changelist") + "?q=Zanzibar",
        reverse("admin:portal_auditentry_changelist"),
        reverse("admin:index"),
        reverse("home"),
        spoken.get_absolute_url(),
        spoken.startup.get_absolute_url(),
    ]
    for path in paths:
        response = client.get(path)
        body = response.getvalue() if response.streaming else response.content
        # What one typed into a search stands in its own field again.
        text = body.decode().replace("Zanzibar&quot;", "").replace('value="Zanzibar"', "")
        shown = SECRET in text
        assert not shown or role in READERS, (role, path)
    page = client.get(record(spoken)).content.decode()
    assert (SECRET in page) == (role in READERS)
    assert ("Send to the team" in page) == (role in WRITERS)
    assert Message.objects.visible_to(person).exists() == (role in READERS)
    assert not InboxNotice.objects.filter(recipient=person, body__contains=SECRET).exists()
    letters = OutboxMessage.objects.visible_to(person).filter(text__contains=SECRET)
    assert letters.exists() == (role in READERS)


def test_a_juror_reads_none_at_the_desk(client, programme, spoken, manager):
    from challenges.choices import AssignmentState  # noqa: PLC0415
    from challenges.models import Review, ReviewAssignment  # noqa: PLC0415

    juror = make_staff(programme, Role.REVIEWER)
    assignment = ReviewAssignment.objects.create(
        application=spoken, reviewer=juror, assigned_by=manager, state=AssignmentState.READING
    )
    Review.objects.create(assignment=assignment)
    client.force_login(juror)
    page = client.get(
        reverse("admin:challenges_reviewassignment_review", args=[assignment.pk])
    ).content.decode()
    assert spoken.reference in page
    assert SECRET not in page


def test_other_teams_and_other_programmes_read_none(client, spoken):
    other = make_application(spoken.call, state=State.SUBMITTED)
    people = [other.startup.owners()[0], make_staff(), make_user()]
    for person in people:
        client.force_login(person)
        for path in (spoken.get_absolute_url(), record(spoken)):
            assert client.get(path).status_code in {302, 403, 404}
        answer = reverse("challenges:message-create", args=[spoken.pk])
        assert client.post(answer, {"text": "x"}).status_code == 404
        assert not Message.objects.visible_to(person).exists()


def test_staff_who_belong_to_the_team_write_as_the_team(client, programme, application, manager):
    insider = make_staff(programme, Role.MANAGER)
    add_member(application.startup, insider)
    client.force_login(insider)
    address = reverse("admin:challenges_application_message", args=[application.pk])
    assert client.post(address, {"text": "x"}).status_code == 404
    message = write_message(application=fresh(application), text="x", by=insider)
    assert not message.from_staff
    told = OutboxMessage.objects.filter(notice="message_received")
    assert {letter.recipient for letter in told} == {manager}
    with pytest.raises(StepRefused):
        lay_aside(application=fresh(application), by=insider)


def test_trail_says_that_and_never_what(spoken, owner):
    entries = AuditEntry.objects.filter(subject_type="challenges.message")
    assert entries.count() == 2
    assert SECRET not in str(list(entries.values()))
    assert "A message was written" in {row["text"] for row in journey_of(spoken.startup, owner)}


def test_helper_of_one_application_speaks_there_alone(spoken, owner):
    helper = make_user()
    Collaborator.objects.create(
        application=spoken,
        email=helper.email,
        token_hash="9" * 64,
        invited_by=owner,
        expires_at=spoken.call.closes_at,
        user=helper,
    )
    other = start_application(call=make_call(), startup=spoken.startup, by=owner)
    assert write_message(application=fresh(spoken), text="x", by=helper)
    with pytest.raises(StepRefused):
        write_message(application=fresh(other), text="x", by=helper)


def test_cost_of_the_record_does_not_grow_with_messages(client, application, manager, owner):
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client.force_login(manager)
    counts = []
    for number in (1, 2):
        for _time in range(number):
            write_message(application=fresh(application), text="x", by=owner)
        client.get(record(application))
        with CaptureQueriesContext(connection) as queries:
            client.get(record(application))
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("state", [State.SELECTED, State.RESERVE, State.SUBMITTED])
def test_staff_are_told_when_a_place_is_given_back(programme, manager, state):
    from challenges.workflow.application import application_workflow  # noqa: PLC0415

    application = make_application(make_call(programme), state=state)
    owner = application.startup.owners()[0]
    application_workflow.perform(application, "withdraw", actor=owner, reason="Funded elsewhere.")
    told = OutboxMessage.objects.filter(notice="place_returned")
    if state == State.SUBMITTED:
        assert not told.exists()
    else:
        assert told.get().recipient == manager
        assert "Funded elsewhere." in told.get().text
