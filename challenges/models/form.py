"""The form of a call as a whole: one sheet of questions, in force or in preparation."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from challenges import conditions
from challenges.choices import FormState
from challenges.models.question import FormVersion, Question

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from challenges.models.call import Call

#: What of a question may differ from one version to the next.
CONTENT = (
    *("section", "label", "help", "kind", "required", "limit", "limit_unit", "most"),
    *("file_kinds", "currencies", "options", "minimum", "maximum", "unit", "read_by", "blind"),
    *("shown_if", "shown_if_values", "fact"),
)


@dataclass(frozen=True)
class Change:
    """What becomes of one question from the version in force to the next."""

    #: ``added``, ``removed``, ``changed`` or ``moved``.
    what: str
    question: Question
    before: Question | None = None
    #: The names of the fields that differ.
    fields: tuple[str, ...] = ()


@dataclass
class Sheet:
    """What a call asks in the version that staff change now."""

    call: Call
    #: The version in preparation, if there is one.
    version: FormVersion | None
    #: The questions of all versions, in one order that holds for each of them.
    rows: list[Question]
    #: Whether anybody has submitted: from then on questions change in a new version only.
    is_submitted: bool
    #: The order that stands in the database.
    _stored: dict[UUID, int] = field(default_factory=dict)

    @classmethod
    def of(cls, call: Call) -> Sheet:
        """The sheet as it stands."""
        rows = list(Question.objects.filter(call=call))
        for row in rows:
            row.call = call
        return cls(
            call=call,
            version=FormVersion.objects.filter(call=call, state=FormState.PREPARING).first(),
            rows=rows,
            is_submitted=call.applications.filter(revision_count__gt=0).exists(),
            _stored={row.pk: row.order for row in rows},
        )

    @property
    def number(self) -> int:
        """The version that is being changed: the one in preparation, else the one in force."""
        return self.version.number if self.version else self.call.form_version

    @property
    def is_frozen(self) -> bool:
        """Whether only the wording may be corrected now."""
        return self.is_submitted and self.version is None

    def asked(self, number: int | None = None) -> list[Question]:
        """The questions of the version, in order."""
        wanted = self.number if number is None else number
        return [row for row in self.rows if row.is_in(wanted)]

    def find(self, key: UUID) -> Question | None:
        """A question of the version."""
        return next((row for row in self.asked() if row.pk == key), None)

    def heir_of(self, key: UUID) -> Question | None:
        """The question of that key, or the one that a colleague has put in its place."""
        heir = (row for row in self.asked() if row.replaces_id == key)
        return self.find(key) or next(heir, None)

    def sections(self) -> dict[str, list[Question]]:
        """The questions by section, both in order."""
        found: dict[str, list[Question]] = {}
        for row in self.asked():
            found.setdefault(row.section, []).append(row)
        return found

    def shown_by(self, question: Question) -> list[Question]:
        """The questions that are shown only if this one is answered in some way."""
        return [row for row in self.asked() if row.shown_if_id == question.pk]

    # -- order --------------------------------------------------------------------------------

    def place(self, row: Question, *, after: Question | None = None, at: int = 0) -> None:
        """Put a question behind another, or at a place among all rows.

        Other versions keep their order: nothing but this one row goes elsewhere.
        """
        if row in self.rows:
            self.rows.remove(row)
        self.rows.insert(self.rows.index(after) + 1 if after else at, row)

    def renumber(self) -> None:
        """Store the order of the rows; those whose number stays are not written."""
        moved = []
        for number, row in enumerate(self.rows, start=1):
            row.order = number
            if self._stored.get(row.pk) != number:
                self._stored[row.pk] = number
                moved.append(row)
        Question.objects.bulk_update(moved, ["order"])

    # -- what is wrong ------------------------------------------------------------------------

    def problem(self) -> str | None:
        """What of the conditions cannot be, with the questions named; ``None`` where it can."""
        asked = self.asked()
        keys = {row.pk for row in asked}
        for row in asked:
            if row.shown_if_id and row.shown_if_id not in keys:
                return _(
                    "“%(question)s” depends on a question that is not asked any more. Choose"
                    " another or none."
                ) % {"question": row.label}
        return conditions.problem_with(asked)

    # -- from one version to the next -----------------------------------------------------------

    @cached_property
    def changes(self) -> list[Change]:
        """What the version in preparation changes, in the order of the form."""
        if self.version is None:
            return []
        before = {row.pk: row for row in self.asked(self.call.form_version)}
        after = self.asked()
        origin = {row.pk: row.replaces_id or row.pk for row in after}
        common = [key for key in before if key in set(origin.values())]
        places = {key: place for place, key in enumerate(common)}
        places_now = {
            key: place for place, key in enumerate(key for key in origin.values() if key in places)
        }
        found = [Change("removed", row) for key, row in before.items() if key not in places]
        for row in after:
            if row.added_in != self.version.number:
                continue
            was = before.get(row.replaces_id) if row.replaces_id else None
            if was is None:
                found.append(Change("added", row))
                continue
            fields = tuple(differing(was, row, origin))
            if fields:
                found.append(Change("changed", row, was, fields))
            elif places[was.pk] != places_now[was.pk]:
                found.append(Change("moved", row, was))
        return sorted(found, key=lambda change: change.question.order)


def differing(before: Question, after: Question, origin: dict[UUID, UUID]) -> Iterable[str]:
    """The names of the fields in which two questions differ; a replaced condition is the same."""
    for name in CONTENT:
        if name == "shown_if":
            condition = after.shown_if_id
            if before.shown_if_id != (origin.get(condition, condition) if condition else None):
                yield name
        elif getattr(before, name) != getattr(after, name):
            yield name


def words_in(question: Question) -> list[str]:
    """What of a question is to be translated: its names in `Question.translations`."""
    parts = ["section", "label", *(["help"] if question.help else [])]
    return [*parts, *(f"option {place}" for place in range(len(question.options)))]


def untranslated(question: Question, language: str) -> list[str]:
    """What of a question has no words in a language yet."""
    given = question.translations.get(language.lower()) or {}
    options = given.get("options") or []
    missing = [
        part
        for part in words_in(question)
        if not part.startswith("option ") and not given.get(part)
    ]
    return missing + [
        f"option {place}"
        for place in range(len(question.options))
        if place >= len(options) or not options[place]
    ]
