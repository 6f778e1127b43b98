"""Field by field: facts of organisations, and who belongs to them as what."""

from __future__ import annotations

from portal.models import watched
from startups.models.membership import Membership
from startups.models.startup import Startup

StartupEvent = watched(
    Startup,
    fields=[
        *("kind", "legal_name", "trading_name", "country", "city"),
        *("registration_number", "registration_scheme", "founded_on", "website", "size_band"),
        *("women_owned", "disability_inclusive", "sector", "funding_stage", "product_stage"),
        *("summary", "editors_may_submit"),
    ],
)
MembershipEvent = watched(Membership, fields=["startup", "user", "role"])
