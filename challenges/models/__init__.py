"""Facts about calls, applications, reviews and decisions."""

from challenges.models.application import (
    SCORE,
    Answer,
    Application,
    new_reference,
)
from challenges.models.call import Call, CallPreview, describe
from challenges.models.clarification import Clarification, FaqEntry, Wording
from challenges.models.eligibility import (
    CallAlert,
    EligibilityCheck,
    EligibilityRule,
    Statement,
)
from challenges.models.events import (
    ApplicationEvent,
    CallEvent,
    ConflictOfInterestEvent,
    DecisionEvent,
    ReviewAssignmentEvent,
    ReviewEvent,
    ScoreEvent,
)
from challenges.models.extension import (
    Extension,
    MoreTimeRequest,
    RefusedAttempt,
    lateness_of,
    unconfirmed,
)
from challenges.models.form import Change, Sheet, untranslated, words_in
from challenges.models.message import LONGEST_MESSAGE, Message, MessageReading
from challenges.models.question import Criterion, FormVersion, Question
from challenges.models.review import (
    Circular,
    ConflictOfInterest,
    Decision,
    Review,
    ReviewAssignment,
    Score,
)
from challenges.models.revision import Revision
from challenges.models.saved import SavedFilter
from challenges.models.team import (
    AnswerNote,
    ApplicationNote,
    Collaborator,
    ConsortiumMember,
    Replacement,
)

__all__ = [
    "LONGEST_MESSAGE",
    "SCORE",
    "Answer",
    "AnswerNote",
    "Application",
    "ApplicationEvent",
    "ApplicationNote",
    "Call",
    "CallAlert",
    "CallEvent",
    "CallPreview",
    "Change",
    "Circular",
    "Clarification",
    "Collaborator",
    "ConflictOfInterest",
    "ConflictOfInterestEvent",
    "ConsortiumMember",
    "Criterion",
    "Decision",
    "DecisionEvent",
    "EligibilityCheck",
    "EligibilityRule",
    "Extension",
    "FaqEntry",
    "FormVersion",
    "Message",
    "MessageReading",
    "MoreTimeRequest",
    "Question",
    "RefusedAttempt",
    "Replacement",
    "Review",
    "ReviewAssignment",
    "ReviewAssignmentEvent",
    "ReviewEvent",
    "Revision",
    "SavedFilter",
    "Score",
    "ScoreEvent",
    "Sheet",
    "Statement",
    "Wording",
    "describe",
    "lateness_of",
    "new_reference",
    "unconfirmed",
    "untranslated",
    "words_in",
]
