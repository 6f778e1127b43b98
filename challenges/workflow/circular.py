"""The life of a letter to many: written, then sent once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _, gettext_lazy

from challenges.choices import CircularState as State
from challenges.models import Circular
from challenges.notices.circular import CircularSent
from portal.workflow import Transition, Workflow

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    from portal.workflow import Step


def when_somebody_reads_it(step: Step[Circular]) -> StrOrPromise | None:
    """There is anybody to write to at this moment."""
    return None if step.record.people() else _("Nobody is there to write to yet.")


def count_people(step: Step[Circular]) -> None:
    """Keep to how many it went."""
    step.record.sent_to = len(step.record.people())
    step.record.save(update_fields=["sent_to"])
    step.facts["people"] = step.record.sent_to


circular_workflow: Workflow[Circular] = Workflow(
    Circular,
    Transition(
        name="send",
        label=gettext_lazy("Send the letters"),
        permission="challenges.send_circular",
        sources={State.DRAFT},
        target=State.SENT,
        locks=(("call", "SHARE"),),
        guards=(when_somebody_reads_it,),
        effects=(count_people,),
        notices=(CircularSent(),),
        primary=True,
    ),
)
