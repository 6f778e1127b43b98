"""Sending a file on a telephone: the line breaks, an answer is lost, the page is loaded again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from challenges.choices import QuestionKind
from challenges.models import Question
from portal import documents
from portal.models import Document, Upload
from tests.factories import files
from tests.factories.challenges import make_application
from tests.factories.portal import make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from playwright.sync_api import Page, Route

#: Some megabytes of noise: several pieces, however fast the line.
CONTENT = files.make_picture("PNG", size=(900, 700))
PHONE = (390, 844)
NAME = "the site at noon.png"
#: With its name: "… % has arrived." is said while the line is broken, and when it goes on.
ARRIVED = f"{NAME} has arrived."


@pytest.fixture
def stage(
    new_page: Callable[..., Page], site: str, tmp_path: Path
) -> tuple[Page, str, Path, Question]:
    """A founder's telephone on the section that asks for a file, and the file."""
    owner = make_user()
    application = make_application(startup=make_startup(owner=owner))
    for order, label in ((9, "Deck"), (10, "Plan")):
        Question.objects.create(
            call=application.call, order=order, section="Team", label=label, kind=QuestionKind.FILE
        )
    path = tmp_path / NAME
    path.write_bytes(CONTENT)
    page = new_page(owner, size=PHONE)
    address = f"{site}{application.get_absolute_url()}edit/2/"
    page.goto(address)
    return page, address, path, application.call.questions.get(label="Deck")


class Line:
    """The line between the page and us; what is sent over it can be counted, lost and cut."""

    def __init__(self, page: Page) -> None:
        self.pieces = 0
        self.is_cut = False
        self.lose_next = False
        self.cut_after = 10**6
        page.route("**/uploads/*/?at=*", self._piece)
        page.route("**/uploads/*/", self._other)
        page.route("**/uploads/*/finish/", self._other)

    def _piece(self, route: Route) -> None:
        if not self.is_cut:
            self.pieces += 1
        if self.pieces > self.cut_after:
            self.is_cut, self.cut_after = True, 10**6
        if self.is_cut:
            route.abort("internetdisconnected")
        elif self.lose_next:
            self.lose_next = False
            route.fetch()  # it arrives, and its answer does not
            route.abort("connectionreset")
        else:
            route.continue_()

    def _other(self, route: Route) -> None:
        if self.is_cut:
            route.abort("internetdisconnected")
        else:
            route.continue_()


def expect(page: Page, box: str, words: str) -> None:
    """The widget says it."""
    said = page.locator(f"{box} [data-upload-said]", has_text=words)
    said.wait_for()


def until(page: Page, holds: Callable[[], bool], what: str) -> None:
    """Look until it holds; the page and the line go on meanwhile.

    Not wait_for_function: its second look is an eval, which the policy of the page refuses.
    """
    for _look in range(300):
        if holds():
            return
        page.wait_for_timeout(100)
    raise AssertionError(what)


def whole(document: Document) -> bytes:
    with document.file.open("rb") as stored:
        content: bytes = stored.read()
        return content


def test_upload_goes_on_by_itself_after_the_line_broke(
    stage: Any, console: Any, looks_right: Callable[..., None]
) -> None:
    page, _address, path, question = stage
    box = f"#{question.field}"
    line = Line(page)
    line.lose_next, line.cut_after = True, 2
    page.set_input_files(f"{box} input[type=file]", path)
    # The lost answer before it is said in the same words.
    until(page, lambda: line.is_cut, "the line was never cut")
    expect(page, box, "no connection. It goes on by itself")
    looks_right(page)
    assert page.locator(f"{box} progress").is_visible()
    assert not Document.objects.exists()
    before = Upload.objects.get().received
    assert 0 < before < len(CONTENT)
    line.is_cut = False
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(page, box, ARRIVED)
    assert whole(Document.objects.get()) == CONTENT
    assert page.locator(f"{box} .file-name", has_text="the site at noon.png").is_visible()
    console.complaints.clear()  # what was lost was meant to be

    # The check's answer and the pictures come to the page by themselves.
    documents.check_due()
    page.locator(f"{box} .file-facts", has_text="Checked").wait_for()
    page.locator(f"{box} details.file-pages summary").click()
    picture = page.get_by_alt_text("Page 1 of the site at noon.png")
    picture.wait_for()
    drawn = "image => image.complete && image.naturalWidth > 0"
    until(page, lambda: bool(picture.evaluate(drawn)), "the picture did not come")
    looks_right(page)


