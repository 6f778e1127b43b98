"""What the tables of procurement hold about people, and what becomes of it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.inventory import declare

declare(
    "procurement.SupplierStatement",
    _("Your organisation's standing as a supplier"),
    plain="id created_at startup level number as_of stated_by",
    mine={"stated_by": "startup__legal_name level number as_of created_at"},
)
