"""The field of one question: what a browser sends of it, and how it is written on the page.

Everything typed is taken; `challenges.answers` says what is wrong with it. The page of a long form
has sixty of these, so a widget writes its HTML itself instead of through a template for each input.
"""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import TYPE_CHECKING, Any

from django import forms
from django.forms.boundfield import BoundField
from django.utils.functional import cached_property
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext as _, gettext_lazy
from django_countries import countries

from challenges import answers
from challenges.choices import READ_BY_JURY, Audience, LimitUnit, Maturity, QuestionKind as Kind
from challenges.forms.upload import UploadField, kinds_taken
from portal import reading
from portal.choices import Goal

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from challenges.models import Question

#: Up to this many options are shown at once; more become a list to choose from.
OPTIONS_IN_SIGHT = 6
#: So many boxes stand in two columns where there is room.
BOXES_IN_COLUMNS = 9
#: Languages in which a date begins with the year.
YEAR_FIRST = ("ja", "zh", "ko", "hu", "lt", "mn", "sv")
PART_LABELS = {
    "currency": gettext_lazy("Currency"),
    "amount": gettext_lazy("Amount"),
    "year": gettext_lazy("Year"),
    "month": gettext_lazy("Month"),
    "day": gettext_lazy("Day"),
}
_EMPTY = mark_safe("")
#: Kinds with several inputs, and those of which a page without any of them says nothing by itself.
_GROUPS = frozenset({*answers.PARTS, *answers.SEVERAL, Kind.MATURITY})
_CHOOSES = frozenset({*answers.SEVERAL, Kind.CHOICE, Kind.MATURITY})


def attributes(given: Mapping[str, Any]) -> str:
    """Attributes as they stand in a tag; `flatatt` does the same in ten times the time."""
    return "".join(f' {name}="{escape(str(value))}"' for name, value in given.items())


def option_html(value: str, text: str, *, chosen: bool = False, spoken: str = "") -> str:
    """One line of a list to choose from; ``spoken`` says its language."""
    mark = " selected" if chosen else ""
    return f'<option value="{escape(value)}"{mark}{spoken}>{escape(text)}</option>'


@lru_cache(maxsize=64)
def _lines(what: str, _language: str) -> dict[str, str]:
    if what == "countries":
        return {code: option_html(code, str(name)) for code, name in countries}
    return {code: option_html(code, code) for code in answers.CURRENCIES}


@lru_cache(maxsize=64)
def _words(kind: str, _language: str) -> list[tuple[str, str]]:
    if kind == Kind.GOALS:
        return [(str(goal.value), f"{goal.value} – {goal.label}") for goal in Goal]
    return [(stage.value, str(stage.label)) for stage in Maturity]


@lru_cache(maxsize=256)
def _whole_list(what: str, value: str, language: str) -> str:
    lines = _lines(what, language)
    if value in lines:
        lines = lines | {value: lines[value].replace(">", " selected>", 1)}
    elif value:
        lines = {value: option_html(value, value, chosen=True)} | lines
    return "".join(lines.values())


def listed(what: str, value: str) -> str:
    """The lines of a long list with one of them chosen; two hundred, so they are kept as text."""
    return _whole_list(what, value, get_language() or "")


