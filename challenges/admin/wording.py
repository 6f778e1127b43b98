"""The letters of a call: which are in staff's own words, by language, and each to be worded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from challenges.actions.wording import (
    as_it_will_read,
    letters_of,
    supplied,
    take_supplied,
    test_letter,
    word_letter,
)
from challenges.forms.wording import WordingForm
from challenges.notices.wording import LETTERS, NAMES, Own, names_of
from portal import reading
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django.urls import URLPattern

    from challenges.models import Call, Wording
    from portal.staff import ScopedAdmin

    Base = ScopedAdmin[Call]
else:
    Base = object


class LetterPages(Base):
    """The pages of a call's letters, on the admin of the call."""

    def get_urls(self) -> list[URLPattern]:
        """The list of letters, one letter in one language, its test and the way back."""
        wrap, one = self.admin_site.admin_view, "<uuid:pk>/letters/<slug:notice>/<slug:language>/"
        own = [
            path(
                "<uuid:pk>/letters/",
                wrap(require_safe(self.letters_view)),
                name="challenges_call_letters",
            ),
            path(one, wrap(self.letter_view), name="challenges_call_letter"),
            path(
                f"{one}supplied/",
                wrap(require_POST(self.supplied_view)),
                name="challenges_call_letter_supplied",
            ),
        ]
        return [*own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the way to the letters of this call."""
        call: Call | None = kwargs.get("obj")
        if call is not None and request.user.has_perm("challenges.view_wording", call):
            letters = reverse("admin:challenges_call_letters", args=[call.pk])
            context.setdefault("ways", []).append((_("Letters of this call"), letters))
        return super().render_change_form(request, context, *args, **kwargs)

    def letters_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Every letter, by language: supplied or in own words."""
        call: Call = self._call(request, pk, "challenges.view_wording")  # type: ignore[attr-defined]
        context = {
            **self.admin_site.each_context(request),
            "title": _("Letters of this call"),
            "subtitle": call.title,
            "call": call,
            "original": call,
            "languages": [str(name) for _code, name in settings.LANGUAGES],
            "form_only": languages_of_the_form_alone(call),
            "letters": letters_of(call),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/challenges/call/letters.html", context)

    def _letter(self, request: HttpRequest, pk: Any, notice: str, language: str) -> Call:
        call: Call = self._call(request, pk, "challenges.change_wording")  # type: ignore[attr-defined]
        if notice not in LETTERS or language not in dict(settings.LANGUAGES):
            raise Http404
        return call

    def letter_view(
        self, request: HttpRequest, pk: Any, notice: str, language: str
    ) -> HttpResponse:
        """Word one letter, beside the supplied text; look, test to oneself, keep."""
        call = self._letter(request, pk, notice, language)
        own = call.wordings.filter(notice=notice, language=language).first()
        form = WordingForm(
            request.POST or None, notice=notice, initial=begin(call, notice, language, own)
        )
        done = None
        if request.method == "POST" and form.is_valid() and "look" not in request.POST:
            done = self._do(request, call, notice, language, form)
        if done is not None:
            return done
        words = form.own if form.is_bound and form.is_valid() else None
        if words is None and own is not None and not form.is_bound:
            words = Own(own.subject, own.text, own.signature)
        context = {
            **self.admin_site.each_context(request),
            "title": str(LETTERS[notice].label),
            "subtitle": f"{call.title} · {dict(settings.LANGUAGES)[language]}",
            "call": call,
            "original": call,
            "form": form,
            "own": own,
            "notice": notice,
            "language": language,
            "letter": as_it_will_read(call, notice, language, words) if words else None,
            "supplied": supplied(call, notice, language),
            "names": [(f"{{{name}}}", NAMES[name]) for name in names_of(notice)],
            "must": [f"{{{name}}}" for name in LETTERS[notice].must],
            "kept": LETTERS[notice].kept,
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/challenges/call/letter.html", context)

    def _do(
        self, request: HttpRequest, call: Call, notice: str, language: str, form: WordingForm
    ) -> HttpResponse | None:
        user: Any = request.user
        named = {"call": call, "name": notice, "language": language, "own": form.own, "by": user}
        try:
            if "test" in request.POST:
                test_letter(**named)
                said = _("A test is on its way to %(address)s. Nothing was kept yet.")
                self.message_user(request, said % {"address": user.email}, messages.SUCCESS)
                return None
            word_letter(**named)
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
            return None
        self.message_user(
            request, _("Kept. From now on the letter is sent in these words."), messages.SUCCESS
        )
        return redirect("admin:challenges_call_letter", call.pk, notice, language)

    def supplied_view(
        self, request: HttpRequest, pk: Any, notice: str, language: str
    ) -> HttpResponse:
        """Back to the supplied text."""
        call = self._letter(request, pk, notice, language)
        user: Any = request.user
        try:
            take_supplied(call=call, name=notice, language=language, by=user)
        except StepRefused as refusal:
            raise Http404 from refusal
        self.message_user(
            request, _("The supplied text is sent again from now on."), messages.SUCCESS
        )
        return redirect("admin:challenges_call_letters", call.pk)


def languages_of_the_form_alone(call: Call) -> list[str]:
    """The languages of a call in which no letter leaves.

    A letter is read apart from the page: its facts, button and legal lines are the portal's, so it
    is in one of its languages; and in which language somebody reads questions is kept with their
    browser, where whoever writes letters does not see it.
    """
    spoken = {reading.first(code) for code, _name in settings.LANGUAGES}
    return [
        reading.name_of(code)
        for code in dict.fromkeys(one.lower() for one in call.languages)
        if reading.first(code) not in spoken
    ]


def begin(call: Call, notice: str, language: str, own: Wording | None) -> dict[str, str]:
    """What stands in the fields at first: own words, or the supplied ones with their names."""
    if own is not None:
        return {"subject": own.subject, "text": own.text, "signature": own.signature}
    letter = supplied(call, notice, language, named=True)
    kept = LETTERS[notice].kept
    paragraphs = letter.paragraphs[:-kept] if kept else letter.paragraphs
    return {"subject": letter.subject, "text": "\n\n".join(paragraphs), "signature": ""}
