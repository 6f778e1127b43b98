"""The order of a form: questions and sections moved, sections named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils.translation import gettext as _

from challenges.actions.form import (
    asked_in,
    close_sheet,
    open_sheet,
    own_row,
    to_end_of_section,
    write_down,
)
from challenges.models import Question
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from challenges.models import Call, Sheet
    from portal.models import User

LONGEST_SECTION = 80


def step_from(sheet: Sheet, question: Question, *, up: bool) -> tuple[str, Question | None] | None:
    """Where one step leads: the section, and the question it then stands behind.

    Over the edge of its section a question goes into the next one.
    """
    sections, asked = sheet.sections(), sheet.asked()
    names, inside = list(sections), sections[question.section]
    place, number = inside.index(question), names.index(question.section)
    here = asked.index(question)
    if up and place:
        return question.section, asked[here - 2] if here > 1 else None
    if not up and place < len(inside) - 1:
        return question.section, asked[here + 1]
    if up and number:
        return names[number - 1], asked[here - 1]
    if not up and number < len(names) - 1:
        return names[number + 1], asked[here - 1] if here else None
    return None


@transaction.atomic
def move_question(
    *,
    call: Call,
    question: Question,
    by: User,
    to: str = "",
    before: Question | None = None,
    section: str = "",
) -> Question:
    """One step up or down, in front of another question, or to the end of a section.

    Raises:
        StepRefused: a condition would come before what it depends on.
    """
    sheet = open_sheet(call=call, by=by)
    found = asked_in(sheet, question)
    if before is not None and before.pk == found.pk:
        return found
    if to:
        step = step_from(sheet, found, up=to == "up")
        if step is None:
            return found
        name, after = step
    elif before is not None:
        other = asked_in(sheet, before)
        asked = [one for one in sheet.asked() if one is not found]
        place = asked.index(other)
        name, after = other.section, asked[place - 1] if place else None
    else:
        inside = [one for one in sheet.sections().get(section, []) if one is not found]
        if not inside:
            raise StepRefused(_("This section is not there any more."))
        name, after = section, inside[-1]
    row = own_row(sheet, found)
    if name != row.section:
        row.section = name
        to_end_of_section(sheet, row)
        row.save(update_fields=["section", "translations"])
    sheet.place(row, after=after)
    close_sheet(sheet)
    write_down(sheet, "move-question", by=by, question=str(row.pk))
    return row


@transaction.atomic
def move_section(*, call: Call, section: str, to: str, by: User) -> None:
    """A section with its questions one place up or down.

    Raises:
        StepRefused: a condition would come before what it depends on.
    """
    sheet = open_sheet(call=call, by=by)
    names = list(sheet.sections())
    if section not in names:
        raise StepRefused(_("This section is not there any more."))
    place = names.index(section) + (-1 if to == "up" else 1)
    if not 0 <= place < len(names):
        return
    # Of two neighbours the lower one goes up; whichever that is, the order is the same.
    upper, lower = sorted((names.index(section), place))
    asked = sheet.asked()
    first = asked.index(sheet.sections()[names[upper]][0])
    after = asked[first - 1] if first else None
    for question in sheet.sections()[names[lower]]:
        row = own_row(sheet, question)
        sheet.place(row, after=after)
        after = row
    close_sheet(sheet)
    write_down(sheet, "move-section", by=by, section=section)


@transaction.atomic
def rename_section(*, call: Call, section: str, name: str, by: User) -> None:
    """Another name for a section, at once and in each version: it is wording, no other question.

    Raises:
        StepRefused: the name is empty, too long, or another section has it.
    """
    sheet = open_sheet(call=call, by=by, wording=True)
    name = " ".join(name.split())
    if not name or len(name) > LONGEST_SECTION:
        raise StepRefused(_("Give the section a name of at most 80 characters."))
    taken = {row.section for row in sheet.rows if row.removed_in is None}
    if section not in {row.section for row in sheet.rows}:
        raise StepRefused(_("This section is not there any more."))
    if name == section:
        return
    if name in taken:
        raise StepRefused(
            _("There is a section “%(name)s” already. Move the questions there instead.")
            % {"name": name}
        )
    Question.objects.filter(call=sheet.call, section=section).update(section=name)
    write_down(sheet, "rename-section", by=by, was=section, now=name)
