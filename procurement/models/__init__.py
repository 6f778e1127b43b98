"""Facts about startups as suppliers."""

from procurement.models.statement import SupplierStatement

__all__ = ["SupplierStatement"]
