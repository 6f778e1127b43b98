"""One question of a form as staff write it, with just the options that its kind has."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.forms.utils import ErrorDict
from django.utils.translation import gettext as _, gettext_lazy
from django_countries import countries

from challenges import answers
from challenges.choices import Audience, CompanyFact, LimitUnit, QuestionKind as Kind
from challenges.forms.call import LinesField
from challenges.models import Question
from challenges.models.form import CONTENT
from challenges.validators import validate_currency
from portal.documents import ACCEPTED
from portal.forms import TogetherMixin, helper, kindly

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from challenges.models import Call

#: What every question has, whatever its kind.
ALWAYS = ("section", "label", "help", "required")
#: What a kind has beside that.
OF_KIND: dict[str, tuple[str, ...]] = {
    Kind.SHORT: ("limit", "limit_unit"),
    Kind.LONG: ("limit", "limit_unit"),
    Kind.CHOICE: ("options",),
    Kind.CHOICES: ("options", "most"),
    Kind.NUMBER: ("minimum", "maximum", "unit"),
    Kind.MONEY: ("currencies", "minimum", "maximum"),
    Kind.GOALS: ("most",),
    Kind.FILE: ("file_kinds",),
}
AFTERWARDS = ("read_by", "blind", "shown_if", "shown_if_values", "fact")
#: Which facts of the record an answer of a kind can begin with.
FACTS: dict[str, tuple[str, ...]] = {
    Kind.SHORT: tuple(CompanyFact.values),
    Kind.LONG: tuple(CompanyFact.values),
    Kind.CHOICE: (CompanyFact.COUNTRY, CompanyFact.TEAM_SIZE),
    Kind.NUMBER: (CompanyFact.FOUNDED,),
    Kind.DATE: (CompanyFact.FOUNDED,),
    Kind.COUNTRY: (CompanyFact.COUNTRY,),
    Kind.LINK: (CompanyFact.WEBSITE,),
}
#: What an answer of each kind is, in a sentence, where one chooses the kind.
WHAT: dict[str, Any] = {
    Kind.SHORT: gettext_lazy("One line, such as a name or a title."),
    Kind.LONG: gettext_lazy("Paragraphs, with a limit in characters or words."),
    Kind.CHOICE: gettext_lazy("One from your list."),
    Kind.CHOICES: gettext_lazy("Some from your list; you may say how many at most."),
    Kind.NUMBER: gettext_lazy("A figure with a unit, between bounds if you like."),
    Kind.MONEY: gettext_lazy("A currency and a figure."),
    Kind.DATE: gettext_lazy("Day, month and year."),
    Kind.COUNTRY: gettext_lazy("From the list of all countries."),
    Kind.GOALS: gettext_lazy("Goals of the United Nations, 1 to 17."),
    Kind.MATURITY: gettext_lazy("In plain words; you read the technology readiness level."),
    Kind.LINK: gettext_lazy("An address on the web."),
    Kind.VIDEO: gettext_lazy("An address of a film."),
    Kind.FILE: gettext_lazy("One file of the kinds you allow."),
}
#: Kinds whose answers are typed and kept in one form only.
TYPED = (Kind.NUMBER, Kind.MONEY, Kind.DATE, Kind.LINK, Kind.VIDEO)
#: What a question holds of which nobody has said anything.
EMPTY = Question()
#: What a colleague may change of a question while its page is open.
STOOD = tuple("shown_if_id" if name == "shown_if" else name for name in CONTENT if name != "kind")
#: Length of a country's code.
CODE = 2


class QuestionForm(TogetherMixin, forms.ModelForm[Question]):
    """A question of one kind; the fields of other kinds are not there."""

    section = forms.CharField(
        label=gettext_lazy("Section"),
        max_length=80,
        help_text=gettext_lazy("Choose one that is there, or type a new one."),
        widget=forms.TextInput(attrs={"list": "sections", "autocomplete": "off"}),
    )
    label = forms.CharField(
        label=gettext_lazy("Question"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    help = forms.CharField(
        label=gettext_lazy("Help"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("Stands below the question. Say what a good answer holds."),
    )
    required = forms.BooleanField(
        label=gettext_lazy("Must be answered"), required=False, initial=True
    )
    options = LinesField(
        forms.CharField(max_length=150),
        label=gettext_lazy("Options"),
        help_text=gettext_lazy("One on each line, in the order in which they are shown."),
    )
    file_kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of file"),
        choices=[(one, one.upper()) for one in ACCEPTED.split(", ")],
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("None ticked: every kind we take."),
    )
    currencies = SimpleArrayField(
        forms.CharField(max_length=3),
        label=gettext_lazy("Currencies"),
        required=False,
        help_text=gettext_lazy("Codes with commas between: USD, JPY. Empty: any."),
    )
    read_by = forms.ChoiceField(
        label=gettext_lazy("Read by"),
        choices=Audience.choices,
        initial=Audience.JURY.value,
        widget=forms.RadioSelect,
        help_text=gettext_lazy("The applicant reads this beside the field."),
    )
    shown_if_values = LinesField(
        forms.CharField(max_length=150),
        label=gettext_lazy("… is answered with one of"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One on each line. Empty: with anything."),
    )

    class Meta:
        model = Question
        # All of `models.form.CONTENT` but the kind, which is chosen before.
        fields = [
            "section", "label", "help", "required", "limit", "limit_unit", "most", "file_kinds",
            "currencies", "options", "minimum", "maximum", "unit", "read_by", "blind", "shown_if",
            "shown_if_values", "fact",
        ]  # fmt: skip

    def __init__(self, *args: Any, call: Call, asked: Sequence[Question], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kind = self.instance.kind
        self.call, self.asked = call, list(asked)
        wanted = [*ALWAYS, *OF_KIND.get(kind, ()), *AFTERWARDS]
        if kind not in FACTS:
            wanted.remove("fact")
        earlier = self._earlier()
        if not earlier:
            wanted = [name for name in wanted if not name.startswith("shown_if")]
        self.fields = {name: self.fields[name] for name in wanted}
        if earlier:
            self._offer(earlier)
        if kind in FACTS:
            facts = [("", _("No, the applicant types it"))]
            facts += [(one, str(CompanyFact(one).label)) for one in FACTS[kind]]
            self.fields["fact"] = forms.ChoiceField(
                label=_("Known from the record"),
                choices=facts,
                required=False,
                help_text=_("The answer begins with this fact, and the applicant may change it."),
            )
        if "limit_unit" in wanted:
            self.fields["limit_unit"] = forms.ChoiceField(
                label=_("Counted in"), choices=LimitUnit.choices
            )
        words = {
            "limit": (_("Limit"), _("Empty: 300 for a short text, 3,000 for a long one.")),
            "most": (_("At most how many"), _("Empty: as many as there are.")),
        }
        for name in words.keys() & self.fields.keys():
            self.fields[name].label, self.fields[name].help_text = words[name]
        kindly(self)
        self.helper = helper()
        #: The question as it stood when this was sent, to be compared once more behind the lock.
        self.stood = {name: getattr(self.instance, name) for name in STOOD}
        if not self.instance._state.adding:
            self.remember()

    def as_typed(self) -> None:
        """Show what was typed before anybody checks it: it goes on in another kind."""
        self._errors = ErrorDict()
        self.cleaned_data = {}

    def _earlier(self) -> list[Question]:
        """The questions that may decide whether this one is shown: those before it."""
        place = next(
            (place for place, one in enumerate(self.asked) if one.pk == self.instance.pk),
            len(self.asked),
        )
        return self.asked[:place]

    def _offer(self, earlier: Iterable[Question]) -> None:
        words = [("", _("Always shown"))]
        words += [(str(one.pk), f"{one.section}: {one.label}") for one in earlier]
        self.fields["shown_if"] = forms.ChoiceField(
            label=_("Shown only if this question …"), choices=words, required=False
        )
        self.initial["shown_if"] = str(self.instance.shown_if_id or "")

    def clean_section(self) -> str:
        """With single spaces, so that it is the one that is there."""
        return " ".join(str(self.cleaned_data["section"]).split())

    def clean_shown_if(self) -> Question | None:
        """The question itself."""
        key = self.cleaned_data["shown_if"]
        return next((one for one in self.asked if str(one.pk) == key), None)

    def clean_currencies(self) -> list[str]:
        """Codes there are, in capital letters, each once."""
        codes = [code.strip().upper() for code in self.cleaned_data["currencies"]]
        for code in codes:
            validate_currency(code)
        return list(dict.fromkeys(codes))

    def clean_options(self) -> list[str]:
        """Each once."""
        return each_once(self.cleaned_data["options"])

    def clean(self) -> dict[str, Any]:
        """Bounds stand in order, and a condition names answers that can be given."""
        super().clean()
        self.mind_colleagues()
        given = self.cleaned_data
        if isinstance(given.get("shown_if"), str):  # as a colleague has just set it
            given["shown_if"] = self.clean_shown_if()
        low, high = given.get("minimum"), given.get("maximum")
        if low is not None and high is not None and high < low:
            self.add_error("maximum", _("The largest number is below the smallest."))
        options, most = given.get("options") or (), given.get("most")
        if most and options and most > len(options):
            self.add_error("most", _("There are only %(count)d options.") % {"count": len(options)})
        goals = len(answers.options_of(self.instance)) if self.instance.kind == Kind.GOALS else 0
        if most and goals and most > goals:
            self.add_error("most", _("There are only %(count)d goals.") % {"count": goals})
        if "shown_if" in self.fields:
            self._read_condition(given)
        return given

    def _read_condition(self, given: dict[str, Any]) -> None:
        other, values = given.get("shown_if"), given.get("shown_if_values") or []
        if other is None:
            given["shown_if_values"] = []
            if values:
                self.add_error("shown_if", _("Choose the question, or take its answers away."))
            return
        known: Sequence[str] = answers.options_of(other)
        if other.kind == Kind.COUNTRY:
            codes = {name.casefold(): code for code, name in countries}
            values = [
                codes.get(one.casefold(), one.upper() if len(one) == CODE else one)
                for one in values
            ]
            given["shown_if_values"], known = values, list(codes.values())
        unknown = [one for one in values if known and one not in known]
        if unknown:
            can_be = _("a country") if other.kind == Kind.COUNTRY else ", ".join(known)
            self.add_error(
                "shown_if_values",
                _("“%(value)s” is no answer to it. It can be: %(options)s.")
                % {"value": unknown[0], "options": can_be},
            )
        if other.kind == Kind.FILE and values:
            self.add_error("shown_if_values", _("A file is there or not: leave this empty."))
        elif other.kind in TYPED and values:
            self._read_typed(given, other, values)

    def _read_typed(self, given: dict[str, Any], other: Question, values: list[str]) -> None:
        """As an answer would be kept, so that it can be given at all."""
        given["shown_if_values"] = [answers.canonical(other, one) for one in values]
        for typed, value in zip(values, given["shown_if_values"], strict=True):
            if why := answers.problem_with(other, value):
                words = {"value": typed, "why": why}
                sentence = _("“%(value)s” is no answer to it. %(why)s") % words
                self.add_error("shown_if_values", sentence)
                return

    def content(self) -> dict[str, Any]:
        """All that a question holds; what this kind does not have is as in a new one."""
        found: dict[str, Any] = {}
        for name in CONTENT:
            if name == "kind":
                found[name] = self.instance.kind
            elif name in self.cleaned_data:
                found[name] = self.cleaned_data[name]
            else:
                found[name] = None if name == "shown_if" else getattr(EMPTY, name)
        return found


def each_once(options: Iterable[str]) -> list[str]:
    """The options, if none stands there twice."""
    found = list(options)
    counted = Counter(option.casefold() for option in found)
    twice = next((option for option in found if counted[option.casefold()] > 1), None)
    if twice:
        raise forms.ValidationError(_("“%(option)s” stands here twice.") % {"option": twice})
    return found


class CorrectionForm(TogetherMixin, forms.Form):
    """The words of a question, to mend a slip in them."""

    label = forms.CharField(
        label=gettext_lazy("Question"), max_length=300, widget=forms.Textarea(attrs={"rows": 2})
    )
    help_text = forms.CharField(
        label=gettext_lazy("Help"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    options = LinesField(
        forms.CharField(max_length=150),
        label=gettext_lazy("Options"),
        required=False,
        help_text=gettext_lazy("Keep each on its line: none is added, none taken away."),
    )

    def __init__(self, *args: Any, question: Question, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial = {
            "label": question.label,
            "help_text": question.help,
            "options": list(question.options),
        }
        if not question.options:
            del self.fields["options"]
        self.count = len(question.options)
        kindly(self)
        self.helper = helper()
        self.remember()

    def clean(self) -> dict[str, Any]:
        """Words that a colleague has corrected meanwhile are asked about."""
        super().clean()
        self.mind_colleagues()
        return self.cleaned_data

    def clean_options(self) -> list[str]:
        """As many as before, each once."""
        options = each_once(self.cleaned_data["options"])
        if len(options) != self.count:
            raise forms.ValidationError(
                _("There were %(count)d options. Correct their words only.") % {"count": self.count}
            )
        return options


class VersionForm(TogetherMixin, forms.Form):
    """What is said of a new version, and to whom."""

    note = forms.CharField(
        label=gettext_lazy("What changes, for the teams"),
        max_length=2_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text=gettext_lazy(
            "Everybody with a draft gets a letter with these words. Name the questions and say why."
        ),
    )
    ask_submitted = forms.BooleanField(
        label=gettext_lazy("Ask those who have submitted as well"),
        required=False,
        help_text=gettext_lazy("Otherwise the version that they submitted counts as it is."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()
        self.remember()

    def clean(self) -> dict[str, Any]:
        """What a colleague has written meanwhile is asked about; lines end as in any letter."""
        super().clean()
        self.mind_colleagues()
        if "note" in self.cleaned_data:
            self.cleaned_data["note"] = self.cleaned_data["note"].replace("\r\n", "\n")
        return self.cleaned_data
