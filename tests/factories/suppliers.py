"""Supplier files for tests."""

from __future__ import annotations

import hashlib
import tomllib
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.files.base import ContentFile

from portal.choices import DocumentState
from portal.models import Document
from procurement.choices import EvidenceState, FileLevel, RequirementKind
from procurement.models import CodeRevision, Evidence, Requirement, SupplierFile, Threshold
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from startups.models import Startup

_number = count(1)
SHIPPED = Path(settings.BASE_DIR) / "procurement" / "data" / "requirements.toml"


def ask_as_shipped() -> dict[str, Requirement]:
    """What is asked as a migration put it in, also after a flush; by ``level/code``."""
    data = tomllib.loads(SHIPPED.read_text(encoding="utf-8"))
    if not Requirement.objects.exists():
        for order, row in enumerate(data["requirement"], start=1):
            Requirement.objects.create(order=order, **row)
    for row in data["threshold"]:
        Threshold.objects.get_or_create(**row)
    for row in data["revision"]:
        CodeRevision.objects.get_or_create(**row)
    rows = Requirement.objects.filter(organisation="")
    return {f"{row.level}/{row.code}": row for row in rows}


def make_requirement(**fields: Any) -> Requirement:
    """A document that is asked at Level 1."""
    number = next(_number)
    fields = {
        "level": FileLevel.LEVEL_1,
        "code": f"asked-{number}",
        "kind": RequirementKind.DOCUMENT,
        "label": f"Paper {number}",
        "source": "A test",
    } | fields
    return Requirement.objects.create(**fields)


def make_file(startup: Startup | None = None, **fields: Any) -> SupplierFile:
    """The file of an organisation, opened by its first owner."""
    startup = startup or make_startup()
    fields = {"opened_by": startup.owners()[0]} | fields
    return SupplierFile.objects.create(startup=startup, **fields)


def make_paper(startup: Startup, content: bytes = b"%PDF-1.4", **fields: Any) -> Document:
    """A file that was checked and found clean."""
    fields = {
        "name": "paper.pdf",
        "content_type": "application/pdf",
        "subject_type": "procurement.evidence",
        "subject_id": startup.pk,
        "startup_id": startup.pk,
        "uploaded_by": startup.owners()[0],
        "state": DocumentState.CLEAN,
    } | fields
    return Document.objects.create(
        file=ContentFile(content, name="paper"),
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        **fields,
    )


def make_evidence(
    file: SupplierFile | None = None, requirement: Requirement | None = None, **fields: Any
) -> Evidence:
    """A paper in English that waits for the adviser."""
    file = file or make_file()
    fields = {
        "given_by": file.startup.owners()[0],
        "language": "en",
        "state": EvidenceState.GIVEN,
    } | fields
    requirement = requirement or make_requirement()
    if requirement.kind == RequirementKind.DOCUMENT and "document" not in fields:
        fields["document"] = make_paper(file.startup)
    return Evidence.objects.create(file=file, requirement=requirement, **fields)
