"""Every verb that is written anywhere in the code has a sentence."""

from __future__ import annotations

import ast
import re
import string
from typing import TYPE_CHECKING

import pytest

from portal import audit
from portal.registry import registry
from portal.staff.telling import EVERYWHERE
from tests.source import APPS, modules, tree, workflows

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db


def constants(node: ast.AST | None) -> set[str]:
    """The texts an expression may be."""
    if node is None:
        return set()
    return {
        found.value
        for found in ast.walk(node)
        if isinstance(found, ast.Constant) and isinstance(found.value, str)
    }


def argument(call: ast.Call, name: str, place: int) -> ast.AST | None:
    """An argument by its name or its place."""
    named = next((one.value for one in call.keywords if one.arg == name), None)
    return named or (call.args[place] if len(call.args) > place else None)


def passed_on(file: ast.Module, function: ast.FunctionDef) -> set[str]:
    """The verbs with which a function that takes one is called in its file."""
    names = [one.arg for one in (*function.args.args, *function.args.kwonlyargs)]
    place = names.index("verb") if "verb" in names else -1
    return {
        verb
        for call in ast.walk(file)
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] == function.name
        for verb in constants(argument(call, "verb", place))
    }


def written_verbs() -> Iterator[tuple[str, str]]:
    """Each verb that stands in a call of `audit.record` or `audit.read`, with its place."""
    for path in modules(*APPS):
        file = tree(path)
        for function in ast.walk(file):
            if not isinstance(function, ast.FunctionDef):
                continue
            for call in ast.walk(function):
                if not isinstance(call, ast.Call) or ast.unparse(call.func) not in {
                    "audit.record",
                    "audit.read",
                }:
                    continue
                given = argument(call, "verb", 1)
                if isinstance(given, ast.Name):
                    verbs = passed_on(file, function) | table_of_verbs(file, given.id)
                    assert verbs or given.id == "verb", f"{path}: which verbs?"
                elif isinstance(given, ast.Attribute):
                    continue  # the name of a step: all of them are asked below
                else:
                    verbs = constants(given)
                    if isinstance(given, ast.IfExp):
                        verbs = constants(given.body) | constants(given.orelse)
                    if isinstance(given, ast.JoinedStr):  # f"confirm-{side}-address"
                        parts = [
                            constants(part) if isinstance(part, ast.Constant) else {".+"}
                            for part in given.values
                        ]
                        verbs = {"".join(text for part in parts for text in part)}
                for verb in verbs:
                    yield verb, f"{path.name}:{call.lineno}"


def table_of_verbs(file: ast.Module, name: str) -> set[str]:
    """Verbs that a dictionary of the module holds, read in the same file as ``verb := X.get``."""
    found: set[str] = set()
    for walrus in ast.walk(file):
        if isinstance(walrus, ast.NamedExpr) and walrus.target.id == name:
            table = ast.unparse(walrus.value).partition(".")[0]
            for node in file.body:
                target = getattr(node, "target", None) or next(
                    iter(getattr(node, "targets", [])), None
                )
                value = getattr(node, "value", None)
                if getattr(target, "id", "") == table and isinstance(value, ast.Dict):
                    found |= {text for one in value.values for text in constants(one)}
    return found


def test_every_step_has_a_sentence() -> None:
    lacking = {
        f"{workflow.model._meta.label_lower}:{transition.name}"
        for workflow in workflows().values()
        for transition in workflow
    } - set(registry.sentences)
    assert not lacking


def test_every_written_verb_has_a_sentence() -> None:
    """Whoever writes a new verb says in `registry.sentences` what staff read of it."""
    known = {key.partition(":")[2] for key in registry.sentences} | set(EVERYWHERE)
    lacking = {
        f"{verb} ({place})"
        for verb, place in written_verbs()
        if not any(re.fullmatch(verb, one) for one in known)
    }
    assert not lacking


def test_search_for_verbs_finds_them() -> None:
    """The test above would find nothing to complain of if it found nothing."""
    found = {verb for verb, _place in written_verbs()}
    assert {"start", "note", "send-results", "let-owners-submit", "remove-member"} <= found
    assert {"download-file", "open-draft", "read-draft", "export"} <= found


def test_every_way_of_looking_has_a_sentence() -> None:
    known = {key.partition(":")[2] for key in registry.sentences} | set(EVERYWHERE)
    assert known >= audit.READS


def test_sentences_are_sentences() -> None:
    for key, sentence in registry.sentences.items():
        names = {name for _text, name, _spec, _c in string.Formatter().parse(str(sentence.text))}
        assert "who" in names, key
        if sentence.permission:
            veiled = str(sentence.veiled)
            assert veiled, key
            assert "{" not in veiled, key
