"""What must be settled about applications and reviews before a person's account ends."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils.translation import gettext as _

from challenges.choices import ApplicationState
from challenges.models import Application, ReviewAssignment
from portal.registry import Hindrance
from startups.choices import MemberRole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from portal.models import User

#: States in which somebody must be there to answer.
RUNNING = (
    ApplicationState.SUBMITTED,
    ApplicationState.IN_REVIEW,
    ApplicationState.RESERVE,
    ApplicationState.SELECTED,
    ApplicationState.ACCEPTED,
)


def applications_to_settle(user: User) -> Iterator[Hindrance]:
    """Running applications of organisations that nobody else owns."""
    running = Application.objects.filter(
        startup__memberships__user=user,
        startup__memberships__role=MemberRole.OWNER,
        state__in=RUNNING,
    ).select_related("startup")
    for application in running:
        if application.startup.is_owned_alone_by(user):
            yield Hindrance(
                reason=_(
                    "The application %(reference)s is running and nobody else could answer for it."
                    " Invite a colleague and hand the organisation over, or withdraw it."
                )
                % {"reference": application.reference},
                label=_("See %(reference)s") % {"reference": application.reference},
                url=application.get_absolute_url(),
            )


def reviews_to_hand_back(user: User) -> Iterator[Hindrance]:
    """Reviews that were promised and are not done."""
    open_ones = ReviewAssignment.objects.waiting_for(user)
    if count := open_ones.count():
        yield Hindrance(
            reason=_("You have %(count)d reviews to write. Finish them, or hand them back.")
            % {"count": count},
            label=_("See my reviews"),
            url=reverse("admin:challenges_reviewassignment_changelist"),
        )
