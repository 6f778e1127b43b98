"""The form of a call in another of its languages: the source beside each field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext as _, ngettext
from django.views.decorators.http import require_http_methods

from challenges.actions.form_words import other_languages, translate_form
from challenges.admin.form import FormBase
from challenges.forms.form_words import WordsForm
from challenges.models import Sheet
from portal.reading import name_of as language_name

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpRequest
    from django.urls import URLPattern


class WordsPages(FormBase):
    """One page for each language of a call beside the first."""

    def words_urls(self) -> list[URLPattern]:
        """By the code of the language."""
        page = require_http_methods(["GET", "HEAD", "POST"])
        return [
            path(
                "<uuid:pk>/form/languages/<slug:language>/",
                self.admin_site.admin_view(page(self.words_view)),
                name="challenges_call_form_words",
            )
        ]

    def words_view(self, request: HttpRequest, pk: UUID, language: str) -> HttpResponse:
        """Every text of the form, its translation beside it; what is missing is marked."""
        call = self.writable(request, pk)
        if language not in other_languages(call):
            raise Http404
        user: Any = request.user
        rules = list(call.rules.all())
        posted = request.POST if request.method == "POST" else None
        form = WordsForm(posted, language=language, asked=Sheet.of(call).asked(), rules=rules)
        if posted is not None and form.is_valid():
            count = self.try_to(
                request,
                lambda: translate_form(call=call, language=language, by=user, **form.words()),
            )
            if count is not None:
                left = WordsForm(
                    None, language=language, asked=Sheet.of(call).asked(), rules=call.rules.all()
                ).missing
                said = ngettext(
                    "Saved. %(count)d text is still missing.",
                    "Saved. %(count)d texts are still missing.",
                    left,
                )
                self.message_user(request, said % {"count": left}, messages.SUCCESS)
                return redirect(request.path)
        return self.form_page(
            request,
            "words",
            call,
            status=200 if posted is None else 422,
            title=_("The form in %(language)s") % {"language": language_name(language)},
            form=form,
            language=language,
            name=language_name(language),
            source=language_name(call.languages[0].lower()),
            source_code=call.languages[0].lower(),
        )
