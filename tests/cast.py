"""Who plays in the tests of access: one of each kind, and one record of each kind to look at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone

from challenges.choices import ApplicationState
from challenges.models import Collaborator
from portal.choices import DocumentState, Role
from portal.models import Document, InboxNotice
from startups.choices import MemberRole
from startups.models import Invitation, JoinRequest
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup

MEMBERS = ("owner", "editor", "viewer")
#: Each role of the programme that runs the call, by the name of the role.
ROLES = tuple(str(role) for role in Role.values)
#: People of another programme and of another startup, and one whose role has ended.
OUTSIDERS = ("stranger", "teammate", "other_manager", "revoked")
#: Somebody asked to help with the one application, and to nothing else.
HELPER = "helper"
PEOPLE = (*OUTSIDERS, *MEMBERS, HELPER, *ROLES, "superuser")
EVERYBODY = ("anonymous", *PEOPLE)


@dataclass
class World:
    """The cast on its stage: people by name, records by name."""

    people: dict[str, Any] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, path: str) -> Any:
        """``application`` is a record's key, ``call.slug`` a field of it, other text itself."""
        name, _, attribute = path.partition(".")
        if name in self.people:
            return getattr(self.people[name], attribute or "pk")
        if name not in self.records:
            return path
        record = self.records[name]
        for step in filter(None, attribute.split(".")):
            record = getattr(record, step)
        return getattr(record, "pk", record)


def set_the_stage() -> World:
    """Two programmes and two startups; the second of each must see nothing of the first."""
    world = World()
    people, records = world.people, world.records
    programme, elsewhere = make_programme(), make_programme()
    for role in Role:
        people[str(role.value)] = make_staff(programme, role)
    people["revoked"] = make_staff(programme, Role.MANAGER)
    ended = people["revoked"].staff_roles.get()
    ended.ended_at = timezone.now() - timedelta(minutes=1)
    ended.save(update_fields=["ended_at"])
    people["other_manager"] = make_staff(elsewhere, Role.MANAGER)
    people["stranger"] = make_user()
    people["superuser"] = make_user(is_superuser=True)

    people["owner"] = make_user()
    startup = make_startup(owner=people["owner"])
    people["editor"] = add_member(startup, role=MemberRole.EDITOR)
    people["viewer"] = add_member(startup, role=MemberRole.VIEWER)
    people["teammate"] = make_user()
    make_startup(owner=people["teammate"])

    call = make_call(programme)
    application = make_application(call, startup, state=ApplicationState.SUBMITTED)
    people["helper"] = make_user()
    soon = timezone.now() + timedelta(days=7)
    helping = Collaborator.objects.create(
        application=application,
        email=people["helper"].email,
        token_hash="1" * 64,
        invited_by=people["owner"],
        expires_at=soon,
        user=people["helper"],
    )
    records |= {
        "programme": programme,
        "call": call,
        "startup": startup,
        "application": application,
        "helping": helping,
        "invitation": Invitation.objects.create(
            startup=startup,
            email=people["stranger"].email,
            role=MemberRole.VIEWER,
            token_hash="2" * 64,
            invited_by=people["owner"],
            expires_at=soon,
        ),
        "join_request": JoinRequest.objects.create(
            startup=startup, user=people["teammate"], name_asked="A startup"
        ),
        "document": Document.objects.create(
            name="deck.pdf",
            file=ContentFile(b"%PDF-1.4", name="deck.pdf"),
            content_type="application/pdf",
            size=8,
            sha256="3" * 64,
            subject_type="challenges.application",
            subject_id=application.pk,
            startup_id=startup.pk,
            uploaded_by=people["owner"],
            state=DocumentState.CLEAN,
        ),
        "held": people["manager"].staff_roles.get(),
        "notice": InboxNotice.objects.create(
            recipient=people["owner"], event_key="x:1", notice="x", subject="News", body="News."
        ),
        "membership": startup.memberships.get(user=people["editor"]),
    }
    return world
