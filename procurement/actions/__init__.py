"""Verbs of suppliers."""

from procurement.actions.evidence import give_evidence, tell_of_refused_file
from procurement.actions.file import (
    aim_at,
    confirm_standing,
    look_again,
    merge_files,
    open_file,
    opened_restricted,
    write_standing,
)
from procurement.actions.reminding import evidence_reminding
from procurement.actions.statement import state_supplier

__all__ = [
    "aim_at",
    "confirm_standing",
    "evidence_reminding",
    "give_evidence",
    "look_again",
    "merge_files",
    "open_file",
    "opened_restricted",
    "state_supplier",
    "tell_of_refused_file",
    "write_standing",
]
