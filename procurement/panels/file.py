"""What supplier files contribute: what waits, what is told, what follows a merge, what is due."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Min
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal.choices import Role
from portal.registry import MenuItem, Mover, Sentence, Waiting, registry
from procurement import actions
from procurement.choices import EvidenceState
from procurement.gaps import SOON
from procurement.models import Evidence
from procurement.readiness import read_files, speaks_of
from startups.choices import MemberRole
from startups.journey import PERMITTED, SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User

DAY = 24 * 60 * 60


def to_mend_or_renew(user: User) -> Iterator[Waiting]:
    """For those who write for an organisation: what was not good, and what ends soon."""
    today = timezone.localdate()
    mine = Evidence.objects.filter(
        file__startup__memberships__user=user,
        file__startup__memberships__role__in=[MemberRole.OWNER, MemberRole.EDITOR],
    ).select_related("requirement", "file__startup")
    for piece in mine.filter(state=EvidenceState.REJECTED):
        yield Waiting(
            verb=_("Mend"),
            object=f"{piece.requirement.label} · {piece.file.startup.name}",
            url=piece.get_absolute_url(),
            when=_("not good yet"),
            tone="amber",
        )
    soon = mine.filter(state=EvidenceState.ACCEPTED, expires_on__lte=today + timedelta(days=SOON))
    ending = list(soon.order_by("expires_on"))
    files = {piece.file_id: piece.file for piece in ending}
    readings = {reading.file.pk: reading for reading in read_files(list(files.values()))}
    for piece in ending:
        if piece.expires_on is None or not speaks_of(readings[piece.file_id], piece):
            continue
        over = piece.expires_on < today
        day = date_format(piece.expires_on, "D j M Y")
        yield Waiting(
            verb=_("Renew"),
            object=f"{piece.requirement.label} · {piece.file.startup.name}",
            url=piece.get_absolute_url(),
            when=(_("expired on %s") if over else _("expires on %s")) % day,
            tone="lamp" if over else "",
            urgency=float((piece.expires_on - today).days * DAY),
        )


def to_look_at(user: User) -> Iterator[Waiting]:
    """For advisers: files in which evidence waits, the one that waits longest first."""
    mine = user.programmes_as(Role.PROCUREMENT)
    if not mine:
        return
    waiting = (
        Evidence.objects.filter(
            state=EvidenceState.GIVEN, file__startup__acquaintances__programme__in=mine
        )
        .exclude(file__startup__memberships__user=user)
        .values("file__startup", "file__startup__legal_name", "file__startup__trading_name")
        .annotate(pieces=Count("pk", distinct=True), since=Min("created_at"))
        .order_by("since")
    )
    for row in waiting:
        name = row["file__startup__trading_name"] or row["file__startup__legal_name"]
        pieces = row["pieces"]
        yield Waiting(
            verb=_("Look at"),
            object=ngettext(
                "%(pieces)d piece of evidence of %(name)s",
                "%(pieces)d pieces of evidence of %(name)s",
                pieces,
            )
            % {"pieces": pieces, "name": name},
            url=reverse("procurement:supplier-file-detail", args=[row["file__startup"]]),
            when=_("since %s") % date_format(timezone.localtime(row["since"]), "D j M Y"),
        )


registry.waiting.append(to_mend_or_renew)
registry.staff_waiting.append(to_look_at)
registry.shown_by_themselves |= {"evidence_rejected", "evidence_expiry_reminded"}
registry.refused_files.append(actions.tell_of_refused_file)
registry.due += [actions.evidence_reminding.write_due, actions.look_again]
registry.menu.append(
    MenuItem(
        group=gettext_lazy("People and organisations"),
        label=gettext_lazy("Supplier files"),
        url_name="admin:procurement_supplierfile_changelist",
        permission="procurement.view_supplierfile",
        order=43,
    )
)
registry.menu.append(
    MenuItem(
        group=gettext_lazy("People and organisations"),
        label=gettext_lazy("What UN organisations ask"),
        url_name="admin:procurement_requirement_changelist",
        permission="procurement.add_requirement",
        order=45,
    )
)
registry.movers.append(
    Mover("procurement.supplierfile", gettext_lazy("supplier file"), sort_out=actions.merge_files)
)
PERMITTED["procurement."] = "procurement.view_supplierstatement"
SENTENCES.update(
    {
        "procurement.supplierfile:open-file": gettext_lazy("Supplier file opened"),
        "procurement.supplierfile:aim-at": gettext_lazy("Supplier file: prepares for {level}"),
        "procurement.supplierfile:complete-level": gettext_lazy(
            "Supplier file: {level} is complete"
        ),
        "procurement.supplierfile:reopen-level": gettext_lazy(
            "Supplier file: {level} is not complete any more"
        ),
        "procurement.supplierfile:open-restricted": gettext_lazy(
            "Supplier file: what is restricted was opened"
        ),
        "procurement.evidence:give": gettext_lazy("Supplier file: evidence given"),
        "procurement.evidence:give:restricted": gettext_lazy("A restricted document was given"),
        "procurement.evidence:accept": gettext_lazy("Supplier file: evidence found good"),
        "procurement.evidence:reject": gettext_lazy("Supplier file: evidence not good yet"),
        "procurement.evidence:replace": gettext_lazy("Supplier file: evidence replaced"),
        "procurement.evidence:refuse-file": gettext_lazy("Supplier file: a file was refused"),
        "procurement.evidence:download-file": gettext_lazy("Supplier file: a file was opened"),
        "procurement.evidence:read-restricted": gettext_lazy(
            "Supplier file: a restricted file was opened"
        ),
        "procurement.standing:confirm-standing": gettext_lazy(
            "Status of a registration with a UN organisation confirmed"
        ),
    }
)
registry.sentences |= {
    f"procurement.{key}": Sentence(text)
    for key, text in {
        "supplierfile:open-file": gettext_lazy("{who} opened the supplier file"),
        "supplierfile:aim-at": gettext_lazy("{who} prepares for {level}"),
        "supplierfile:complete-level": gettext_lazy("{who} completed {level} in the supplier file"),
        "supplierfile:reopen-level": gettext_lazy(
            "{who} noted that {level} is not complete any more"
        ),
        "supplierfile:open-restricted": gettext_lazy("{who} opened what is restricted"),
        "evidence:give": gettext_lazy("{who} gave evidence"),
        "evidence:accept": gettext_lazy("{who} found evidence good"),
        "evidence:reject": gettext_lazy("{who} found evidence not good yet"),
        "evidence:replace": gettext_lazy("{who} replaced evidence"),
        "evidence:refuse-file": gettext_lazy("{who} refused a file of evidence"),
        "evidence:download-file": gettext_lazy("{who} opened a file"),
        "evidence:read-restricted": gettext_lazy("{who} opened a restricted file"),
        "standing:confirm-standing": gettext_lazy("{who} confirmed how a registration stands"),
    }.items()
}
