"""Startups and their people for tests."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from portal.actions import hash_of, new_token
from startups.choices import MemberRole, StartupKind
from startups.models import Contact, Invitation, JoinRequest, Membership, Startup
from tests.factories.portal import make_user

if TYPE_CHECKING:
    from portal.models import User

_number = count(1)


def make_startup(owner: User | None = None, **fields: Any) -> Startup:
    """A start-up in Kenya with one owner and one contact with a telephone."""
    number = next(_number)
    fields = {
        "kind": StartupKind.STARTUP,
        "legal_name": f"Startup {number} Ltd",
        "country": "KE",
        "registration_number": f"CPR/{number}",
    } | fields
    startup = Startup.objects.create(**fields)
    add_member(startup, user=owner, role=MemberRole.OWNER)
    Contact.objects.create(startup=startup, name="Wanjiku", telephone="+254 700 000 001")
    return startup


def add_member(
    startup: Startup, user: User | None = None, role: MemberRole = MemberRole.EDITOR
) -> User:
    """A member in a role; answers the person."""
    user = user or make_user()
    Membership.objects.create(startup=startup, user=user, role=role)
    startup.__dict__.pop("roles", None)
    return user


def make_invitation(startup: Startup | None = None, token: str = "", **fields: Any) -> Invitation:
    """An open invitation to be an editor, by the first owner, for two weeks."""
    startup = startup or make_startup()
    fields = {
        "email": f"invited{next(_number)}@example.org",
        "role": MemberRole.EDITOR,
        "token_hash": hash_of(token) if token else new_token()[1],
        "invited_by": startup.owners()[0],
        "expires_at": timezone.now() + timedelta(days=14),
    } | fields
    return Invitation.objects.create(startup=startup, **fields)


def make_join_request(
    startup: Startup | None = None, user: User | None = None, **fields: Any
) -> JoinRequest:
    """An open request to join, with the name as the person typed it."""
    startup = startup or make_startup()
    fields = {"name_asked": "Startup"} | fields
    return JoinRequest.objects.create(startup=startup, user=user or make_user(), **fields)


def record_data(**fields: Any) -> dict[str, Any]:
    """What a browser posts for a record: one contact, one empty founder row."""
    return {
        "kind": "startup",
        "legal_name": "Umi Robotics KK",
        "country": "JP",
        "contacts-TOTAL_FORMS": "2",
        "contacts-INITIAL_FORMS": "2",
        "contacts-0-name": "Aoi",
        "contacts-0-telephone": "+81 78 000 0001",
        "founders-TOTAL_FORMS": "1",
        "founders-INITIAL_FORMS": "1",
        "founders-0-full_time": "on",
    } | fields
