"""Which letters of a call staff may word themselves, with which names, and how these are filled in.

Staff's text is no template: a name in braces is replaced once, by plain text, and nothing else in
it means anything. Facts, button and legal lines of a letter are always the supplied ones.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from portal import clock
from portal.validators import without_direction_marks

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from django_stubs_ext import StrOrPromise

    from portal.notices import Letter

#: What stands between braces, whatever it is.
NAME = re.compile(r"\{([^{}]*)\}")
SUBJECT_FITS = 250


@dataclass(frozen=True)
class Own:
    """What staff's own words are, for one letter in one language."""

    subject: str
    text: str
    signature: str = ""


@dataclass(frozen=True)
class Wordable:
    """A letter that staff may word themselves."""

    label: StrOrPromise
    #: Of what record it speaks: ``application``, ``call``, ``question`` or another.
    about: str
    #: Names beside those that every letter has.
    names: tuple[str, ...] = ()
    #: Names without which the letter would not say what it is for.
    must: tuple[str, ...] = ()
    #: So many of the last paragraphs stay as supplied: what they say depends on the case.
    kept: int = 0


# -- names ----------------------------------------------------------------------------------------

#: What each name stands for, as staff read it beside the text.
NAMES: dict[str, StrOrPromise] = {
    "name": _("name of the reader"),
    "call": _("title of the call"),
    "programme": _("name of the programme"),
    "contact": _("address for questions"),
    "deadline": _("deadline, in both time zones"),
    "news": _("day of the next news"),
    "reference": _("reference of the application"),
    "organisation": _("name of the organisation"),
    "version": _("number of the version that counts"),
    "reason": _("the reason that was given"),
    "answer": _("the answer that was given"),
    "question": _("the question as it was asked"),
    "note": _("what has changed, as it was written"),
    "file": _("name of the file"),
    "left": _("how long there is"),
    "count": _("how many"),
}
EVERYWHERE = ("name", "call", "programme", "contact", "deadline", "news")
OF_APPLICATION = (*EVERYWHERE, "reference", "organisation")
#: Texts of several lines, which other people wrote: not for a subject line.
LONG = frozenset({"reason", "answer", "question", "note"})

LETTERS: dict[str, Wordable] = {
    "application_received": Wordable(_("Receipt of an application"), "application", ("version",)),
    "application_amended": Wordable(_("Receipt of a newer version"), "application", ("version",)),
    "application_withdrawn": Wordable(_("Withdrawal"), "application", kept=1),
    "application_restored": Wordable(_("Withdrawal undone"), "application", ("version",)),
    "draft_reminded": Wordable(_("Reminder: not submitted yet"), "application", ("left",)),
    "complete_draft_reminded": Wordable(
        _("Reminder: complete, not submitted"), "application", ("left",)
    ),
    "changes_reminded": Wordable(
        _("Reminder: changes not submitted"), "application", ("left", "version")
    ),
    "file_refused": Wordable(_("File not taken"), "application", ("file",), kept=3),
    "file_reminded": Wordable(_("File not replaced yet"), "replacement", ("file",), kept=2),
    "extension_granted": Wordable(
        _("More time granted"), "application", ("answer",), must=("answer",), kept=2
    ),
    "extension_ended": Wordable(_("Extra time ended"), "application", kept=1),
    "more_time_refused": Wordable(
        _("No more time"), "request", ("answer",), must=("answer",), kept=1
    ),
    "application_selected": Wordable(
        _("Result: selected"), "application", ("reason",), must=("reason",)
    ),
    "application_reserved": Wordable(
        _("Result: reserve list"), "application", ("reason",), must=("reason",)
    ),
    "application_not_selected": Wordable(
        _("Result: not selected"), "application", ("reason",), must=("reason",), kept=1
    ),
    "application_ruled_out": Wordable(
        _("Result: ineligible"), "application", ("reason",), must=("reason",), kept=1
    ),
    "deadline_moved": Wordable(_("New deadline"), "call", ("reason",), must=("reason",)),
    "call_cancelled": Wordable(_("Call cancelled"), "call", ("reason",), must=("reason",)),
    "news_date_moved": Wordable(
        _("New date for the next news"), "call", ("reason",), must=("reason",)
    ),
    "form_changed": Wordable(_("Questions changed: drafts"), "form", ("note",), must=("note",)),
    "form_changed_for_submitted": Wordable(
        _("Questions changed: submitted"), "form", ("note",), must=("note",)
    ),
    "question_answered": Wordable(
        _("Question answered"), "question", ("question", "answer"), must=("answer",), kept=1
    ),
    "answer_corrected": Wordable(
        _("Answer corrected"), "question", ("question", "answer"), must=("answer",)
    ),
    "question_closed": Wordable(
        _("Question closed"), "question", ("question", "reason"), must=("reason",)
    ),
    "answers_published": Wordable(_("New answers for everybody"), "call", ("count",)),
    "call_opened": Wordable(_("Call opened, to who asked for it"), "call", kept=1),
    "reviews_assigned": Wordable(_("Reviews, to jurors"), "call", ("count",)),
}
#: Letters that nobody rewords, with the reason; a test holds both lists complete.
NOT_WORDED = {
    "circular_sent": "it is staff's own words",
    "message_received": "it is somebody's own words",
    "helper_invited": "a team sends it",
    "alert_requested": "it confirms an address",
    "place_returned": "it goes to staff",
    "confirmation_requested": "it goes to staff",
    "extension_not_confirmed": "it goes to staff",
    "more_time_asked": "it goes to staff",
    "news_date_reminded": "it goes to staff",
    "closing_neared": "it goes to staff",
    "call_closed": "it goes to staff",
    "jurors_wanted": "it goes to staff",
}


