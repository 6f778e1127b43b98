"""What comes in as evidence: other fields for other kinds of requirements."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf.locale import LANG_INFO
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from challenges.forms.upload import UploadField, kinds_taken
from portal.choices import DocumentState
from portal.documents import ACCEPTED
from portal.forms import FILL_IN, helper, kindly, plain_name
from portal.models import Document
from portal.validators import validate_near, without_direction_marks
from procurement.actions.evidence import Given
from procurement.choices import RequirementKind
from procurement.models import Referee
from startups.models import Mentoring

if TYPE_CHECKING:
    from datetime import date

    from procurement.models import CodeRevision, Evidence, Requirement, SupplierFile

#: Where files that a startup handed in with an application stand; the newest of them are offered.
APPLICATIONS = "challenges.application"
OFFERED = 20
LONGEST = 2000
REFEREE = ("name", "organisation", "email", "telephone", "relation")


def languages() -> list[tuple[str, str]]:
    """English first, then the others by their own names."""
    named = sorted(
        (code, str(info["name_local"]))
        for code, info in LANG_INFO.items()
        if len(code) == 2 and code != "en" and "name_local" in info  # noqa: PLR2004 -- ISO 639-1
    )
    return [("en", "English"), *sorted(named, key=lambda pair: pair[1].casefold())]


class KnownDocument(forms.ModelChoiceField[Document]):
    """A file that is on the portal already, by its name and day."""

    def label_from_instance(self, obj: Document) -> str:
        """``certificate.pdf, 12 May 2026``."""
        return f"{obj.name}, {date_format(obj.created_at, 'j M Y')}"


def not_independent(file: SupplierFile) -> set[str]:
    """The addresses of those who belong to the organisation, or coach or coached it."""
    members = file.startup.memberships.values_list("user__email", flat=True)
    mentors = Mentoring.objects.filter(place__startup=file.startup)
    coached = mentors.values_list("mentor__user__email", flat=True)
    return {email.lower() for email in (*members, *coached)}


class EvidenceForm(forms.Form):
    """What meets one requirement, each kind with its own fields."""

    def __init__(
        self,
        *args: Any,
        requirement: Requirement,
        file: SupplierFile,
        revision: CodeRevision | None,
        replaces: Evidence | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.requirement, self.revision = requirement, revision
        self.build[RequirementKind(requirement.kind)](self, file, replaces)
        kindly(self)
        self.helper = helper()

    # -- fields by kind ---------------------------------------------------------------------------

    def _answer(self, _file: SupplierFile, replaces: Evidence | None) -> None:
        self.fields["answer"] = forms.CharField(
            label=gettext_lazy("Your answer"),
            max_length=LONGEST,
            widget=forms.Textarea(attrs={"rows": 4}),
            initial=replaces.answer if replaces is not None else "",
        )

    def _declaration(self, file: SupplierFile, replaces: Evidence | None) -> None:
        self._answer(file, replaces)
        self.fields["answer"].label = _("In your words")
        self.fields["agreed"] = forms.BooleanField(
            label=gettext_lazy("This is so, and I may say it for my organisation."),
        )

    def _conduct(self, _file: SupplierFile, _replaces: Evidence | None) -> None:
        name = self.revision.name if self.revision is not None else ""
        self.fields["revision"] = forms.CharField(
            widget=forms.HiddenInput, initial=str(self.revision.pk) if self.revision else ""
        )
        self.fields["agreed"] = forms.BooleanField(
            label=_(
                "I have read the UN Supplier Code of Conduct, %(name)s, and acknowledge it for my"
                " organisation."
            )
            % {"name": name}
        )

    def _document(self, file: SupplierFile, replaces: Evidence | None) -> None:
        asked = self.requirement
        attrs = {"accept": ",".join(f".{kind}" for kind in ACCEPTED.split(", "))}
        known = self._known(file)
        if known:
            self.fields["known"] = KnownDocument(
                queryset=Document.objects.filter(pk__in=[document.pk for document in known]),
                label=gettext_lazy("A file you gave already"),
                required=False,
                empty_label=_("None of these: I choose a new one below"),
                initial=replaces.document_id if replaces is not None else None,
            )
        self.fields["upload"] = UploadField(
            label=gettext_lazy("Document"),
            help_text=kinds_taken(),
            widget=forms.FileInput(attrs=attrs),
        )
        self.fields["language"] = forms.ChoiceField(
            label=gettext_lazy("Language of the document"),
            choices=[("", _("Choose …")), *languages()],
            initial=replaces.language if replaces is not None else "",
        )
        if asked.english:
            self.fields["translation"] = UploadField(
                label=gettext_lazy("Certified translation into English"),
                help_text=_("Only where the document is in another language. It can follow later."),
                widget=forms.FileInput(attrs=attrs),
            )
        self.fields["issued_on"] = self._day(gettext_lazy("Issued on"), bool(asked.holds_months))
        if asked.holds_months:
            self.fields["issued_on"].help_text = _(
                "It counts for %(months)d months from that day."
            ) % {"months": asked.holds_months}
        else:
            self.fields["expires_on"] = self._day(gettext_lazy("Expires on"), needed=False)
            self.fields["expires_on"].help_text = _("Empty if it names no such day.")

    def _reference(self, file: SupplierFile, replaces: Evidence | None) -> None:
        self.not_independent = not_independent(file)
        self.given_already = {
            email.lower()
            for email in Referee.objects.filter(evidence__in=file.evidence.standing())
            .exclude(evidence=replaces)
            .values_list("email", flat=True)
        }
        for name, label, longest in (
            ("name", gettext_lazy("Name"), 150),
            ("organisation", gettext_lazy("Organisation"), 200),
            ("email", gettext_lazy("E-mail address"), 254),
            ("telephone", gettext_lazy("Telephone"), 40),
            ("relation", gettext_lazy("What they had from you, and when"), 300),
        ):
            kind = forms.EmailField if name == "email" else forms.CharField
            self.fields[name] = kind(label=label, max_length=longest)
        self.fields["agreed"] = forms.BooleanField(
            label=gettext_lazy(
                "They are not affiliated with us, and they know that they may be asked."
            ),
        )

    @staticmethod
    def _day(label: Any, needed: bool) -> forms.DateField:  # noqa: FBT001 -- two words, both plain
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(label=label, required=needed, widget=widget)

    def _known(self, file: SupplierFile) -> list[Document]:
        """Files of this organisation's applications, and what stands here for the same thing.

        A restricted paper is offered for its own requirement only, where it stays restricted.
        """
        clean = Document.objects.filter(startup_id=file.startup_id, state=DocumentState.CLEAN)
        applied = clean.filter(subject_type=APPLICATIONS).order_by("-created_at")[:OFFERED]
        here = file.evidence.standing().filter(requirement=self.requirement, document__isnull=False)
        given = clean.filter(pk__in=here.values("document"))
        return [*given, *applied]

    build: Any = {
        RequirementKind.ANSWER: _answer,
        RequirementKind.DECLARATION: _declaration,
        RequirementKind.CONDUCT: _conduct,
        RequirementKind.DOCUMENT: _document,
        RequirementKind.REFERENCE: _reference,
    }

    # -- what is well-formed ----------------------------------------------------------------------

    def clean_name(self) -> str:
        """A name without marks that turn other words around."""
        return plain_name(self.cleaned_data["name"])

    def clean_organisation(self) -> str:
        """Likewise."""
        return plain_name(self.cleaned_data["organisation"])

    def clean_email(self) -> str:
        """Somebody independent, and each of them once."""
        email = str(self.cleaned_data["email"])
        if email.lower() in self.not_independent:
            raise forms.ValidationError(
                _("A member or a mentor of your organisation cannot stand as a reference.")
            )
        if email.lower() in self.given_already:
            raise forms.ValidationError(_("This person stands as a reference already."))
        return email

    def clean_answer(self) -> str:
        """Likewise."""
        if not (plain := without_direction_marks(self.cleaned_data["answer"]).strip()):
            raise forms.ValidationError(FILL_IN)
        return plain

    def clean_issued_on(self) -> date | None:
        """A day that has come."""
        day: date | None = self.cleaned_data["issued_on"]
        if day is not None and day > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        if day is not None:
            validate_near(day)
        return day

    def clean_expires_on(self) -> date | None:
        """A day that has not passed."""
        day: date | None = self.cleaned_data["expires_on"]
        if day is not None and day < timezone.localdate():
            raise forms.ValidationError(_("It has expired already. Give one that is still good."))
        if day is not None:
            validate_near(day)
        return day

    def clean(self) -> dict[str, Any]:
        """What fits together."""
        data = super().clean() or self.cleaned_data
        if (
            "upload" in self.fields
            and not self.errors.get("upload")
            and not (data.get("upload") or data.get("known"))
        ):
            self.add_error("upload", _("Choose the document."))
        issued, ends = data.get("issued_on"), data.get("expires_on")
        if issued and ends and ends < issued:
            self.add_error("expires_on", _("This is before the day on which it was issued."))
        shown = str(self.revision.pk) if self.revision is not None else ""
        if "revision" in self.fields and data.get("revision") != shown:
            self.add_error(
                "agreed",
                _("A newer revision is in force since you opened this page. Read it, then tick."),
            )
        return data

    def given(self) -> Given:
        """What was handed in."""
        data = self.cleaned_data
        upload = data.get("upload")
        return Given(
            answer=data.get("answer", ""),
            upload=upload,
            # A new one that was chosen counts before one that is there.
            known=None if upload else data.get("known"),
            translation=data.get("translation"),
            language=data.get("language", ""),
            issued_on=data.get("issued_on"),
            expires_on=data.get("expires_on"),
            referee={name: data[name] for name in REFEREE}
            if self.requirement.kind == RequirementKind.REFERENCE
            else {},
        )


class RejectForm(forms.Form):
    """Why something is not good yet."""

    why = forms.CharField(label=gettext_lazy("Why?"), max_length=500)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kindly(self)

    def clean_why(self) -> str:
        """In plain words."""
        return plain_name(self.cleaned_data["why"])
