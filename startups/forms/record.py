"""The record of an organisation as browsers send it: facts, contacts and founders on one page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Column, Layout, Row
from django import forms
from django.forms.utils import ErrorDict, ErrorList
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from portal.forms import FILL_IN, helper, kindly
from portal.models import Sector
from portal.validators import without_direction_marks
from startups.choices import FounderGender
from startups.models import Startup

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from django.http import QueryDict

    from portal.models import User

#: More rows than this are no founders but a phone book.
MOST_ROWS = 30
YES_NO_UNSAID = [("", _("Prefer not to say")), ("True", _("Yes")), ("False", _("No"))]


def _one_line(text: Any) -> str:
    """A name without the spaces that make two of one, and without marks that turn it around."""
    return " ".join(without_direction_marks(str(text)).split())


def _said(value: str) -> bool:
    return value == "True"


def _yes_no(label: Any) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=YES_NO_UNSAID, coerce=_said, empty_value=None, required=False
    )


class StartupForm(forms.ModelForm[Startup]):
    """The facts of an organisation; a name, a kind and a country are enough to begin."""

    website = forms.URLField(
        label=_("Website"),
        required=False,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"placeholder": "https://"}),
        error_messages={
            "invalid": _("This is not the address of a website. Write it as https://example.org.")
        },
    )
    women_owned = _yes_no(_("Do women hold 51 % or more?"))
    disability_inclusive = _yes_no(_("Is it a disability-inclusive business?"))

    class Meta:
        model = Startup
        fields = [
            "kind",
            "legal_name",
            "trading_name",
            "country",
            "city",
            "registration_number",
            "registration_scheme",
            "founded_on",
            "website",
            "size_band",
            "sector",
            "funding_stage",
            "product_stage",
            "summary",
            "women_owned",
            "disability_inclusive",
        ]
        widgets = {
            "founded_on": forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
            "summary": forms.Textarea(attrs={"rows": 2, "data-limit": 160}),
        }
        help_texts = {
            "registration_number": _("A team not yet registered leaves this empty."),
            "summary": _("At most 160 characters."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        sector: Any = self.fields["sector"]
        sector.queryset = Sector.objects.all()
        for name in ("size_band", "funding_stage", "product_stage", "sector"):
            field: Any = self.fields[name]
            field.empty_label = _("Not said")
            if not isinstance(field, forms.ModelChoiceField):
                field.choices = [("", _("Not said")), *field.choices[1:]]
        country: Any = self.fields["country"]
        country.choices = [("", _("Choose a country")), *[c for c in country.choices if c[0]]]
        for name, bound in self.fields.items():
            if not bound.required and name not in {"women_owned", "disability_inclusive"}:
                bound.label = _("%(label)s (optional)") % {"label": _capital(bound.label)}
        kindly(self)
        self.helper = helper()
        self.helper.layout = Layout(
            "kind",
            "legal_name",
            "trading_name",
            _pair("country", "city"),
            _pair("registration_number", "registration_scheme"),
        )
        self.more = helper()
        self.more.layout = Layout(
            "summary",
            "website",
            _pair("sector", "size_band"),
            _pair("funding_stage", "product_stage"),
            "founded_on",
            _pair("women_owned", "disability_inclusive"),
        )

    def clean_legal_name(self) -> str:
        """On one line; marks alone are no name."""
        name = _one_line(self.cleaned_data["legal_name"])
        if not name:
            raise forms.ValidationError(FILL_IN)
        return name

    def clean_trading_name(self) -> str:
        """On one line."""
        return _one_line(self.cleaned_data["trading_name"])

    def clean_city(self) -> str:
        """On one line."""
        return _one_line(self.cleaned_data["city"])

    def clean_summary(self) -> str:
        """Without marks that turn other words around."""
        return without_direction_marks(str(self.cleaned_data["summary"]))

    def clean_founded_on(self) -> date | None:
        """A day that has come."""
        day: date | None = self.cleaned_data["founded_on"]
        if day and day > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return day

    @property
    def facts(self) -> dict[str, Any]:
        """The facts as they were written."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


def _pair(first: str, second: str) -> Row:
    return Row(Column(first, css_class="col-md-6"), Column(second, css_class="col-md-6"))


def _capital(label: Any) -> str:
    text = str(label)
    return text[:1].upper() + text[1:]


