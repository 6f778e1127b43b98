"""One fact of a record, changed from where it was asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from portal import audit
from portal.validators import without_direction_marks
from portal.workflow import StepRefused
from startups.models import Startup

if TYPE_CHECKING:
    from datetime import date

    from portal.models import User


@transaction.atomic
def change_fact(*, startup: Startup, name: str, value: str, by: User) -> Startup:
    """Change one fact of the record, as its own page would.

    Raises:
        StepRefused: not this person, or the record would not take it; the sentence says why.
    """
    found = Startup.objects.select_for_update(no_key=True).filter(pk=startup.pk).first()
    if found is None:
        raise StepRefused(_("This record was merged into another. Open that one."))
    if not by.has_perm("startups.change_startup", found):
        raise StepRefused(_("You may not do this."), permission=True)
    new = _checked(found, name, value)
    if getattr(found, name) == new:
        return found
    setattr(found, name, new)
    found.version += 1
    found.save(update_fields=[name, "version", "updated_at"])
    audit.record(
        found, "change-facts", actor=by, facts={"fields": [name], "version": found.version}
    )
    return found


def _checked(startup: Startup, name: str, value: str) -> str | date:
    field = startup._meta.get_field(name)
    if name == "founded_on":
        day = parse_date(value)
        if day is None or day > timezone.localdate():
            raise StepRefused(_("The record takes a day that has come, like 2021-05-14."))
        return day
    text = " ".join(without_direction_marks(value).split())
    try:
        return str(field.clean(text, startup))  # type: ignore[union-attr]
    except ValidationError as problem:
        raise StepRefused(
            _("The record does not take this: %(why)s") % {"why": " ".join(problem.messages)}
        ) from problem
