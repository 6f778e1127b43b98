"""The rules a file can break; `portal.choices.Refusal` has the sentence for each."""

from __future__ import annotations

from enum import StrEnum


class Rule(StrEnum):
    """One rule each; what a person reads stands in `portal.choices`."""

    DAMAGED = "damaged"
    LOCKED = "locked"
    RESTRICTED = "restricted"
    TWO_IN_ONE = "two-in-one"
    SCRIPT = "script"
    LAUNCH = "launch"
    OPENING = "opening"
    ACTIONS = "actions"
    ATTACHMENTS = "attachments"
    FORM = "form"
    MEDIA = "media"
    KIND = "kind"
    ENTRIES = "entries"
    UNPACKED = "unpacked"
    NAMES = "names"
    NESTED = "nested"
    MACROS = "macros"
    CONTROLS = "controls"
    OBJECTS = "objects"
    EXTERNAL = "external"
    ENTITIES = "entities"
    PIXELS = "pixels"
    TEXT = "text"
    FORMULA = "formula"
    HEAVY = "heavy"
    UNREADABLE = "unreadable"
    VIRUS = "virus"
    CHANGED = "changed"


class Refused(Exception):
    """A file breaks a rule."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        super().__init__(rule.value)
