"""Who comes to an event as a table: logged, and no cell that a program would run."""

from __future__ import annotations

import tempfile
from typing import IO, TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from portal import audit
from portal.cells import safe
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from events.models import Event, Registration
    from portal.models import User


def begin(*, event: Event, registrations: QuerySet[Registration], by: User) -> list[Registration]:
    """Check, and write down who takes what out; answers the rows.

    Raises:
        StepRefused: not permitted.
    """
    if not by.has_perm("events.export_registration", event):
        raise StepRefused(_("You may not do this."), permission=True)
    rows = list(registrations.filter(event=event).select_related("user").order_by("created_at"))
    with transaction.atomic():
        audit.read(event, "export", by=by, facts={"format": "xlsx", "registrations": len(rows)})
    return rows


def head() -> list[str]:
    """The columns' names."""
    return [
        *(_("Name"), _("E-mail address"), _("State"), _("Comes as"), _("Organisation")),
        *(_("Hopes to find"), _("Registered")),
    ]


def row_of(event: Event, registration: Registration) -> list[str]:
    """One guest."""
    at = registration.created_at.astimezone(event.zone)
    return [
        registration.user.shown_name,
        registration.user.email,
        registration.get_state_display(),
        registration.get_kind_display(),
        registration.organisation,
        registration.interest,
        f"{at:%Y-%m-%d %H:%M %z}",
    ]


def xlsx_file(event: Event, rows: list[Registration]) -> IO[bytes]:
    """A workbook in a temporary file, at its beginning; texts are marked as text."""
    # A tenth of the time a web process takes to start, for one button.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    book = Workbook(write_only=True)
    page = book.create_sheet(title=_("Guests")[:31])

    def cell(value: str) -> Any:
        made = WriteOnlyCell(page, value="")
        made.value = ILLEGAL_CHARACTERS_RE.sub("", safe(value))
        made.data_type = "s"
        return made

    for line in [head(), *(row_of(event, row) for row in rows)]:
        page.append([cell(value) for value in line])
    target = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
    book.save(target)
    target.seek(0)
    return target
