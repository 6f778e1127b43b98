"""A step of a workflow that may be refused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from portal.workflow import StepRefused

if TYPE_CHECKING:
    from portal.models import User


def attempt(workflow: Any, record: Any, name: str, actor: User, **more: Any) -> StepRefused | None:
    """Take a step; the refusal if it was refused."""
    try:
        workflow.perform(record, name, actor=actor, **more)
    except StepRefused as refusal:
        return refusal
    return None