def test_upload_goes_on_after_a_reload_and_several_go_at_once(stage: Any, console: Any) -> None:
    page, address, path, question = stage
    box = f"#{question.field}"
    line = Line(page)
    line.cut_after = 2
    page.set_input_files(f"{box} input[type=file]", path)
    expect(page, box, "no connection")
    received = Upload.objects.get().received
    assert received
    console.complaints.clear()
    page.on("dialog", lambda dialog: dialog.accept())  # the page says that a file is on its way
    page.goto(address)
    expect(page, box, "Choose the same file again to go on")
    line.is_cut = False
    line.pieces = 0
    other = f"#{Question.objects.get(label='Plan').field}"
    page.set_input_files(f"{box} input[type=file]", path)
    page.set_input_files(f"{other} input[type=file]", path)
    expect(page, box, ARRIVED)
    expect(page, other, ARRIVED)
    assert [whole(document) for document in Document.objects.all()] == [CONTENT] * 2
    console.complaints.clear()


def test_third_file_has_its_turn_and_one_that_is_stopped_meanwhile_takes_none(
    stage: Any, console: Any, looks_right: Callable[..., None]
) -> None:
    page, address, path, question = stage
    for order, label in ((11, "Budget"), (12, "Letter")):
        Question.objects.create(
            call=question.call, order=order, section="Team", label=label, kind=QuestionKind.FILE
        )
    page.goto(address)
    boxes = {one.label: f"#{one.field}" for one in question.call.questions.filter(kind="file")}
    line = Line(page)
    line.is_cut = True
    for label in ("Deck", "Plan"):
        page.set_input_files(f"{boxes[label]} input[type=file]", path)
        expect(page, boxes[label], "no connection")
    for label in ("Budget", "Letter"):
        page.set_input_files(f"{boxes[label]} input[type=file]", path)
        expect(page, boxes[label], "is sent as soon as another file has arrived.")
    looks_right(page)
    stop = page.locator(f"{boxes['Budget']} [data-upload-stop]")
    stop.focus()
    page.keyboard.press("Enter")
    expect(page, boxes["Budget"], "is not sent.")
    # Who stopped it by keyboard is where another can be chosen.
    page.locator(f"{boxes['Budget']} input[type=file]:focus").wait_for()
    line.is_cut = False
    page.evaluate("window.dispatchEvent(new Event('online'))")
    for label in ("Deck", "Plan", "Letter"):
        expect(page, boxes[label], ARRIVED)
    page.set_input_files(f"{boxes['Budget']} input[type=file]", path)
    expect(page, boxes["Budget"], ARRIVED)
    assert Document.objects.count() == 4
    console.complaints.clear()  # what was lost was meant to be


def test_file_that_is_not_taken_is_said_at_once_and_one_can_be_stopped(
    stage: Any, console: Any, tmp_path: Path
) -> None:
    page, _address, path, question = stage
    box = f"#{question.field}"
    program = tmp_path / "run.exe"
    program.write_bytes(b"MZ")
    page.set_input_files(f"{box} input[type=file]", program)
    expect(page, box, "This kind of file is not taken.")
    console.complaints.clear()
    line = Line(page)
    line.cut_after = 1
    page.set_input_files(f"{box} input[type=file]", path)
    expect(page, box, "no connection")
    # The line stays cut for pieces, or all of it might have come before the click.
    page.get_by_role("button", name="Stop sending").click()
    expect(page, box, "is not sent.")
    until(page, lambda: not Upload.objects.exists(), "what had come was kept")
    page.locator(f"{box} progress").wait_for(state="hidden")
    console.complaints.clear()
