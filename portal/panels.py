"""What the kernel contributes to the pages that need all apps: letters, people, programmes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal.choices import OutboxState
from portal.models import OutboxMessage
from portal.registry import MenuItem, Waiting, registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import User


def undelivered(user: User) -> int:
    """How many letters of one's programmes could not be delivered."""
    return OutboxMessage.objects.visible_to(user).filter(state=OutboxState.FAILED).count()


def letters_waiting(user: User) -> Iterable[Waiting]:
    """Letters that could not be delivered."""
    if not user.has_perm("portal.view_outboxmessage"):
        return
    if count := undelivered(user):
        yield Waiting(
            verb=_("Look at"),
            object=ngettext("%d undelivered letter", "%d undelivered letters", count) % count,
            url=reverse("admin:portal_outboxmessage_changelist") + "?state__exact=failed",
            tone="lamp",
        )


registry.staff_waiting.append(letters_waiting)
registry.menu += [
    MenuItem(
        gettext_lazy("Letters"),
        gettext_lazy("Letters"),
        "admin:portal_outboxmessage_changelist",
        "portal.view_outboxmessage",
        order=60,
        count=undelivered,
    ),
    MenuItem(
        gettext_lazy("Programme"),
        gettext_lazy("Programmes"),
        "admin:portal_programme_changelist",
        "portal.view_programme",
        order=70,
    ),
    MenuItem(
        gettext_lazy("Programme"),
        gettext_lazy("Staff and roles"),
        "admin:portal_programmestaff_changelist",
        "portal.change_programmestaff",
        order=71,
    ),
    MenuItem(
        gettext_lazy("Programme"),
        gettext_lazy("Invitations to staff"),
        "admin:portal_staffinvitation_changelist",
        "portal.view_staffinvitation",
        order=72,
    ),
    MenuItem(
        gettext_lazy("Programme"),
        gettext_lazy("Labels"),
        "admin:portal_label_changelist",
        "portal.view_label",
        order=73,
    ),
    MenuItem(
        gettext_lazy("Programme"),
        gettext_lazy("Partner organisations"),
        "admin:portal_organisation_changelist",
        "portal.view_organisation",
        order=74,
    ),
    MenuItem(
        gettext_lazy("Proof"),
        gettext_lazy("What happened"),
        "admin:portal_auditentry_changelist",
        "portal.view_auditentry",
        order=80,
    ),
    MenuItem(
        gettext_lazy("Proof"),
        gettext_lazy("Binding texts"),
        "admin:portal_policytext_changelist",
        "portal.view_policytext",
        order=81,
    ),
]
