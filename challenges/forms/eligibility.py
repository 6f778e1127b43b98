"""The eligibility check as a stranger fills it in, a rule as staff write it, an address to mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django_countries import countries

from challenges.choices import RuleKind, Said
from challenges.eligibility import PROGRAMME, asked_by, span_of
from challenges.models import EligibilityRule
from portal import reading
from portal.forms import TogetherMixin, helper, kindly
from startups.choices import FundingStage, ProductStage, StartupKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

NOT_SURE = gettext_lazy("Not sure")
#: The questions of the check, by the facts they ask for.
LABELS = {
    "kind": gettext_lazy("What are you?"),
    "country": gettext_lazy("Where are you registered?"),
    "founded_on": gettext_lazy("When were you founded?"),
    "product_stage": gettext_lazy("How far is your product?"),
    "funding_stage": gettext_lazy("How far is your financing?"),
}
CHOICES: dict[str, Any] = {
    "kind": StartupKind.choices,
    "product_stage": ProductStage.choices,
    "funding_stage": FundingStage.choices,
}


class CheckForm(forms.Form):
    """Only what the rules of the call need; whatever is left open is "not sure"."""

    def __init__(self, *args: Any, rules: Iterable[EligibilityRule], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rules = list(rules)
        self.asked = asked_by(self.rules)
        for name in self.asked:
            self.fields[name] = field_for(name)
        self.statements = [one for one in self.rules if one.kind == RuleKind.STATEMENT]
        for rule in self.statements:
            self.fields[rule.field] = forms.ChoiceField(
                label=rule.marked_text,
                choices=Said.choices,
                required=False,
                widget=forms.RadioSelect,
            )
        kindly(self)
        self.helper = helper()

    def clean_founded_on(self) -> str:
        """A year, a month or a day that has come."""
        text = str(self.cleaned_data["founded_on"]).strip()
        if not text:
            return ""
        span = span_of(text)
        if span is None:
            raise forms.ValidationError(
                _("Write a year or a day, like 2021 or 2021-05-14; leave it empty if not sure.")
            )
        if span[0] > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return text

    @property
    def facts(self) -> dict[str, str]:
        """What was said of the facts."""
        return {name: self.cleaned_data.get(name) or "" for name in self.asked}

    @property
    def said(self) -> dict[UUID, str]:
        """What was said for the rules that only they can answer."""
        return {
            rule.pk: self.cleaned_data.get(rule.field) or Said.UNSURE.value
            for rule in self.statements
        }


def field_for(name: str) -> forms.Field:
    """The question about one fact."""
    label = LABELS[name]
    if name == "founded_on":
        return forms.CharField(
            label=label,
            required=False,
            max_length=10,
            help_text=_("The year is enough: 2021. Or the day: 2021-05-14. Empty: not sure."),
            widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "figure-input"}),
        )
    if name == "country":
        return forms.ChoiceField(label=label, choices=[("", NOT_SURE), *countries], required=False)
    # On a phone a list of six opens with one tap and reads itself out.
    return forms.ChoiceField(label=label, choices=[("", NOT_SURE), *CHOICES[name]], required=False)


def initial_of(
    rules: Iterable[EligibilityRule], facts: Mapping[str, str], said: Mapping[Any, str]
) -> dict[str, str]:
    """What the form begins with."""
    return {
        **facts,
        **{rule.field: said[rule.pk] for rule in rules if rule.pk in said},
    }


class AlertForm(forms.Form):
    """Where to write when it opens."""

    email = forms.EmailField(label=gettext_lazy("E-mail address"), max_length=254)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        kindly(self)
        self.helper = helper()


#: The lists of the form that go with a kind of rule.
LISTS = {
    RuleKind.COUNTRY: "countries",
    RuleKind.STAGE: "stages",
    RuleKind.FUNDING: "fundings",
    RuleKind.KIND: "kinds",
}


#: Before the code of a language: the field of a rule's words in it.
IN = "in_"


def rule_form_in(languages: Sequence[str]) -> type[RuleForm]:
    """The form of a rule with a field for its words in each of these languages."""
    fields = {
        f"{IN}{code}": forms.CharField(
            label=gettext_lazy("In %(language)s") % {"language": reading.name_of(code)},
            max_length=300,
            required=False,
            # Sent along as the page showed it, so that only what was touched is written.
            show_hidden_initial=True,
            help_text=gettext_lazy("Empty: applicants read it as it is above."),
            widget=forms.TextInput(attrs={"lang": code, "dir": "auto", "class": "vTextField"}),
        )
        for code in languages
    }
    return type("RuleForm", (RuleForm,), fields)


class RuleForm(TogetherMixin, forms.ModelForm[EligibilityRule]):
    """A rule as staff write it: codes are chosen from lists, each for its kind of rule."""

    countries = forms.MultipleChoiceField(
        label=gettext_lazy("Countries"),
        choices=lambda: [(PROGRAMME, _("The programme’s countries")), *countries],
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=gettext_lazy("For a rule about the country. Several with Ctrl or ⌘."),
    )
    stages = forms.MultipleChoiceField(
        label=gettext_lazy("Stages of the product"),
        choices=ProductStage.choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 5}),
    )
    fundings = forms.MultipleChoiceField(
        label=gettext_lazy("Stages of funding"),
        choices=FundingStage.choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )
    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of organisation"),
        choices=StartupKind.choices,
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
    )

    class Meta:
        model = EligibilityRule
        fields = ["order", "kind", "text", "minimum", "maximum", "otherwise"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = LISTS.get(RuleKind(self.instance.kind)) if self.instance.kind else None
        if name:
            self.initial[name] = self.instance.values
        for code in self.translated:
            self.initial[IN + code] = (self.instance.translations.get(code) or {}).get("text", "")
        kindly(self)
        self.remember()

    @property
    def translated(self) -> list[str]:
        """The other languages that the form asks for."""
        return [name.removeprefix(IN) for name in self.fields if name.startswith(IN)]

    def clean(self) -> dict[str, Any]:
        """The list of the rule's own kind is the one that counts, and it says something."""
        super().clean()
        self.mind_colleagues()
        data = self.cleaned_data
        for code in self.translated:
            # What nobody touched stays: a colleague may have written it on another page.
            if IN + code in self.changed_data:
                self.instance.translations[code] = {"text": data.get(IN + code, "").strip()}
        kind = data.get("kind")
        if not kind:
            return data
        name = LISTS.get(RuleKind(kind))
        self.instance.values = data.get(name, []) if name else []
        if name and not self.instance.values and name not in self.errors:
            self.add_error(name, _("Choose at least one."))
        if kind != RuleKind.AGE:
            data["minimum"] = data["maximum"] = None
        elif data.get("minimum") is None and data.get("maximum") is None:
            self.add_error("maximum", _("Write the least or the greatest age in years."))
        elif None not in {data.get("minimum"), data.get("maximum")} and (
            data["maximum"] < data["minimum"]
        ):
            self.add_error("maximum", _("This is less than the least age."))
        return data
