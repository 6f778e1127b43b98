"""A mentor logs a session on a phone without scripts, and the startup confirms it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from startups.choices import SessionState
from startups.models import ActionItem, CoachingSession, PrivateNote
from tests.factories.cohorts import make_mentoring, make_session

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

PHONE = (390, 844)
#: What is asked of a mentor who changes nothing that is filled in.
MOST_INPUTS = 6


def test_session_is_logged_from_the_home_with_six_inputs_and_one_button(
    new_page: Callable[..., Page], looks_right: Callable[[Page], None]
) -> None:
    mentoring = make_mentoring()
    begun = timezone.now() - timedelta(hours=2)
    session = make_session(mentoring, starts_at=begun)
    startup = mentoring.place.startup
    page = new_page(mentoring.mentor.user, PHONE, java_script_enabled=False)
    page.goto("/")
    page.get_by_role("link", name=f"Log session with {startup.name}").click()
    page.wait_for_url(f"**/coaching/sessions/{session.pk}/log/")
    form = page.locator("main form")
    inputs = form.locator("input:visible:not([type=hidden]), textarea:visible, select:visible")
    assert inputs.count() <= MOST_INPUTS
    assert form.locator("[type=submit]:visible").count() == 1
    # Startup, day and minutes stand there already.
    assert startup.name in page.locator("main").inner_text()
    assert page.get_by_label("Minutes together").input_value() == "60"
    page.get_by_label("What was discussed").fill("Prices for hospitals.")
    page.get_by_label("Your advice").fill("Ask for a deposit.")
    page.get_by_label("Note for the startup").fill("Good talk.")
    page.get_by_label("Private note").fill("They are tired.")
    day = timezone.localdate() + timedelta(days=30)
    page.get_by_label("Who does what by when").fill(f"Call five hospitals by {day}\nme: write")
    form.get_by_role("button", name="Log it").click()
    page.get_by_text("2 action items were kept, 1 with a date").wait_for()
    session.refresh_from_db()
    assert (session.state, session.minutes_contact) == (SessionState.LOGGED, 60)
    assert ActionItem.objects.get(side="startup").due_on == day
    assert PrivateNote.objects.get().text == "They are tired."
    assert CoachingSession.objects.count() == 1

    theirs = new_page(startup.owners()[0], PHONE, java_script_enabled=False)
    theirs.goto("/")
    theirs.get_by_role("link", name="Confirm session").click()
    assert "Ask for a deposit." in theirs.locator("main").inner_text()
    assert "tired" not in theirs.content()
    theirs.get_by_role("button", name="Confirm").click()
    theirs.get_by_text("The log is confirmed").wait_for()
    session.refresh_from_db()
    assert session.state == SessionState.CONFIRMED

    # With scripts, for axe and both widths.
    seen = new_page(mentoring.mentor.user, PHONE)
    place = f"/coaching/startups/{mentoring.place_id}/"
    for address in (
        "/",
        place,
        f"{place}plan/",
        f"/coaching/log/?place={mentoring.place_id}",
        session.get_absolute_url(),
        f"{session.get_absolute_url()}private-note/",
        f"/coaching/profile/{mentoring.mentor.programme.slug}/",
    ):
        seen.goto(address)
        looks_right(seen)
