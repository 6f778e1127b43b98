"""The portal as it must not be built: the last one who saves wins, and every third save is a lie.

Only `bench/drafts.py` runs this. It shows that the bench sees a colleague's text that was written
over unseen, and an answer that a page called saved and that nobody has.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

from portal.wsgi import application  # it sets Django up

# isort: split

from django.db import transaction

from challenges.actions.application import save_answers
from challenges.models import Answer, Application
from challenges.views import background

__all__ = ["application"]

if TYPE_CHECKING:
    from challenges.actions.application import Saved

LIES = 3
_saves = itertools.count(1)


def save_over(**given: Any) -> Saved:
    """As if whoever comes last had read everything."""
    with transaction.atomic():
        # Under the lock, so that not even a save at the same moment is asked about.
        key = given["application"].pk
        Application.objects.select_for_update(no_key=True, of=("self",)).get(pk=key)
        newest = Answer.objects.filter(application=key)
        given["versions"] = {answer.question_id: answer.version for answer in newest}
        saved = save_answers(**given)
        if next(_saves) % LIES == 0:
            transaction.set_rollback(True)
    return saved


background.save_answers = save_over
