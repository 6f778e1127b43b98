"""What people send about goals and about what was promised."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from crispy_forms.layout import Div, Layout
from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from portal.forms import helper, kindly
from portal.forms.hours import is_near
from portal.validators import validate_near, without_direction_marks
from startups.choices import Side, Verdict
from startups.models import Goal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from startups.models import Mentor

NUMBER = gettext_lazy("Write a number, like 12 or 12.5.")
#: Longer is no quarter any more, by whatever calendar.
LONGEST = timedelta(days=370)
DAY = {"type": "date"}


def quarter_of(day: date) -> tuple[date, date]:
    """The first and the last day of the calendar's quarter."""
    first = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    after = first + timedelta(days=95)
    return first, date(after.year, after.month, 1) - timedelta(days=1)


def a_day() -> Any:
    """The browser's own picker."""
    return forms.DateInput(format="%Y-%m-%d", attrs=DAY)


def plainly(form: Any) -> None:
    """Kind words; numbers with the number keys."""
    kindly(form)
    for field in form.fields.values():
        if isinstance(field, forms.DecimalField):
            field.error_messages |= {"invalid": NUMBER}
            field.widget = forms.TextInput(attrs={"inputmode": "decimal", "class": "field-short"})
    form.helper = helper()


class GoalForm(forms.ModelForm[Goal]):
    """What is to be reached by when, and how one sees it."""

    class Meta:
        model = Goal
        fields = ("title", "measure", "baseline", "target", "starts_on", "ends_on")
        widgets = {"starts_on": a_day(), "ends_on": a_day()}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plainly(self)
        self.fields["baseline"].help_text = _("Where you start. Leave it empty if it is nothing.")
        self.helper = helper()
        self.helper.layout = Layout(
            "title",
            "measure",
            Div("baseline", "target", css_class="field-pair"),
            Div("starts_on", "ends_on", css_class="field-pair"),
        )

    def clean_title(self) -> str:
        """As typed, without marks that turn other words around."""
        return without_direction_marks(str(self.cleaned_data["title"]))

    def clean_measure(self) -> str:
        """As typed, without marks that turn other words around."""
        return without_direction_marks(str(self.cleaned_data["measure"]))

    def clean(self) -> dict[str, Any]:
        """A quarter ends after it begins, and a goal is not where one stands already."""
        given = self.cleaned_data
        near = [is_near(self, name) for name in ("starts_on", "ends_on")]
        first, last = given.get("starts_on"), given.get("ends_on")
        if first and last and all(near) and not timedelta() < last - first <= LONGEST:
            self.add_error("ends_on", _("The last day comes after the first, within a year."))
        if given.get("target") is not None and given["target"] == (given.get("baseline") or 0):
            self.add_error("target", _("This is where you start. Write what you want to reach."))
        return given

    def words(self) -> dict[str, Any]:
        """Columns of the goal."""
        return {name: self.cleaned_data[name] for name in self._meta.fields or ()}


class WordForm(forms.Form):
    """One dated word on a goal."""

    text = forms.CharField(
        label=gettext_lazy("In words"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plainly(self)

    def clean_text(self) -> str:
        """As typed, without marks that turn other words around."""
        return without_direction_marks(str(self.cleaned_data["text"]))


class ReportForm(WordForm):
    """The startup's own word: a number, a sentence, or both."""

    value = forms.DecimalField(
        label=gettext_lazy("Reached so far"), required=False, max_digits=16, decimal_places=2
    )
    field_order = ("value", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].required = False


class CommentForm(WordForm):
    """A mentor's view."""


class VerdictForm(WordForm):
    """Staff's verdict with its reason."""

    verdict = forms.ChoiceField(
        label=gettext_lazy("How it stands"), choices=Verdict, widget=forms.RadioSelect
    )
    field_order = ("verdict", "text")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["text"].label = _("Why")
        self.fields["text"].help_text = _("The startup reads it in its letter.")


WORDS: dict[str, type[WordForm]] = {
    "report": ReportForm,
    "comment": CommentForm,
    "judge": VerdictForm,
}


class PromiseForm(forms.Form):
    """Who does what by when."""

    what = forms.CharField(label=gettext_lazy("What is to be done"), max_length=250)
    owner = forms.ChoiceField(label=gettext_lazy("Who does it"))
    due_on = forms.DateField(label=gettext_lazy("By"), required=False, widget=a_day())

    def __init__(
        self, *args: Any, startup: str, mentors: Iterable[Mentor], today: date, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.mentors = {str(mentor.pk): mentor for mentor in mentors}
        named = [(key, str(mentor)) for key, mentor in self.mentors.items()]
        self.fields["owner"].choices = [("startup", startup), *named]  # type: ignore[attr-defined]
        plainly(self)

    def clean_what(self) -> str:
        """As typed, without marks that turn other words around."""
        return without_direction_marks(str(self.cleaned_data["what"]))

    def clean_due_on(self) -> date | None:
        """A day that is still to come."""
        day: date | None = self.cleaned_data["due_on"]
        if day is not None and not self.today <= day <= self.today + 2 * LONGEST:
            raise forms.ValidationError(_("Choose a day that is still to come."))
        return day

    def words(self) -> dict[str, Any]:
        """What the verb takes."""
        given = self.cleaned_data
        mentor = self.mentors.get(given["owner"])
        side = Side.STARTUP if mentor is None else Side.MENTOR
        return {
            "what": given["what"],
            "side": side,
            "mentor": mentor,
            "due_on": given["due_on"],
        }


class MoveDayForm(forms.Form):
    """Another day for something that was promised."""

    due_on = forms.DateField(
        label=gettext_lazy("New day"), widget=a_day(), validators=[validate_near]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plainly(self)
