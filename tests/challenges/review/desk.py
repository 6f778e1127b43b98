"""What several tests of reviews need: the page, the figures, people by their part."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from portal.choices import Role
from portal.models import ProgrammeStaff, User
from tests.factories.portal import make_staff, make_user

if TYPE_CHECKING:
    from decimal import Decimal

    from challenges.models import Application, ReviewAssignment


def person(who: str, application: Application, juror: User) -> User:
    programme = application.call.programme
    if who == "former":
        ProgrammeStaff.objects.filter(user=juror).update(ended_at=timezone.now())
    found: User
    match who:
        case "own" | "former":
            found = User.objects.get(pk=juror.pk)
        case "elsewhere":
            found = make_staff(None, Role.MANAGER)
        case "founder":
            found = application.startup.owners()[0]
        case "nobody":
            found = make_user()
        case "other juror":
            found = make_staff(programme, Role.REVIEWER)
        case _:
            found = make_staff(programme, Role(who))
    return found


def figures(application: Application) -> tuple[int, int, Decimal | None]:
    application.refresh_from_db()
    return application.assigned_count, application.review_count, application.mean_score


def page_of(assignment: ReviewAssignment) -> str:
    return reverse("admin:challenges_reviewassignment_review", args=[assignment.pk])
