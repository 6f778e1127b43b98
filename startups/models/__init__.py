"""Facts about startups and the people in them."""

from startups.models.coaching import ActionItem, CoachingSession, PrivateNote
from startups.models.cohort import Cohort, Group, Place
from startups.models.demo_day import DemoDay, Pitch
from startups.models.events import MembershipEvent, StartupEvent
from startups.models.goal import Goal, GoalReview
from startups.models.membership import Invitation, JoinRequest, Membership
from startups.models.mentor import Mentor, Mentoring
from startups.models.merge import Merge, likely_pairs, likely_same
from startups.models.startup import Acquaintance, Contact, Founder, Startup

__all__ = [
    "Acquaintance",
    "ActionItem",
    "CoachingSession",
    "Cohort",
    "Contact",
    "DemoDay",
    "Founder",
    "Goal",
    "GoalReview",
    "Group",
    "Invitation",
    "JoinRequest",
    "Membership",
    "MembershipEvent",
    "Mentor",
    "Mentoring",
    "Merge",
    "Pitch",
    "Place",
    "PrivateNote",
    "Startup",
    "StartupEvent",
    "likely_pairs",
    "likely_same",
]
