"""Facts about suppliers."""

from procurement.models.requirement import CodeRevision, Requirement, Threshold
from procurement.models.statement import SupplierStatement
from procurement.models.supplier import Evidence, Referee, Standing, SupplierFile

__all__ = [
    "CodeRevision",
    "Evidence",
    "Referee",
    "Requirement",
    "Standing",
    "SupplierFile",
    "SupplierStatement",
    "Threshold",
]
