"""What the eligibility check and the alerts contribute: the sweep, and what is said."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

from challenges.actions.alert import tell_of_openings
from portal.registry import Sentence, registry
from startups.journey import SENTENCES

registry.due.append(tell_of_openings)

registry.sentences |= {
    "challenges.call:change-rules": Sentence(
        gettext_lazy("{who} changed the rules of who may apply, after publishing")
    ),
    "challenges.application:answer-rules": Sentence(
        gettext_lazy("{who} answered rules that only the team can answer ({count})")
    ),
}
SENTENCES["challenges.application:answer-rules"] = gettext_lazy("Said for rules of the call")
