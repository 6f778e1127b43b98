"""The page of a supplier file: what is missing first, what is there, how registrations stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from portal import audit, clock
from portal.workflow import Step
from procurement import actions
from procurement.choices import EvidenceState, Gap, RequirementKind
from procurement.forms import TargetForm
from procurement.models import SupplierFile, SupplierStatement, Threshold
from procurement.readiness import read_file
from procurement.views.own import file_of, startup_of
from procurement.workflow import evidence_workflow, when_checked, when_in_english

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse

    from portal.http import PortalRequest
    from portal.models import User
    from procurement import gaps
    from procurement.models import Evidence
    from procurement.readiness import Reading

#: The colour's name of each word.
TONES = {
    Gap.MET: "moss",
    Gap.CHECKING: "tide",
    Gap.EXPIRING: "amber",
    Gap.EXPIRED: "lamp",
    Gap.REJECTED: "lamp",
    Gap.MISSING: "ink",
    Gap.NOT_YET: "fog",
    Gap.OPTIONAL: "fog",
}
PIECE_TONES = {
    EvidenceState.GIVEN: "tide",
    EvidenceState.ACCEPTED: "moss",
    EvidenceState.REJECTED: "lamp",
}


@require_safe
def supplier_file_detail(request: PortalRequest, startup: UUID) -> HttpResponse:
    """How far an organisation is on its way to become a supplier, on one page for all who may."""
    record, user = startup_of(request, startup), request.user
    file = SupplierFile.objects.visible_to(user).filter(startup=record).first()
    if file is None:
        may_open = user.has_perm("procurement.open_supplierfile", record)
        context = {"startup": record, "file": None, "may_open": may_open}
        return render(request, "procurement/supplier_file_detail.html", context)
    file.startup = record
    reading = read_file(file)
    shown = visible_pieces(reading, user)
    is_member = record.has_member(user)
    if not is_member and any(piece.requirement.sensitive for piece in shown):
        audit.read(file, "open-restricted", by=user)
    return render(
        request,
        "procurement/supplier_file_detail.html",
        _context(user, reading, shown, is_member=is_member),
    )


def visible_pieces(reading: Reading, user: User) -> list[Evidence]:
    """The evidence the person may read; the file is handed on, so that nothing is asked again."""
    for piece in reading.evidence:
        piece.file = reading.file
    return [
        piece for piece in reading.evidence if user.has_perm("procurement.view_evidence", piece)
    ]


def _context(
    user: User, reading: Reading, shown: list[Evidence], *, is_member: bool
) -> dict[str, Any]:
    file = reading.file
    by_requirement: dict[Any, list[Evidence]] = {}
    for piece in shown:
        by_requirement.setdefault(piece.requirement_id, []).append(piece)
    prepares = user.has_perm("procurement.prepare_supplierfile", file)
    desk = _Desk(
        prepares=prepares,
        judges=user.has_perm("procurement.judge_evidence"),
        user=user,
        at=clock.database_now(),
        pieces=by_requirement,
        reads_all=len(shown) == len(reading.evidence),
    )
    statements = SupplierStatement.objects.visible_to(user).filter(startup=file.startup)
    reads = is_member or any(piece.requirement.sensitive for piece in shown)
    return {
        "startup": file.startup,
        "file": file,
        "is_member": is_member,
        "prepares": prepares,
        "levels": [_card(report, desk, file) for report in reading.levels],
        "asked_beside": [
            _card(report, desk, file) for report in reading.reports if report.organisation
        ],
        "next_steps": [desk.row(row, file) for row in reading.next_steps],
        "reached": reading.reached,
        "target_form": TargetForm(initial={"level": file.target}) if prepares else None,
        "standings": list(file.standings.select_related("confirmed_by")),
        "confirms": user.has_perm("procurement.confirm_standing", file),
        "statement": statements.select_related("stated_by").first(),
        "thresholds": list(Threshold.objects.in_force(timezone.localdate())),
        "reads": actions.opened_restricted(file) if reads else [],
        "tells_reads": reads,
    }


def _card(report: gaps.Report, desk: _Desk, file: SupplierFile) -> dict[str, Any]:
    """A level as the page shows it."""
    return {
        "report": report,
        "anchor": f"{report.level}-{report.organisation or 'all'}".replace(" ", "-").lower(),
        "open": [desk.row(row, file) for row in report.open],
        "met": [desk.row(row, file) for row in report.met],
        "extra": [desk.row(row, file) for row in report.extra],
    }


class _Desk:
    """What one reader sees and may do with each requirement."""

    def __init__(self, **given: Any) -> None:
        self.prepares: bool = given["prepares"]
        self.judges: bool = given["judges"]
        self.user: User = given["user"]
        self.at = given["at"]
        self.pieces: dict[Any, list[Evidence]] = given["pieces"]
        self.reads_all: bool = given["reads_all"]

    def row(self, row: gaps.Row, file: SupplierFile) -> dict[str, Any]:
        """One requirement: its word, its sentence, its evidence, where one gives it."""
        asked, verdict = row.asked, row.verdict
        pieces = self.pieces.get(asked.pk, [])
        from_record = asked.kind in {RequirementKind.FACT, RequirementKind.AGE}
        key = [file.startup_id, asked.pk]
        return {
            "asked": asked,
            "verdict": verdict,
            "tone": TONES[verdict.gap],
            "word": verdict.gap.label,
            "pieces": [self._piece(piece) for piece in pieces],
            "give_url": reverse("procurement:evidence-create", args=key)
            if self.prepares and not from_record
            else "",
            "given": bool(pieces) and asked.how_many == 1,
            "record_url": self._record_url(asked, file) if from_record and self.prepares else "",
            "veiled": asked.sensitive and not self.reads_all and not pieces,
        }

    @staticmethod
    def _record_url(asked: Any, file: SupplierFile) -> str:
        if asked.fact == "marketplace_number":
            return reverse("procurement:supplier-statement-create", args=[file.startup_id])
        return reverse("startups:startup-edit", args=[file.startup_id])

    def _piece(self, piece: Evidence) -> dict[str, Any]:
        return {
            "piece": piece,
            "referee": getattr(piece, "referee", None),
            "tone": PIECE_TONES[EvidenceState(piece.state)],
            "papers": [
                (paper, reverse("procurement:evidence-file", args=[piece.pk, paper.pk]))
                for paper in piece.papers
            ],
            "steps": self._steps(piece) if self.judges else [],
            "replace_url": self._replace_url(piece) if self.prepares else "",
        }

    @staticmethod
    def _replace_url(piece: Evidence) -> str:
        """Of several each has its own way to be replaced; of one it is the requirement's."""
        if piece.requirement.how_many == 1:
            return ""
        key = [piece.file.startup_id, piece.requirement_id]
        return f"{reverse('procurement:evidence-create', args=key)}?replaces={piece.pk}"

    def _steps(self, piece: Evidence) -> list[dict[str, Any]]:
        """The adviser's buttons; nobody judges an acknowledgement."""
        if piece.requirement.kind == RequirementKind.CONDUCT or not self.user.has_perm(
            "procurement.judge_evidence", piece
        ):
            return []
        step = Step(record=piece, actor=self.user, at=self.at)
        steps = []
        for name in ("accept", "reject"):
            transition = evidence_workflow.transitions[name]
            if piece.state in set(transition.sources):
                refusal = (
                    (when_checked(step) or when_in_english(step)) if name == "accept" else None
                )
                steps.append(
                    {
                        "name": name,
                        "label": transition.label,
                        "url": reverse(f"procurement:evidence-{name}", args=[piece.pk]),
                        "refusal": refusal if name == "accept" else None,
                        "asks_why": name == "reject",
                    }
                )
        return steps


@require_POST
def supplier_file_open(request: PortalRequest, startup: UUID) -> HttpResponse:
    """Begin the file."""
    record = startup_of(request, startup)
    if not request.user.has_perm("procurement.open_supplierfile", record):
        raise PermissionDenied
    file = actions.open_file(startup=record, by=request.user)
    messages.success(request, _("The file is open. What your record says already stands in it."))
    return redirect(file)


@require_POST
def supplier_file_target(request: PortalRequest, startup: UUID) -> HttpResponse:
    """Choose the level to prepare for."""
    file = file_of(request, startup)
    if not request.user.has_perm("procurement.prepare_supplierfile", file):
        raise PermissionDenied
    form = TargetForm(request.POST)
    if form.is_valid():
        actions.aim_at(file=file, level=form.cleaned_data["level"], by=request.user)
        messages.success(request, _("Saved."))
    else:
        messages.error(request, _("Choose one of the levels."))
    return redirect(file)
