"""What changed in an application since its juror scored it, of what the jury reads."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _, ngettext

from challenges.admin.jury import copies_for_jury
from challenges.answers import copy_in_words
from challenges.choices import READ_BY_JURY, AssignmentState as State, ReplacementState
from challenges.differences import Difference, between
from challenges.models import Replacement, ReviewAssignment, Revision
from challenges.models.team import file_in_words, in_place

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from django.db.models import QuerySet

    from portal.models import User

#: Who reads the application; before and after that nothing of it is told.
READS = {State.READING, State.DONE}


def with_news(rows: QuerySet[ReviewAssignment]) -> QuerySet[ReviewAssignment]:
    """Each with when its juror scored (or began), and whether anything was handed in since.

    That alone is shown to nobody: it may be an answer that the jury does not read.
    """
    later = Replacement.objects.filter(
        application=OuterRef("application"),
        state=ReplacementState.REPLACED,
        state_changed_at__gt=OuterRef("scored_at"),
    )
    return rows.annotate(scored_at=Coalesce("review__submitted_at", "review__created_at")).annotate(
        has_news=Q(application__submitted_at__gt=F("scored_at")) | Exists(later)
    )


def changes_for(
    assignments: Iterable[ReviewAssignment], *, juror: User
) -> dict[UUID, list[Difference]]:
    """By assignment what differs, for the juror's own; two statements however many there are.

    ``assignments`` come from `with_news`; where nothing was handed in since, nothing is read.
    """
    mine = [
        one
        for one in assignments
        if one.reviewer_id == juror.pk and one.state in READS and _news(one, "has_news")
    ]
    if not mine:
        return {}
    keys = {one.application_id for one in mine}
    copies: dict[UUID, list[Revision]] = defaultdict(list)
    for revision in Revision.objects.filter(application__in=keys).order_by("number"):
        copies[revision.application_id].append(revision)
    replaced: dict[UUID, list[Replacement]] = defaultdict(list)
    for row in Replacement.objects.filter(
        application__in=keys, state=ReplacementState.REPLACED
    ).select_related("document"):
        replaced[row.application_id].append(row)
    found = {}
    for one in mine:
        differences = _since(
            _news(one, "scored_at"), copies[one.application_id], replaced[one.application_id]
        )
        if differences:
            found[one.pk] = differences
    return found


def _news(assignment: ReviewAssignment, name: str) -> Any:
    return assignment.__dict__[name]


def _since(
    scored_at: datetime, copies: list[Revision], replaced: list[Replacement]
) -> list[Difference]:
    before = [one for one in copies if one.submitted_at <= scored_at]
    if not before:
        return []
    older, newer = before[-1], copies[-1]
    then = {str(one.refused_id): one for one in replaced if one.state_changed_at <= scored_at}
    now = {str(one.refused_id): one for one in replaced}
    # What the jury read then and does not read any more is not shown again.
    kept_back = {row["question"] for row in newer.answers if row.get("read_by") not in READ_BY_JURY}
    first = [row for row in copies_for_jury(older) if row["question"] not in kept_back]
    was, stands = _as_read(in_place(first, then)), _as_read(in_place(copies_for_jury(newer), now))
    before_it = {row["question"]: row for row in was}
    for row in stands:
        other = before_it.get(row["question"])
        if other and row["file"] != other["file"] and row["value"] == other["value"]:
            row["value"] = _("%(name)s (another file)") % {"name": row["value"]}
    return between(was, stands)


def _as_read(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each answer in the words in which the jury reads it."""
    return [
        {
            "question": row["question"],
            "section": row["section"],
            "label": row["label"],
            "value": file_in_words(row) if row["document"] else copy_in_words(row, with_level=True),
            "file": (row["document"] or {}).get("id", ""),
        }
        for row in rows
    ]


def told(assignment: ReviewAssignment, count: int) -> str:
    """Since when, and how many answers."""
    answers = ngettext("%(count)d answer", "%(count)d answers", count) % {"count": count}
    if assignment.state == State.DONE:
        return _("Changed since you scored: %(answers)s") % {"answers": answers}
    return _("Changed since you began: %(answers)s") % {"answers": answers}
