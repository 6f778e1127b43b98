"""The board of a cohort as a table: logged, and no cell that a program would run."""

from __future__ import annotations

import csv
import io
import tempfile
from typing import IO, TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit
from portal.cells import safe
from portal.workflow import StepRefused
from startups.actions.board import VERDICTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from portal.models import User
    from startups.actions.board import Board

STARTUPS, MENTORS = "startups", "mentors"
Rows = list[list[str | int | float]]


def note(board: Board, *, kind: str, by: User) -> None:
    """Write down who takes what out.

    Raises:
        StepRefused: not permitted.
    """
    if not by.has_perm("startups.view_cohort", board.cohort):
        raise StepRefused(_("You may not do this."), permission=True)
    with transaction.atomic():
        facts = {"format": kind, STARTUPS: len(board.lines), MENTORS: len(board.mentors)}
        audit.read(board.cohort, "export", by=by, facts=facts)


def of_startups(board: Board) -> Rows:
    """One row for each startup, the heads first."""
    head = [
        *(_("Startup"), _("State"), _("Group"), _("Mentors"), _("Sessions held")),
        *(_("Sessions planned"), _("Sessions to log"), _("Hours together")),
        *(_("Hours with preparation and travel"), _("Last contact")),
        *(_("No contact for 14 days"), _("Actions open"), _("Actions overdue")),
        *(str(word) for word, _tone in VERDICTS.values()),
        *(_("Deck"), *board.more),
    ]
    zone = board.cohort.zone
    rows: Rows = [list(head)]
    for line in board.lines:
        place = line.place
        last = place.last_contact
        rows.append(
            [
                *(line.name, place.get_state_display(), str(place.group or "")),
                *(", ".join(line.mentors), place.held, place.planned, place.to_log),
                *(line.contact, line.whole),
                f"{last.astimezone(zone):%Y-%m-%d}" if last else "",
                _("yes") if line.no_contact else _("no"),
                *(place.items_open, place.items_overdue),
                *(line.goals[name] for name in VERDICTS),
                *(line.deck[0], *(words for _head, words in line.more)),
            ]
        )
    return rows


def of_mentors(board: Board) -> Rows:
    """One row for each mentor, the heads first."""
    rows: Rows = [
        [
            *(_("Mentor"), _("Organisation"), _("Startups here"), _("Startups in all")),
            *(_("Wanted at most"), _("Sessions held"), _("Sessions planned")),
            *(_("Hours together"), _("Hours with preparation and travel"), _("Not logged")),
        ]
    ]
    rows += [
        [
            *(str(one), one.organisation, one.startups, one.everywhere, one.capacity),
            *(one.held, one.planned, one.hours_contact, one.hours_whole, one.to_log),
        ]
        for one in board.mentors
    ]
    return rows


def csv_text(rows: Rows) -> str:
    """One table, with the mark that makes Excel read it as UTF-8; every cell quoted."""
    target = io.StringIO()
    target.write("\ufeff")
    writer = csv.writer(target, quoting=csv.QUOTE_ALL)
    writer.writerows([safe(cell) for cell in row] for row in rows)
    return target.getvalue()


def xlsx_file(tables: Sequence[tuple[str, Rows]]) -> IO[bytes]:
    """Each table on a sheet of its own, in a temporary file; texts are marked as text."""
    # A tenth of the time a web process takes to start, for one button.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    book = Workbook(write_only=True)
    for title, rows in tables:
        page = book.create_sheet(title=title[:31])
        for row in rows:
            cells: list[Any] = []
            for value in row:
                cell = WriteOnlyCell(page, value=value if isinstance(value, (int, float)) else "")
                if isinstance(value, str):
                    cell.value = ILLEGAL_CHARACTERS_RE.sub("", safe(value))
                    cell.data_type = "s"
                cells.append(cell)
            page.append(cells)
    target = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
    book.save(target)
    target.seek(0)
    return target
