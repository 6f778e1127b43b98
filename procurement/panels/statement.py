"""What suppliers contribute to pages that all apps share."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal.choices import Role
from portal.registry import Block, MenuItem, Mover, Sentence, Waiting, registry
from procurement.models import SupplierFile, SupplierStatement
from procurement.readiness import read_file
from startups.journey import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import User
    from procurement.readiness import Reading
    from startups.models import Startup

LATELY = 30


def supplier_block(startup: Startup, user: User) -> Block | None:
    """What the organisation states of itself, the latest first; nothing for who may not read it."""
    may_state = user.has_perm("procurement.add_supplierstatement", startup)
    if not user.has_perm("procurement.view_supplierstatement", startup):
        return None
    found = SupplierStatement.objects.visible_to(user).filter(startup=startup)
    statements = list(found.select_related("stated_by"))
    return Block(
        template="procurement/_supplier_statements.html",
        context={
            "startup": startup,
            "latest": statements[0] if statements else None,
            "earlier": statements[1:],
            "may_state": may_state,
            "may_open": user.has_perm("procurement.open_supplierfile", startup),
            "reading": _reading_of(startup, user),
        },
        order=50,
    )


def _reading_of(startup: Startup, user: User) -> Reading | None:
    """How the supplier file stands, if there is one."""
    file = SupplierFile.objects.visible_to(user).filter(startup=startup).first()
    if file is None:
        return None
    file.startup = startup
    return read_file(file)


def statements_under_way(user: User) -> Iterable[Waiting]:
    """For advisers: what organisations stated of themselves in the last month."""
    if not user.programmes_as(Role.PROCUREMENT):
        return
    since = timezone.now() - timedelta(days=LATELY)
    count = SupplierStatement.objects.visible_to(user).filter(created_at__gte=since).count()
    yield Waiting(
        verb=_("Stated"),
        object=ngettext(
            "%d statement of a supplier in the last 30 days",
            "%d statements of suppliers in the last 30 days",
            count,
        )
        % count,
        url=reverse("admin:procurement_supplierstatement_changelist"),
    )


registry.under_way.append(statements_under_way)
SENTENCES["procurement.supplierstatement:state"] = gettext_lazy("Standing as a UN supplier stated")
registry.sentences["procurement.supplierstatement:state"] = Sentence(
    gettext_lazy("{who} stated the standing as a UN supplier: {level}")
)
registry.startup_page.append(supplier_block)
registry.menu.append(
    MenuItem(
        group=gettext_lazy("People and organisations"),
        label=gettext_lazy("Supplier statements"),
        url_name="admin:procurement_supplierstatement_changelist",
        permission="procurement.view_supplierstatement",
        order=44,
    )
)
registry.movers.append(
    Mover("procurement.supplierstatement", gettext_lazy("statements as a UN supplier"))
)
