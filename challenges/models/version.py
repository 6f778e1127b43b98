"""Which versions of rows the page of a call shows, in one text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models.expressions import RawSQL

if TYPE_CHECKING:
    from challenges.models.call import CallQuerySet

#: PostgreSQL's own marks of each row's version (who wrote it, and where it lies), of the call and
#: of all that its page shows.
_VERSION = """concat_ws('/',
    challenges_call.xmin, challenges_call.ctid,
    (SELECT concat(xmin, ctid) FROM portal_programme WHERE id = challenges_call.programme_id),
    (SELECT string_agg(concat(id, xmin, ctid), '.' ORDER BY id) FROM challenges_question
     WHERE call_id = challenges_call.id),
    (SELECT string_agg(concat(id, xmin, ctid), '.' ORDER BY id) FROM challenges_criterion
     WHERE call_id = challenges_call.id),
    EXISTS (SELECT FROM challenges_eligibilityrule WHERE call_id = challenges_call.id),
    (SELECT string_agg(concat(id, xmin, ctid), '.' ORDER BY id) FROM challenges_faqentry
     WHERE call_id = challenges_call.id),
    (SELECT string_agg(concat(id, xmin, ctid), '.' ORDER BY id) FROM challenges_clarification
     WHERE call_id = challenges_call.id AND published_at IS NOT NULL))"""


def with_version(calls: CallQuerySet) -> CallQuerySet:
    """Each call with ``version``, another text after each change of any row its page shows."""
    return calls.annotate(version=RawSQL(_VERSION, []))  # noqa: S611 -- a constant