class FounderForm(forms.Form):
    """A founder; a row without a name is no founder."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    role = forms.CharField(label=_("Role"), max_length=100, required=False)
    gender = forms.ChoiceField(
        label=_("Gender (optional)"),
        choices=[
            ("", _("Prefer not to say")),
            *[choice for choice in FounderGender.choices if choice[0] != FounderGender.UNSAID],
        ],
        required=False,
        help_text="",
    )
    full_time = forms.BooleanField(label=_("Full time"), required=False, initial=True)

    def clean_name(self) -> str:
        """On one line."""
        return _one_line(self.cleaned_data["name"])

    def clean_role(self) -> str:
        """On one line."""
        return _one_line(self.cleaned_data["role"])

    def clean(self) -> dict[str, Any]:
        """What is typed in a row without a name would be lost: ask for the name."""
        data = super().clean() or self.cleaned_data
        if not data.get("name") and "name" not in self.errors and data.get("role"):
            self.add_error("name", _("Write the name, or empty the whole row."))
        return data


class ContactForm(forms.Form):
    """Somebody to call."""

    name = forms.CharField(label=_("Name"), max_length=150, required=False)
    telephone = forms.CharField(
        label=_("Telephone"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "placeholder": "+254 …"}),
    )
    email = forms.EmailField(label=_("E-mail address"), required=False)

    def clean_name(self) -> str:
        """On one line."""
        return _one_line(self.cleaned_data["name"])

    def clean_telephone(self) -> str:
        """At least six digits: what can be dialled."""
        telephone = str(self.cleaned_data["telephone"]).strip()
        if telephone and sum(letter.isdigit() for letter in telephone) < 6:  # noqa: PLR2004
            raise forms.ValidationError(
                _("Write the number with its country code, for example +254 700 000 001.")
            )
        return telephone

    def clean(self) -> dict[str, Any]:
        """A contact has a name and a way to reach them."""
        data = super().clean() or self.cleaned_data
        reachable = data.get("telephone") or data.get("email")
        wrong = {"telephone", "email"} & set(self.errors)
        if reachable and not data.get("name") and "name" not in self.errors:
            self.add_error("name", _("Write the name, or empty the whole row."))
        if data.get("name") and not reachable and not wrong:
            self.add_error("telephone", _("Write a telephone number or an e-mail address."))
        return data


class Rows(forms.BaseFormSet[Any]):
    """Rows that grow without JavaScript; an empty row says nothing, emptying one removes it."""

    default_error_messages = {
        "missing_management_form": _("These rows did not arrive whole. Fill them in once more."),
    }

    def add_fields(self, form: Any, index: int | None) -> None:
        """Each row speaks as the page does."""
        super().add_fields(form, index)
        kindly(form)

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows with a name, as they were written."""
        return [form.cleaned_data for form in self.forms if form.cleaned_data.get("name")]


class ContactRows(Rows):
    """At least one person can be reached."""

    def clean(self) -> None:
        """The first contact is needed."""
        if any(self.errors) or self.rows or not self.management_form.is_valid():
            return
        if not self.forms:
            raise forms.ValidationError(_("Name at least one person we can reach."))
        self.forms[0].add_error("name", _("Name at least one person we can reach."))


FounderSet = forms.formset_factory(
    FounderForm, formset=Rows, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)
ContactSet = forms.formset_factory(
    ContactForm, formset=ContactRows, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS
)


def _with_a_row(data: QueryDict, prefix: str) -> QueryDict:
    """What was typed, and one row more."""
    data = data.copy()
    total = data.get(f"{prefix}-TOTAL_FORMS", "")
    # A longer number is nobody's list; a superscript is a digit that is no number.
    known = int(total) if total.isdecimal() and len(total) < 4 else 0  # noqa: PLR2004
    data[f"{prefix}-TOTAL_FORMS"] = str(min(known + 1, MOST_ROWS))
    if known < MOST_ROWS:
        data[f"{prefix}-{known}-full_time"] = "on"
    return data


