"""States of what startups and those around them do: one table for each record that has a life."""

from startups.workflow.cohort import cohort_workflow
from startups.workflow.joining import invitation_workflow, join_request_workflow
from startups.workflow.place import place_workflow

__all__ = ["cohort_workflow", "invitation_workflow", "join_request_workflow", "place_workflow"]
