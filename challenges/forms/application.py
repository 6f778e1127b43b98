"""The form of one section: everything typed is taken, and each field says what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.utils.html import escape, format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext_lazy as _

from challenges import answers as answer_rules
from challenges.choices import QuestionKind
from challenges.models import ConsortiumMember
from portal.documents import ACCEPTED, validate_upload
from portal.forms import helper, kindly

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from django.core.files.uploadedfile import UploadedFile

    from challenges.models import Answer, Question
    from startups.models import Startup

#: Up to this many options are shown at once; more become a list to choose from.
OPTIONS_IN_SIGHT = 6


class SectionForm(forms.Form):
    """The questions of one section, with the answers so far."""

    def __init__(
        self,
        *args: Any,
        questions: Iterable[Question],
        answers: Mapping[UUID, Answer],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions = list(questions)
        self.answers = answers
        self.helper = helper()
        for question in self.questions:
            answer = answers.get(question.pk)
            self.fields[question.field] = field_for(question)
            if question.kind == QuestionKind.FILE:
                continue
            self.initial[question.field] = answer.value if answer else ""
            self.fields[f"v_{question.pk.hex}"] = forms.IntegerField(
                widget=forms.HiddenInput, required=False, min_value=0, max_value=2_000_000_000
            )
            self.initial[f"v_{question.pk.hex}"] = answer.version if answer else 0
            self.fields[f"b_{question.pk.hex}"] = forms.CharField(
                widget=forms.HiddenInput, required=False
            )
            self.initial[f"b_{question.pk.hex}"] = answer_rules.mark_shown(
                question, answer.value if answer else ""
            )

    def values(self) -> dict[UUID, str]:
        """What was typed, for each question the person touched.

        A field that comes back as the page showed it was not touched: beside it a colleague may
        have answered since, and the old text is no edit of theirs.
        """
        sent = {
            question.pk: self.sent(question)
            for question in self.questions
            # Radio buttons of which none is chosen send nothing at all.
            if question.field in self.data or question.kind == QuestionKind.CHOICE
        }
        return {
            question.pk: sent[question.pk]
            for question in self.questions
            if question.kind != QuestionKind.FILE
            and question.pk in sent
            and answer_rules.mark_of(sent[question.pk]) != self.base(question)
        }

    def sent(self, question: Question) -> str:
        """The text of one field as it came."""
        return str(self.cleaned_data.get(question.field) or "")

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
            value = str(self.cleaned_data.get(question.field) or "")
            if value.strip() and (problem := answer_rules.problem_with(question, value)):
                self.add_error(question.field, problem)


class RawText(forms.CharField):
    """Text as it was typed, whatever its length."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, strip=False, **kwargs)

    def to_python(self, value: Any) -> str:
        """Counted and kept with one character for a line's end."""
        return answer_rules.normal(super().to_python(value) or "")


class UploadField(forms.FileField):
    """A file of a kind we take, within the size we take."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, allow_empty_file=True, **kwargs)

    def to_python(self, data: Any) -> Any:
        """Refuse with the rule and the remedy."""
        upload: Any = super().to_python(data)
        if upload is not None:
            # Browsers send a quotation mark in a file's name as %22, and mean the mark.
            upload.name = (upload.name or "").replace("%22", '"')
            validate_upload(upload)
        return upload


def kinds_taken() -> str:
    """Which files are taken, beside every field for one, whatever the question's help says."""
    kinds = ", ".join(kind.upper() for kind in ACCEPTED.split(", "))
    return str(
        _("One file of at most %(limit)d MB: %(kinds)s.")
        % {"limit": settings.UPLOAD_LIMIT_MB, "kinds": kinds}
    )


def field_for(question: Question) -> forms.Field:
    """The field of a question; the page's own rules, never the browser's, say what is missing."""
    common: dict[str, Any] = {"label": question.label, "help_text": escape(question.help)}
    if question.kind == QuestionKind.FILE:
        lines = [line for line in (question.help, kinds_taken()) if line]
        common["help_text"] = format_html_join(mark_safe("<br>"), "{}", ((line,) for line in lines))
        return UploadField(
            widget=forms.FileInput(
                attrs={"accept": ",".join(f".{kind}" for kind in ACCEPTED.split(", "))}
            ),
            **common,
        )
    if question.kind == QuestionKind.CHOICE:
        options = [(option, option) for option in question.options]
        if len(options) <= OPTIONS_IN_SIGHT:
            return RawText(widget=forms.RadioSelect(choices=options), **common)
        return RawText(widget=forms.Select(choices=[("", _("Choose …")), *options]), **common)
    if question.kind == QuestionKind.NUMBER:
        attrs = {"inputmode": "decimal", "autocomplete": "off", "class": "figure-input"}
        return RawText(widget=forms.TextInput(attrs=attrs), **common)
    limit = {"data-limit": str(question.character_limit)}
    if question.kind == QuestionKind.SHORT:
        return RawText(widget=forms.TextInput(attrs=limit), **common)
    rows = min(max(question.character_limit // 200, 4), 14)
    return RawText(widget=forms.Textarea(attrs={**limit, "rows": rows}), **common)


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