class RecordForms:
    """The forms of one record, filled in on one page: facts, contacts, founders."""

    def __init__(
        self,
        data: QueryDict | None = None,
        startup: Startup | None = None,
        told: Mapping[str, str] | None = None,
        by: User | None = None,
    ) -> None:
        self.startup = startup
        #: Who begins a new record is its first contact, until they write another.
        self.first = {"name": by.shown_name, "email": by.email} if by else {}
        #: Said before there was a record; shown, and saved only by the person.
        self.told = dict(told or {})
        if data is not None and "add-founder" in data:
            data = _with_a_row(data, "founders")
        self.facts = StartupForm(data, instance=startup, initial=self.told)
        self.contacts: Any = ContactSet(
            data,
            prefix="contacts",
            initial=self._rows("contacts", ("name", "telephone", "email"), 2),
        )
        self.founders: Any = FounderSet(
            data,
            prefix="founders",
            initial=self._rows("founders", ("name", "role", "gender", "full_time"), 1, spare=1),
        )

        if data is not None and "add-founder" in data:
            self._say_nothing()

    def _say_nothing(self) -> None:
        """Whoever asks for a row more has not finished: what is missing is not yet a mistake."""
        rows: Any
        for rows in (self.contacts, self.founders):
            rows._errors, rows._non_form_errors = [{} for _form in rows.forms], ErrorList()
        form: Any
        for form in [self.facts, *self.contacts.forms, *self.founders.forms]:
            form._errors = ErrorDict()

    def _rows(
        self, kind: str, fields: tuple[str, ...], least: int, spare: int = 0
    ) -> list[Mapping[str, Any]]:
        rows: list[Mapping[str, Any]] = (
            list(getattr(self.startup, kind).values(*fields)) if self.startup else []
        )
        missing = max(least - len(rows), spare)
        first = dict(self.first) if kind == "contacts" and not rows else {}
        return [*rows, *(first if row == 0 else {} for row in range(missing))]

    def is_valid(self) -> bool:
        """Whether all is well; asks every form, so that every sentence is shown at once."""
        return all([self.facts.is_valid(), self.contacts.is_valid(), self.founders.is_valid()])

    @property
    def problems(self) -> list[tuple[str, str]]:
        """The fields that need a second look, for the head of the page: label and anchor."""
        named: list[tuple[Any, Any]] = [("", self.facts)]
        named += [(_("Contact"), form) for form in self.contacts.forms]
        named += [(_("Founder"), form) for form in self.founders.forms]
        whole = [
            (str(error), rows.prefix)
            for rows in (self.contacts, self.founders)
            for error in rows.non_form_errors()
        ]
        return whole + [
            (": ".join(filter(None, [str(title), str(form[name].label)])), form[name].auto_id)
            for title, form in named
            if form.is_bound
            for name in form.errors
            if name in form.fields
        ]

    @property
    def typed_name(self) -> tuple[str, str]:
        """The name and the country as typed, for the question whether it exists already."""
        self.facts.is_valid()
        data = self.facts.cleaned_data
        return data.get("legal_name", ""), str(data.get("country") or "")

    def values(self) -> dict[str, Any]:
        """What the actions take."""
        return {
            "facts": self.facts.facts,
            "founders": self.founders.rows,
            "contacts": self.contacts.rows,
        }

    def differences(self, now: Startup) -> list[tuple[str, str, str]]:
        """Where the record as it is now differs from what is typed: label, saved, typed."""
        found = []
        for name in self.facts.fields:
            typed = self.facts.cleaned_data.get(name)
            if getattr(now, name) != typed:
                fact: Any = Startup._meta.get_field(name)
                label = _capital(fact.verbose_name)
                found.append((label, _shown(now, name), _shown(self.facts.instance, name)))
        for title, people, form, rows in (
            (_("Contacts"), now.contacts, ContactForm, self.contacts.rows),
            (_("Founders"), now.founders, FounderForm, self.founders.rows),
        ):
            saved = list(people.values(*form.base_fields))
            if saved != rows:
                found.append((str(title), _listed(saved), _listed(rows)))
        return found


def _shown(startup: Startup, name: str) -> str:
    """A fact in words."""
    value = getattr(startup, name)
    if isinstance(value, bool):
        return str(_("Yes") if value else _("No"))
    if name == "country":
        return str(value.name)
    show = getattr(startup, f"get_{name}_display", None)
    return str(show() if show else value or "") or "–"


def _listed(rows: Any) -> str:
    return (
        "; ".join(
            ", ".join(str(v) for v in row.values() if v not in {"", True, False}) for row in rows
        )
        or "–"
    )