class AnswerWidget(forms.Widget):
    """The inputs of one question."""

    def __init__(self, question: Question, words: answers.Translated) -> None:
        super().__init__()
        self.question = question
        self.words = words

    def value_from_datadict(self, data: Any, _files: Any, _name: str) -> str:
        """The kept form of what came."""
        name = self.question.field
        several = getattr(data, "getlist", None)
        sent: dict[str, Sequence[str]] = {}
        for one in self.names():
            if one in data:
                sent[one] = several(one) if several else _as_list(data[one])
        if list(sent) == [name] and self.question.kind in answers.PARTS:
            return answers.canonical(self.question, sent[name][-1])
        return answers.from_fields(self.question, sent)

    def names(self) -> list[str]:
        """The names of its inputs."""
        name = self.question.field
        return [name, *(f"{name}_{part}" for part in answers.PARTS.get(self.question.kind, ()))]

    def value_omitted_from_data(self, data: Any, _files: Any, _name: str) -> bool:
        """Whether the page did not have it at all.

        Buttons and boxes of which none is chosen send nothing: the mark beside them tells.
        """
        if any(one in data for one in self.names()):
            return False
        return self.question.kind not in _CHOOSES or f"b_{self.question.pk.hex}" not in data

    @property
    def is_group(self) -> bool:
        """Whether the question stands above several inputs."""
        kind = self.question.kind
        if kind == Kind.CHOICE:
            return len(self.question.options) <= OPTIONS_IN_SIGHT
        return kind in _GROUPS

    def choices(self) -> Iterable[tuple[str, str]]:
        """What can be chosen, as it is kept and as it reads."""
        if self.question.kind in {Kind.GOALS, Kind.MATURITY}:
            return _words(self.question.kind, get_language() or "")
        return self.words.options.items()

    def spoken(self, value: str) -> str:
        """The attributes that say in which language a choice reads."""
        if self.question.kind in {Kind.GOALS, Kind.MATURITY} or not value:
            return ""
        return reading.attributes(self.words.language_of_option(value))

    # -- how it is written; every value and word is escaped where it is put in ---------------------

    def render(
        self,
        name: str,
        value: Any,
        attrs: Mapping[str, Any] | None = None,
        _renderer: Any = None,
    ) -> SafeString:
        """The inputs with what stands in them; ``attrs`` go to each."""
        given = {"id": f"id_{name}"} | dict(attrs or {})
        texts = answers.to_fields(self.question, value or "")
        return mark_safe(self._html(name, texts, given))  # noqa: S308 -- escaped above

    def _html(self, name: str, texts: Mapping[str, Sequence[str]], given: dict[str, Any]) -> str:
        kind = self.question.kind
        if kind == Kind.MONEY:
            return self._money(texts, given)
        if kind == Kind.DATE:
            return self._date(texts, given)
        if self.is_group:
            return self._boxes(name, texts[name], given)
        text = texts[name][0]
        if kind == Kind.COUNTRY:
            empty = option_html("", _("Choose a country"))
            return _select(name, empty + listed("countries", text), given)
        if kind == Kind.CHOICE:
            lines = [("", _("Choose …")), *self.choices()]
            chosen = (
                option_html(one, word, chosen=one == text, spoken=self.spoken(one))
                for one, word in lines
            )
            return _select(name, "".join(chosen), given)
        return self._text(name, text, given)

    def _text(self, name: str, text: str, attrs: dict[str, Any]) -> str:
        question = self.question
        given = {"name": name, "autocomplete": "off"} | attrs
        given["class"] = _class("form-control", attrs)
        if question.kind in {Kind.SHORT, Kind.LONG}:
            limit = answers.limit_of(question)
            given |= {"data-limit": limit, "dir": "auto"}
            if question.limit_unit == LimitUnit.WORDS:
                given["data-unit"] = "words"
                limit *= 6  # letters, to guess the rows
            if question.kind == Kind.LONG:
                rows = attributes(given | {"rows": min(max(limit // 200, 4), 14)})
                return f"<textarea{rows}>\n{escape(text)}</textarea>"
        elif question.kind == Kind.NUMBER:
            given |= {"inputmode": "decimal", "class": _class("form-control figure-input", attrs)}
            unit = _unit(question.unit, given)
            line = attributes({"value": text} | given)
            return f'<div class="input-line"><input type="text"{line}>{unit}</div>'
        else:
            given |= {"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}
        return f'<input type="text"{attributes({"value": text} | given)}>'

    def _boxes(self, name: str, chosen: Sequence[str], attrs: dict[str, Any]) -> str:
        several = self.question.kind in answers.SEVERAL
        given = {"type": "checkbox" if several else "radio", "name": name, "autocomplete": "off"}
        shared = attributes(given | attrs | {"class": _class("form-check-input", attrs), "id": ""})
        before, behind = shared.split(' id=""')
        lines, own = list(self.choices()), attrs["id"]
        html = "".join(
            f'<div class="form-check"><input{before} id="{own}_{place}" value="{escape(value)}"'
            f"{behind}{' checked' if value in chosen else ''}>"
            f'<label class="form-check-label" for="{own}_{place}"{self.spoken(value)}>'
            f"{escape(text)}</label></div>"
            for place, (value, text) in enumerate(lines)
        )
        if len(lines) <= BOXES_IN_COLUMNS or not several:
            return html
        return f'<div class="boxes-in-columns">{html}</div>'

    def _part(self, part: str, html: str, attrs: dict[str, Any]) -> str:
        return (
            f'<div class="part part-{part}"><label for="{attrs["id"]}_{part}">'
            f"{escape(str(PART_LABELS[part]))}</label>{html}</div>"
        )

    def _part_input(self, part: str, text: str, attrs: dict[str, Any], **more: str) -> str:
        given = {"name": f"{self.question.field}_{part}", "autocomplete": "off"}
        given |= {"inputmode": "numeric"} | attrs | more
        given["class"] = _class("form-control figure-input", attrs)
        given["id"] = f"{attrs['id']}_{part}"
        return f'<input type="text"{attributes({"value": text} | given)}>'

    def _date(self, texts: Mapping[str, Sequence[str]], attrs: dict[str, Any]) -> str:
        order = answers.PARTS[Kind.DATE]
        if not (get_language() or "").startswith(YEAR_FIRST):
            order = order[::-1]
        html = ""
        for part in order:
            text = texts[f"{self.question.field}_{part}"][0]
            html += self._part(part, self._part_input(part, text, attrs), attrs)
        return f'<div class="parts">{html}</div>'

    def _money(self, texts: Mapping[str, Sequence[str]], attrs: dict[str, Any]) -> str:
        name, taken = self.question.field, self.question.currencies
        currency, amount = (texts[f"{name}_{part}"][0] for part in answers.PARTS[Kind.MONEY])
        number = self._part_input("amount", amount, attrs, inputmode="decimal")
        if len(taken) == 1 and currency in {"", *taken}:
            sign = f'<span class="input-unit">{escape(taken[0])}</span>'
            number = f'<div class="input-line">{sign}{number}</div>'
            return f'<div class="parts">{self._part("amount", number, attrs)}</div>'
        if taken:
            codes = taken if currency in {"", *taken} else [currency, *taken]
            lines = "".join(option_html(one, one, chosen=one == currency) for one in codes)
        else:
            lines = listed("currencies", currency)
        given = {"id": f"{attrs['id']}_currency"}
        empty = option_html("", _("Choose …"))
        choice = _select(f"{name}_currency", empty + lines, attrs | given)
        parts = self._part("currency", choice, attrs) + self._part("amount", number, attrs)
        return f'<div class="parts">{parts}</div>'


def _as_list(value: Any) -> list[str]:
    return [str(one) for one in value] if isinstance(value, (list, tuple)) else [str(value)]


def _class(own: str, attrs: Mapping[str, Any]) -> str:
    return f"{own} is-invalid" if "aria-invalid" in attrs else own


def _select(name: str, lines: str, attrs: Mapping[str, Any]) -> str:
    given = {"name": name, "class": _class("form-select", attrs), "autocomplete": "off"}
    return f"<select{attributes(given | dict(attrs))}>{lines}</select>"


def _unit(unit: str, attrs: dict[str, Any]) -> str:
    if not unit:
        return ""
    own = f"{attrs['id']}_unit"
    attrs["aria-describedby"] = f"{attrs.get('aria-describedby', '')} {own}".strip()
    return f'<span class="input-unit" id="{own}">{escape(unit)}</span>'


@lru_cache(maxsize=256)
def _read_by(audience: str, is_kept_blind: bool, required: bool, _language: str) -> str:  # noqa: FBT001
    parts = [_("Read by %(who)s") % {"who": Audience(audience).label}]
    if is_kept_blind:
        parts.append(_("hidden in blind review"))
    if not required:
        parts.append(_("optional"))
    return " · ".join(parts)


class AnswerField(forms.Field):
    """A question in the form: everything typed is taken, in the form in which it is kept."""

    widget: AnswerWidget

    def __init__(self, question: Question, condition: str = "") -> None:
        words = answers.translated(question)
        super().__init__(
            required=False,
            label=words.label,
            help_text=words.help,
            widget=AnswerWidget(question, words),
        )
        self.question, self.words = question, words
        #: When the question is asked, in a sentence.
        self.condition = condition

    def clean(self, value: Any) -> str:
        """The kept text, as the widget composed it."""
        return str(value or "")

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> AnswerBoundField:
        """The field with what the page says around it."""
        return AnswerBoundField(form, self, field_name)


class FileAnswerField(UploadField):
    """A question that is answered with a file."""

    def __init__(self, question: Question, condition: str = "") -> None:
        words = answers.translated(question)
        self.question, self.condition, self.words = question, condition, words
        super().__init__(kinds=question.file_kinds, label=words.label, help_text=words.help)

    def get_bound_field(self, form: forms.BaseForm, field_name: str) -> AnswerBoundField:
        """The field with what the page says around it."""
        return AnswerBoundField(form, self, field_name)


class AnswerBoundField(BoundField):
    """A question on the page, with what stands around its inputs."""

    field: AnswerField | FileAnswerField

    @cached_property
    def question(self) -> Question:
        """What is asked."""
        return self.field.question

    @property
    def is_group(self) -> bool:
        """Whether the question stands above several inputs."""
        widget = self.field.widget
        return isinstance(widget, AnswerWidget) and widget.is_group

    @property
    def condition(self) -> str:
        """When it is asked, in a sentence; for pages without scripts."""
        return self.field.condition

    @cached_property
    def notes(self) -> list[str]:
        """What there is to know before answering."""
        words = self.field.words
        found: list[str] = []
        if words.help:
            found.append(reading.marked(words.help, words.language_of("help")))
        if isinstance(self.field, FileAnswerField):
            found.append(kinds_taken(self.field.kinds))
        elif self.question.most and self.question.kind in answers.SEVERAL:
            found.append(_("Choose at most %(most)d.") % {"most": self.question.most})
        return found

    @cached_property
    def problems(self) -> list[str]:
        """What is wrong with it."""
        return [str(one) for one in self.errors] if self.form.is_bound else []

    @cached_property
    def described_by(self) -> str:
        """The keys of what is read with the inputs."""
        found = [f"{self.auto_id}_error"] if self.problems else []
        if self.notes:
            found.append(f"{self.auto_id}_helptext")
        return " ".join(found)

    @cached_property
    def inputs(self) -> SafeString:
        """The inputs, without label, notes and errors."""
        attrs: dict[str, Any] = {"id": self.auto_id}
        if self.described_by and not self.is_group:
            attrs["aria-describedby"] = self.described_by
        if self.problems:
            attrs["aria-invalid"] = "true"
        if isinstance(self.field, FileAnswerField):
            attrs["class"] = "form-control is-invalid" if self.problems else "form-control"
            return self.as_widget(attrs=attrs)
        return self.field.widget.render(self.html_name, self.value(), attrs)

    @property
    def body(self) -> SafeString:
        """The question with its inputs, and what is read before and after answering.

        Written here and not in the template: sixty of them would take it too long.
        """
        own, label = self.auto_id, escape(str(self.label))
        spoken = reading.attributes(self.field.words.language_of("label"))
        notes = "<br>".join(
            one if isinstance(one, SafeString) else escape(one) for one in self.notes
        )
        if notes:
            notes = f'<div class="form-text" id="{own}_helptext">{notes}</div>'
        wrong = "<br>".join(f"<strong>{escape(one)}</strong>" for one in self.problems)
        if wrong:
            wrong = f'<div class="invalid-feedback" id="{own}_error" data-error>{wrong}</div>'
        if self.is_group:
            told = f' aria-describedby="{self.described_by}"' if self.described_by else ""
            html = (
                f'<fieldset{told} data-fields><legend class="form-label"{spoken}>{label}</legend>'
                f"{notes}{self.inputs}{wrong}</fieldset>"
            )
        else:
            html = (
                f'<div data-fields><label class="form-label" for="{own}"{spoken}>{label}</label>'
                f"{self.inputs}{notes}{wrong}</div>"
            )
        return mark_safe(html)  # noqa: S308 -- each word is escaped, the inputs are

    @property
    def marks(self) -> SafeString:
        """What tells the server which text the page showed, and in which version."""
        if isinstance(self.field, FileAnswerField):
            return _EMPTY
        key = self.question.pk.hex
        # As their own bound fields would say it, without making a hundred and twenty of those.
        texts = self.form.data if self.form.is_bound else self.form.initial
        given = ((f"{mark}_{key}", texts.get(f"{mark}_{key}")) for mark in "vb")
        return mark_safe(  # noqa: S308 -- each is escaped
            "".join(
                f'<input type="hidden" name="{name}" value="{escape(str(text))}">'
                for name, text in given
                if text not in {None, ""}
            )
        )

    @property
    def read_by(self) -> str:
        """By whom the answer is read, and what else stands in that line."""
        question = self.question
        # A jury that reads without names does not get it.
        is_kept_blind = question.blind and question.read_by in READ_BY_JURY
        return _read_by(question.read_by, is_kept_blind, question.required, get_language() or "")
