"""The words of a form: a slip corrected in place, and the other languages of the call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from challenges.actions.form import asked_in, open_sheet, write_down
from challenges.choices import QuestionKind
from challenges.models import Answer, EligibilityRule, Question
from challenges.workflow.extension import lock_applications
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from challenges.models import Call, Sheet
    from portal.models import User


@transaction.atomic
def correct_wording(
    *,
    call: Call,
    question: Question,
    label: str,
    help_text: str,
    options: Sequence[str],
    by: User,
) -> Question:
    """Mend a slip where it stands: the question stays the one that was asked and answered.

    An option that is worded otherwise is so in answers of drafts and in conditions as well;
    submitted copies keep the words that were submitted.

    Raises:
        StepRefused: an option was added or taken out, which is another question.
    """
    sheet = open_sheet(call=call, by=by, wording=True)
    found = asked_in(sheet, question)
    if len(options) != len(found.options):
        raise StepRefused(_("Correct the words of the options only: one line for each, as before."))
    # In the version in force and in the one in preparation it is the same slip.
    twins = (
        row for row in sheet.rows if found.pk == row.replaces_id or row.pk == found.replaces_id
    )
    rows = [found, *twins]
    for name, now in (("label", label), ("help", help_text)):
        was = getattr(found, name)
        if was == now:
            continue
        for row in rows:
            if getattr(row, name) == was:
                setattr(row, name, now)
                row.save(update_fields=[name])
        write_down(
            sheet, "correct-wording", by=by, question=str(found.pk), was=was[:300], now=now[:300]
        )
    # One by one: an answer may hold several, and two options may change places.
    words = {was: now for was, now in zip(found.options, options, strict=True) if was != now}
    if words:
        # The applications before their answers, as whoever saves does.
        lock_applications(Answer.objects.filter(question__in=rows).values("application"))
        for row in rows:
            _reword_options(sheet, row, words)
        for was, now in words.items():
            write_down(sheet, "correct-wording", by=by, question=str(found.pk), was=was, now=now)
    return found


def _reword_options(sheet: Sheet, row: Question, words: Mapping[str, str]) -> None:
    row.options = [words.get(option, option) for option in row.options]
    row.save(update_fields=["options"])
    for other in sheet.rows:
        if other.shown_if_id == row.pk and other.shown_if_values:
            other.shown_if_values = [words.get(one, one) for one in other.shown_if_values]
            other.save(update_fields=["shown_if_values"])
    if row.kind not in {QuestionKind.CHOICE, QuestionKind.CHOICES}:
        return
    changed = []
    for answer in Answer.objects.filter(question=row).order_by("pk").select_for_update():
        # Several choices stand one on each line.
        value = "\n".join(words.get(one, one) for one in answer.value.split("\n"))
        if value != answer.value:
            answer.value = value
            changed.append(answer)
    # The text is the team's own, so neither its hour nor its version changes.
    Answer.objects.bulk_update(changed, ["value"])


@transaction.atomic
def translate_form(
    *,
    call: Call,
    language: str,
    sections: Mapping[str, str],
    questions: Mapping[UUID, Mapping[str, Any]],
    rules: Mapping[UUID, str],
    by: User,
) -> int:
    """Write words of another language; only what is given changes. Answers how many texts.

    ``questions`` has for each key ``label``, ``help`` and ``options`` (by their place).
    """
    sheet = open_sheet(call=call, by=by, wording=True)
    if language not in other_languages(sheet.call):
        raise StepRefused(_("This call is not written in that language."))
    count, code = 0, language.lower()
    for row in sheet.rows:
        words = row.translations.get(code) or {}
        new = dict(words)
        if row.section in sections:
            new["section"] = sections[row.section]
        # A row that replaces another shares its words until they are written for itself.
        given = questions.get(row.pk) or {}
        new |= {name: given[name] for name in ("label", "help") if name in given}
        if "options" in given:
            options = [*(words.get("options") or []), *([""] * len(row.options))]
            for place, text in given["options"].items():
                options[place] = text
            new["options"] = options[: len(row.options)]
        if new != words:
            row.translations[code] = new
            row.save(update_fields=["translations"])
            count += 1
    for rule in EligibilityRule.objects.filter(call=sheet.call, pk__in=list(rules)):
        rule.translations[code] = {"text": rules[rule.pk]}
        rule.save(update_fields=["translations"])
        count += 1
    if count:
        write_down(sheet, "translate-form", by=by, language=code)
    return count


def other_languages(call: Call) -> list[str]:
    """The languages of a call beside the first, in which its questions are written."""
    return [one.lower() for one in call.languages[1:]]
