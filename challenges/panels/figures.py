"""Figures of calls for whoever watches the machines."""

from __future__ import annotations

from challenges.models import Application
from portal.metrics import Measure
from portal.registry import registry


def submissions() -> Measure:
    """How many applications have been submitted."""
    return Measure(
        "portal_applications_submitted",
        "Applications that have been submitted.",
        Application.objects.filter(submitted_at__isnull=False).count(),
    )


registry.measures.append(submissions)
