"""A submitted version as a tagged PDF: the same version always gives the same words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.utils.translation import get_language, gettext as _

from portal import clock
from portal.papers import make

if TYPE_CHECKING:
    from collections.abc import Iterable

    from challenges.models import Application, Revision
    from portal.models import User

TEMPLATE = settings.BASE_DIR / "templates" / "challenges" / "submission.typ"


def submission_paper(
    application: Application,
    revision: Revision,
    sections: Iterable[tuple[str, list[dict[str, Any]]]],
    *,
    reader: User,
) -> bytes:
    """The PDF of one submitted version, with its sections as people read them.

    Where no font has a letter, a sentence says which; the words stand on the page all the same.

    Raises:
        portal.papers.PaperFailed: it could not be set.
    """
    data = _data(application, revision, sections, reader)
    paper = make(TEMPLATE, data, packages=settings.NODE_MODULES, at=revision.submitted_at)
    if paper.lacking:
        data["lacking"] = _(
            "Some letters of this application have no font here and stand as boxes. Every word is"
            " kept, and the text file of the application has them."
        )
        paper = make(TEMPLATE, data, packages=settings.NODE_MODULES, at=revision.submitted_at)
    return paper.content


def _data(
    application: Application,
    revision: Revision,
    sections: Iterable[tuple[str, list[dict[str, Any]]]],
    reader: User,
) -> dict[str, Any]:
    call = application.call
    submitted = clock.in_both_zones(
        revision.submitted_at, call.time_zone, reader.time_zone, seconds=True
    )
    return {
        "title": _("Application %(reference)s") % {"reference": application.reference},
        "lang": (get_language() or "en").partition("-")[0],
        "overline": f"{call.programme.name} · {call.title}",
        "organisation": application.startup.name,
        "reference": application.reference,
        "footer": _("version %(number)d") % {"number": revision.number},
        "facts": [
            [_("Reference"), application.reference],
            [_("Version"), str(revision.number)],
            [_("Submitted"), submitted],
            [_("By"), revision.submitted_by.shown_name],
            [_("Terms accepted"), revision.terms_version or "–"],
            [_("Fingerprint"), revision.fingerprint],
        ],
        "lacking": "",
        "empty": _("Not answered"),
        "sections": [
            {
                "title": title,
                "rows": [
                    {"label": row["label"], "value": str(row["value"]), "note": row.get("note", "")}
                    for row in rows
                ],
            }
            for title, rows in sections
        ],
    }
