"""What somebody said of their organisation before they had an account, kept with their browser.

In the session, so on the server; it fills in what is empty and never overwrites anything.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django_countries import countries

from startups.choices import FundingStage, ProductStage, StartupKind

if TYPE_CHECKING:
    from collections.abc import Mapping

    from startups.models import Startup

KEY = "told_of_organisation"
CHOICES = {
    "kind": StartupKind.values,
    "product_stage": ProductStage.values,
    "funding_stage": FundingStage.values,
}
WHOLE_DAY = len("2021-05-14")


def tell(session: Any, facts: Mapping[str, str]) -> None:
    """Keep what was said; what was left open this time keeps its earlier answer."""
    session[KEY] = {**told(session), **{name: text for name, text in facts.items() if text}}


def told(session: Any) -> dict[str, str]:
    """What was said, by the names of the record."""
    kept = session.get(KEY)
    return {str(name): str(text) for name, text in kept.items()} if isinstance(kept, dict) else {}


def fill_in(session: Any, startup: Startup | None = None) -> dict[str, str]:
    """What a record's form begins with where the record itself says nothing."""
    found = {
        name: text
        for name, text in told(session).items()
        if text in CHOICES.get(name, ())
        or (name == "country" and text in countries)
        # A year alone is no day: the form asks for one.
        or (name == "founded_on" and len(text) == WHOLE_DAY)
    }
    if startup is None:
        return found
    return {name: text for name, text in found.items() if not getattr(startup, name)}
