"""From the closed call to the letter in real browsers: jurors read, staff rank and send."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from django.utils import timezone

from challenges.actions.review import assign
from challenges.choices import ApplicationState, AssignmentState
from challenges.models import Application, ReviewAssignment
from portal import actions
from portal.choices import Role
from portal.models import OutboxMessage
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def closed_call(programme, **fields):
    """A call that closed yesterday."""
    now = timezone.now()
    return make_call(
        programme,
        opens_at=now - timedelta(days=30),
        closes_at=now - timedelta(days=1),
        places=1,
        **fields,
    )


def test_jurors_review_and_the_manager_sends_the_results(  # noqa: PLR0915 -- one path, as walked
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    programme = make_programme()
    call = closed_call(programme)
    manager = make_staff(programme)
    jurors = [make_staff(programme, Role.REVIEWER) for _ in range(2)]
    better = make_application(call, state=ApplicationState.SUBMITTED)
    worse = make_application(call, state=ApplicationState.SUBMITTED)
    assign(applications=[better, worse], reviewers=jurors, by=manager, due_on=None)

    for juror in jurors:
        page = new_page(juror)
        page.goto("/admin/")
        looks_right(page)
        for application, level in ((better, "5"), (worse, "2")):
            assignment = ReviewAssignment.objects.get(application=application, reviewer=juror)
            page.goto(assignment.get_absolute_url())
            assert "Answer" not in page.locator("main").inner_text()
            looks_right(page)
            page.get_by_role("button", name=re.compile("I have no conflict")).click()
            page.locator("#review-form").wait_for()
            looks_right(page)
            for criterion in call.criteria.all():
                page.locator(f"[name={criterion.field}][value='{level}']").check(force=True)
            page.locator("[name=comment]").fill(f"Level {level}.")
            page.get_by_text(re.compile(r"saved \d", re.IGNORECASE)).first.wait_for()
            # Not "until nothing moves": under load that is before the answer is on its way.
            with page.expect_navigation():
                page.get_by_role("button", name=re.compile("submit", re.IGNORECASE)).first.click()
            assignment.refresh_from_db()
            assert assignment.state == AssignmentState.DONE
    better.refresh_from_db()
    worse.refresh_from_db()
    assert (better.mean_score, worse.mean_score) == (Decimal(100), Decimal(25))

    page = new_page(manager)
    page.goto(f"/admin/challenges/application/ranking/{call.pk}/")
    looks_right(page)
    names = page.locator("table tbody").inner_text()
    assert names.index(better.startup.name) < names.index(worse.startup.name)
    page.locator("select[name$=outcome]").nth(0).select_option("selected")
    page.locator("textarea[name$=reason]").nth(0).fill("A clear plan.")
    page.locator("select[name$=outcome]").nth(1).select_option("not_selected")
    page.locator("textarea[name$=reason]").nth(1).fill("Too early for us.")
    page.get_by_role("button", name=re.compile("Save the decisions")).click()
    page.wait_for_load_state("networkidle")
    assert not OutboxMessage.objects.filter(notice__startswith="application_").exists()
    page.get_by_role("link", name=re.compile("Look at the letters")).click()
    page.wait_for_url("**/results/")
    assert "Too early for us." in page.content()
    looks_right(page)
    page.get_by_role("button", name=re.compile("Send 2 results")).dblclick()
    page.wait_for_load_state("networkidle")
    actions.sweep()

    states = {one.pk: one.state for one in Application.objects.all()}
    assert states == {better.pk: "selected", worse.pk: "not_selected"}
    letters = OutboxMessage.objects.filter(subject_type="challenges.application")
    assert letters.count() == 2
    founder = new_page(better.startup.owners()[0])
    founder.goto(better.get_absolute_url())
    assert "A clear plan." in founder.locator("main").inner_text()
    looks_right(founder)
    founder.goto("/inbox/")
    assert better.reference in founder.content()


def test_two_tabs_of_a_juror_do_not_overwrite(new_page: Callable[..., Page]) -> None:
    programme = make_programme()
    juror = make_staff(programme, Role.REVIEWER)
    application = make_application(closed_call(programme), state=ApplicationState.SUBMITTED)
    assign(
        applications=[application],
        reviewers=[juror],
        by=make_staff(programme),
        due_on=None,
    )
    assignment = ReviewAssignment.objects.get()
    first = new_page(juror)
    first.goto(assignment.get_absolute_url())
    first.get_by_role("button", name=re.compile("I have no conflict")).click()
    first.locator("#review-form").wait_for()
    second = new_page(juror)
    second.goto(assignment.get_absolute_url())
    first.locator("[name=comment]").fill("From the first tab")
    first.get_by_text(re.compile(r"saved \d", re.IGNORECASE)).first.wait_for()
    second.locator("[name=comment]").fill("From the second tab")
    second.get_by_text("From the first tab").first.wait_for()
    assert second.locator("[name=comment]").input_value() == "From the second tab"
    assert assignment.review.comment == "From the first tab"
