"""What startups contribute to pages that all apps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from portal.choices import Role
from portal.registry import MenuItem, Mover, Sentence, Waiting, registry
from startups.actions.closing import leave_organisations, organisations_to_hand_over
from startups.choices import MemberRole
from startups.models import Contact, Invitation, JoinRequest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
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
        # A guest of an event needs none.
        or user.registrations.exists()
    ):
        return
    yield Waiting(
        verb=_("Describe"),
        object=_("your organisation"),
        url=reverse("startups:startup-create"),
        when=_("once, for every application"),
        tone="",
    )


def telephones_of(startups: Collection[UUID]) -> dict[UUID, list[str]]:
    """Whom one can call when a letter comes back, by startup."""
    lines: dict[UUID, list[str]] = {}
    for contact in Contact.objects.filter(startup__in=startups).exclude(telephone=""):
        lines.setdefault(contact.startup_id, []).append(f"{contact.name} {contact.telephone}")
    return lines


registry.telephones.append(telephones_of)
registry.hindrances.append(organisations_to_hand_over)
registry.at_closing.append(leave_organisations)


def requests_under_way(user: User) -> Iterator[Waiting]:
    """Organisations that I asked to join and that have not answered; only what I typed of them."""
    for request in JoinRequest.objects.waiting().filter(user=user).order_by("created_at")[:10]:
        yield Waiting(
            verb=_("Asked to join"),
            object=request.name_asked,
            url=reverse("startups:startup-list"),
            when=_("since %(day)s") % {"day": date_format(request.created_at, "D j M Y")},
        )


registry.waiting += [invitations_to_me, requests_to_my_startups, first_organisation]
registry.under_way.append(requests_under_way)
registry.shown_by_themselves |= {"join_requested", "member_invited"}
registry.menu.append(
    MenuItem(
        group=gettext_lazy("People and organisations"),
        label=gettext_lazy("Organisations"),
        url_name="admin:startups_startup_changelist",
        permission="startups.view_startup",
        order=40,
    )
)
registry.menu.append(
    MenuItem(
        group=gettext_lazy("People and organisations"),
        label=gettext_lazy("Likely duplicates"),
        url_name="admin:startups_startup_duplicates",
        permission="startups.merge_startup",
        order=41,
    )
)
registry.movers += [
    Mover("startups.membership", gettext_lazy("members"), same=("user_id",)),
    Mover("startups.invitation", gettext_lazy("invitations"), same=("email", "state")),
    Mover("startups.joinrequest", gettext_lazy("requests to join"), same=("user_id", "state")),
    Mover("startups.founder", gettext_lazy("founders"), same=("name",)),
    Mover("startups.contact", gettext_lazy("contacts"), same=("name", "telephone")),
    Mover(
        "startups.acquaintance",
        gettext_lazy("programmes that have met it"),
        same=("programme_id",),
    ),
    # Whatever was merged into the record that goes is found through the one that stays.
    Mover(
        "startups.startup",
        gettext_lazy("records merged before"),
        column="merged_into_id",
        counted=False,
    ),
]
registry.sentences |= {
    "startups.startup:merge-records": Sentence(
        gettext_lazy("{who} merged another record into this one")
    ),
    "startups.startup:merge-away": Sentence(gettext_lazy("{who} merged this record into another")),
    "startups.startup:undo-merge": Sentence(gettext_lazy("{who} undid the merge")),
}
