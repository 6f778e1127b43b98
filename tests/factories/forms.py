"""Forms of calls for tests: one with submitted applications, a version in preparation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from challenges.actions.form_version import begin_version, describe_version
from challenges.choices import ApplicationState
from challenges.models import FormVersion, Question
from tests.factories.challenges import make_application, make_call

if TYPE_CHECKING:
    from challenges.models import Call
    from portal.models import User
    from tests.letters import Stage

NOTE = "We ask for the country as well, since the prize differs by country."


def content(**other: Any) -> dict[str, Any]:
    """All that a question holds, as the page of a question sends it on."""
    return {
        "section": "Solution",
        "label": "How does it work?",
        "help": "",
        "kind": "long",
        "required": True,
        "limit": None,
        "limit_unit": "characters",
        "most": None,
        "file_kinds": [],
        "currencies": [],
        "options": [],
        "minimum": None,
        "maximum": None,
        "unit": "",
        "read_by": "jury",
        "blind": False,
        "shown_if": None,
        "shown_if_values": [],
        "fact": "",
        **other,
    }


def of(question: Question, **other: Any) -> dict[str, Any]:
    """What a question holds now, with something else in it."""
    return {name: getattr(question, name) for name in content()} | other


def make_submitted_call(programme: Any, **fields: Any) -> Call:
    """A call to which an application is submitted, so that its form changes by versions only."""
    call = make_call(programme, **fields)
    make_application(call, state=ApplicationState.SUBMITTED)
    return call


def make_version(call: Call, by: User, **fields: Any) -> FormVersion:
    """A version in preparation, with words for the teams."""
    begin_version(call=call, by=by)
    return describe_version(call=call, by=by, **{"note": NOTE, "ask_submitted": False, **fields})


def form_changed(on: Stage, **people: Any) -> Any:
    """A new version of the form that has just been put in force."""
    version = FormVersion.objects.create(call=on.call, number=2, note=NOTE, made_by=on.manager)
    return on.step(version, **people)
