"""The main job in real browsers: staff open a call, a team applies, the receipt arrives."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from challenges.choices import ApplicationState, CallState
from challenges.models import Application, Call
from portal import actions
from portal.actions.telling import tell_due
from portal.models import OutboxMessage, User
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page


def test_founder_signs_up_describes_the_organisation_applies_and_gets_a_receipt(  # noqa: PLR0915 -- one path, told as it is walked
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    call = make_call(title="Resilient harbours", not_applicable=[])
    page = new_page()
    page.goto(call.get_absolute_url())
    looks_right(page)
    page.get_by_role("link", name="Apply").first.click()
    page.wait_for_url("**/accounts/login/**")
    page.get_by_role("main").get_by_role(
        "link", name=re.compile("create|sign up", re.IGNORECASE)
    ).first.click()
    page.wait_for_url("**/accounts/signup/**")
    looks_right(page)
    page.get_by_label("Given name").fill("Amina")
    page.get_by_label("Family name").fill("Diallo")
    page.locator("[name=email]").fill("amina@example.org")
    page.locator("[name=password1]").fill("correct horse battery staple")
    page.locator("[name=password2]").fill("correct horse battery staple")
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url("**/confirm-email/**")
    code = re.search(r"^Code: ([A-Z0-9-]{6,})$", OutboxMessage.objects.get().text, re.MULTILINE)
    assert code is not None
    page.locator("[name=code]").fill(code[1])
    page.locator("main form [type=submit]").first.click()
    page.wait_for_url(f"**{call.get_absolute_url()}apply/")
    assert User.objects.get().shown_name == "Amina Diallo"

    page.get_by_role("link", name="Describe my organisation").click()
    page.wait_for_url("**/startups/**")
    looks_right(page)
    page.locator("[name=legal_name]").fill("Teranga Solaire SARL")
    page.locator("[name=country]").select_option("SN")
    page.locator("[name$='-0-name']").first.fill("Amina Diallo")
    page.locator("[name$='-0-telephone']").fill("+221 33 000 00 00")
    page.locator("main form [type=submit].btn-primary").first.click()
    page.wait_for_url(f"**{call.get_absolute_url()}apply/")
    page.get_by_role("button", name="Start the application").click()
    page.wait_for_url("**/edit/1/")
    looks_right(page)
    page.get_by_label("Title").fill("Solar pumps that listen to the tide")
    page.get_by_label("Water").check()
    page.get_by_role("button", name="Save and go on").click()
    page.wait_for_url("**/edit/2/")
    page.get_by_label("People").fill("4")
    page.get_by_role("button", name="Save and check").click()
    page.wait_for_url("**/check/")
    looks_right(page)
    page.get_by_label("I have read the terms").check()
    page.get_by_role("button", name="Submit application").dblclick()
    page.wait_for_url("**/receipt/")
    looks_right(page)

    application = Application.objects.get()
    assert application.state == ApplicationState.SUBMITTED
    assert application.reference in page.content()
    actions.sweep()
    assert OutboxMessage.objects.filter(notice="application_received").count() == 1
    page.goto("/inbox/")
    assert application.reference in page.content()
    looks_right(page)


def test_what_is_typed_is_saved_without_a_click(new_page: Callable[..., Page]) -> None:
    owner = make_user()
    application = make_application(startup=make_startup(owner=owner))
    page = new_page(owner)
    page.goto(f"{application.get_absolute_url()}edit/1/")
    page.get_by_label("Title").fill("Typed and left")
    page.locator(".form-head [data-saved-mark]", has_text=re.compile(r"Saved \d")).wait_for()
    assert application.answers.get(question__label="Title").value == "Typed and left"


def test_colleagues_text_arrives_in_a_field_one_has_not_touched(
    new_page: Callable[..., Page],
) -> None:
    owner = make_user(given_name="Amina")
    startup = make_startup(owner=owner)
    colleague = add_member(startup, make_user(given_name="Kofi"), MemberRole.EDITOR)
    application = make_application(startup=startup)
    mine, theirs = new_page(owner), new_page(colleague)
    for page in (mine, theirs):
        page.goto(f"{application.get_absolute_url()}edit/1/")
    saved = re.compile(r"Saved \d")
    mine.get_by_label("Title").fill("Amina's title")
    mine.locator(".form-head [data-saved-mark]", has_text=saved).wait_for()
    theirs.get_by_label("Water").check()
    theirs.locator(".form-head [data-saved-mark]", has_text=saved).wait_for()
    assert theirs.get_by_label("Title").input_value() == "Amina's title"
    theirs.get_by_role("button", name="Save", exact=True).click()
    theirs.get_by_text("Saved.", exact=True).wait_for()
    given = {one.question.label: one.value for one in application.answers.all()}
    assert given == {"Title": "Amina's title", "Theme": "Water"}


def test_staff_write_publish_and_move_a_call(  # noqa: PLR0915 -- one path, told as it is walked
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    programme = make_programme(name="GIC Kobe")
    manager = make_staff(programme, time_zone="Asia/Tokyo")
    page = new_page(manager)
    page.goto("/admin/challenges/call/add/")
    looks_right(page)
    page.locator("[name=programme]").select_option(label="GIC Kobe")
    page.locator("[name=kind]").select_option("challenge")
    page.locator("[name=title]").fill("Quiet harbours")
    page.locator("[name=slug]").fill("quiet-harbours")
    page.locator("[name=summary]").fill("Less noise for ports and people.")
    page.locator("[name=description]").fill("# What we look for\n\nQuiet.")
    page.locator("[name=places]").fill("5")
    page.locator("[name=time_zone]").select_option("Asia/Tokyo")
    opens = timezone.localtime() - timedelta(days=1)
    closes = timezone.localtime() + timedelta(days=20)
    page.locator("[name=opens_at]").fill(f"{opens:%Y-%m-%d}T09:00")
    page.locator("[name=closes_at]").fill(f"{closes:%Y-%m-%d}T23:59")
    page.locator("[name=terms]").fill("Be honest.")
    page.locator("[name=terms_version]").fill("1")
    page.get_by_text(re.compile("add another evaluation", re.IGNORECASE)).click()
    page.locator("[name=criteria-0-name]").fill("Effect")
    page.locator("[name=criteria-0-weight]").fill("100")
    page.locator("[name=criteria-0-levels]").fill("Weak\nGood")
    page.locator("[name=_continue]").click()
    page.wait_for_url("**/change/")
    call = Call.objects.get()
    assert call.state == CallState.DRAFT
    assert call.closes_at == call.accepts_until
    assert f"{call.closes_at.astimezone(call.zone):%H:%M}" == "23:59"
    # Publishing says what is missing.
    assert "These facts are empty" in page.content()
    looks_right(page)
    for box in page.locator("[name=not_applicable]").all():
        box.check()
    page.locator("[name=_continue]").click()
    page.wait_for_load_state("networkidle")
    page.get_by_role("link", name="Form: 0 questions").click()
    page.get_by_role("link", name="Add a question").click()
    page.get_by_role("link", name="Short text").click()
    page.get_by_role("combobox", name="Section").fill("Solution")
    page.get_by_role("textbox", name="Question").fill("What is it?")
    page.get_by_role("button", name="Save the question").click()
    page.get_by_role("link", name="What is it?").wait_for()
    page.goto(f"/admin/challenges/call/{call.pk}/change/")
    page.get_by_role("button", name="Publish").click()
    page.get_by_text("The call is published").wait_for()

    application = make_application(call)
    page.get_by_role("link", name="Move the deadline").click()
    page.wait_for_url("**/move-deadline/")
    looks_right(page)
    later = closes + timedelta(days=7)
    page.locator("[name=closes_at]").fill(f"{later:%Y-%m-%d}T23:59")
    page.locator("[name=reason]").fill("The power was out in Antigua.")
    page.get_by_role("button", name=re.compile("Move the deadline")).click()
    page.get_by_text("1 people are told").or_(page.get_by_text("1 person is told")).wait_for()
    tell_due()
    letter = OutboxMessage.objects.get(notice="deadline_moved")
    assert letter.recipient == application.startup.owners()[0]
    assert "The power was out in Antigua." in letter.text
    looks_right(page)


def test_pages_of_an_applicant_look_right(
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    owner = make_user()
    application = make_application(
        startup=make_startup(owner=owner), state=ApplicationState.SUBMITTED
    )
    page = new_page(owner)
    for address in (
        "/",
        "/calls/",
        "/applications/",
        application.get_absolute_url(),
        f"{application.get_absolute_url()}print/",
        f"{application.get_absolute_url()}help/",
        f"{application.get_absolute_url()}withdraw/",
        f"{application.get_absolute_url()}edit/1/",
        f"{application.get_absolute_url()}receipt/",
        application.call.get_absolute_url(),
        "/accounts/profile/",
    ):
        page.goto(address)
        looks_right(page)


def test_signing_out_forgets_unsaved_text(new_page: Callable[..., Page]) -> None:
    page = new_page(make_user(display_name="Amina"))
    page.goto("/")
    page.evaluate("sessionStorage.setItem('unsaved:/applications/x/edit/1/', 'secret')")
    page.locator("details.account > summary").click()
    page.get_by_role("button", name="Sign out").first.click()
    page.get_by_role("link", name="Sign in").first.wait_for()
    assert page.evaluate("sessionStorage.length") == 0
