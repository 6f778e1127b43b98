"""Forms and answers as a text document (.docx), in which teams write together before they paste."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from challenges.choices import Audience, QuestionKind
from challenges.papers.asked import bounds_of, choices_of
from portal import clock, reading

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from docx.document import Document as WordDocument
    from docx.text.paragraph import Paragraph

    from challenges.models import Application, Call, Question

#: What such a file is called in an answer.
WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: What people paste from elsewhere and no file of XML may hold.
NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
#: A box to tick on paper.
BOX = "☐"
#: Empty lines under a question, by how much is asked for.
ROOM = {QuestionKind.LONG: 4, QuestionKind.SHORT: 1}


def _new(title: str, language: str = "en-GB") -> WordDocument:
    from docx import Document  # noqa: PLC0415 -- large, and most processes never need it

    document = Document()
    document.core_properties.title = _printable(title)
    document.core_properties.language = language
    document.core_properties.author = ""
    return document


def _printable(text: str) -> str:
    return NOT_IN_XML.sub("", text)


def _heading(document: WordDocument, text: str, level: int) -> Paragraph:
    made: Paragraph = document.add_heading(_printable(text), level)
    return made


def _paragraph(document: WordDocument, text: str) -> Paragraph:
    return document.add_paragraph(_printable(text))


def _bytes(document: WordDocument) -> bytes:
    target = BytesIO()
    document.save(target)
    return target.getvalue()


def blank_form_in_word(call: Call, language: str) -> bytes:
    """Every question of the version in force, with room to write below."""
    document = _new(call.title, language)
    _heading(document, call.title, 0)
    _paragraph(document, f"{call.programme.name}. {call.summary}")
    _paragraph(
        document, _("Closes: %(when)s.") % {"when": clock.in_words(call.closes_at, call.time_zone)}
    )
    _paragraph(
        document, _("Write here together if you like; only what is submitted in the portal counts.")
    )
    section = None
    for question in call.asked():
        words = question.in_language()
        if question.section != section:
            section = question.section
            _spoken(_heading(document, words.section, 1), words.language_of("section"))
        _spoken(_heading(document, words.label, 2), words.language_of("label"))
        for line in notes_of(question):
            for run in _paragraph(document, line).runs:
                run.italic = True
            if line == words.help:
                _spoken(document.paragraphs[-1], words.language_of("help"))
        for own, option in choices_of(question):
            box = _paragraph(document, f"{BOX} {option}")
            _spoken(box, words.language_of_option(own))
        for _line in range(ROOM.get(QuestionKind(question.kind), 0 if choices_of(question) else 1)):
            _paragraph(document, "")
    return _bytes(document)


def _spoken(paragraph: Paragraph, language: str) -> None:
    """Say in which language a paragraph is, where it is not the document's."""
    if not reading.attributes(language):
        return
    from docx.oxml import OxmlElement  # noqa: PLC0415 -- large, as above
    from docx.oxml.ns import qn  # noqa: PLC0415

    leftward = reading.is_leftward(language)
    for run in paragraph.runs:
        mark: Any = OxmlElement("w:lang")
        for name in ("w:val", "w:eastAsia", "w:bidi"):
            mark.set(qn(name), language)
        properties = run._element.get_or_add_rPr()
        if leftward:
            properties.append(OxmlElement("w:rtl"))
        properties.append(mark)
    if leftward:
        paragraph._element.get_or_add_pPr().append(OxmlElement("w:bidi"))


def _plain(text: str, _language: str) -> str:
    return text


def notes_marked(question: Question) -> list[str]:
    """What is said beside a question, as HTML that says in which language its own words are."""
    return notes_of(question, say=reading.marked)


def notes_of(question: Question, *, say: Callable[[str, str], str] = _plain) -> list[str]:
    """What is said beside a question: help, whether it must be answered, how long, who reads it.

    ``say`` is told each piece of the form's own words with its language.
    """
    said = [_("required") if question.required else _("optional")]
    said += bounds_of(question)
    said.append(_("read by %(who)s") % {"who": Audience(question.read_by).label})
    own = question.in_language()
    lines = [say(own.help, own.language_of("help"))] if own.help else []
    if question.shown_if is not None:
        other = question.shown_if.in_language()
        label = say(other.label, other.language_of("label"))
        wanted = ", ".join(
            say(other.options.get(one, one), other.language_of_option(one))
            for one in question.shown_if_values
        )
        sentence = (
            _("Only if “%(question)s” is answered with: %(values)s")
            if wanted
            else _("Only if “%(question)s” is answered")
        ) % {"question": label, "values": wanted}
        # As safe as its pieces are; a plain one is escaped by the page.
        lines.append(mark_safe(sentence) if isinstance(label, SafeString) else sentence)  # noqa: S308
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
    _heading(document, application.call.title, 0)
    _paragraph(document, f"{application.startup.name} · {application.reference} · {standing}")
    for name, rows in sections:
        _heading(document, name, 1)
        for row in rows:
            _heading(document, row["label"], 2)
            for line in str(row["value"] or "–").split("\n"):
                _paragraph(document, line)
    return _bytes(document)
