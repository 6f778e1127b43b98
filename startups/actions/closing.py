"""What the end of a person's account means for their organisations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.registry import Hindrance
from startups.actions.record import leave
from startups.choices import MemberRole
from startups.models import Startup

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User


def organisations_to_hand_over(user: User) -> Iterator[Hindrance]:
    """Those that would be left with members and without an owner."""
    owned = Startup.objects.filter(memberships__user=user, memberships__role=MemberRole.OWNER)
    for startup in owned:
        if startup.is_owned_alone_by(user) and len(startup.roles) > 1:
            yield Hindrance(
                reason=_("You alone own %(startup)s. Hand it over to another member first.")
                % {"startup": startup.name},
                label=_("Hand over %(startup)s") % {"startup": startup.name},
                url=reverse("startups:member-transfer", args=[startup.pk]),
            )


def leave_organisations(user: User) -> None:
    """End the person's memberships; where nobody else is left the record stays with its key."""
    for startup in Startup.objects.of_member(user):
        if not startup.is_owned_alone_by(user):
            leave(startup=startup, by=user)