def names_of(notice: str) -> tuple[str, ...]:
    """The names that may stand in this letter."""
    letter = LETTERS[notice]
    common = OF_APPLICATION if letter.about in WITH_APPLICATION else EVERYWHERE
    return (*common, *letter.names)


# -- values ---------------------------------------------------------------------------------------

#: What a letter of these speaks of leads to an application.
WITH_APPLICATION = ("application", "request", "replacement")


def application_of(record: Any) -> Any:
    """The application that a record is or belongs to; None where it is of a call as a whole."""
    return record if hasattr(record, "reference") else getattr(record, "application", None)


def call_of(record: Any) -> Any:
    """The call that a record is or belongs to."""
    application = application_of(record)
    if application is not None:
        return application.call
    return getattr(record, "call", record)


def _reason(step: Any) -> str:
    decision = step.data.get("decision")
    return str(decision.reason if decision is not None else step.reason)


def _count(step: Any, reader: Any) -> str:
    people = step.data.get("people")
    return str(people[reader] if isinstance(people, dict) else step.data.get("count", ""))


def _file(step: Any) -> str:
    document = step.data.get("document") or getattr(step.record, "refused", None)
    return str(getattr(document, "name", ""))


def _ends(step: Any) -> Any:
    application = application_of(step.record)
    return application.ends if application is not None else call_of(step.record).closes_at


def _news(call: Any) -> str:
    return date_format(call.news_by, "D j M Y") if call.news_by else ""


#: What is asked for each name, only where the text has it.
VALUES: dict[str, Callable[[Any, Any], str]] = {
    "name": lambda _step, reader: str(reader.shown_name),
    "call": lambda step, _reader: str(call_of(step.record).title),
    "programme": lambda step, _reader: str(call_of(step.record).programme.name),
    "contact": lambda step, _reader: str(
        call_of(step.record).contact_email or call_of(step.record).programme.mailbox
    ),
    "deadline": lambda step, reader: clock.in_both_zones(
        _ends(step), call_of(step.record).time_zone, reader.time_zone
    ),
    "news": lambda step, _reader: _news(call_of(step.record)),
    "reference": lambda step, _reader: str(application_of(step.record).reference),
    "organisation": lambda step, _reader: str(application_of(step.record).startup.name),
    "version": lambda step, _reader: str(application_of(step.record).revision_count),
    "reason": lambda step, _reader: _reason(step),
    "answer": lambda step, _reader: str(
        getattr(step.record, "answer", "") or step.data.get("answer", "")
    ),
    "question": lambda step, _reader: str(step.record.text),
    "note": lambda step, _reader: str(step.record.note),
    "file": lambda step, _reader: _file(step),
    "left": lambda step, _reader: str(step.data.get("left", "")),
    "count": _count,
}


def values_of(notice: str, own: Own, step: Any, reader: Any) -> dict[str, str]:
    """What each name that stands in the text means for one reader, as plain text."""
    used = set(NAME.findall(f"{own.subject}\n{own.text}\n{own.signature}"))
    found = {name: VALUES[name](step, reader) for name in used & set(names_of(notice))}
    return {
        name: value if name in LONG else " ".join(without_direction_marks(value).split())
        for name, value in found.items()
    }


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its names replaced, once: what a value holds is never looked at again."""
    return NAME.sub(lambda found: values.get(found[1], found[0]), text)


def in_own_words(notice: str, own: Own, letter: Letter, step: Any, reader: Any) -> Letter:
    """The letter in staff's words; facts, button and what must not be lost stay as supplied."""
    values = values_of(notice, own, step, reader)
    subject = " ".join(fill(own.subject, values).split())[:SUBJECT_FITS]
    paragraphs = _paragraphs(fill(own.text, values))
    if not subject or not paragraphs:
        return letter
    if kept := LETTERS[notice].kept:
        paragraphs += letter.paragraphs[-kept:]
    paragraphs += _paragraphs(fill(own.signature, values))
    heading = subject if letter.heading == letter.subject else letter.heading
    return replace(letter, subject=subject, heading=heading, paragraphs=paragraphs)


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"\n\s*\n", text) if part.strip()]


# -- what staff typed -----------------------------------------------------------------------------


def strange_names(notice: str, text: str) -> list[str]:
    """What stands between braces and is no name of this letter."""
    return sorted(set(NAME.findall(text)) - set(names_of(notice)))


def lacking_names(notice: str, text: str) -> list[str]:
    """What the letter must say and the text does not."""
    return [name for name in LETTERS[notice].must if name not in NAME.findall(text)]


def long_names(subject: str) -> list[str]:
    """What is too long, or not for everybody's eyes, in a subject line."""
    return sorted(LONG & set(NAME.findall(subject)))
