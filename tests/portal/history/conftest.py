"""An application that is reviewed, its juror and the manager of the programme."""

from __future__ import annotations

from typing import Any

import pytest

from challenges.choices import ApplicationState
from challenges.models import ReviewAssignment
from portal import audit
from portal.choices import Role
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff


@pytest.fixture
def reviewed() -> dict[str, Any]:
    """A review that was given and submitted by a juror."""
    programme = make_programme()
    application = make_application(make_call(programme), state=ApplicationState.IN_REVIEW)
    juror = make_staff(programme, Role.REVIEWER, display_name="Juror Quiet")
    manager = make_staff(programme, Role.MANAGER)
    assignment = ReviewAssignment.objects.create(
        application=application, reviewer=juror, assigned_by=manager
    )
    facts = {"juror": str(juror.pk)}
    audit.record(assignment, "assign", actor=manager, to_state="assigned", facts=facts)
    audit.record(
        assignment,
        "declare-conflict",
        actor=juror,
        reason="My cousin works there.",
        from_state="assigned",
        to_state="conflict",
    )
    return {"programme": programme, "assignment": assignment, "juror": juror, "manager": manager}
