"""One entry of the trail as a sentence, with the names its reader may know."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.utils.text import capfirst
from django.utils.translation import gettext as _, gettext_lazy

from portal import clock
from portal.audit import may_name
from portal.registry import Sentence, registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from portal.models import AuditEntry, User

PERSON = "portal.user"
#: Of any record, where its own app says nothing more exact.
EVERYWHERE = {
    "add": Sentence(gettext_lazy("{who} added it")),
    "change": Sentence(gettext_lazy("{who} changed {fields}")),
    "export-history": Sentence(gettext_lazy("{who} downloaded the history: {entries} entries")),
}


def sentence_for(entry: AuditEntry) -> Sentence:
    """What is said of such an entry; of a step nobody found words for, its name."""
    known = registry.sentences.get(f"{entry.subject_type}:{entry.verb}")
    words = capfirst(entry.verb.replace("-", " "))
    return known or EVERYWHERE.get(entry.verb) or Sentence(f"{words} – {{who}}")


class Teller:
    """Sentences of a page of entries for one reader; names are read once for all of them."""

    def __init__(self, entries: Iterable[AuditEntry], reader: User) -> None:
        self.reader = reader
        self.known: dict[tuple[str, str], str] = {}
        wanted: dict[str, set[str]] = defaultdict(set)
        for entry in entries:
            for name, label in registry.facts.items():
                if isinstance(entry.facts.get(name), str) and label.count(".") == 1:
                    wanted[label].add(entry.facts[name])
        for label, keys in wanted.items():
            self.learn(label, keys)

    def learn(self, label: str, keys: set[str]) -> None:
        """Read the names behind keys: of people all, of records those the reader may see."""
        keys = {key for key in keys if (label, key) not in self.known}
        if not keys:
            return
        rows: Any = apps.get_model(label)._default_manager.all()
        if label != PERSON and hasattr(rows, "visible_to"):
            rows = rows.visible_to(self.reader)
            rows = rows.for_list() if hasattr(rows, "for_list") else rows
        for record in rows.filter(pk__in=[key for key in keys if is_key(key)]):
            self.known[label, str(record.pk)] = str(record)

    def person(self, key: Any) -> str:
        """A person's name now; whoever is no longer there has none."""
        return self.known.get((PERSON, str(key)), _("a former user"))

    def actor(self, entry: AuditEntry) -> str:
        """Who did it."""
        return entry.actor.shown_name if entry.actor else _("The portal")

    def tell(self, entry: AuditEntry) -> str:
        """The entry as a sentence without its reason."""
        sentence = sentence_for(entry)
        if not may_name(entry, self.reader):
            return str(sentence.veiled)
        words = str(sentence.text).format_map(_Words(self._words(entry)))
        return words + self._states(entry)

    def reason(self, entry: AuditEntry) -> str:
        """Why, for whoever may know who."""
        return entry.reason if may_name(entry, self.reader) else ""

    def who(self, entry: AuditEntry) -> str:
        """The actor's name for a column of its own; empty where it is not the reader's to know."""
        return self.actor(entry) if may_name(entry, self.reader) else ""

    def _words(self, entry: AuditEntry) -> dict[str, str]:
        facts = entry.facts
        model = apps.get_model(entry.subject_type)
        words = {name: str(value) for name, value in facts.items()}
        for name, label in registry.facts.items():
            if name in facts:
                words[name] = self._word(label, str(facts[name]))
        for name in ("before", "after", "until"):
            if isinstance(facts.get(name), str):
                words[name] = instant_of(facts[name])
        for name, of in (("role", "role"), ("from", "role"), ("level", "level")):
            if name in facts:
                words[name] = word_for(model, of, str(facts[name]))
        named = [label_of(model, name) for name in facts.get("fields", [])]
        words["fields"] = ", ".join([*named, *map(str, facts.get("rows", []))])
        words["who"] = self.actor(entry)
        return words

    def _word(self, label: str, value: str) -> str:
        if label.count(".") == 2:  # noqa: PLR2004 -- app, model, field
            model, _dot, name = label.rpartition(".")
            return word_for(apps.get_model(model), name, value)
        if label == PERSON:
            return self.person(value)
        return self.known.get((label, value), _("a record"))

    @staticmethod
    def _states(entry: AuditEntry) -> str:
        if not entry.from_state or entry.from_state == entry.to_state:
            return ""
        model = apps.get_model(entry.subject_type)
        before, after = (
            word_for(model, "state", state) for state in (entry.from_state, entry.to_state)
        )
        return f" ({before} → {after})"


class _Words(dict[str, str]):
    """A fact that an old entry does not hold reads as a dash: the past is never an error."""

    def __missing__(self, key: str) -> str:
        return "–"


def word_for(model: Any, name: str, value: str) -> str:
    """A stored value as staff read it, by the choices of the model's field."""
    field = next((one for one in model._meta.fields if one.name == name), None)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return value.replace("_", " ")


def is_key(text: str) -> bool:
    """Whether it could be the key of a record: what an old entry holds is never an error."""
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def label_of(model: Any, name: str) -> str:
    """A field's name as people read it; related rows by their model's."""
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name.replace("_", " ")
    related = getattr(field, "related_model", None)
    if getattr(field, "auto_created", False) and related is not None:
        return str(related._meta.verbose_name_plural)
    return str(getattr(field, "verbose_name", name))


def instant_of(text: str) -> str:
    """An instant of the trail in the reader's zone."""
    try:
        return clock.in_words(datetime.fromisoformat(text), clock.reader_zone())
    except ValueError:
        return text
