"""Changing what a call asks: in place before the first submission, afterwards in a new version."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from challenges.choices import ApplicationState, CallState
from challenges.models import Call, Question, Sheet
from challenges.workflow.form import count_anew
from portal import audit
from portal.workflow import StepRefused, lock_to_change

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portal.models import User

#: Ends of a question that a copy of it does not share.
OWN = ("id", "created_at", "lineage", "added_in", "removed_in", "replaces", "order")


def open_sheet(*, call: Call, by: User, wording: bool = False) -> Sheet:
    """The form of a call, locked, if the person may change it now.

    Submitters share the call's row, so an application is submitted with the questions of before or
    of after, never with some of each.

    Raises:
        StepRefused: not permitted, the call is over, or somebody has submitted already.
    """
    lock_to_change(Call, call.pk)
    locked = Call.objects.select_related("programme").get(pk=call.pk)
    if not by.has_perm("challenges.change_question", locked):
        raise StepRefused(_("You may not change this form."), permission=True)
    if locked.state in {CallState.CANCELLED, CallState.ARCHIVED}:
        raise StepRefused(_("This call is over. Its form stays as it is."))
    sheet = Sheet.of(locked)
    if sheet.is_frozen and not wording:
        raise StepRefused(
            _(
                "An application has been submitted, so the questions change in a new version only."
                " A slip in the wording can be corrected."
            )
        )
    return sheet


def asked_in(sheet: Sheet, question: Question) -> Question:
    """The question as it stands on the sheet.

    Raises:
        StepRefused: a colleague has taken it out or replaced it meanwhile.
    """
    found = sheet.find(question.pk)
    if found is None:
        raise StepRefused(_("This question has been changed or removed meanwhile."))
    return found


def copied(question: Question, **other: Any) -> Question:
    """A question with the same content, not stored yet."""
    same = {
        field.attname: getattr(question, field.attname)
        for field in Question._meta.concrete_fields
        if field.name not in OWN
    }
    return Question(**{**same, **other})


def own_row(sheet: Sheet, question: Question) -> Question:
    """The row to change: the question's own, or in a new version the one that replaces it.

    What is shown only if it is answered follows it, so that no condition names a row of before.
    """
    if sheet.version is None or question.added_in == sheet.number:
        return question
    replacement = copied(
        question, replaces=question, added_in=sheet.number, lineage=question.lineage
    )
    replacement.save(force_insert=True)
    following = sheet.shown_by(question)
    question.removed_in = sheet.number
    question.save(update_fields=["removed_in"])
    sheet.place(replacement, after=question)
    for one in following:
        row = own_row(sheet, one)
        row.shown_if = replacement
        row.save(update_fields=["shown_if"])
    return replacement


def refuse_problem(sheet: Sheet) -> None:
    """Stop where a condition cannot be."""
    if problem := sheet.problem():
        raise StepRefused(problem)


def close_sheet(sheet: Sheet) -> None:
    """Store the order, if what stands on the sheet can be asked.

    Raises:
        StepRefused: a condition cannot be, or nothing is left to ask.
    """
    refuse_problem(sheet)
    if not sheet.asked() and sheet.call.state != CallState.DRAFT:
        raise StepRefused(_("A call that is published asks at least one question."))
    sheet.renumber()


def count_drafts_anew(sheet: Sheet) -> None:
    """How far drafts have come, where what they are asked has just changed under them."""
    if sheet.version is None:
        drafts = sheet.call.applications.filter(state=ApplicationState.DRAFT)
        count_anew(drafts, sheet.asked())


def write_down(sheet: Sheet, verb: str, *, by: User, **facts: Any) -> None:
    """Into the history of the call: which question and, in a new version, which version."""
    if sheet.version is not None:
        facts["version"] = sheet.number
    audit.record(sheet.call, verb, actor=by, facts=facts)


@transaction.atomic
def add_question(*, call: Call, content: Mapping[str, Any], by: User) -> Question:
    """Ask something more, at the end of its section."""
    sheet = open_sheet(call=call, by=by)
    question = Question(call=sheet.call, added_in=sheet.number, **content)
    to_end_of_section(sheet, question)
    question.save(force_insert=True)
    close_sheet(sheet)
    count_drafts_anew(sheet)
    write_down(sheet, "add-question", by=by, question=str(question.pk))
    return question


@transaction.atomic
def change_question(
    *,
    call: Call,
    question: Question,
    content: Mapping[str, Any],
    by: User,
    stood: Mapping[str, Any] | None = None,
) -> Question:
    """Ask a question otherwise; drafts keep their answers.

    ``stood`` is what the question held when the content was put together from it.

    Raises:
        StepRefused: a condition cannot be, names an option that would be gone, or a colleague
            saved the question in the same moment.
    """
    sheet = open_sheet(call=call, by=by)
    found = asked_in(sheet, question)
    if stood is not None and any(getattr(found, name) != was for name, was in stood.items()):
        raise StepRefused(
            _("A colleague saved this question in the same moment. Yours is kept here: save again.")
        )
    changed = [name for name, value in content.items() if getattr(found, name) != value]
    if not changed:
        return found
    row = own_row(sheet, found)
    options, section = list(row.options), row.section
    for name in changed:
        setattr(row, name, content[name])
    refuse_lost_options(sheet, row)
    keep_translations(row, options)
    if row.section != section:
        to_end_of_section(sheet, row)
    # Before the database says it: a question cannot depend on itself.
    refuse_problem(sheet)
    row.save(update_fields=[*changed, "translations"])
    close_sheet(sheet)
    count_drafts_anew(sheet)
    write_down(sheet, "change-question", by=by, question=str(row.pk), fields=changed)
    return row


def refuse_lost_options(sheet: Sheet, row: Question) -> None:
    """An option by which another question is shown cannot go before that question is changed."""
    if row.kind not in {"choice", "choices"}:
        return
    for other in sheet.shown_by(row):
        lost = [value for value in other.shown_if_values if value not in row.options]
        if lost:
            raise StepRefused(
                _("“%(other)s” is shown only if the answer is “%(option)s”. Change that first.")
                % {"other": other.label, "option": lost[0]}
            )


def keep_translations(row: Question, before: list[str]) -> None:
    """Each option keeps its own words in other languages, wherever it stands now."""
    if before == list(row.options):
        return
    for words in row.translations.values():
        given = dict(zip(before, words.get("options") or [], strict=False))
        words["options"] = [given.get(option, "") for option in row.options]


def to_end_of_section(sheet: Sheet, row: Question) -> None:
    """Behind the last question of the section that it names now, with that section's words."""
    inside = [one for one in sheet.sections().get(row.section, []) if one is not row]
    for language in row.translations:
        row.translations[language].pop("section", None)
    for language, words in inside[-1].translations.items() if inside else ():
        if words.get("section"):
            row.translations.setdefault(language, {})["section"] = words["section"]
    if inside:
        sheet.place(row, after=inside[-1])
    else:
        last = [one for one in sheet.asked() if one is not row]
        sheet.place(row, after=last[-1] if last else None)


