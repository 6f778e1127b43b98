"""Facts about startups and the people in them."""

from startups.models.events import MembershipEvent, StartupEvent
from startups.models.membership import Invitation, JoinRequest, Membership
from startups.models.merge import Merge, likely_pairs, likely_same
from startups.models.startup import Acquaintance, Contact, Founder, Startup

__all__ = [
    "Acquaintance",
    "Contact",
    "Founder",
    "Invitation",
    "JoinRequest",
    "Membership",
    "MembershipEvent",
    "Merge",
    "Startup",
    "StartupEvent",
    "likely_pairs",
    "likely_same",
]
