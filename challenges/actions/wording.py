"""Verbs of letters in staff's own words: write, look, test to oneself, back to the supplied."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from challenges.actions.letter_example import example_of
from challenges.models import Wording
from challenges.models.talk import words_that_came
from challenges.notices.wording import (
    LETTERS,
    Own,
    call_of,
    in_own_words,
    lacking_names,
    long_names,
    strange_names,
)
from portal import audit, outbox
from portal.choices import Lane
from portal.notices import Letter, kinds_of
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from challenges.models import Call
    from portal.models import OutboxMessage, User
    from portal.notices import Notice
    from portal.registry import Reword


# -- what the outbox asks -------------------------------------------------------------------------


def words_for(told: Sequence[tuple[Notice, Any]]) -> dict[int, dict[str, Reword]]:
    """Staff's own words for what is being told, by its place and by language: one statement."""
    wanted = {
        place: call_of(step.record)
        for place, (notice, step) in enumerate(told)
        if notice.app == "challenges" and notice.name in LETTERS
    }
    came = {place: words_that_came(told[place][1].record) for place in wanted}
    asked = {place: call for place, call in wanted.items() if came[place] is None}
    rows: list[Any] = []
    if asked:
        rows = list(
            Wording.objects.filter(
                call__in={call.pk for call in asked.values()},
                notice__in={told[place][0].name for place in asked},
            ).values("call_id", "notice", "language", "subject", "text", "signature")
        )
    found: dict[int, dict[str, Reword]] = {}
    for place, call in wanted.items():
        name = told[place][0].name
        here = came[place]
        mine = (row for row in rows if row["call_id"] == call.pk) if here is None else here
        found[place] = {
            row["language"]: partial(
                in_own_words, name, Own(row["subject"], row["text"], row["signature"])
            )
            for row in mine
            if row["notice"] == name
        }
    return found


# -- what staff see -------------------------------------------------------------------------------


def notice_called(name: str) -> Notice:
    """The letter of that name.

    Raises:
        KeyError: nobody rewords a letter of that name.
    """
    if name not in LETTERS:
        raise KeyError(name)
    return kinds_of("challenges")[name]()


def supplied(call: Call, name: str, language: str, *, named: bool = False) -> Letter:
    """The supplied letter about an example; ``named``: with the names in braces for its values."""
    with translation.override(language), timezone.override(call.zone):
        step, reader = example_of(call, name, language, named=named)
        notice = notice_called(name)
        if not named:
            return notice.compose(step, reader)
        # Facts and first line stay as they are; some of them count, and a name is no number.
        subject = " ".join(str(notice.subject(step)).split())
        return Letter(subject, subject, notice.paragraphs(step, reader))


def as_it_will_read(call: Call, name: str, language: str, own: Own) -> Letter:
    """The letter in these words, about an example."""
    with translation.override(language), timezone.override(call.zone):
        step, reader = example_of(call, name, language)
        return in_own_words(name, own, notice_called(name).compose(step, reader), step, reader)


def besides(call: Call, language: str, written: Collection[str]) -> list[tuple[str, Letter]]:
    """Every letter of a call that is not among those ``written``, with its label: an example."""
    own = {one.notice: one for one in call.wordings.filter(language=language)}
    found = []
    for name, wordable in LETTERS.items():
        if name in written:
            continue
        row = own.get(name)
        letter = (
            supplied(call, name, language)
            if row is None
            else as_it_will_read(call, name, language, Own(row.subject, row.text, row.signature))
        )
        found.append((str(wordable.label), letter))
    return found


@dataclass(frozen=True)
class Row:
    """One letter on the page of a call's letters: in which languages it is whose words."""

    name: str
    label: str
    #: Each language of the portal with the row of own words, if there is one.
    languages: list[tuple[str, str, Wording | None]]

    @property
    def missing(self) -> list[str]:
        """Languages without own words, where another has them."""
        if not any(own for _code, _name, own in self.languages):
            return []
        return [name for _code, name, own in self.languages if own is None]


