"""Translations of a form as one page of fields, each beside its source."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _

from portal.forms import TogetherMixin, kindly

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from django.forms import BoundField

    from challenges.models import EligibilityRule, Question

#: What is longer than this is written in a field of several lines.
ONE_LINE = 90


class WordsForm(TogetherMixin, forms.Form):
    """Every text of a form in one language.

    Each field sends along what the page showed: only what a person has touched is written, so that
    two translators on one page do not undo each other.
    """

    def __init__(
        self,
        *args: Any,
        language: str,
        asked: Sequence[Question],
        rules: Iterable[EligibilityRule],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.asked, self.rules, self.language = list(asked), list(rules), language
        self.sections = list(dict.fromkeys(question.section for question in self.asked))
        self.sources: dict[str, str] = {}
        for place, section in enumerate(self.sections):
            first = next(one for one in self.asked if one.section == section)
            given = first.translations.get(language) or {}
            self._add(f"s{place}", section, given.get("section"), _("Section"), 80)
        for question in self.asked:
            given, key = question.translations.get(language) or {}, question.pk.hex
            self._add(f"l_{key}", question.label, given.get("label"), _("Question"), 300)
            if question.help:
                self._add(f"h_{key}", question.help, given.get("help"), _("Help"), 500)
            options = [*(given.get("options") or []), *[""] * len(question.options)]
            for place, option in enumerate(question.options):
                name, number = f"o_{key}_{place}", place + 1
                words = _("Option %(number)d") % {"number": number}
                self._add(name, option, options[place], words, 150)
        for rule in self.rules:
            given = rule.translations.get(language) or {}
            name = f"r_{rule.pk.hex}"
            self._add(name, rule.text, given.get("text"), _("Who may apply"), 300)
        kindly(self)

    def _add(self, name: str, source: str, given: str | None, label: str, longest: int) -> None:
        area = forms.Textarea(attrs={"rows": 2, "lang": self.language, "dir": "auto"})
        line = forms.TextInput(attrs={"lang": self.language, "dir": "auto", "class": "vTextField"})
        self.fields[name] = forms.CharField(
            label=label,
            max_length=longest,
            required=False,
            initial=given or "",
            show_hidden_initial=True,
            widget=area if len(source) > ONE_LINE else line,
        )
        self.sources[name] = source

    def _row(self, name: str) -> dict[str, Any]:
        field: BoundField = self[name]
        return {
            "field": field,
            "source": self.sources[name],
            "missing": not self.fields[name].initial,
        }

    def groups(self) -> list[dict[str, Any]]:
        """The fields as the page shows them: by section, each question with its parts."""
        found = []
        for place, section in enumerate(self.sections):
            inside = [one for one in self.asked if one.section == section]
            blocks = [[self._row(f"s{place}")]]
            blocks += [
                [self._row(name) for name in self.fields if one.pk.hex in name] for one in inside
            ]
            found.append({"title": section, "blocks": blocks})
        if self.rules:
            rows = [self._row(f"r_{rule.pk.hex}") for rule in self.rules]
            found.append({"title": _("Who may apply"), "blocks": [rows]})
        return found

    def clean(self) -> dict[str, Any]:
        """What another translator has written into the same field meanwhile is asked about."""
        super().clean()
        self.mind_colleagues()
        return self.cleaned_data

    @property
    def missing(self) -> int:
        """How many texts have no words in this language."""
        return sum(not field.initial for field in self.fields.values())

    def words(self) -> dict[str, Any]:
        """What was touched, as the verb takes it."""
        touched = {name: self.cleaned_data[name].strip() for name in self.changed_data}
        questions: dict[UUID, dict[str, Any]] = {}
        for question in self.asked:
            key, parts = question.pk.hex, dict[str, Any]()
            for name, part in ((f"l_{key}", "label"), (f"h_{key}", "help")):
                if name in touched:
                    parts[part] = touched[name]
            options = {
                place: touched[f"o_{key}_{place}"]
                for place in range(len(question.options))
                if f"o_{key}_{place}" in touched
            }
            if options:
                parts["options"] = options
            if parts:
                questions[question.pk] = parts
        return {
            "sections": {
                section: touched[f"s{place}"]
                for place, section in enumerate(self.sections)
                if f"s{place}" in touched
            },
            "questions": questions,
            "rules": {
                rule.pk: touched[f"r_{rule.pk.hex}"]
                for rule in self.rules
                if f"r_{rule.pk.hex}" in touched
            },
        }
