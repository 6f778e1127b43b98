"""Private messages between staff and a team: who writes, who reads, who never does, and by mail."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from challenges import replies
from challenges.actions.application import start_application
from challenges.actions.message import lay_aside, take_mail, write_message
from challenges.choices import ApplicationState as State
from challenges.models import Application, Collaborator, Message
from challenges.panels.messages import messages_to_answer, messages_to_read
from portal.choices import Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage
from portal.workflow import StepRefused
from startups.choices import MemberRole
from startups.journey import journey_of
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member

pytestmark = pytest.mark.django_db
SECRET = "Zanzibar is the word"
READERS = {Role.MANAGER, Role.COORDINATOR, Role.COMPLIANCE}
WRITERS = {Role.MANAGER, Role.COORDINATOR}


@pytest.fixture
def application(programme):
    return make_application(make_call(programme), state=State.SUBMITTED)


@pytest.fixture
def owner(application):
    return application.startup.owners()[0]


def fresh(application: Application) -> Application:
    return Application.objects.select_related("call__programme", "startup").get(pk=application.pk)


def record(application: Application) -> str:
    return reverse("admin:challenges_application_change", args=[application.pk])


# -- writing and reading ---------------------------------------------------------------------------


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


# -- private ---------------------------------------------------------------------------------------


@pytest.fixture
def spoken(application, manager, owner):
    write_message(application=fresh(application), text=SECRET, by=manager)
    write_message(application=fresh(application), text=f"{SECRET}, again", by=owner)
    return application


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


# -- by mail ---------------------------------------------------------------------------------------


@pytest.fixture
def inbound(settings):
    settings.INBOUND_DOMAIN = "reply.example.org"


def mailed(application: Application, sender: str, text: str = "Mombasa.", **more: Any) -> Any:
    given: dict[str, Any] = {
        "to": replies.address_of(application.pk),
        "sender": sender,
        "text": text,
        "files": 0,
        "mail_id": "<1@example.org>",
        "headers": {},
    }
    return take_mail(**(given | more))


def test_replies_go_to_the_mailbox_where_no_mail_comes_in(application, manager, owner):
    write_message(application=fresh(application), text="x", by=manager)
    letter = OutboxMessage.objects.get(recipient=owner)
    assert letter.reply_to == application.call.programme.mailbox
    assert "simply answer this letter" not in letter.text
    assert mailed(application, owner.email, to="x@reply.example.org") is None


def test_answer_by_mail_lands_on_the_application(inbound, application, manager, owner):
    write_message(application=fresh(application), text="Which port?", by=manager)
    letter = OutboxMessage.objects.get(recipient=owner)
    assert letter.reply_to == replies.address_of(application.pk)
    assert "simply answer this letter" in letter.text
    assert len(letter.reply_to.partition("@")[0]) <= 64
    quoted = "\n".join(f"> {line}" for line in letter.text.splitlines())
    text = f"Mombasa.\n\nOn Thu, 12 Nov 2026 at 09:00, Minato <x@example.org>\nwrote:\n{quoted}"
    message = mailed(application, owner.email.upper(), text, files=2)
    assert (message.text, message.by_mail, message.from_staff) == ("Mombasa.", True, False)
    assert message.author == owner
    told = OutboxMessage.objects.get(recipient=manager)
    assert "2 files hung on the mail and were not taken" in told.text
    # Delivered once more by the provider, it adds nothing.
    assert mailed(application, owner.email, text) is None
    assert Message.objects.count() == 2
    answer = mailed(application, manager.email, "Thank you.", mail_id="<2@example.org>")
    assert answer.from_staff


def test_address_is_not_guessed_and_binds_one_application(inbound, application, owner, settings):
    address = replies.address_of(application.pk)
    assert replies.application_of(address.upper()) == application.pk
    key, _dot, rest = address.partition(".")
    other = make_application(
        application.call,
        application.startup.__class__.objects.get(pk=make_application().startup_id),
        state=State.SUBMITTED,
    )
    for forged in (
        f"{other.pk.hex}.{rest}",
        f"{key}.{'a' * 24}@reply.example.org",
        address.replace("reply.example.org", "evil.example"),
        "nonsense",
        "",
    ):
        assert replies.application_of(forged) is None
        assert mailed(application, owner.email, to=forged) is None
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another " * 8
    assert replies.application_of(address) == application.pk
    settings.SECRET_KEY_FALLBACKS = []
    assert replies.application_of(address) is None
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto-Submitted": "auto-replied"},
        {"auto-submitted": "auto-generated; x=y"},
        {"Precedence": "bulk"},
        {"X-Autoreply": "yes"},
        {"Return-Path": "<>"},
    ],
)
def test_programs_are_not_listened_to(inbound, application, owner, headers):
    assert mailed(application, owner.email, headers=headers) is None
    assert not Message.objects.exists()
    assert mailed(application, owner.email, headers={"Auto-Submitted": "no"})


def test_sender_must_be_one_who_may_write_there(inbound, programme, application):
    viewer = add_member(application.startup, role=MemberRole.VIEWER)
    gone = add_member(application.startup)
    gone.is_active = False
    gone.save(update_fields=["is_active"])
    senders = [viewer, gone, make_user(), make_staff(programme, Role.CHAIR), make_staff()]
    for sender in [*(one.email for one in senders), "nobody@example.org", "", "x\0y@example.org"]:
        assert mailed(application, sender.replace("\0", "")) is None
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Yes.\n\n-- \nWanjiku", "Yes."),
        ("Yes.\r\n> old\r\n", "Yes."),
        ("Yes.\n\n-----Original Message-----\nFrom: x\nold", "Yes."),
        ("Ja.\n\nAm 12.11.2026 um 09:00 schrieb Minato:\n> alt", "Ja."),
        ("Yes.\n\nFrom: Minato <x@example.org>\nSent: Thursday\nold", "Yes."),
        ("On Monday we sail.", "On Monday we sail."),
        ("On Mon, Minato wrote:\n> Which port?\nMombasa.", "Mombasa."),
        ("> only\n> quotes", ""),
        ("  \n", ""),
        ("a\0b", "ab"),
    ],
)
def test_only_what_was_said_is_kept(text, said):
    assert replies.said_in(text) == said


def test_a_mail_that_says_nothing_or_too_much(inbound, application, owner):
    assert mailed(application, owner.email, "> only quotes") is None
    assert len(mailed(application, owner.email, "x" * 30_000).text) == 10_000


def test_providers_webhook_brings_a_mail_in(inbound, application, owner, settings, rf):
    """As Postmark posts it; the secret is asked for by django-anymail before anything is read."""
    from django.core.exceptions import BadRequest  # noqa: PLC0415

    from challenges.views.inbound import mail_inbound  # noqa: PLC0415 -- needs the extra

    settings.MAIL_PROVIDER = "postmark"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "user:secret"}
    to = replies.address_of(application.pk)
    body = {
        "FromFull": {"Email": owner.email, "Name": "Wanjiku"},
        "From": owner.email,
        "ToFull": [{"Email": to, "Name": ""}],
        "To": to,
        "OriginalRecipient": to,
        "Subject": "Re: Message",
        "TextBody": "Mombasa.\n\n> Which port?",
        "Headers": [{"Name": "Message-ID", "Value": "<7@example.org>"}],
        "Attachments": [
            {
                "Name": "a.pdf",
                "Content": b64encode(b"%PDF").decode(),
                "ContentType": "application/pdf",
                "ContentLength": 4,
            }
        ],
    }

    def post(sent: Any, secret: str = "user:secret") -> Any:
        proof = b64encode(secret.encode()).decode()
        text = sent if isinstance(sent, str) else json.dumps(sent)
        request = rf.post(
            "/mail/inbound/",
            text,
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Basic {proof}",
        )
        return mail_inbound(request)

    from django.core.exceptions import SuspiciousOperation  # noqa: PLC0415

    with pytest.raises(SuspiciousOperation):
        post(body, "user:wrong")
    assert not Message.objects.exists()
    for _time in range(2):
        assert post(body).status_code == 200
    message = Message.objects.get()
    assert (message.text, message.files_left, message.author) == ("Mombasa.", 1, owner)
    for nonsense in ("[]", "{", "{}", '"x"'):
        try:
            assert post(nonsense).status_code == 200
        except (BadRequest, SuspiciousOperation):
            continue  # said so, and nothing fell over
    assert Message.objects.count() == 1


# -- a team that steps back ------------------------------------------------------------------------


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