def letters_of(call: Call) -> list[Row]:
    """All letters of a call that may be worded, with what stands."""
    own = {(one.notice, one.language): one for one in call.wordings.select_related("written_by")}
    return [
        Row(
            name,
            str(letter.label),
            [(code, str(label), own.get((name, code))) for code, label in settings.LANGUAGES],
        )
        for name, letter in LETTERS.items()
    ]


# -- verbs ----------------------------------------------------------------------------------------


def why_not(name: str, own: Own) -> str | None:
    """Why these words cannot be sent, in a sentence; ``None`` where they can."""
    whole = f"{own.subject}\n{own.text}\n{own.signature}"
    if strange := strange_names(name, whole):
        return _("There is nothing called %(names)s. Take the names from the list.") % {
            "names": ", ".join(f"{{{one}}}" for one in strange)
        }
    if long := long_names(own.subject):
        return _("%(names)s is too long for the subject. Put it into the text.") % {
            "names": ", ".join(f"{{{one}}}" for one in long)
        }
    if lacking := lacking_names(name, own.text):
        return _("The text must say %(names)s: without it the letter loses what it is for.") % {
            "names": ", ".join(f"{{{one}}}" for one in lacking)
        }
    if not own.subject.strip() or not own.text.strip():
        return _("Write a subject and a text.")
    return None


def _checked(call: Call, name: str, language: str, by: User) -> None:
    if not by.has_perm("challenges.change_wording", call):
        raise StepRefused(_("You may not do this."), permission=True)
    if name not in LETTERS or language not in dict(settings.LANGUAGES):
        raise StepRefused(_("There is no such letter."), permission=True)


@transaction.atomic
def word_letter(*, call: Call, name: str, language: str, own: Own, by: User) -> Wording:
    """Write a letter of the call in one's own words; what was sent stays as it was.

    Raises:
        StepRefused: not permitted, or the words say something that no letter can.
    """
    _checked(call, name, language, by)
    if refusal := why_not(name, own):
        raise StepRefused(refusal)
    worded, _made = Wording.objects.update_or_create(
        call=call,
        notice=name,
        language=language,
        defaults={
            "subject": " ".join(own.subject.split()),
            "text": own.text.replace("\r\n", "\n").strip(),
            "signature": own.signature.replace("\r\n", "\n").strip(),
            "written_by": by,
        },
    )
    audit.record(call, "word-letter", actor=by, facts={"letter": name, "language": language})
    return worded


@transaction.atomic
def take_supplied(*, call: Call, name: str, language: str, by: User) -> bool:
    """Back to the supplied text; whether there were own words.

    Raises:
        StepRefused: not permitted.
    """
    _checked(call, name, language, by)
    gone, _rows = call.wordings.filter(notice=name, language=language).delete()
    if gone:
        facts = {"letter": name, "language": language}
        audit.record(call, "take-supplied-letter", actor=by, facts=facts)
    return bool(gone)


@transaction.atomic
def test_letter(
    *, call: Call, name: str, language: str, own: Own | None, by: User
) -> OutboxMessage | None:
    """Send the letter about the example to oneself alone, marked as a test.

    Raises:
        StepRefused: not permitted, or the words say something that no letter can.
    """
    _checked(call, name, language, by)
    if own is not None and (refusal := why_not(name, own)):
        raise StepRefused(refusal)
    letter = (
        supplied(call, name, language)
        if own is None
        else as_it_will_read(call, name, language, own)
    )
    marked = replace(
        letter,
        subject=_("Test: %(subject)s") % {"subject": letter.subject},
        paragraphs=[_("This is a test with an example; nobody else gets it."), *letter.paragraphs],
        calendar=None,
    )
    with translation.override(language), timezone.override(by.zone):
        message = outbox.post(
            marked,
            to=by.email,
            dedup_key=f"wording_test:{uuid.uuid4()}",
            lane=Lane.RECEIPT,
            notice="wording_test",
            recipient=by,
            programme=call.programme,
            subject=call,
        )
    audit.record(call, "test-letter", actor=by, facts={"letter": name, "language": language})
    return message
