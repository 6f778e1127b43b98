"""What jurors write, and what staff choose when they give applications to jurors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from portal.forms import helper
from portal.models import User

if TYPE_CHECKING:
    from collections.abc import Iterable
    from uuid import UUID

    from challenges.models import Call, Criterion, Review

TEXT_LENGTH = 5_000


class ReviewForm(forms.Form):
    """A level for each criterion, words for the jury, words for the applicant."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    comment = forms.CharField(
        label=_("Comment for the jury"),
        help_text=_("Jurors and staff read it. The applicant never does."),
        required=False,
        strip=False,
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control"}),
    )
    feedback = forms.CharField(
        label=_("Feedback for the applicant"),
        help_text=_("Staff read it first and decide what goes into the letter."),
        required=False,
        strip=False,
        max_length=TEXT_LENGTH,
        widget=forms.Textarea(attrs={"rows": 5, "class": "form-control"}),
    )

    def __init__(self, criteria: Iterable[Criterion], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.criteria = list(criteria)
        for criterion in self.criteria:
            self.fields[criterion.field] = forms.TypedChoiceField(
                label=criterion.name,
                help_text=criterion.description,
                choices=criterion.numbered_levels,
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.RadioSelect,
            )

    @classmethod
    def initial_of(
        cls, review: Review, stored: dict[UUID, int], criteria: Iterable[Criterion]
    ) -> dict[str, Any]:
        """A stored review as the form's first values."""
        return {
            "version": review.version,
            "comment": review.comment,
            "feedback": review.feedback,
            **{criterion.field: stored.get(criterion.pk) for criterion in criteria},
        }

    def rows(self) -> list[tuple[Criterion, forms.BoundField]]:
        """Each criterion with its field, for the page."""
        return [(criterion, self[criterion.field]) for criterion in self.criteria]

    def levels(self) -> dict[Criterion, int | None]:
        """What was chosen."""
        return {criterion: self.cleaned_data[criterion.field] for criterion in self.criteria}

    def clean_comment(self) -> str:
        """Lines end as everywhere else, so that the same text is the same text."""
        return str(self.cleaned_data["comment"]).replace("\r\n", "\n")

    def clean_feedback(self) -> str:
        """Lines end as everywhere else."""
        return str(self.cleaned_data["feedback"]).replace("\r\n", "\n")


class AssignForm(forms.Form):
    """To whom applications are given, how, and by when."""

    EVENLY = "evenly"
    EACH = "each"

    how = forms.ChoiceField(
        label=_("How"),
        choices=[
            (EVENLY, _("Spread evenly: each application gets as many jurors as the call wants")),
            (EACH, _("Each of the chosen jurors gets every application")),
        ],
        initial=EVENLY,
        widget=forms.RadioSelect,
    )
    reviewers = forms.ModelMultipleChoiceField(
        label=_("Jurors"),
        queryset=User.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one juror.")},
    )
    due_on = forms.DateField(
        label=_("Due on"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, call: Call, jurors: Iterable[User], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keys = [juror.pk for juror in jurors]
        field = self.fields["reviewers"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = User.objects.filter(pk__in=keys).order_by("given_name", "email")
        if not self.is_bound:
            self.initial.setdefault("reviewers", keys)
            self.initial.setdefault("due_on", call.review_due_on)
        self.helper = helper()
