"""The fingerprint of a submitted copy: anybody who has the copy can compute it again."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def fingerprint_of(
    *,
    reference: str,
    number: int,
    answers: list[dict[str, Any]],
    startup_facts: dict[str, Any],
    terms_version: str,
) -> str:
    """SHA-256, in hexadecimal, over the copy as JSON with sorted keys and no spaces, in UTF-8."""
    copy = {
        "reference": reference,
        "number": number,
        "answers": answers,
        "startup_facts": startup_facts,
        "terms_version": terms_version,
    }
    canonical = json.dumps(copy, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()
