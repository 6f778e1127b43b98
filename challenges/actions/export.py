"""Applications of a call as CSV or XLSX: streamed, logged, and no cell that a program would run."""

from __future__ import annotations

import csv
import tempfile
from decimal import Decimal
from typing import IO, TYPE_CHECKING, Any

from django.db import transaction
from django.db.models import F, OuterRef, Subquery
from django.utils.translation import gettext as _

from challenges.answers import SEVERAL, as_number, copy_in_words, facts_in_words
from challenges.choices import HANDED_IN, ApplicationState, Outcome, QuestionKind
from challenges.models import Decision, Replacement, Revision
from challenges.models.team import file_in_words, in_place
from portal import audit
from portal.cells import safe
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from django.db.models import QuerySet

    from challenges.models import Application, Call
    from portal.models import User

CELL_LENGTH = 32_767
CHUNK = 200
LARGEST = 10**15


class Sheet:
    """The columns and rows of an export, for one person."""

    def __init__(self, call: Call, applications: QuerySet[Application], by: User) -> None:
        self.call = call
        self.questions = list(call.questions.all())
        self.with_prepared = by.has_perm("challenges.view_decision", call)
        # A handful at most: refused files of this call with what stands in their place.
        self.replaced = Replacement.objects.filter(application__call=call).by_refused()
        latest = Revision.objects.filter(
            application=OuterRef("pk"), number=OuterRef("revision_count")
        )
        decisions = Decision.objects.filter(application=OuterRef("pk")).order_by("-created_at")
        if not self.with_prepared:
            decisions = decisions.filter(sent_at__isnull=False)
        self.rows = (
            applications.filter(call=call)
            .annotate(
                copy_answers=Subquery(latest.values("answers")[:1]),
                copy_facts=Subquery(latest.values("startup_facts")[:1]),
                decided_outcome=Subquery(decisions.values("outcome")[:1]),
                decided_reason=Subquery(decisions.values("reason")[:1]),
                decided_at=Subquery(decisions.values("sent_at")[:1]),
                applicant=F("startup__legal_name"),
            )
            .select_related("startup")
            .order_by("pk")
        )

    def head(self) -> list[str]:
        """The columns' names."""
        return [
            _("Reference"),
            _("State"),
            _("Organisation"),
            _("Trading name"),
            _("Kind"),
            _("Country"),
            _("City"),
            _("Registration number"),
            _("Website"),
            _("Sector"),
            _("Product stage"),
            _("In one sentence"),
            _("Submitted"),
            _("Version"),
            _("Complete in %"),
            *(question.label for question in self.questions),
            _("Mean score"),
            _("Reviews"),
            _("Reviewers"),
            _("Decision"),
            _("Reason"),
            _("Result sent"),
        ]

    def row(self, application: Any) -> list[str | int | float]:
        """One application: facts and answers as they were submitted, never a draft's answers."""
        facts: dict[str, Any] = (
            application.copy_facts if application.state in HANDED_IN else None
        ) or {
            "legal_name": application.startup.legal_name,
            "trading_name": application.startup.trading_name,
            "kind": application.startup.kind,
            "country": str(application.startup.country),
        }
        facts = facts_in_words(facts)
        copies = (application.copy_answers if application.state in HANDED_IN else None) or []
        given = {copy["question"]: answer_cell(copy) for copy in in_place(copies, self.replaced)}
        zone = self.call.zone
        outcome = application.decided_outcome
        return [
            application.reference,
            str(ApplicationState(application.state).label),
            *(
                facts.get(name, "") or ""
                for name in (
                    "legal_name",
                    "trading_name",
                    "kind",
                    "country",
                    "city",
                    "registration_number",
                    "website",
                    "sector",
                    "product_stage",
                    "summary",
                )
            ),
            f"{application.submitted_at.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"
            if application.submitted_at
            else "",
            application.revision_count,
            application.completeness if application.state == ApplicationState.DRAFT else 100,
            *(given.get(str(question.pk), "") for question in self.questions),
            float(application.mean_score) if application.mean_score is not None else "",
            application.review_count,
            application.assigned_count,
            str(Outcome(outcome).label) if outcome else "",
            application.decided_reason or "",
            f"{application.decided_at.astimezone(zone):%Y-%m-%d %H:%M:%S %z}"
            if application.decided_at
            else (_("prepared, not sent") if outcome else ""),
        ]

    def __iter__(self) -> Iterator[list[str | int | float]]:
        """Row by row from a cursor of the database; only a handful are ever in memory."""
        for application in self.rows.iterator(chunk_size=CHUNK):
            yield self.row(application)


def answer_cell(copy: dict[str, Any]) -> str | int | float:
    """An answer as one cell: the number, the text, or the name of the file.

    Days and amounts stay as they are kept (2026-11-22, JPY 1200000): a sheet sorts and splits them.
    """
    document, kind = copy.get("document"), copy.get("kind")
    if kind == QuestionKind.NUMBER:
        number = as_number(copy.get("value") or "")
        # A spreadsheet keeps fifteen digits; a longer number stays whole as text.
        if number is not None and abs(number) < LARGEST and Decimal(repr(float(number))) == number:
            return int(number) if number == int(number) else float(number)
    if document:
        return file_in_words(copy)
    if kind in {QuestionKind.DATE, QuestionKind.MONEY, QuestionKind.NUMBER}:
        return str(copy.get("value") or "")
    words = copy_in_words(copy, with_level=True)
    return words.replace("\n", "; ") if kind in SEVERAL else words


def begin(*, call: Call, applications: QuerySet[Application], by: User, kind: str) -> Sheet:
    """Check, and write down who takes what out; answers the rows, not read yet.

    Raises:
        StepRefused: not permitted.
    """
    if not by.has_perm("challenges.export_application", call):
        raise StepRefused(_("You may not do this."), permission=True)
    sheet = Sheet(call, applications, by)
    with transaction.atomic():
        audit.read(
            call, "export", by=by, facts={"format": kind, "applications": sheet.rows.count()}
        )
    return sheet


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        """Answer the line instead of keeping it."""
        return value


def csv_lines(sheet: Sheet) -> Iterator[bytes]:
    """CSV with the mark that makes Excel read it as UTF-8; every cell quoted."""
    writer = csv.writer(_Echo(), quoting=csv.QUOTE_ALL)
    yield b"\xef\xbb\xbf"
    write: Callable[[Iterable[str]], Any] = writer.writerow
    yield str(write([safe(cell) for cell in sheet.head()])).encode()
    for row in sheet:
        line = write([str(cell) if isinstance(cell, (int, float)) else safe(cell) for cell in row])
        yield str(line).encode()


def xlsx_file(sheet: Sheet) -> IO[bytes]:
    """A workbook in a temporary file, at its beginning; texts are marked as text."""
    # A tenth of the time a web process takes to start, for one button.
    from openpyxl import Workbook  # noqa: PLC0415
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE  # noqa: PLC0415

    book = Workbook(write_only=True)
    page = book.create_sheet(title=_("Applications")[:31])

    def cell(value: str | float) -> Any:
        if isinstance(value, (int, float)):
            return value
        made = WriteOnlyCell(page, value="")
        made.value = ILLEGAL_CHARACTERS_RE.sub("", safe(value))[:CELL_LENGTH]
        made.data_type = "s"
        return made

    page.append([cell(title) for title in sheet.head()])
    for row in sheet:
        page.append([cell(value) for value in row])
    target = tempfile.TemporaryFile()  # noqa: SIM115 -- the response closes it
    book.save(target)
    target.seek(0)
    return target
