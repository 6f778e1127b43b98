"""A question to staff, their answer, and the day of the next news."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext as _, gettext_lazy

from challenges.actions.question import LONGEST_QUESTION
from portal.forms import helper, kindly
from portal.forms.hours import is_near

if TYPE_CHECKING:
    from collections.abc import Iterable

    from challenges.models import Clarification

EVERYBODY, ASKER = "everybody", "asker"


class AskForm(forms.Form):
    """What somebody asks, and who may read the answer."""

    text = forms.CharField(
        label=gettext_lazy("Your question"),
        max_length=LONGEST_QUESTION,
        help_text=gettext_lazy("One question at a time is answered soonest."),
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    answer_to = forms.ChoiceField(
        label=gettext_lazy("Who reads question and answer"),
        choices=[
            (EVERYBODY, gettext_lazy("Everybody, without my name")),
            (ASKER, gettext_lazy("Only I and the programme’s staff")),
        ],
        initial=EVERYBODY,
        widget=forms.RadioSelect,
        help_text=gettext_lazy(
            "What concerns your idea alone is asked in private; it is never published."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()


class AnswerForm(forms.Form):
    """What staff answer, to whom, and the question in the words that everybody reads."""

    answer = forms.CharField(
        label=gettext_lazy("Answer"), max_length=5_000, widget=forms.Textarea(attrs={"rows": 8})
    )
    answer_to = forms.ChoiceField(
        label=gettext_lazy("For whom"),
        choices=[
            (EVERYBODY, gettext_lazy("Everybody: on the page of the call, without a name")),
            (ASKER, gettext_lazy("Whoever asked, alone")),
        ],
        initial=EVERYBODY,
        widget=forms.RadioSelect,
    )
    published_text = forms.CharField(
        label=gettext_lazy("The question as everybody reads it"),
        max_length=LONGEST_QUESTION,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=gettext_lazy("Take out whatever tells who asked: names, products, places."),
    )
    alike = forms.MultipleChoiceField(
        label=gettext_lazy("Answer these with it"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("Each of them gets this answer with their own question."),
    )
    looked_at = forms.BooleanField(
        label=gettext_lazy("None of this tells who asked"), required=False
    )

    def __init__(
        self,
        *args: Any,
        question: Clarification,
        others: Iterable[Clarification] = (),
        correcting: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.question = question
        self.correcting = correcting
        choices = [(str(one.pk), one.text) for one in others]
        if question.private or correcting:
            del self.fields["answer_to"]
        if question.private or (correcting and question.published_at is None):
            del self.fields["published_text"]
        if choices and not correcting:
            alike: Any = self.fields["alike"]
            alike.choices = choices
        else:
            del self.fields["alike"]
        kindly(self)
        self.helper = helper()

    @property
    def for_everybody(self) -> bool:
        """Whether question and answer are to be shown to all."""
        if self.correcting:
            return self.question.published_at is not None
        return self.cleaned_data.get("answer_to") == EVERYBODY

    def clean(self) -> dict[str, Any]:
        """For everybody there is a question in words for everybody."""
        super().clean()
        if not self.for_everybody or "published_text" not in self.fields:
            return self.cleaned_data
        if not str(self.cleaned_data.get("published_text", "")).strip():
            self.add_error("published_text", _("Write the question as everybody reads it."))
        return self.cleaned_data


class MoveNewsForm(forms.Form):
    """Until when those who wait are promised news, and why the day is another."""

    day = forms.DateField(
        label=gettext_lazy("Next news by"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason"),
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("Everybody who waits reads it."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()

    def clean(self) -> dict[str, Any]:
        """A day in reach."""
        super().clean()
        is_near(self, "day")
        return self.cleaned_data
