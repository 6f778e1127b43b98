"""The longest form on a phone, in one go: every mishap that there is, and not a word lost."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from challenges.choices import ApplicationState, QuestionKind as Kind
from challenges.models import Application, Call, Question
from portal.choices import Role
from portal.models import ClockNow
from startups.choices import MemberRole
from tests.browser.conftest import PATIENCE
from tests.factories import files
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member, make_startup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from django.conf import LazySettings
    from playwright.sync_api import Locator, Page

    from portal.models import User
    from tests.browser.conftest import Console

expect.set_options(timeout=PATIENCE)
PHONE = (390, 844)
PASSWORD = "correct horse battery staple"
SAVED = re.compile(r"Saved \d\d:\d\d EAT")
SECTIONS, EACH = ("Need", "Solution", "Team"), 20
#: As forms are: mostly texts, and each other kind a few times. The only file is set apart.
KINDS = [
    kind for kind in Kind if kind != Kind.FILE for _time in range(4 if kind == Kind.LONG else 1)
]
#: What is asked only because a choice before it reads "Energy".
CONDITIONAL = 7


def make_longest_form() -> Call:
    """Sixty questions of all thirteen kinds, one of them with a condition."""
    call = make_call(bare=True)
    for order in range(EACH * len(SECTIONS)):
        kind = KINDS[order % len(KINDS)]
        Question.objects.create(
            call=call,
            order=order,
            section=SECTIONS[order // EACH],
            label=f"Question {order}",
            kind=Kind.FILE if order == EACH else kind,
            options=["Water", "Energy"] if kind in {Kind.CHOICE, Kind.CHOICES} else [],
            currencies=["JPY", "KES"] if kind == Kind.MONEY else [],
        )
    choice = call.questions.filter(kind=Kind.CHOICE, section=SECTIONS[0]).first()
    assert choice is not None
    Question.objects.filter(call=call, order=CONDITIONAL).update(
        kind=Kind.LONG, shown_if=choice, shown_if_values=["Energy"]
    )
    return call


class Founder:
    """Somebody who types, and remembers each word."""

    def __init__(self, page: Page, application: Application) -> None:
        self.page = page
        self.application = application
        self.address = application.get_absolute_url()
        self.questions = {one.order: one for one in application.call.questions.all()}
        self.typed: dict[str, str] = {}

    def open(self, section: int) -> None:
        self.page.goto(f"{self.address}edit/{section}/")

    @property
    def mark(self) -> Locator:
        return self.page.locator(".form-head [data-saved-mark]")

    def field(self, order: int) -> Locator:
        return self.page.locator(f"[name={self.questions[order].field}]")

    def not_stored(self) -> set[str]:
        """Whose words are not in the database as they were typed."""
        stored = dict(self.application.answers.values_list("question__label", "value"))
        return {label for label, words in self.typed.items() if stored.get(label) != words}

    def is_saved(self) -> None:
        """All that was typed until now is in the database, and the page says so."""
        end = time.monotonic() + PATIENCE / 1000
        while missing := self.not_stored():
            assert time.monotonic() < end, missing
            self.page.wait_for_timeout(50)
        expect(self.mark).to_have_text(SAVED)

    def answer(self, *orders: int) -> None:
        for order in orders:
            self.write(order, self.words_for(order))

    def words_for(self, order: int) -> str:
        fixed = {
            Kind.CHOICE: "Energy",
            Kind.CHOICES: "Water\nEnergy",
            Kind.NUMBER: f"{order}.5",
            Kind.MONEY: f"KES {order}000.25",
            Kind.DATE: "2027-02-03",
            Kind.COUNTRY: "KE",
            Kind.GOALS: "3\n13",
            Kind.MATURITY: "6",
            Kind.LINK: f"https://example.org/{order}",
            Kind.VIDEO: f"https://video.example.org/{order}",
            Kind.SHORT: f"{order}: “barafu ya kudumu”, 冷たい",
        }
        text = f"Line one of {order}, at 23:58.\n\nLine <b>two</b> & 'more'."
        return fixed.get(Kind(self.questions[order].kind), text)

    def write(self, order: int, words: str) -> None:
        """Into the fields of the question, as its kind wants it."""
        question, page = self.questions[order], self.page
        name = question.field
        match question.kind:
            case Kind.CHOICE | Kind.CHOICES | Kind.GOALS | Kind.MATURITY:
                for word in words.split("\n"):
                    page.locator(f"[name={name}][value='{word}']").check()
            case Kind.COUNTRY:
                page.locator(f"select[name={name}]").select_option(words)
            case Kind.DATE:
                for part, value in zip(("year", "month", "day"), words.split("-"), strict=True):
                    page.locator(f"[name={name}_{part}]").fill(value)
            case Kind.MONEY:
                currency, amount = words.split(" ")
                page.locator(f"select[name^={name}]").select_option(currency)
                page.locator(f"input[name^={name}]").fill(amount)
            case _:
                self.field(order).fill(words)
        self.typed[question.label] = words


def pull_the_plug(founder: Founder) -> None:
    """The first section: its second half is typed without a network."""
    founder.open(1)
    founder.answer(*range(EACH // 2))
    founder.is_saved()
    founder.page.context.set_offline(True)
    founder.answer(*range(EACH // 2, EACH))
    expect(founder.mark).to_have_text("Not connected: kept on this device, sent when you are back")
    founder.page.context.set_offline(False)
    founder.is_saved()


def let_the_session_end(founder: Founder, amina: User, deck: Path) -> None:
    """The second section: a file, then the session's row is gone while she types."""
    page = founder.page
    founder.open(2)
    box = page.locator(f"#{founder.questions[EACH].field}")
    box.locator("input[type=file]").set_input_files(deck)
    box.locator("[data-upload-said]", has_text="has arrived").wait_for()
    founder.answer(*range(EACH + 1, EACH + 10))
    founder.is_saved()
    founder.answer(EACH + 10)
    Session.objects.all().delete()
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    dialog = page.get_by_role("dialog")
    with page.expect_popup() as opened:
        dialog.get_by_role("link", name="Sign in", exact=True).click()
    window = opened.value
    window.locator("[name=login]").fill(amina.email)
    window.locator("[name=password]").fill(PASSWORD)
    with window.expect_event("close"):
        window.locator("main form [type=submit]").first.click()
    expect(dialog).to_be_hidden()
    founder.is_saved()
    founder.answer(*range(EACH + 11, 2 * EACH))
    founder.is_saved()


