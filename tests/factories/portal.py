"""People and programmes for tests: plain functions, every default overridable."""

from __future__ import annotations

from itertools import count
from typing import Any

from allauth.account.models import EmailAddress

from portal.choices import ProgrammeKind, Role
from portal.models import Programme, ProgrammeStaff, User

_number = count(1)


def make_user(**fields: Any) -> User:
    """A person with a verified address and the password ``correct horse battery``."""
    number = next(_number)
    password = fields.pop("password", "correct horse battery")
    email = fields.pop("email", f"person{number}@example.org")
    fields = {"given_name": f"Person{number}", "time_zone": "Europe/Stockholm"} | fields
    user = User.objects.create_user(email, password, **fields)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_programme(**fields: Any) -> Programme:
    """A published innovation centre in Kobe."""
    number = next(_number)
    fields = {
        "slug": f"programme-{number}",
        "name": f"Programme {number}",
        "kind": ProgrammeKind.CENTRE,
        "city": "Kobe",
        "country": "JP",
        "time_zone": "Asia/Tokyo",
        "mailbox": f"desk{number}@example.org",
        "published": True,
    } | fields
    return Programme.objects.create(**fields)


def make_staff(
    programme: Programme | None = None, role: Role = Role.MANAGER, **fields: Any
) -> User:
    """A person with a role in a programme."""
    user = make_user(**fields)
    ProgrammeStaff.objects.create(programme=programme or make_programme(), user=user, role=role)
    return user
