"""The private note on a session is found by its author and the programme lead, by nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from portal import actions
from portal.actions.my_data import part_of, parts_of_download
from portal.choices import Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage, ProgrammeStaff
from startups import rules
from startups.actions import coaching
from startups.choices import MemberRole
from startups.models import CoachingSession, PrivateNote
from startups.models.startup import Startup
from startups.workflow.coaching import session_workflow
from tests.access_table import admin_rows
from tests.cast import EVERYBODY, MEMBERS, ROLES, set_the_stage
from tests.factories.cohorts import make_mentor, make_mentoring
from tests.factories.portal import make_staff
from tests.factories.startups import add_member
from tests.test_access import address_of, client_of, table

if TYPE_CHECKING:
    from tests.cast import World

pytestmark = pytest.mark.django_db

CANARY = "quokka-7741-sotto-voce"
SAID = "The founders quarrel"
MAY = {
    "manager": {"startups:session-private-note"},
    "mentor": {
        "startups:session-private-note",
        "startups:session-detail",
        "startups:session-log",
    },
}
#: Whoever sees anything of the startup or the programme, and strangers of each kind.
READERS = (
    *("anonymous", "stranger", "other_manager", "revoked", *MEMBERS, *ROLES),
    *("superuser", "other_mentor"),
)
SIGN_IN = ("account", "mfa_", "openid", "socialaccount", "usersessions", "session", "admin:login")
#: Who is asked for the same pages as somebody of the table.
ROLE_OF = {"other_mentor": "mentor"}


@pytest.fixture
def world() -> World:
    """The cast's session logged, rewritten, read and confirmed, with the canary in its note."""
    world = set_the_stage()
    people, session = world.people, world.records["session"]
    # A colleague who coaches the same startup is not the author.
    other = make_mentor(session.mentor.programme)
    make_mentoring(session.place, other)
    people["other_mentor"] = other.user
    begun = timezone.now() - timedelta(hours=2)
    CoachingSession.objects.filter(pk=session.pk).update(
        starts_at=begun, ends_at=begun + timedelta(hours=1)
    )
    session.refresh_from_db()
    coaching.log_session(
        place=session.place,
        session=session,
        log={"discussed": "Prices.", "minutes_contact": 45},
        private_note=f"{SAID}: {CANARY}",
        promises=[],
        next_at=timezone.now() + timedelta(days=3),
        key=session.pk,
        by=people["mentor"],
    )
    return world


def addresses(world: World, who: str) -> dict[str, str]:
    """Every page the person gets, with the cast's records in it, and each list asked for the word.

    Where the table of access says that they get none, `tests.test_access` holds that.
    """
    found = {}
    for name, row in table().items():
        if row.post is not None or row.expected(ROLE_OF.get(who, who)) != "page":
            continue
        # The whole world's pages are alike for all, and how one signs in says nothing of sessions.
        if (
            (row.page == EVERYBODY and who != "anonymous")
            or name.startswith(SIGN_IN)
            or name.endswith("_add")
        ):
            continue
        try:
            found[name] = address_of(world, row, name)
        except NoReverseMatch:
            continue
        if name in admin_rows() and name.endswith("_changelist"):
            found[f"{name}?q"] = f"{found[name]}?q={CANARY}"
    return found


def told(answer: Any) -> str:
    """All of an answer."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return body.decode(errors="replace")


def leaks(name: str, text: str, session: CoachingSession) -> bool:
    """Whether the answer holds the note; a list that was asked for its word, whether it knew."""
    return SAID in text or (name.endswith("?q") and str(session.pk) in text)


@pytest.mark.parametrize("who", READERS)
def test_nobody_else_finds_it_on_any_page(world: World, who: str) -> None:
    client, session = client_of(world, who), world.records["session"]
    found = {
        name
        for name, address in addresses(world, who).items()
        if leaks(name, told(client.get(address)), session)
    }
    assert found == MAY.get(who, set())


def test_no_letter_no_entry_no_calendar_and_no_export_has_it(world: World) -> None:
    session, people = world.records["session"], world.people
    session.refresh_from_db()
    session_workflow.perform(session, "confirm", actor=people["owner"])
    actions.sweep()
    coaching.read_private_note(session=session, by=people["manager"])
    letters = OutboxMessage.objects.values_list("subject", "text", "html")
    assert letters.filter(notice="session_logged").count() == 2
    for rows in (
        letters,
        InboxNotice.objects.values_list("subject", "body"),
        AuditEntry.objects.values_list("reason", "facts", "verb"),
    ):
        assert rows.exists()
        assert CANARY not in str(list(rows))
    assert CANARY not in str(session.calendar_entry(join=True))
    held = {
        who: str([list(part_of(holding, person)) for holding in parts_of_download()])
        for who, person in people.items()
    }
    assert {who for who, text in held.items() if CANARY in text} == {"mentor"}


def test_no_trigger_copies_the_note() -> None:
    from django.apps import apps  # noqa: PLC0415 -- one test asks

    watched = {
        model.pgh_tracked_model
        for model in apps.get_models()
        if hasattr(model, "pgh_tracked_model")
    }
    assert Startup in watched
    assert not {PrivateNote, CoachingSession} & watched


def test_each_look_of_the_lead_is_an_entry_and_the_authors_none(world: World) -> None:
    session, people = world.records["session"], world.people
    address = reverse("startups:session-private-note", args=[session.pk])
    for _look in range(2):
        assert CANARY in client_of(world, "manager").get(address).content.decode()
    assert CANARY in client_of(world, "mentor").get(address).content.decode()
    entries = AuditEntry.objects.filter(verb="read-private-note")
    assert [entry.actor for entry in entries] == [people["manager"], people["manager"]]
    # It is no part of the startup's journey: its people do not learn that there is a note.
    assert {entry.startup_id for entry in entries} == {None}
    assert (
        "rivate" not in client_of(world, "owner").get(session.get_absolute_url()).content.decode()
    )


def test_the_lead_who_belongs_to_the_startup_does_not_read_of_it(world: World) -> None:
    session, manager = world.records["session"], world.people["manager"]
    add_member(session.place.startup, manager, MemberRole.VIEWER)
    address = reverse("startups:session-private-note", args=[session.pk])
    assert client_of(world, "manager").get(address).status_code == 404
    assert not PrivateNote.objects.visible_to(manager).exists()


def test_being_administrator_opens_none_but_leading_does(world: World) -> None:
    note, superuser = PrivateNote.objects.get(), world.people["superuser"]
    assert not rules.leads_the_programme(superuser, note)
    assert not PrivateNote.objects.visible_to(superuser).exists()
    other = make_staff(role=Role.MANAGER)
    assert not rules.leads_the_programme(other, note)
    held = ProgrammeStaff.objects.get(user=world.people["manager"])
    ProgrammeStaff.objects.filter(pk=held.pk).update(ended_at=timezone.now())
    address = reverse("startups:session-private-note", args=[note.session_id])
    assert client_of(world, "manager").get(address).status_code in {403, 404}
