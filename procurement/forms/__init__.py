"""What comes in from browsers about suppliers."""

from procurement.forms.evidence import EvidenceForm, RejectForm
from procurement.forms.standing import StandingForm, TargetForm
from procurement.forms.statement import SupplierStatementForm

__all__ = ["EvidenceForm", "RejectForm", "StandingForm", "SupplierStatementForm", "TargetForm"]
