"""Field by field: what a watched row held after each change, written by the database itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pghistory
from django.db import models
from django.utils.translation import gettext_lazy as _
from pghistory.models import Event

from portal.models.user import ProgrammeStaff, User

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pgtrigger


class FieldEvent(Event):
    """What a row held after one insert or update, or before it was deleted."""

    pgh_id = models.BigAutoField(primary_key=True)

    class Meta:
        abstract = True


def watched(
    model: type[models.Model],
    *,
    fields: Sequence[str],
    when: pgtrigger.Condition | None = None,
) -> Any:
    """The table of events of ``model``: a row for each change of one of ``fields``.

    Triggers write it, so that it sees `QuerySet.update`, bulk statements and SQL typed by hand as
    well. It names rows by key without a constraint: what is deleted later never waits for it.
    """
    updates: dict[str, Any] = {} if when is None else {"condition": when}
    return pghistory.create_event_model(
        model,
        pghistory.InsertEvent(),
        pghistory.UpdateEvent(**updates),
        pghistory.DeleteEvent(),
        fields=list(fields),
        model_name=f"{model.__name__}Event",
        base_model=FieldEvent,
        obj_field=pghistory.ObjForeignKey(db_index=True, related_name="+", related_query_name="+"),
        # Who and in which request, in the row itself: a table of contexts would be one more
        # statement for each event.
        context_field=pghistory.ContextJSONField(),
        # None, as their documentation says; the annotation forgot it.
        context_id_field=None,  # type: ignore[arg-type]
        append_only=True,
        abstract=False,
        meta={
            "verbose_name": _("%(kind)s, field by field") % {"kind": model._meta.verbose_name},
            "ordering": ["pgh_id"],
        },
    )


#: Without the telephone: a role's history is kept for ever, a number is not.
ProgrammeStaffEvent = watched(ProgrammeStaff, fields=["programme", "user", "role", "ended_at"])
#: Who administers the whole portal, and who may sign in at all; nothing of who somebody is.
UserEvent = watched(User, fields=["is_superuser", "is_active"])
