"""The form of one section: everything typed is taken, and each field says what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from challenges import answers as answer_rules, conditions
from challenges.choices import QuestionKind
from challenges.forms.answer import AnswerField, FileAnswerField
from challenges.models import ConsortiumMember
from portal.forms import helper, kindly

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

    from challenges.models import Answer, Question
    from startups.models import Startup


#: The same two for each question, and for each request: nobody changes them, and making them for
#: sixty questions takes time.
VERSION = forms.IntegerField(
    widget=forms.HiddenInput, required=False, min_value=0, max_value=2_000_000_000
)
BASE = forms.CharField(widget=forms.HiddenInput, required=False)


class SectionForm(forms.Form):
    """The questions of one section, with the answers so far.

    ``form_questions`` is the whole form: with it each question says when it is asked.
    """

    def __init__(
        self,
        *args: Any,
        questions: Iterable[Question],
        answers: Mapping[UUID, Answer],
        form_questions: Iterable[Question] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions = list(questions)
        self.answers = answers
        self._sent: dict[UUID, str] = {}
        self.form_questions = self.questions if form_questions is None else list(form_questions)
        self.helper = helper()
        on = conditions.targets(self.form_questions)
        for question in self.questions:
            answer = answers.get(question.pk)
            condition = answer_rules.condition_marked(question, on)
            if question.kind == QuestionKind.FILE:
                self.fields[question.field] = FileAnswerField(question, condition)
                continue
            self.fields[question.field] = AnswerField(question, condition)
            value, key = answer.value if answer else "", question.pk.hex
            self.initial[question.field] = value
            self.initial[f"v_{key}"] = answer.version if answer else 0
            self.initial[f"b_{key}"] = answer_rules.mark_shown(question, value)
            self.fields |= {f"v_{key}": VERSION, f"b_{key}": BASE}

    def rules(self) -> dict[str, Any]:
        """What the page hands to its script, so that it judges as the server does."""
        return answer_rules.rules_for(self.form_questions, self.questions, self.answers)

    @cached_property
    def asked(self) -> set[UUID]:
        """The questions that are asked with the answers so far."""
        return conditions.shown(self.form_questions, self.answers)

    def values(self) -> dict[UUID, str]:
        """What was typed, for each question the person touched, in the form in which it is kept.

        A field that comes back as the page showed it was not touched: beside it a colleague may
        have answered since, and the old text is no edit of theirs.
        """
        return {
            question.pk: self.sent(question)
            for question in self.questions
            if question.kind != QuestionKind.FILE
            and not self.fields[question.field].widget.value_omitted_from_data(
                self.data, self.files, question.field
            )
            and answer_rules.mark_of(self.sent(question)) != self.base(question)
        }

    def sent(self, question: Question) -> str:
        """The text of one field as it came, whatever is wrong with it.

        What was said to be wrong is no longer in ``cleaned_data``: read from there, a text that was
        refused would be one that nobody typed, and vanish from the page.
        """
        if question.pk not in self._sent:
            widget = self.fields[question.field].widget
            value = widget.value_from_datadict(self.data, self.files, question.field)
            self._sent[question.pk] = str(value or "")
        return self._sent[question.pk]

    def base(self, question: Question) -> str:
        """The mark of what the page showed in a field; nothing where the page did not say."""
        return str(self.cleaned_data.get(f"b_{question.pk.hex}") or "")

    def versions(self) -> dict[UUID, int]:
        """Which version of each answer the page showed."""
        return {
            question.pk: self.cleaned_data.get(f"v_{question.pk.hex}") or 0
            for question in self.questions
            if question.kind != QuestionKind.FILE
        }

    def uploads(self) -> dict[Question, UploadedFile[Any]]:
        """The files that came with it and may be taken."""
        return {
            question: self.cleaned_data[question.field]
            for question in self.questions
            if question.kind == QuestionKind.FILE and self.cleaned_data.get(question.field)
        }

    def show_problems(self) -> None:
        """Say beside each answered field what stands in the way; an empty one is no error yet."""
        for question in self.questions:
            if question.kind == QuestionKind.FILE or question.field in self.errors:
                continue
            value = self.sent(question)
            if value.strip() and (problem := answer_rules.problem_with(question, value)):
                self.add_error(question.field, problem)


class SubmitForm(forms.Form):
    """The one small request that submits."""

    key = forms.UUIDField(widget=forms.HiddenInput)
    terms_version = forms.CharField(widget=forms.HiddenInput, required=False, max_length=20)
    accept_terms = forms.BooleanField(
        label=_("I have read the terms of this call and accept them for my organisation."),
        required=False,
    )

    def agreed_to(self) -> str:
        """The version of the terms that was accepted, or nothing."""
        agreed = self.cleaned_data.get("accept_terms")
        return str(self.cleaned_data.get("terms_version") or "") if agreed else ""


class StartForm(forms.Form):
    """For which organisation the application is."""

    startup: forms.ModelChoiceField[Startup] = forms.ModelChoiceField(
        queryset=None, label=_("Organisation"), empty_label=None
    )

    def __init__(self, *args: Any, startups: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["startup"]
        field.queryset = startups  # type: ignore[attr-defined]
        field.widget = forms.RadioSelect(choices=field.choices)  # type: ignore[attr-defined]
        if len(startups) == 1:
            field.initial = startups[0].pk
        self.helper = helper()

    def chosen(self) -> Startup:
        """The startup."""
        startup: Startup = self.cleaned_data["startup"]
        return startup


class WithdrawForm(forms.Form):
    """The question before withdrawing, with the reason where one is needed."""

    reason = forms.CharField(
        label=_("Why?"),
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("The programme reads it, and it stays in the history."),
    )

    def __init__(self, *args: Any, needs_reason: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not needs_reason:
            self.fields["reason"].required = False
            self.fields["reason"].label = _("Why? (optional)")
        self.helper = helper()


class HelperForm(forms.Form):
    """Whom to ask for help with one application."""

    email = forms.EmailField(label=_("E-mail address"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)
        self.helper = helper()


class PartnerForm(forms.ModelForm[ConsortiumMember]):
    """An organisation that applies together with the startup."""

    class Meta:
        model = ConsortiumMember
        fields = ["name", "kind", "country", "registration_number"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, words in (("kind", _("Choose a kind")), ("country", _("Choose a country"))):
            field: Any = self.fields[name]
            field.choices = [("", words), *[one for one in field.choices if one[0]]]
        kindly(self)
        self.helper = helper()
