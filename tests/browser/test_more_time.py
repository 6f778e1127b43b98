"""Too late: the founder asks on a telephone, staff grant and confirm, the founder submits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from challenges.choices import ApplicationState, ExtensionState
from challenges.models import Application, Extension
from portal.choices import Role
from tests.factories.deadlines import make_late_draft
from tests.factories.portal import make_staff

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

PHONE = (390, 844)


def test_late_founder_asks_staff_grant_and_confirm_and_the_founder_submits(
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    draft = make_late_draft()
    programme = draft.call.programme
    manager = make_staff(programme, Role.MANAGER, given_name="Haruka")
    approver = make_staff(programme, Role.APPROVER, given_name="Sigrid")

    founder = new_page(draft.started_by, size=PHONE)
    founder.goto(draft.get_absolute_url())
    founder.get_by_role("heading", name="More time").wait_for()
    looks_right(founder)
    founder.get_by_role("link", name="Ask for more time").press("Enter")
    founder.wait_for_url("**/more-time/")
    looks_right(founder)
    founder.get_by_label("What happened?").fill("The power failed at 23:40.")
    founder.get_by_role("button", name="Ask for more time").press("Enter")
    founder.get_by_text("Sent. Staff have your reason").wait_for()
    looks_right(founder)

    staff = new_page(manager, size=PHONE)
    staff.goto("/admin/")
    staff.get_by_role("link", name="asks for more time").first.click()
    staff.get_by_text("The power failed at 23:40.").first.wait_for()
    looks_right(staff)
    staff.get_by_role("button", name="Give more time").press("Enter")
    staff.get_by_text("The time is given and the teams are told.").wait_for()
    looks_right(staff)

    second = new_page(approver, size=PHONE)
    second.goto("/admin/")
    second.get_by_role("link", name="an extension of Haruka").first.click()
    second.get_by_role("button", name="Confirm the extension").press("Enter")
    second.get_by_text("Confirmed. The teams keep their time.").wait_for()
    assert Extension.objects.get().state == ExtensionState.CONFIRMED

    founder.goto(draft.get_absolute_url())
    founder.get_by_text("Your team has more time: until").wait_for()
    looks_right(founder)
    founder.get_by_role("link", name="Check and submit").press("Enter")
    founder.wait_for_url("**/check/")
    founder.get_by_label("I have read the terms").check()
    founder.get_by_role("button", name="Submit application").press("Enter")
    founder.wait_for_url("**/receipt/")
    application = Application.objects.get(pk=draft.pk)
    assert application.state == ApplicationState.SUBMITTED
    assert application.deadline == Extension.objects.get().until
