"""Facts about calls, applications, reviews and decisions."""

from challenges.models.application import (
    Answer,
    Application,
    Revision,
    new_reference,
)
from challenges.models.call import Call, CallPreview, Criterion, Question, describe
from challenges.models.review import (
    Circular,
    ConflictOfInterest,
    Decision,
    Review,
    ReviewAssignment,
    Score,
)
from challenges.models.team import ApplicationNote, Collaborator, ConsortiumMember

__all__ = [
    "Answer",
    "Application",
    "ApplicationNote",
    "Call",
    "CallPreview",
    "Circular",
    "Collaborator",
    "ConflictOfInterest",
    "ConsortiumMember",
    "Criterion",
    "Decision",
    "Question",
    "Review",
    "ReviewAssignment",
    "Revision",
    "Score",
    "describe",
    "new_reference",
]
