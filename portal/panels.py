"""What the kernel contributes to the pages that need all apps: letters, people, programmes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal import clock, documents
from portal.actions.address import settle_due_changes
from portal.actions.closing import end_roles, erase_due, roles_to_hand_over
from portal.actions.digest import write_digests
from portal.actions.sealing import seal_trail
from portal.actions.telling import tell_due, tell_soon
from portal.actions.tidying import tidy_if_due
from portal.actions.tries import forget_old_tries
from portal.choices import OutboxState, Role
from portal.models import AuditSeal, Dispatch, Heartbeat, OutboxMessage, StaffInvitation
from portal.registry import MenuItem, Mover, Waiting, registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import User

#: So many letters are one line that leads to the inbox; fewer are named.
INBOX_SHOWN = 4
READ_IN_A_WEEK = 7.0 * clock.DAY
UNCOUNTED = 200


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


def inbox_waiting(user: User) -> Iterable[Waiting]:
    """Letters in the inbox that are not read, but for those whose matter waits by itself."""
    unread = user.inbox.unread().exclude(notice__in=registry.shown_by_themselves)
    found = list(unread.only("pk", "subject", "created_at").order_by("-created_at")[:INBOX_SHOWN])
    if len(found) == INBOX_SHOWN:
        yield Waiting(
            verb=_("Read"),
            object=_("%d letters in your inbox") % unread.count(),
            url=reverse("inbox-list"),
            urgency=READ_IN_A_WEEK,
        )
        return
    for letter in found:
        yield Waiting(
            verb=_("Read"),
            object=letter.subject,
            url=reverse("inbox-detail", args=[letter.pk]),
            when=_("since %(day)s")
            % {"day": date_format(timezone.localtime(letter.created_at), "D j M, H:i")},
            urgency=READ_IN_A_WEEK,
        )


def scheduler_stopped(user: User) -> Iterable[Waiting]:
    """For the administrator: nothing happens by the clock any more."""
    if not user.is_superuser:
        return
    beat = Heartbeat.objects.filter(name="sweep").values_list("at", flat=True).first()
    seconds = (clock.database_now() - beat).total_seconds() if beat else None
    if seconds is not None and seconds <= settings.READY_HEARTBEAT_SECONDS:
        return
    yield Waiting(
        verb=_("Start the scheduler"),
        object=_("Letters and reminders wait until it runs"),
        url=reverse("readyz"),
        when=_("last seen %(when)s")
        % {"when": date_format(timezone.localtime(beat), "D j M Y, H:i")}
        if beat
        else _("never seen"),
        tone="lamp",
        urgency=-clock.DAY,
    )


def invitations_under_way(user: User) -> Iterable[Waiting]:
    """Roles that were offered and not answered yet."""
    if not user.has_perm("portal.view_staffinvitation"):
        return
    offered = StaffInvitation.objects.visible_to(user).open().order_by("expires_at")
    found = list(offered.values_list("expires_at", flat=True)[:UNCOUNTED])
    if found:
        yield Waiting(
            verb=_("Invited"),
            object=ngettext(
                "%d invitation to a role, not answered yet",
                "%d invitations to a role, not answered yet",
                len(found),
            )
            % len(found),
            url=reverse("admin:portal_staffinvitation_changelist"),
            when=_("the first ends %(day)s")
            % {"day": date_format(timezone.localtime(found[0]), "D j M Y")},
        )


def proof_under_way(user: User) -> Iterable[Waiting]:
    """For who checks the programme: up to where the trail is sealed, and since when."""
    if not user.programmes_as(Role.COMPLIANCE) and not user.is_superuser:
        return
    seal = AuditSeal.objects.filter(label="portal.auditentry").order_by("-id").first()
    yield Waiting(
        verb=_("Proof"),
        object=_("What happened, sealed up to entry %d") % seal.last_id
        if seal
        else _("What happened, not sealed yet"),
        url=reverse("admin:portal_auditentry_changelist"),
        when=_("sealed %(when)s")
        % {"when": date_format(timezone.localtime(seal.at), "D j M Y, H:i")}
        if seal
        else "",
    )


def letters_held(user: User) -> Iterable[Waiting]:
    """For the administrator: nothing but codes leaves until somebody lets the letters go."""
    if not user.is_superuser:
        return
    for hold in Dispatch.objects.visible_to(user).held():
        yield Waiting(
            verb=_("Let the letters go"),
            object=_("They are held: %(why)s. On the server: manage.py release_letters")
            % {"why": hold.get_cause_display()},
            url=reverse("admin:portal_outboxmessage_changelist") + "?state__exact=pending",
            when=_("held since %(when)s")
            % {"when": date_format(timezone.localtime(hold.held_since), "D j M Y, H:i")},
            tone="lamp",
            urgency=-clock.DAY,
        )


registry.waiting.append(inbox_waiting)
registry.staff_waiting += [letters_waiting, scheduler_stopped, letters_held]
registry.under_way += [invitations_under_way, proof_under_way]
registry.soon.append(tell_soon)
registry.due.append(tell_due)
registry.due += [documents.hand_on, documents.tidy]
registry.due.append(seal_trail)
registry.due += [forget_old_tries, settle_due_changes, erase_due, tidy_if_due, write_digests]
registry.hindrances.append(roles_to_hand_over)
registry.at_closing.append(end_roles)
registry.menu += [
    MenuItem(
        gettext_lazy("Accounts"),
        gettext_lazy("Changes of address"),
        "admin:portal_emailchange_changelist",
        "portal.view_emailchange",
        order=90,
    ),
    MenuItem(
        gettext_lazy("Accounts"),
        gettext_lazy("Closed accounts"),
        "admin:portal_closing_changelist",
        "portal.view_closing",
        order=91,
    ),
    MenuItem(
        gettext_lazy("Accounts"),
        gettext_lazy("Times of keeping"),
        "admin:portal_retention_changelist",
        "portal.view_retention",
        order=92,
    ),
    MenuItem(
        gettext_lazy("Letters"),
        gettext_lazy("All letters"),
        "admin:portal_outboxmessage_changelist",
        "portal.view_outboxmessage",
        order=60,
        count=undelivered,
    ),
    MenuItem(
        gettext_lazy("People and organisations"),
        gettext_lazy("People"),
        "admin:portal_user_changelist",
        "portal.view_user",
        order=43,
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
        gettext_lazy("Audit trail"),
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
# Rows that speak of an organisation by its key; audit entries never change and stay with theirs.
registry.movers += [
    Mover("portal.document", gettext_lazy("files")),
    Mover("portal.inboxnotice", gettext_lazy("notices"), counted=False),
    Mover("portal.outboxmessage", gettext_lazy("letters"), counted=False),
]
