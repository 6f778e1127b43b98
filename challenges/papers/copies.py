"""Submitted versions as people read them: by section, and one beside the other."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.http import HttpResponse
from django.utils.translation import get_language, gettext as _

from challenges.answers import Translated, by_section, copy_in_words
from challenges.choices import QuestionKind
from challenges.differences import Difference, between
from challenges.models.team import file_in_words, in_place
from challenges.papers.submission import submission_paper
from challenges.workflow.application import copies_of
from portal import reading
from portal.documents import NotServed
from portal.papers import PaperFailed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from challenges.models import Application, Call, Revision
    from portal.models import User

logger = logging.getLogger(__name__)


def copy_by_section(
    application: Application, revision: Revision | None
) -> list[tuple[str, list[dict[str, Any]]]]:
    """Question and answer by section, from a submitted version, or from the draft as it stands."""
    rows = (
        copies_of(application, with_hidden=True)
        if revision is None
        else in_place(revision.answers, application.replacements.all().by_refused())
    )
    return [
        (
            title,
            [
                {
                    **row,
                    "value": file_in_words(row) if row["document"] else copy_in_words(row),
                }
                for row in inside
            ],
        )
        for title, inside in by_section(
            in_readers_language(application.call, rows, is_draft=revision is None)
        )
    ]


def in_readers_language(
    call: Call, rows: list[dict[str, Any]], *, is_draft: bool = False
) -> list[dict[str, Any]]:
    """Sections, questions and options in the reader's language, where the form is translated.

    What was submitted stays as it is, and does not follow what a team reads its draft in; a call
    in one language reads nothing more. ``spoken`` and ``section_spoken`` say in which it is.
    """
    base, own = call.base_language, reading.attributes(call.base_language)
    plain = [{**row, "spoken": own, "section_spoken": own} for row in rows]
    wanted = reading.order() if is_draft else ((get_language() or "").lower(),)
    if reading.best([one.lower() for one in call.languages], base, wanted) == base:
        return plain
    questions = {str(one.pk): one for one in call.questions.all()}
    found = []
    for row in plain:
        question = questions.get(row["question"])
        said: dict[str, Any] = {}
        if question is not None:
            words = Translated(question, wanted)
            # What is not translated reads as it was submitted, not as it was corrected since.
            for name, spoken in (("section", "section_spoken"), ("label", "spoken")):
                if getattr(words, name) != getattr(question, name):
                    said[name] = getattr(words, name)
                    said[spoken] = reading.attributes(words.language_of(name))
            if row["kind"] in {QuestionKind.CHOICE, QuestionKind.CHOICES}:
                chosen = row["value"].split("\n")
                said["value"] = "\n".join(words.options.get(one, one) for one in chosen)
        found.append({**row, **said})
    return found


def versions_of(application: Application, wanted: Mapping[str, str]) -> dict[str, Any]:
    """The versions, the newest first, and the difference between the two that are wanted.

    ``wanted`` names them as ``older`` and ``newer``; without it the newest stands beside the one
    before. A number that is no version counts as not named.
    """
    versions = list(application.revisions.select_related("submitted_by"))
    by_number = {str(revision.number): revision for revision in versions}
    newer = by_number.get(wanted.get("newer", "")) or (versions[0] if versions else None)
    older = by_number.get(wanted.get("older", ""))
    if older is None and newer is not None:
        older = by_number.get(str(newer.number - 1))
    differences: list[Difference] = []
    if newer is not None and older is not None:
        before, after = (
            [row for _title, rows in copy_by_section(application, one) for row in rows]
            for one in (older, newer)
        )
        differences = between(before, after)
    return {"versions": versions, "newer": newer, "older": older, "differences": differences}


def paper_of(application: Application, revision: Revision, *, reader: User) -> HttpResponse:
    """The PDF of a version.

    Raises:
        NotServed: it could not be set; the page for printing has the same words.
    """
    try:
        content = submission_paper(
            application, revision, copy_by_section(application, revision), reader=reader
        )
    except PaperFailed:
        logger.exception("a submitted version could not be set as a PDF")
        raise NotServed(
            _("This PDF cannot be made just now. The application is not touched by that."),
            remedy=_("Print the page of the answers instead, or try again later."),
            status=503,
        ) from None
    return as_file(content, f"{application.reference}-{revision.number}.pdf", "application/pdf")


def as_file(content: bytes, name: str, kind: str) -> HttpResponse:
    """A download that stays private."""
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "private, no-store"
    return response
