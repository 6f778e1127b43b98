"""A real-looking case for each letter of a call, made in memory: nothing of it is stored."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext as _

from challenges.notices.wording import LETTERS
from portal import clock

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from challenges.models import Call

#: The key of what is nowhere: links of an example lead to no record.
NOWHERE = UUID(int=0)
PATH = "/applications/"


class Reader(SimpleNamespace):
    """Who reads an example; can be looked up as people are."""

    __hash__ = object.__hash__  # type: ignore[assignment]


class Like:
    """A record as an example shows it: some facts its own, all others those of a real one."""

    def __init__(self, of: Any, **said: Any) -> None:
        self.__dict__.update(said)
        self._of = of

    def __getattr__(self, name: str) -> Any:
        return getattr(self._of, name)


def example_of(call: Call, name: str, language: str, *, named: bool = False) -> tuple[Any, Reader]:
    """A step with its record and a reader; ``named`` puts the names in braces for values."""
    say = _Said(named=named)
    now = clock.database_now()
    news_by = call.news_by or call.closes_at.date() + timedelta(days=30)
    shown = Like(
        call,
        next_news_on=news_by,
        news_by=news_by,
        title=say("call", call.title),
        contact_email=say("contact", call.contact_email or call.programme.mailbox),
        now=now,
    )
    reader = Reader(
        pk=NOWHERE,
        shown_name=say("name", "Wanjiku Kamau"),
        email="wanjiku@example.org",
        language=language,
        time_zone="Africa/Nairobi",
        zone=None,
    )
    application = _application(shown, say, now)
    records: dict[str, Callable[[], Any]] = {
        "application": lambda: application,
        "call": lambda: shown,
        "form": lambda: SimpleNamespace(
            pk=NOWHERE, call=shown, number=2, note=say("note", _("Question 4 asks for one figure."))
        ),
        "question": lambda: SimpleNamespace(
            pk=NOWHERE,
            call=shown,
            text=say("question", _("May we name a partner later?")),
            answer=say("answer", _("Yes, until the deadline.")),
            private=False,
        ),
        "request": lambda: SimpleNamespace(
            pk=NOWHERE, application=application, answer=say("answer", _("The deadline holds."))
        ),
        "replacement": lambda: SimpleNamespace(
            pk=NOWHERE,
            application=application,
            refused=_document(say),
            question=SimpleNamespace(label=_("Pitch deck")),
            open_until=now + timedelta(hours=20),
            get_absolute_url=lambda: PATH,
        ),
    }
    step = SimpleNamespace(
        record=records[LETTERS[name].about](),
        actor=SimpleNamespace(shown_name="Haruka", email=call.programme.mailbox),
        at=now,
        reason=say("reason", _("The venue is not free on the day we had planned.")),
        data=_data(name, say, reader, call, now),
        facts={
            "before": (call.closes_at - timedelta(days=3)).isoformat(),
            "after": call.closes_at.isoformat(),
        },
        from_state="submitted",
        entry=SimpleNamespace(pk=0),
    )
    return step, reader


class _Said:
    """The value of a name, or the name itself in braces."""

    def __init__(self, *, named: bool) -> None:
        self.named = named

    def __call__(self, name: str, value: Any) -> Any:
        return f"{{{name}}}" if self.named else value


def _application(call: Any, say: _Said, now: datetime) -> SimpleNamespace:
    ends = clock.Deadline.at(
        call.closes_at, call.time_zone, now=now, reader_zone=clock.reader_zone()
    )
    return SimpleNamespace(
        pk=NOWHERE,
        call=call,
        call_id=call.pk,
        startup=SimpleNamespace(name=say("organisation", "Maji Sensors Ltd")),
        reference=say("reference", "K7QF-3MPD"),
        submitted_at=min(now, call.closes_at) - timedelta(hours=1),
        current_revision=SimpleNamespace(number=1, short_fingerprint="8c1f 52aa 07de b943"),
        revision_count=say("version", 1),
        completeness=80,
        shown_deadline=ends,
        ends=call.closes_at,
        until=call.closes_at,
        extended_until=None,
        is_submitted=True,
        get_absolute_url=lambda: PATH,
    )


def _document(say: _Said) -> SimpleNamespace:
    return SimpleNamespace(
        pk=NOWHERE,
        name=say("file", "deck.pdf"),
        refusal_text=_("It is locked with a password. Save it without one."),
    )


def _data(name: str, say: _Said, reader: Reader, call: Call, now: datetime) -> dict[str, Any]:
    """Everything that any of the letters asks its step for."""
    outcome = LETTERS[name].label if name.startswith("application_") else ""
    reason = say("reason", _("The jury found the field trial convincing and the costs plain."))
    return {
        "decision": SimpleNamespace(reason=reason, get_outcome_display=lambda: outcome)
        if "reason" in LETTERS[name].names and LETTERS[name].about == "application"
        else None,
        "document": _document(say),
        "question": _("Pitch deck"),
        "submitted": True,
        "may_replace": True,
        "may_be_undone": True,
        "replacement": None,
        "answer": say("answer", _("We heard of the power cut.")),
        "shut": False,
        "calendar": None,
        "left": say("left", _("3 days 2 h left")),
        "before": call.closes_at.date() + timedelta(days=20),
        "count": 2,
        "counts": {"submitted": 12, "drafts": 5, "complete": 2},
        "for_everybody": True,
        "people": {reader: 12},
        "due_on": now.date() + timedelta(days=12),
        "stop": PATH,
        "recipient": reader,
        "reminder": "0",
    }
