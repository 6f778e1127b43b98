"""Files of the demonstration: pages that say what they are, kept as anybody's file is kept."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from portal.choices import DocumentState
from portal.inspection.kinds import look_into
from portal.models import Document
from portal.models.document import document_path
from procurement.demo.source import key

if TYPE_CHECKING:
    from datetime import datetime

    from portal.models import User
    from startups.models import Startup


def paper(
    subject: Any, name: str, *, startup: Startup, by: User, at: datetime, title: str, what: str = ""
) -> Document:
    """A stored PDF of one page, not yet a row; ``what`` tells apart several of one subject."""
    content = page_of_slides(title)
    # The same look as at anybody's file, here in this process: it is our own, and there are many.
    look_into(BytesIO(content), "pdf")
    document = Document(
        id=key("document", str(subject.pk), what),
        created_at=at,
        name=name,
        content_type="application/pdf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        startup_id=startup.pk,
        uploaded_by=by,
        state=DocumentState.CLEAN,
    )
    path = document_path(document, document.name)
    # A file of an earlier load has the same key and the same content.
    if default_storage.exists(path):
        default_storage.delete(path)
    document.file.name = default_storage.save(path, ContentFile(content))
    return document


def page_of_slides(title: str) -> bytes:
    """A PDF of one page with a line of (ASCII) text."""
    drawing = f"BT /F1 24 Tf 60 420 Td ({title}) Tj 0 -40 Td /F1 14 Tf (Demonstration file) Tj ET"
    bodies = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 842 595]/Contents 4 0 R/Resources 6 0 R>>",
        f"<</Length {len(drawing)}>>\nstream\n{drawing}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        "<</Font<</F1 5 0 R>>>>",
    ]
    page, places = "%PDF-1.4\n", []
    for number, body in enumerate(bodies, start=1):
        places.append(len(page))
        page += f"{number} 0 obj\n{body}\nendobj\n"
    start = len(page)
    page += f"xref\n0 {len(bodies) + 1}\n0000000000 65535 f \n"
    page += "".join(f"{place:010d} 00000 n \n" for place in places)
    page += f"trailer\n<</Size {len(bodies) + 1}/Root 1 0 R>>\nstartxref\n{start}\n%%EOF\n"
    return page.encode("ascii")
