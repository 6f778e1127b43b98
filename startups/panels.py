"""What startups contribute to pages that all apps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from portal.choices import Role
from portal.registry import MenuItem, Waiting, registry
from startups.choices import MemberRole
from startups.models import Contact, Invitation, JoinRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from portal.models import User


def invitations_to_me(user: User) -> Iterator[Waiting]:
    """Invitations sent to an address that is proved to be mine."""
    mine = Invitation.objects.addressed_to(user).waiting().select_related("startup")
    for invitation in mine.exclude(startup__memberships__user=user):
        yield Waiting(
            verb=_("Answer"),
            object=_("Invitation to %(startup)s") % {"startup": invitation.startup.name},
            url=reverse("startups:startup-list"),
            when=_("until %(day)s") % {"day": date_format(invitation.expires_at, "D j M Y")},
            tone="",
        )


def requests_to_my_startups(user: User) -> Iterator[Waiting]:
    """People who ask to join what I own."""
    asked = JoinRequest.objects.waiting().filter(
        startup__memberships__user=user, startup__memberships__role=MemberRole.OWNER
    )
    for request in asked.select_related("user", "startup"):
        yield Waiting(
            verb=_("Answer"),
            object=_("%(who)s asks to join %(startup)s")
            % {"who": request.user.shown_name, "startup": request.startup.name},
            url=reverse("startups:member-list", args=[request.startup_id]),
            tone="",
        )


def first_organisation(user: User) -> Iterator[Waiting]:
    """Whoever is new and waits for nothing else begins with the record of their organisation."""
    if (
        user.is_superuser
        or user.memberships.exists()
        or user.has_role(None, *Role)
        or JoinRequest.objects.waiting().filter(user=user).exists()
        or Invitation.objects.addressed_to(user).waiting().exists()
    ):
        return
    yield Waiting(
        verb=_("Describe"),
        object=_("your organisation"),
        url=reverse("startups:startup-create"),
        when=_("once, for every application"),
        tone="",
    )


def telephones_of(startup: UUID) -> list[str]:
    """Whom one can call when a letter comes back."""
    contacts = Contact.objects.filter(startup=startup).exclude(telephone="")
    return [f"{contact.name} {contact.telephone}" for contact in contacts]


registry.telephones.append(telephones_of)
registry.waiting += [invitations_to_me, requests_to_my_startups, first_organisation]
registry.menu.append(
    MenuItem(
        group=gettext_lazy("People and organisations"),
        label=gettext_lazy("Organisations"),
        url_name="admin:startups_startup_changelist",
        permission="startups.view_startup",
        order=40,
    )
)
