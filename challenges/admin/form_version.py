"""A new version of a form: what it changes, what teams are told, how they will see it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods, require_safe

from challenges.actions.form_version import (
    begin_version,
    describe_version,
    give_up_version,
    publish_version,
)
from challenges.actions.form_words import other_languages
from challenges.admin.form import FormBase, missing_words
from challenges.choices import ApplicationState
from challenges.forms.application import SectionForm
from challenges.forms.form_question import VersionForm
from challenges.models import Change, Question, Sheet
from challenges.workflow.form import form_workflow
from portal import reading

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern

    from challenges.models import Call


class VersionPages(FormBase):
    """Preparing a version, and looking at any as an applicant."""

    def version_urls(self) -> list[URLPattern]:
        """The page of the version in preparation, and the preview."""
        wrap = self.admin_site.admin_view
        page = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path(
                "<uuid:pk>/form/version/",
                wrap(page(self.version_view)),
                name="challenges_call_form_version",
            ),
            path(
                "<uuid:pk>/form/look/<int:section>/",
                wrap(require_safe(self.look_view)),
                name="challenges_call_form_look",
            ),
        ]

    def version_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Begin one, say what it changes, put it in force or give it up."""
        call = self.call_of(request, pk, "challenges.add_formversion")
        user: Any = request.user
        for name, verb in (("begin", begin_version), ("give-up", give_up_version)):
            if name in request.POST:
                self.try_to(request, partial(verb, call=call, by=user))
                return redirect(self.form_url(call))
        if request.method == "POST":
            return self._act_on_version(request, call)
        sheet = Sheet.of(call)
        if sheet.version is None:
            return redirect(self.form_url(call))
        return self._version_page(request, call, sheet, VersionForm(initial=vars(sheet.version)))

    def _act_on_version(self, request: HttpRequest, call: Call) -> HttpResponse:
        user: Any = request.user
        here = reverse("admin:challenges_call_form_version", args=[call.pk])
        sheet = Sheet.of(call)
        if sheet.version is None:
            return self._without_version(request, call)
        form = VersionForm(request.POST, initial=vars(sheet.version))
        if not form.is_valid():
            return self._version_page(request, call, sheet, form, status=422)
        given = form.cleaned_data
        version = self.try_to(
            request,
            lambda: describe_version(
                call=call, note=given["note"], ask_submitted=given["ask_submitted"], by=user
            ),
        )
        if version is None:
            return redirect(here)
        if "publish" not in request.POST:
            self.message_user(request, _("Saved. Teams see nothing of it yet."), messages.SUCCESS)
            return redirect(here)
        step = self.try_to(request, lambda: publish_version(version=version, by=user))
        if step is None:
            return redirect(here)
        told = len({person.pk for person in [*step.data["drafts"], *step.data["asked"]]})
        self.message_user(
            request,
            ngettext(
                "The new version is in force. %(count)d person is told.",
                "The new version is in force. %(count)d people are told.",
                told,
            )
            % {"count": told},
            messages.SUCCESS,
        )
        return redirect(self.form_url(call))

    def _without_version(self, request: HttpRequest, call: Call) -> HttpResponse:
        """A colleague has put it in force or given it up while the page was open."""
        said = _("There is no version in preparation any more: a colleague was faster.")
        if request.POST.get("note"):
            said += " " + _("You had written: “%(note)s”") % {"note": request.POST["note"]}
        self.message_user(request, said, messages.WARNING)
        return redirect(self.form_url(call))

    def _version_page(
        self, request: HttpRequest, call: Call, sheet: Sheet, form: VersionForm, **more: Any
    ) -> HttpResponse:
        version = sheet.version
        if version is None:
            raise Http404
        user: Any = request.user
        offers = form_workflow.offered_to(user, version)
        states = call.applications.order_by().values_list("state", flat=True)
        found = list(states)
        return self.form_page(
            request,
            "version",
            call,
            title=_("Version %(number)d of the form") % {"number": version.number},
            form=form,
            version=version,
            changes=[in_words(change) for change in sheet.changes],
            drafts=found.count(ApplicationState.DRAFT),
            submitted=found.count(ApplicationState.SUBMITTED),
            offer=offers[0] if offers else None,
            problem=sheet.problem(),
            languages=[one for one in missing_words(call, sheet.asked()) if one["missing"]],
            **more,
        )

    def look_view(self, request: HttpRequest, pk: UUID, section: int) -> HttpResponse:
        """One section as applicants see it, in any language of the call; nothing can be saved."""
        call = self.call_of(request, pk, "challenges.view_question")
        user: Any = request.user
        sheet = Sheet.of(call)
        number = call.form_version
        if request.GET.get("version") == str(sheet.number) and sheet.version is not None:
            if not user.has_perm("challenges.add_formversion", call):
                raise Http404
            number = sheet.number
        language = request.GET.get("language", "")
        if language not in other_languages(call):
            language = call.base_language
        asked = sheet.asked(number)
        for question in asked:
            question.language = language
        names = list(dict.fromkeys(question.section for question in asked))
        if not 1 <= section <= max(len(names), 1):
            raise Http404
        inside = [one for one in asked if one.section == names[section - 1]] if names else []
        form = SectionForm(questions=inside, answers={}, form_questions=asked)
        query = f"?version={number}&language={language}"
        context = {
            "call": call,
            "sections": [
                {
                    "number": place,
                    "title": first.shown_section,
                    "spoken": first.section_attributes,
                    "url": reverse("admin:challenges_call_form_look", args=[call.pk, place])
                    + query,
                    "is_current": place == section,
                }
                for place, name in enumerate(names, start=1)
                for first in [next(one for one in asked if one.section == name)]
            ],
            "spoken": inside[0].section_attributes if inside else "",
            "title": inside[0].shown_section if inside else _("No question yet"),
            "form": form,
            "fields": [Entry(question=question, field=form[question.field]) for question in inside],
            "languages": [
                {
                    "code": code,
                    "name": reading.name_of(code),
                    "spoken": reading.attributes(code),
                    "is_current": code == language,
                }
                for code in [call.base_language, *other_languages(call)]
            ],
            "version": number,
            "in_preparation": number != call.form_version,
            "section": section,
            "may_write": user.has_perm("challenges.change_question", call),
        }
        return TemplateResponse(request, "challenges/form_preview.html", context)


class Entry(dict[str, Any]):
    """A question as `challenges/_question.html` shows it, without anything about an answer."""

    def __missing__(self, key: str) -> str:
        return ""


def in_words(change: Change) -> dict[str, Any]:
    """A change as staff read it: what it is, the question, and from what to what."""
    question, before = change.question, change.before
    rows = []
    for name in change.fields:
        field: Any = Question._meta.get_field(name)
        was, now = (shown(one, name) for one in (before, question))
        rows.append({"name": str(field.verbose_name), "was": was, "now": now})
    words = {
        "added": _("New"),
        "removed": _("Removed"),
        "changed": _("Changed"),
        "moved": _("Moved"),
    }
    return {"what": words[change.what], "kind": change.what, "question": question, "rows": rows}


def shown(question: Question | None, name: str) -> str:
    """What a question holds, for people to compare."""
    value = getattr(question, name)
    display = getattr(question, f"get_{name}_display", None)
    if display is not None and value:
        return str(display())
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        return ", ".join(value) or "–"
    return "–" if value in {None, ""} else str(value)
