"""Everybody with an account: one for each role, the founder's team, one for each applicant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX, make_password
from django.utils.translation import gettext as _

from portal.choices import Role
from portal.models import ProgrammeStaff, User
from procurement.demo.source import key, table
from startups.choices import MemberRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from portal.models import Programme

PASSWORD = "demo-harbour-2026"  # noqa: S105 -- everybody may know it: no demonstration holds anything real
#: As Django marks an account without one.
NO_PASSWORD = UNUSABLE_PASSWORD_PREFIX
FOUNDER = "founder@example.com"
COLLEAGUE = "colleague@example.com"
NEWCOMER = "newcomer@example.com"
ADMINISTRATOR = "admin@example.org"


@dataclass(frozen=True)
class Account:
    """A person of the demonstration who signs in with its password."""

    email: str
    given: str
    family: str
    shown: str
    zone: str
    programmes: tuple[str, ...]
    role: str
    note: str

    @property
    def role_text(self) -> str:
        """The role as people say it."""
        if self.role in Role.values:
            return str(Role(self.role).label)
        if self.role in MemberRole.values:
            return str(MemberRole(self.role).label)
        return {
            "administrator": _("Administrator"),
            "guest": _("Guest"),
            "newcomer": _("No organisation yet"),
        }[self.role]


def accounts() -> list[Account]:
    """The accounts of the file, in its order."""
    return [
        Account(
            email=row["email"],
            given=row["given"],
            family=row["family"],
            shown=row["shown"],
            zone=row["zone"],
            programmes=tuple(row["programmes"].split()),
            role=row["roles"],
            note=row["note"],
        )
        for row in table("accounts.csv")
    ]


def make_person(
    email: str, *, given: str, family: str, shown: str, zone: str, password: str = NO_PASSWORD
) -> User:
    """A person, not yet stored; without a password only a mailed code signs in."""
    return User(
        id=key("user", email),
        email=email,
        given_name=given,
        family_name=family,
        display_name=shown,
        time_zone=zone,
        password=password,
        is_superuser=email == ADMINISTRATOR,
    )


def store(people: Iterable[User]) -> None:
    """Store people with verified addresses."""
    stored = User.objects.bulk_create(people)
    EmailAddress.objects.bulk_create(
        EmailAddress(user=person, email=person.email, verified=True, primary=True)
        for person in stored
    )


def load(programmes: Mapping[str, Programme]) -> dict[str, User]:
    """Store the accounts with their roles; answers the people by address."""
    # Hashed once: the hash is made to be slow, and they all share the password.
    password = make_password(PASSWORD)
    made = {}
    roles = []
    for account in accounts():
        person = make_person(
            account.email,
            given=account.given,
            family=account.family,
            shown=account.shown,
            zone=account.zone,
            password=password,
        )
        made[account.email] = person
        roles += [
            ProgrammeStaff(
                id=key("role", account.email, slug, account.role),
                programme=programmes[slug],
                user=person,
                role=account.role,
            )
            for slug in account.programmes
        ]
    store(made.values())
    ProgrammeStaff.objects.bulk_create(roles)
    return made
