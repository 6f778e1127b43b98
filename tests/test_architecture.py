"""What no linter can see: rooms, rows of the workflows, what people may see, forms, verbs."""

from __future__ import annotations

import ast
import json
import re
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest
import rules
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.forms import BaseForm, BaseModelForm, ModelForm

from portal.staff import ScopedAdmin
from tests.source import (
    APPS,
    LINES_IN_A_FILE,
    PROJECT,
    ROOT,
    load_everything,
    modules,
    own_models,
    short,
    subclasses,
    tree,
    workflows,
)

if TYPE_CHECKING:
    from pathlib import Path

# -- apps and rooms -------------------------------------------------------------------------------


def test_installed_apps_are_those_of_the_contract() -> None:
    first = PROJECT["tool"]["importlinter"]["contracts"][0]
    installed = [name for name in settings.INSTALLED_APPS if (ROOT / name).is_dir()]
    assert installed == first["layers"] == APPS


def test_every_room_contract_is_exhaustive() -> None:
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    rooms = {name for one in contracts if one.get("exhaustive") for name in one["containers"]}
    assert rooms == set(APPS)


@pytest.mark.parametrize("path", list(modules(*APPS, "devtools")), ids=short)
def test_file_is_read_in_one_sitting(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    assert lines <= LINES_IN_A_FILE


def test_only_the_settings_read_the_environment() -> None:
    may = {"portal/env.py", "portal/wsgi.py", "portal/gunicorn.py", "portal/celery.py"}
    readers = {
        short(path)
        for path in modules(*APPS)
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"})
        or (isinstance(node, ast.Import) and any(name.name == "environ" for name in node.names))
    }
    assert readers <= may


def test_no_model_speaks_through_signals() -> None:
    """Effects stand in the row of the workflow, where they can be read."""
    names = {"pre_save", "post_save", "pre_delete", "post_delete", "m2m_changed", "receiver"}
    found = {
        short(path)
        for path in modules(*APPS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("django")
        and names & {name.name for name in node.names}
    }
    assert not found


def test_no_generic_foreign_key() -> None:
    assert not [
        f"{model.__name__}.{field.name}"
        for model in own_models()
        for field in model._meta.get_fields()
        if type(field).__name__ == "GenericForeignKey"
    ]


# -- steps ----------------------------------------------------------------------------------------


def test_names_of_steps_are_imperatives_for_addresses() -> None:
    for place, workflow in workflows().items():
        for transition in workflow:
            assert re.fullmatch(r"[a-z]+(-[a-z]+)*", transition.name), f"{place} {transition.name}"


def test_step_stands_once_in_its_table() -> None:
    """A dictionary keeps the last of two rows with one name and says nothing."""
    for path in modules(*APPS):
        if "workflow" not in path.relative_to(ROOT).with_suffix("").parts:
            continue
        for call in ast.walk(tree(path)):
            if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "Workflow":
                names = [
                    keyword.value.value
                    for row in call.args
                    if isinstance(row, ast.Call)
                    for keyword in row.keywords
                    if keyword.arg == "name" and isinstance(keyword.value, ast.Constant)
                ]
                assert len(names) == len(set(names)), f"{short(path)}: {names}"


def test_permission_of_every_step_is_a_rule() -> None:
    load_everything()
    unknown = {
        f"{place} {transition.name}: {transition.permission}"
        for place, workflow in workflows().items()
        for transition in workflow
        if not rules.perm_exists(transition.permission)
    }
    assert not unknown


def test_states_of_every_step_are_states_of_the_model() -> None:
    for place, workflow in workflows().items():
        field = workflow.model._meta.get_field("state")
        known = {str(value) for value, _label in field.choices}
        for transition in workflow:
            used = {str(state) for state in transition.sources}
            used |= {str(transition.target)} if transition.target else set()
            assert used <= known, f"{place} {transition.name}: {used - known}"


def test_every_stateful_model_has_its_table() -> None:
    with_table = {workflow.model for workflow in workflows().values()}
    stateful = {
        model
        for model in own_models()
        if issubclass(model, import_module("portal.models").Stateful)
    }
    assert {model.__name__ for model in stateful - with_table} == set()


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model.__name__)
def test_state_is_one_of_the_known_ones_in_the_database_too(model: type[models.Model]) -> None:
    if "state" not in {field.name for field in model._meta.concrete_fields}:
        pytest.skip("it has no state")
    if issubclass(model, import_module("portal.models").FieldEvent):
        pytest.skip("it repeats what the watched table let through")
    checks = [
        constraint
        for constraint in model._meta.constraints
        if isinstance(constraint, models.CheckConstraint)
        and any("state" in str(child) for child in constraint.condition.flatten())
    ]
    assert checks


#: Rows that are a queue of work: nobody decides their state.
WORK_QUEUES = {
    *("reminder", "message", "document", "OutboxMessage", "Reminder", "Document", "Upload"),
}


def writes_state(node: ast.AST) -> bool:
    """``….update(state=…)`` or ``record.save(update_fields=["state"])``, save on work queues."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    roots = {name.id for name in ast.walk(node.func) if isinstance(name, ast.Name)}
    if roots & WORK_QUEUES:
        return False
    keywords = {keyword.arg: ast.unparse(keyword.value) for keyword in node.keywords}
    return (node.func.attr == "update" and "state" in keywords) or (
        node.func.attr == "save" and "'state'" in keywords.get("update_fields", "")
    )


def test_code_changes_a_state_in_workflows_only() -> None:
    """Anywhere else it would skip permission, guards, audit trail and letters."""
    found = [
        f"{short(path)}:{node.lineno}"
        for path in modules(*APPS)
        if "workflow" not in path.relative_to(ROOT).with_suffix("").parts
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and writes_state(node)
    ]
    assert not found


# -- what people may see --------------------------------------------------------------------------

#: Rows that nobody reads by themselves: they are reached through the record they belong to,
#: or everybody may read them.
READ_THROUGH_OTHERS = {
    "AuditSeal": "prints of the trail, read by a command alone",
    "Heartbeat": "a mark of the sweep",
    "AnsweredRequest": "a key of an idempotent form",
    "Tries": "counts of guesses, read by the counter alone",
    "NotificationPreference": "one's own, through the profile",
    "Document": "through the record it was handed in with",
    "DocumentPage": "through the record its file was handed in with",
    "Reminder": "planned by a deadline; nobody reads it yet",
    "Location": "on the public page of its programme",
    "Partnership": "on the public page of its programme",
    "ReportedFigure": "public: as published",
    "Acquaintance": "which programmes have met a startup; used by rules alone",
    "Contact": "through its startup",
    "Founder": "through its startup",
    "Answer": "through its application",
    "Statement": "through its application",
    "EligibilityRule": "through its call",
    "EligibilityCheck": "counts without a name, on the page of its call",
    "CallAlert": "one's own, through `alerts_of` and the secret of its letter",
    "Revision": "through its application",
    "Collaborator": "through its application",
    "ConsortiumMember": "through its application",
    "ApplicationNote": "through its application",
    "MessageReading": "a mark of how far somebody has read",
    "Group": "through its cohort",
    "Question": "through its call",
    "FormVersion": "through its call",
    "Criterion": "through its call",
    "CallPreview": "by its secret",
    "FaqEntry": "on the public page of its call",
    "ConflictOfInterest": "through the review",
    "Review": "through its assignment",
    "Score": "through its review",
}


@pytest.mark.parametrize("model", own_models(), ids=lambda model: model.__name__)
def test_rows_are_scoped_to_the_reader(model: type[models.Model]) -> None:
    if issubclass(model, import_module("portal.models").FieldEvent):
        pytest.skip("told on the page of its record (registry.field_sources)")
    scoped = hasattr(model._default_manager.all(), "visible_to")
    assert scoped or model.__name__ in READ_THROUGH_OTHERS


def test_list_of_unscoped_models_is_short_and_true() -> None:
    names = {model.__name__ for model in own_models()}
    assert set(READ_THROUGH_OTHERS) <= names
    assert not [
        model.__name__
        for model in own_models()
        if model.__name__ in READ_THROUGH_OTHERS
        and hasattr(model._default_manager.all(), "visible_to")
    ]


def test_doors_never_read_all_rows() -> None:
    """Every read starts at `visible_to`; `.all()` on a manager is everybody's rows."""
    found = [
        f"{short(path)}:{node.lineno}"
        for path in modules(*APPS)
        if {"views", "admin", "panels"} & {*path.parts, path.stem}
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "all"
        and isinstance(node.func.value, ast.Attribute)
        and node.func.value.attr in {"objects", "_default_manager"}
    ]
    assert not found


def test_every_admin_is_scoped() -> None:
    unscoped = [
        model._meta.label
        for model, one in admin.site._registry.items()
        if not isinstance(one, ScopedAdmin)
    ]
    assert not unscoped


def test_no_admin_deletes() -> None:
    for model, one in admin.site._registry.items():
        deletes = type(one).has_delete_permission
        assert deletes is ScopedAdmin.has_delete_permission, model._meta.label


def names_its_fields(one: Any) -> bool:
    """Whether the fields are listed, by the form that is named or by the page's own method."""
    kind = type(one)
    return bool(
        one.fields
        or one.fieldsets
        or one.form is not ModelForm
        or any(
            getattr(kind, method) is not getattr(admin.ModelAdmin, method, None)
            for method in ("get_fields", "get_fieldsets", "render_change_form", "change_view")
            if hasattr(kind, method) and getattr(kind, method) is not getattr(ScopedAdmin, method)
        )
    )


def test_no_admin_hands_out_fields_unasked() -> None:
    """An admin that lists none shows each field that somebody adds to the model later."""
    careless = [
        type(one).__name__ for one in admin.site._registry.values() if not names_its_fields(one)
    ]
    careless += [
        inline.__name__
        for one in admin.site._registry.values()
        for inline in one.inlines
        if not (inline.fields or inline.fieldsets or inline.form is not ModelForm)
    ]
    assert not careless


def test_every_form_lists_its_fields() -> None:
    """`__all__` and `exclude` hand out each field that somebody adds to the model later."""
    wrong = []
    for path in modules(*APPS):
        for node in ast.walk(tree(path)):
            if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
                continue
            name, value = node.targets[0].id, node.value
            everything = isinstance(value, ast.Constant) and value.value == "__all__"
            if (name == "fields" and everything) or name == "exclude":
                wrong.append(f"{short(path)}:{node.lineno}")
    assert not wrong


def test_saving_a_form_has_no_side_effects() -> None:
    assert not [
        kind.__qualname__
        for kind in subclasses(BaseForm)
        if "save" in vars(kind)
        and not issubclass(kind, BaseModelForm)
        # allauth's own views call the `save` of allauth's forms.
        and not any("save" in vars(base) for base in kind.__mro__[1:])
    ]


# -- locks ----------------------------------------------------------------------------------------


def test_locks_name_no_host() -> None:
    """A lock with addresses binds every clone to one registry."""
    for lock in sorted((ROOT / "requirements").glob("*.txt")):
        assert "://" not in lock.read_text(encoding="utf-8"), lock.name
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert not [name for name, entry in packages.items() if "resolved" in entry]


def is_verb(node: ast.stmt) -> TypeGuard[ast.FunctionDef]:
    """Whether it changes something: the verbs of `actions` are atomic."""
    return isinstance(node, ast.FunctionDef) and any(
        ast.unparse(decorator) == "transaction.atomic" for decorator in node.decorator_list
    )


def test_every_verb_takes_keywords_only() -> None:
    """`offer(call, startup)` and `offer(startup, call)` look alike; names do not."""
    wrong = []
    for path in modules(*APPS):
        if "actions" not in path.relative_to(ROOT).with_suffix("").parts:
            continue
        for node in tree(path).body:
            if is_verb(node) and not node.name.startswith("_"):
                arguments = node.args
                if arguments.posonlyargs or arguments.args:
                    wrong.append(f"{short(path)}: {node.name} takes arguments by place")
                if "request" in {argument.arg for argument in arguments.kwonlyargs}:
                    wrong.append(f"{short(path)}: {node.name} sees the request")
    assert not wrong


def test_tasks_are_named_by_app_and_verb() -> None:
    load_everything()
    from portal.celery import app  # noqa: PLC0415 -- needs the settings

    own = [
        name for name, task in app.tasks.items() if task.run.__module__.partition(".")[0] in APPS
    ]
    assert own
    assert not [name for name in own if not re.fullmatch(rf"({'|'.join(APPS)})\.[a-z_]+", name)]