@transaction.atomic
def duplicate_question(*, call: Call, question: Question, by: User) -> Question:
    """The same question once more, right behind it, to be changed."""
    sheet = open_sheet(call=call, by=by)
    found = asked_in(sheet, question)
    label = _("%(label)s (copy)") % {"label": found.label[:280]}
    copy = copied(found, label=label, fact="", added_in=sheet.number, translations={})
    copy.save(force_insert=True)
    sheet.place(copy, after=found)
    close_sheet(sheet)
    count_drafts_anew(sheet)
    write_down(sheet, "add-question", by=by, question=str(copy.pk))
    return copy


def why_not_removed(sheet: Sheet, question: Question) -> str | None:
    """Why a question cannot be taken out, with the questions named; ``None`` where it can."""
    if waiting := sheet.shown_by(question):
        return _(
            "Whether these are shown depends on its answer: %(questions)s. Change or remove them"
            " first."
        ) % {"questions": ", ".join(f"“{one.label}”" for one in waiting)}
    if len(sheet.asked()) == 1 and sheet.call.state != CallState.DRAFT:
        return _("A call that is published asks at least one question.")
    return None


@transaction.atomic
def remove_question(*, call: Call, question: Question, by: User) -> None:
    """Ask it no more; what teams have answered is kept out of sight.

    Raises:
        StepRefused: another question depends on it, or it is the last.
    """
    sheet = open_sheet(call=call, by=by)
    found = asked_in(sheet, question)
    if why_not := why_not_removed(sheet, found):
        raise StepRefused(why_not)
    write_down(sheet, "remove-question", by=by, question=str(found.pk), label=found.label)
    take_out(sheet, found)
    close_sheet(sheet)
    count_drafts_anew(sheet)


def take_out(sheet: Sheet, row: Question) -> None:
    """Without a trace where nobody can have answered it, else from this version on."""
    never_asked = (
        row.added_in == sheet.number
        if sheet.version is not None
        else sheet.call.state == CallState.DRAFT and not sheet.call.applications.exists()
    )
    if never_asked:
        sheet.rows.remove(row)
        row.delete()
        return
    row.removed_in = sheet.number
    # Before the first submission there is one version: what is taken out was in none.
    row.added_in = min(row.added_in, sheet.number - 1)
    row.save(update_fields=["removed_in", "added_in"])


@transaction.atomic
def put_back(*, call: Call, question: Question, by: User) -> Question:
    """A question as it is in force, whatever the new version made of it."""
    sheet = open_sheet(call=call, by=by)
    version = sheet.version
    before = next((row for row in sheet.rows if row.pk == question.pk), None)
    if version is None or before is None or before.removed_in != version.number:
        raise StepRefused(_("Nothing is changed in this question."))
    before.removed_in = None
    before.save(update_fields=["removed_in"])
    for row in [one for one in sheet.asked() if one.replaces_id == before.pk]:
        for other in sheet.shown_by(row):
            other.shown_if = before
            other.save(update_fields=["shown_if"])
        sheet.rows.remove(row)
        row.delete()
    if before.shown_if_id and sheet.find(before.shown_if_id) is None:
        follow_condition(sheet, before)
    close_sheet(sheet)
    write_down(sheet, "put-back-question", by=by, question=str(before.pk))
    return before


def follow_condition(sheet: Sheet, before: Question) -> None:
    """What it depends on is another row in this version: it follows, as a row of its own."""
    now = next((row for row in sheet.asked() if row.replaces_id == before.shown_if_id), None)
    if now is None:
        raise StepRefused(
            _("It depends on “%(question)s”, which is removed. Put that back first.")
            % {"question": before.shown_if.label if before.shown_if else ""}
        )
    row = own_row(sheet, before)
    row.shown_if = now
    row.save(update_fields=["shown_if"])
