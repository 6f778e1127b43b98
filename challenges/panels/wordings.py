"""Letters in staff's own words: asked for whenever something is told, and told in the history."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from challenges.actions.wording import words_for
from portal.registry import Sentence, registry

registry.wordings.append(words_for)
registry.facts["letter"] = "challenges.wording.notice"
registry.sentences |= {
    f"challenges.call:{verb}": Sentence(text)
    for verb, text in {
        "word-letter": _("{who} worded a letter: {letter} ({language})"),
        "take-supplied-letter": _("{who} went back to the supplied letter: {letter} ({language})"),
        "test-letter": _("{who} sent a test letter to themselves: {letter} ({language})"),
    }.items()
}
