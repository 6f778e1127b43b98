"""What suppliers contribute to pages that all apps share."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from portal.registry import Block, MenuItem, registry
from procurement.models import SupplierStatement
from startups.journey import SENTENCES

if TYPE_CHECKING:
    from portal.models import User
    from startups.models import Startup


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
        },
        order=50,
    )


SENTENCES["procurement.supplierstatement:state"] = gettext_lazy("Standing as a UN supplier stated")
registry.startup_page.append(supplier_block)
registry.menu.append(
    MenuItem(
        group=gettext_lazy("Suppliers"),
        label=gettext_lazy("Supplier statements"),
        url_name="admin:procurement_supplierstatement_changelist",
        permission="procurement.view_supplierstatement",
        order=60,
    )
)
