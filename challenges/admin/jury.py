"""What of a submitted copy a juror reads: the answers for the jury, and facts of the company."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, gettext_lazy
from django_countries import countries

from challenges.answers import by_section, facts_in_words
from challenges.choices import READ_BY_JURY

if TYPE_CHECKING:
    from challenges.models import Revision

#: What a juror sees of the company, as it stood on the day of submission. An allow-list.
JURY_FACTS = (
    ("legal_name", gettext_lazy("Organisation")),
    ("country", gettext_lazy("Country")),
    ("city", gettext_lazy("City")),
    ("founded_on", gettext_lazy("Founded")),
    ("size_band", gettext_lazy("People")),
    ("sector", gettext_lazy("Sector")),
    ("product_stage", gettext_lazy("Product stage")),
    ("website", gettext_lazy("Website")),
)


def copies_for_jury(revision: Revision | None) -> list[dict[str, Any]]:
    """The answers a juror reads: what is for staff alone is not there at all."""
    if revision is None:
        return []
    return [copy for copy in revision.answers if copy.get("read_by") in READ_BY_JURY]


def sections_for_jury(revision: Revision | None) -> list[tuple[str, list[dict[str, Any]]]]:
    """The same, by section, in the order of the form."""
    return by_section(copies_for_jury(revision))


def facts_for_jury(revision: Revision | None) -> list[tuple[str, str, str]]:
    """The allow-listed facts of the company."""
    facts = facts_in_words(revision.startup_facts) if revision else {}
    rows = [(str(label), str(facts[name]), "") for name, label in JURY_FACTS if facts.get(name)]
    return rows + partners_in(revision)


def partners_in(revision: Revision | None) -> list[tuple[str, str, str]]:
    """Who applies together with the startup, as submitted."""
    partners = revision.startup_facts.get("consortium", []) if revision else []
    return [
        (
            _("Together with"),
            partner["name"],
            countries.name(partner["country"]) or partner["country"],
        )
        for partner in partners
    ]
