"""Field by field: calls, applications, reviews, decisions.

Not watched: answers (each submitted version is kept whole and never changed, and half-written
sentences of a draft are nobody's history), figures computed from other rows, and instants of
automatic saves.
"""

from __future__ import annotations

import pgtrigger

from challenges.models.application import Application
from challenges.models.call import Call
from challenges.models.review import (
    ConflictOfInterest,
    Decision,
    Review,
    ReviewAssignment,
    Score,
)
from portal.models import watched

CallEvent = watched(
    Call,
    fields=[
        *("programme", "kind", "title", "slug", "state", "opens_at", "closes_at", "accepts_until"),
        *("time_zone", "places", "amount", "currency", "terms_version", "reviewers_wanted"),
        *("review_due_on", "results_on"),
    ],
)
ApplicationEvent = watched(
    Application,
    fields=[
        *("call", "startup", "state", "revision_count", "submitted_at", "deadline"),
        *("extended_until", "open_to_staff", "responsible"),
    ],
)
ReviewAssignmentEvent = watched(
    ReviewAssignment, fields=["application", "reviewer", "state", "assigned_by", "due_on"]
)
ConflictOfInterestEvent = watched(
    ConflictOfInterest, fields=["application", "person", "has_conflict", "reason"]
)
#: While a sheet is open its juror saves every few seconds, and each save raises `version`. Such a
#: save is no event; whatever else changes the row is, and so is submitting it and all that follows.
ReviewEvent = watched(
    Review,
    fields=["assignment", "comment", "feedback", "submitted_at", "total"],
    when=pgtrigger.Condition(
        "((OLD.assignment_id, OLD.comment, OLD.feedback, OLD.submitted_at, OLD.total) IS DISTINCT "
        "FROM (NEW.assignment_id, NEW.comment, NEW.feedback, NEW.submitted_at, NEW.total) "
        "AND NOT (OLD.submitted_at IS NULL AND NEW.submitted_at IS NULL "
        "AND NEW.version > OLD.version))"
    ),
)
ScoreEvent = watched(Score, fields=["review", "criterion", "value"])
DecisionEvent = watched(
    Decision, fields=["application", "outcome", "reason", "prepared_by", "sent_by", "sent_at"]
)
