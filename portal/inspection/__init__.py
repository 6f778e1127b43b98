"""Whether a file may be read by others: pure functions over its bytes, run in a bounded process.

Nothing here knows Django, the database or the settings, so that the process which opens what a
stranger sent starts fast and has nothing worth stealing.
"""

from portal.inspection.child import (
    BrokenInspection,
    NoVerdict,
    Pace,
    Starved,
    Verdict,
    draw,
    inspect,
)
from portal.inspection.rule import Refused, Rule

__all__ = [
    "BrokenInspection",
    "NoVerdict",
    "Pace",
    "Refused",
    "Rule",
    "Starved",
    "Verdict",
    "draw",
    "inspect",
]