def let_a_colleague_change_it(founder: Founder, colleague: Founder) -> None:
    """The third section: a colleague writes in the same answer; both texts stay."""
    order = next(n for n in range(2 * EACH, 3 * EACH) if founder.questions[n].kind == Kind.LONG)
    founder.open(3)
    founder.answer(*(n for n in range(2 * EACH, 3 * EACH) if n != order))
    founder.is_saved()
    colleague.open(3)
    # Hers must not be there first, nor may she have read the colleague's.
    founder.page.context.set_offline(True)
    founder.write(order, "What the founder knows.")
    colleague.write(order, "What the colleague knows.")
    colleague.is_saved()
    founder.page.context.set_offline(False)
    panel = founder.page.locator("[data-conflict-panel]")
    expect(panel.locator("[data-conflict-theirs]")).to_have_text("What the colleague knows.")
    expect(founder.field(order)).to_have_value("What the founder knows.")
    panel.get_by_role("button", name="Put both into the field").click()
    founder.typed[f"Question {order}"] = "What the founder knows.\n\nWhat the colleague knows."
    panel.get_by_role("button", name="Keep mine").click()
    founder.is_saved()


def let_the_deadline_pass(founder: Founder, call: Call) -> None:
    """She types on, and what is too late is refused, said, and kept on her device."""
    second = timedelta(seconds=1)
    Call.objects.filter(pk=call.pk).update(
        closes_at=ClockNow() - 2 * second, accepts_until=ClockNow() - second
    )
    order = next(n for n in range(2 * EACH, 3 * EACH) if founder.questions[n].kind == Kind.SHORT)
    founder.write(order, "Typed when it was too late.")
    expect(founder.mark).to_contain_text("deadline")


def get_more_time(founder: Founder, manager: Page, approver: Page) -> None:
    """She asks from the late page; staff give it, and a second person confirms."""
    page = founder.page
    page.goto(founder.address)
    page.get_by_role("link", name="Ask for more time").click()
    page.get_by_label("What happened?").fill("The power failed at 23:40.")
    page.get_by_role("button", name="Ask for more time").click()
    page.get_by_text("Sent. Staff have your reason").wait_for()
    manager.goto("/admin/")
    manager.get_by_role("link", name="asks for more time").first.click()
    manager.get_by_role("button", name="Give more time").click()
    manager.get_by_text("The time is given and the teams are told.").wait_for()
    approver.goto("/admin/")
    approver.get_by_role("link", name="an extension of").first.click()
    approver.get_by_role("button", name="Confirm the extension").click()
    approver.get_by_text("Confirmed. The teams keep their time.").wait_for()


def test_founder_meets_every_mishap_on_a_phone_and_loses_nothing(
    new_page: Callable[..., Page], console: Console, tmp_path: Path, settings: LazySettings
) -> None:
    settings.STAFF_SECOND_FACTOR = "optional"
    call = make_longest_form()
    amina = make_user(given_name="Amina", password=PASSWORD, time_zone="Africa/Nairobi")
    application = make_application(call, make_startup(owner=amina))
    kofi = make_user(given_name="Kofi", time_zone="Africa/Nairobi")
    add_member(application.startup, kofi, MemberRole.EDITOR)
    manager = make_staff(call.programme, Role.MANAGER)
    approver = make_staff(call.programme, Role.APPROVER)
    deck = tmp_path / "deck.pdf"
    deck.write_bytes(files.make_pdf())

    founder = Founder(new_page(amina, PHONE, has_touch=True), application)
    pull_the_plug(founder)
    let_the_session_end(founder, amina, deck)
    let_a_colleague_change_it(founder, Founder(new_page(kofi), application))
    let_the_deadline_pass(founder, call)
    get_more_time(founder, new_page(manager), new_page(approver))

    # What was typed too late is on the page again, and is saved now.
    founder.open(3)
    founder.page.get_by_text("is back on this page").wait_for()
    founder.is_saved()
    founder.page.get_by_role("button", name="Save and check").click()
    founder.page.get_by_label("I have read the terms").check()
    founder.page.get_by_role("button", name="Submit application").dblclick()
    founder.page.wait_for_url("**/receipt/")

    application = Application.objects.get(pk=application.pk)
    assert application.state == ApplicationState.SUBMITTED
    copy = application.revisions.get()
    handed_in = {one["label"]: one["value"] for one in copy.answers}
    assert handed_in.pop(f"Question {EACH}") == ""  # the file
    assert handed_in == founder.typed
    assert len(founder.typed) == EACH * len(SECTIONS) - 1
    assert [one["document"]["name"] for one in copy.answers if one["document"]] == ["deck.pdf"]
    console.complaints.clear()  # the browser notes what found no network and no session
