"""Giving evidence, and what follows when the check refuses a file of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal import audit, clock
from portal.documents import take_in
from portal.workflow import StepRefused, lock_row
from procurement import gaps
from procurement.choices import EvidenceState, RequirementKind
from procurement.models import CodeRevision, Evidence, Referee, SupplierFile
from procurement.workflow import evidence_workflow, settle_level

if TYPE_CHECKING:
    from datetime import date

    from django.core.files.uploadedfile import UploadedFile

    from portal.models import Document, User
    from procurement.models import Requirement

#: What is answered on a page, as against what the record says by itself.
GIVEN_KINDS = frozenset(
    {
        RequirementKind.ANSWER,
        RequirementKind.DECLARATION,
        RequirementKind.CONDUCT,
        RequirementKind.DOCUMENT,
        RequirementKind.REFERENCE,
    }
)


@dataclass(frozen=True)
class Given:
    """What somebody hands in for a requirement, as far as its kind asks for it."""

    answer: str = ""
    upload: UploadedFile[Any] | None = None
    #: A file that the organisation gave elsewhere already.
    known: Document | None = None
    translation: UploadedFile[Any] | None = None
    language: str = ""
    issued_on: date | None = None
    expires_on: date | None = None
    referee: dict[str, str] = field(default_factory=dict)


@transaction.atomic
def give_evidence(
    *,
    file: SupplierFile,
    requirement: Requirement,
    given: Given,
    by: User,
    replaces: Evidence | None = None,
) -> Evidence:
    """Put a piece into the file; what waited or was not good gives way, what is good stays.

    Raises:
        StepRefused: not permitted, or nothing is given on this page for such a requirement.
        ValidationError: a file was refused at once, with the rule and the remedy.
    """
    if not by.has_perm("procurement.prepare_supplierfile", file):
        raise StepRefused(_("You may not do this."), permission=True)
    if requirement.kind not in GIVEN_KINDS:
        raise StepRefused(_("This is taken from your record. Change it there."))
    lock_row(SupplierFile, file.pk, "NO KEY UPDATE")
    same = file.evidence.standing().filter(requirement=requirement)
    if requirement.how_many == 1:
        replaces = same.filter(state=EvidenceState.ACCEPTED).order_by("-created_at").first()
        going = same.exclude(state=EvidenceState.ACCEPTED)
    elif replaces is None:
        going = same.none()
    else:
        going = same.exclude(state=EvidenceState.ACCEPTED).filter(pk=replaces.pk)
    for one in going:
        evidence_workflow.perform(one, "replace", actor=by)
    kept = replaces if replaces is not None and replaces.state == EvidenceState.ACCEPTED else None
    piece = _made(file, requirement, given, by=by, replaces=kept)
    if given.referee:
        Referee.objects.create(evidence=piece, **given.referee)
    facts = {"restricted": True} if requirement.sensitive else {}
    audit.record(piece, "give", actor=by, facts=facts)
    if requirement.kind == RequirementKind.CONDUCT:
        # Nobody judges an acknowledgement: it is one.
        if kept is not None:
            evidence_workflow.perform(kept, "replace", actor=None)
        settle_level(file, by=by, at=clock.database_now())
    return piece


def _made(
    file: SupplierFile,
    requirement: Requirement,
    given: Given,
    *,
    by: User,
    replaces: Evidence | None,
) -> Evidence:
    conduct = requirement.kind == RequirementKind.CONDUCT
    revision = CodeRevision.objects.in_force(timezone.localdate()) if conduct else None
    if conduct and revision is None:
        raise StepRefused(_("No revision is known to the portal; ask your adviser."))
    expires_on = given.expires_on
    if expires_on is None and requirement.holds_months and given.issued_on:
        expires_on = gaps.months_after(given.issued_on, requirement.holds_months)
    piece = Evidence(
        file=file,
        requirement=requirement,
        answer=given.answer,
        language=given.language,
        issued_on=given.issued_on,
        expires_on=expires_on,
        revision=revision,
        replaces=replaces,
        given_by=by,
        state=EvidenceState.ACCEPTED if conduct else EvidenceState.GIVEN,
    )
    piece.document = given.known
    if given.upload is not None:
        piece.document = take_in(given.upload, subject=piece, by=by)
    if given.translation is not None:
        piece.translation = take_in(given.translation, subject=piece, by=by)
    piece.save()
    return piece


def tell_of_refused_file(document: Document) -> None:
    """In the transaction that refuses a file: what it was given for is not good yet."""
    if document.subject_type != Evidence._meta.label_lower:
        return
    piece = Evidence.objects.filter(pk=document.subject_id, state=EvidenceState.GIVEN).first()
    if piece is not None:
        evidence_workflow.perform(
            piece, "refuse-file", actor=None, data={"refusal": document.refusal_text}
        )
