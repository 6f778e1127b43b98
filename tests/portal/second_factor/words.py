"""What nobody may read here: the words that allauth brings along."""

from __future__ import annotations

import re

STOCK = re.compile(
    r"Two-Factor|Security Key|Authenticator App|Reauthenticat|Third-Party|Activate|Deactivate"
    r"|third-party|Confirm Access|example\.com|Master key|Successfully|Incorrect code",
)
