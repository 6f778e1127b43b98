"""What the page of a call has of its form: the addresses, and the way there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse
from django.utils.translation import gettext as _, ngettext

from challenges.admin.form import FormPages, missing_words
from challenges.admin.form_question import QuestionPages
from challenges.admin.form_version import VersionPages
from challenges.admin.form_words import WordsPages
from challenges.models import Sheet

if TYPE_CHECKING:
    from django.urls import URLPattern

    from challenges.models import Call


class CallFormPages(QuestionPages, VersionPages, WordsPages, FormPages):
    """All pages of a form."""

    def get_urls(self) -> list[URLPattern]:
        """Before those of the record itself."""
        own = [*self.form_urls(), *self.question_urls(), *self.version_urls(), *self.words_urls()]
        return [*own, *super().get_urls()]


def ways_to_the_form(user: Any, call: Call) -> list[tuple[str, str]]:
    """Its form, with what is still to be translated; who only reads sees it as applicants do."""
    if not user.has_perm("challenges.change_question", call):
        look = reverse("admin:challenges_call_form_look", args=[call.pk, 1])
        return [(_("The form as applicants see it"), look)]
    asked = Sheet.of(call).asked()
    count, missing = len(asked), sum(one["missing"] for one in missing_words(call, asked))
    words = [ngettext("%(count)d question", "%(count)d questions", count) % {"count": count}]
    if missing:
        words.append(
            ngettext("%(count)d text not translated", "%(count)d texts not translated", missing)
            % {"count": missing}
        )
    way = reverse("admin:challenges_call_form", args=[call.pk])
    return [(_("Form: %(words)s") % {"words": ", ".join(words)}, way)]
