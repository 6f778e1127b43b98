"""Forms and answers as a text document (.docx), in which teams write together before they paste."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext as _, ngettext

from challenges.choices import Audience, LimitUnit, QuestionKind
from portal import clock

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docx.document import Document as WordDocument

    from challenges.models import Application, Call, Question

#: What such a file is called in an answer.
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: A box to tick on paper.
BOX = "☐"
#: Empty lines under a question, by how much is asked for.
ROOM = {QuestionKind.LONG: 4, QuestionKind.SHORT: 1}


def _new(title: str, language: str = "en-GB") -> WordDocument:
    from docx import Document  # noqa: PLC0415 -- large, and most processes never need it

    document = Document()
    document.core_properties.title = title
    document.core_properties.language = language
    document.core_properties.author = ""
    return document


def _bytes(document: WordDocument) -> bytes:
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def blank_form_in_word(call: Call, language: str) -> bytes:
    """Every question of the version in force, with room to write below."""
    document = _new(call.title, language)
    document.add_heading(call.title, 0)
    document.add_paragraph(f"{call.programme.name}. {call.summary}")
    document.add_paragraph(
        _("Closes: %(when)s.") % {"when": clock.in_words(call.closes_at, call.time_zone)}
    )
    document.add_paragraph(
        _("Write here together if you like; only what is submitted in the portal counts.")
    )
    section = None
    for question in call.asked():
        if question.section != section:
            section = question.section
            document.add_heading(section, 1)
        document.add_heading(question.label, 2)
        for line in notes_of(question):
            document.add_paragraph(line).runs[0].italic = True
        for option in question.options:
            document.add_paragraph(f"{BOX} {option}")
        for _line in range(ROOM.get(QuestionKind(question.kind), 1 - bool(question.options))):
            document.add_paragraph("")
    return _bytes(document)


def notes_of(question: Question) -> list[str]:
    """What is said beside a question: help, whether it must be answered, how long, who reads it."""
    said = [_("required") if question.required else _("optional")]
    if question.kind in {QuestionKind.SHORT, QuestionKind.LONG}:
        if question.limit_unit == LimitUnit.WORDS:
            words = ngettext("at most %(n)d word", "at most %(n)d words", question.character_limit)
            said.append(words % {"n": question.character_limit})
        else:
            signs = ngettext(
                "at most %(n)d character", "at most %(n)d characters", question.character_limit
            )
            said.append(signs % {"n": question.character_limit})
    if question.unit:
        said.append(question.unit)
    said.append(_("read by %(who)s") % {"who": Audience(question.read_by).label})
    lines = [question.help] if question.help else []
    if question.shown_if is not None:
        wanted = ", ".join(question.shown_if_values)
        lines.append(
            _("Only if “%(question)s” is answered with: %(values)s")
            % {"question": question.shown_if.label, "values": wanted}
            if wanted
            else _("Only if “%(question)s” is answered") % {"question": question.shown_if.label}
        )
    return [*lines, " · ".join(said)]


def answers_in_word(
    application: Application,
    sections: Iterable[tuple[str, list[dict[str, Any]]]],
    *,
    standing: str,
    language: str,
) -> bytes:
    """One's own answers under their questions; ``standing`` says which version it is."""
    title = f"{application.call.title} – {application.reference}"
    document = _new(title, language)
    document.add_heading(application.call.title, 0)
    document.add_paragraph(f"{application.startup.name} · {application.reference} · {standing}")
    for name, rows in sections:
        document.add_heading(name, 1)
        for row in rows:
            document.add_heading(row["label"], 2)
            for line in str(row["value"] or "–").split("\n"):
                document.add_paragraph(line)
    return _bytes(document)
