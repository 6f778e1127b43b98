"""What the tests here do again and again."""

from __future__ import annotations

from startups import actions
from startups.models import Merge, Startup


def merged(pair, by, **more) -> Merge:
    kept, gone = pair
    seen = actions.preview_of(kept=kept, gone=gone).seen
    more = {"take": [], "seen": seen, "reason": "Same register."} | more
    return actions.merge(kept=kept, gone=gone, by=by, **more)


def again(startup: Startup) -> Startup:
    return Startup.everything.get(pk=startup.pk)
