"""Facts about startups and the people in them."""

from startups.models.membership import Invitation, JoinRequest, Membership
from startups.models.startup import Acquaintance, Contact, Founder, Startup

__all__ = [
    "Acquaintance",
    "Contact",
    "Founder",
    "Invitation",
    "JoinRequest",
    "Membership",
    "Startup",
]
