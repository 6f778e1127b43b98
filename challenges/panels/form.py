"""What is told of a call's form in its history, and of a draft that moved to a new version."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.registry import Sentence, registry
from startups.journey import SENTENCES, TOLD

registry.facts["question"] = "challenges.question"
registry.sentences |= {
    f"challenges.{key}": Sentence(text)
    for key, text in {
        "call:add-question": _("{who} added the question “{question}”"),
        "call:change-question": _("{who} changed the question “{question}”: {fields}"),
        "call:move-question": _("{who} moved the question “{question}”"),
        "call:remove-question": _("{who} removed the question “{label}”"),
        "call:put-back-question": _("{who} put back the question “{question}”"),
        "call:move-section": _("{who} moved the section “{section}”"),
        "call:rename-section": _("{who} renamed the section “{was}” to “{now}”"),
        "call:correct-wording": _("{who} corrected the wording “{was}” to “{now}”"),
        "call:translate-form": _("{who} translated the form ({language})"),
        "call:begin-form-version": _("{who} began version {version} of the form"),
        "call:give-up-form-version": _("{who} gave up version {version} of the form"),
        "call:publish-form": _(
            "{who} put version {version} of the form in force: {drafts} drafts moved to it, {asked}"
            " submitted applications are asked"
        ),
        "formversion:publish": _("{who} put version {version} of the form in force"),
        "application:move-to-form": _("{who} moved it to version {version} of the form"),
    }.items()
}
SENTENCES["challenges.application:move-to-form"] = _(
    "The draft moved to version {version} of the questions"
)
TOLD.add("challenges.application:move-to-form")
