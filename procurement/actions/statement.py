"""Verbs of suppliers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit
from portal.workflow import StepRefused
from procurement.models import SupplierFile, SupplierStatement

if TYPE_CHECKING:
    from datetime import date

    from portal.models import User
    from startups.models import Startup


@transaction.atomic
def state_supplier(
    *, startup: Startup, level: str, number: str, as_of: date, by: User
) -> SupplierStatement:
    """Put a new dated statement beside the older ones; none is overwritten."""
    if not by.has_perm("procurement.add_supplierstatement", startup):
        raise StepRefused(_("You may not do this."), permission=True)
    statement = SupplierStatement.objects.create(
        startup=startup, level=level, number=number, as_of=as_of, stated_by=by
    )
    audit.record(statement, "state", actor=by, facts={"level": level})
    # The number in it is a fact of the supplier file.
    SupplierFile.objects.filter(startup=startup).update(looked_at=None)
    return statement
