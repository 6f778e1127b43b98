"""Giving evidence, judging it, and handing out its files."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from portal import audit
from portal.documents import serve
from portal.workflow import StepRefused
from procurement import actions
from procurement.actions.evidence import GIVEN_KINDS
from procurement.choices import RequirementKind
from procurement.forms import EvidenceForm, RejectForm
from procurement.models import CodeRevision, Evidence, Requirement, SupplierFile
from procurement.views.own import file_of
from procurement.workflow import evidence_workflow

if TYPE_CHECKING:
    from django.http.response import HttpResponseBase

    from portal.http import PortalRequest


@require_http_methods(["GET", "POST"])
def evidence_create(request: PortalRequest, startup: UUID, requirement: UUID) -> HttpResponse:
    """Give what meets one requirement."""
    file = file_of(request, startup)
    if not request.user.has_perm("procurement.prepare_supplierfile", file):
        raise PermissionDenied
    today = timezone.localdate()
    asked = get_object_or_404(
        Requirement.objects.in_force(today).filter(kind__in=GIVEN_KINDS), pk=requirement
    )
    replaces = _replaced(request, file, asked)
    sent = request.method == "POST"
    revision = CodeRevision.objects.in_force(today)
    form = EvidenceForm(
        request.POST if sent else None,
        request.FILES if sent else None,
        requirement=asked,
        file=file,
        revision=revision,
        replaces=replaces,
    )
    if sent and form.is_valid() and _given(request, file, asked, form, replaces):
        return redirect(f"{file.get_absolute_url()}#asked-{asked.pk}")
    context = {
        "startup": file.startup,
        "file": file,
        "asked": asked,
        "form": form,
        "revision": revision if asked.kind == RequirementKind.CONDUCT else None,
        "replaces": replaces,
    }
    return render(request, "procurement/evidence_form.html", context, status=422 if sent else 200)


def _replaced(request: PortalRequest, file: SupplierFile, asked: Requirement) -> Evidence | None:
    """What stands there now: of one thing the newest, of several the one that was chosen."""
    same = file.evidence.standing().filter(requirement=asked).order_by("-created_at")
    if asked.how_many == 1:
        return same.first()
    try:
        chosen = UUID(request.GET.get("replaces", ""))
    except ValueError:
        return None
    return same.filter(pk=chosen).first()


def _given(
    request: PortalRequest,
    file: SupplierFile,
    asked: Requirement,
    form: EvidenceForm,
    replaces: Evidence | None,
) -> bool:
    """Whether it was taken; if not, the form says why."""
    try:
        actions.give_evidence(
            file=file, requirement=asked, given=form.given(), by=request.user, replaces=replaces
        )
    except ValidationError as error:
        form.add_error("upload" if "upload" in form.fields else None, error)
        return False
    except StepRefused as refusal:
        form.add_error(None, str(refusal))
        return False
    if asked.kind == RequirementKind.CONDUCT:
        messages.success(request, _("Acknowledged."))
    else:
        messages.success(request, _("Given. The procurement adviser looks at it."))
    return True


def _seen(request: PortalRequest, key: UUID) -> Evidence:
    """A piece the person may read; strangers get 404."""
    rows = Evidence.objects.visible_to(request.user)
    return get_object_or_404(rows.select_related("file__startup", "requirement"), pk=key)


@require_POST
def evidence_accept(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Find it good."""
    piece = _seen(request, pk)
    return _judge(request, piece, "accept", {})


@require_POST
def evidence_reject(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Find it not good yet, and say why."""
    piece = _seen(request, pk)
    form = RejectForm(request.POST)
    if not form.is_valid():
        if not request.user.has_perm("procurement.judge_evidence", piece):
            raise PermissionDenied
        messages.error(request, _("Say why: those who gave it read it."))
        return redirect(piece)
    return _judge(request, piece, "reject", {"why": form.cleaned_data["why"]})


def _judge(
    request: PortalRequest, piece: Evidence, name: str, data: dict[str, str]
) -> HttpResponse:
    try:
        evidence_workflow.perform(piece, name, actor=request.user, data=data)
    except StepRefused as refusal:
        if refusal.permission:
            raise PermissionDenied from refusal
        messages.error(request, str(refusal))
    else:
        messages.success(
            request,
            _("Found good.") if name == "accept" else _("Those who gave it get a letter."),
        )
    return redirect(piece)


@require_safe
def evidence_file(request: PortalRequest, pk: UUID, document: UUID) -> HttpResponseBase:
    """One of its files; of restricted ones each opening by staff is written down."""
    piece = _seen(request, pk)
    if document not in {piece.document_id, piece.translation_id}:
        raise Http404
    paper = piece.document if piece.document_id == document else piece.translation
    assert paper is not None
    is_member = piece.file.startup.has_member(request.user)
    # First whether it can be had at all: what was not handed out was not read.
    response = serve(paper, to_team=is_member)
    if not is_member:
        verb = "read-restricted" if piece.requirement.sensitive else "download-file"
        audit.read(piece, verb, by=request.user, facts={"document": str(document)})
    return response
