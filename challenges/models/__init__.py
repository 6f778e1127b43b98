"""Facts about calls, applications, reviews and decisions."""

from challenges.models.application import (
    SCORE,
    Answer,
    Application,
    Revision,
    new_reference,
)
from challenges.models.call import Call, CallPreview, describe
from challenges.models.events import (
    ApplicationEvent,
    CallEvent,
    ConflictOfInterestEvent,
    DecisionEvent,
    ReviewAssignmentEvent,
    ReviewEvent,
    ScoreEvent,
)
from challenges.models.message import LONGEST_MESSAGE, Message, MessageReading
from challenges.models.question import Criterion, Question
from challenges.models.review import (
    Circular,
    ConflictOfInterest,
    Decision,
    Review,
    ReviewAssignment,
    Score,
)
from challenges.models.saved import SavedFilter
from challenges.models.team import ApplicationNote, Collaborator, ConsortiumMember

__all__ = [
    "LONGEST_MESSAGE",
    "SCORE",
    "Answer",
    "Application",
    "ApplicationEvent",
    "ApplicationNote",
    "Call",
    "CallEvent",
    "CallPreview",
    "Circular",
    "Collaborator",
    "ConflictOfInterest",
    "ConflictOfInterestEvent",
    "ConsortiumMember",
    "Criterion",
    "Decision",
    "DecisionEvent",
    "Message",
    "MessageReading",
    "Question",
    "Review",
    "ReviewAssignment",
    "ReviewAssignmentEvent",
    "ReviewEvent",
    "Revision",
    "SavedFilter",
    "Score",
    "ScoreEvent",
    "describe",
    "new_reference",
]
