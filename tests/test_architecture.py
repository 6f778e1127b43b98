"""What no linter can see: names, rows of the workflows, templates, forms, admins, settings."""

from __future__ import annotations

import ast
import functools
import json
import re
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeGuard

import pytest
import rules
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.forms import BaseForm, BaseModelForm, ModelForm
from django.template import engines

from portal.notices import Notice
from portal.staff import ScopedAdmin
from portal.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
APPS = ["procurement", "challenges", "startups", "events", "portal"]
LINES_IN_A_FILE = 450


def modules(*roots: str) -> Iterator[Path]:
    """Our Python files, without migrations."""
    for root in roots:
        for path in sorted((ROOT / root).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def short(path: Path) -> str:
    """The path as people write it."""
    return str(path.relative_to(ROOT))


@functools.cache
def tree(path: Path) -> ast.Module:
    """The file as syntax."""
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def load_everything() -> None:
    """Import each module of the apps, so that every subclass is known."""
    for path in modules(*APPS):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        if name not in {"portal.gunicorn", "portal.wsgi"}:
            import_module(name)


@functools.cache
def workflows() -> dict[str, Workflow[Any]]:
    """Every table of steps, by the place where it stands."""
    load_everything()
    found: dict[int, tuple[str, Workflow[Any]]] = {}
    for path in modules(*APPS):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if "workflow" in parts:
            module = import_module(".".join(parts).removesuffix(".__init__"))
            for name, value in vars(module).items():
                if isinstance(value, Workflow):
                    found.setdefault(id(value), (f"{module.__name__}.{name}", value))
    return dict(found.values())


def subclasses(base: type[Any]) -> Iterator[type[Any]]:
    """All of them, at any remove, ours only."""
    load_everything()
    children: list[type[Any]] = base.__subclasses__()
    for child in children:
        if child.__module__.partition(".")[0] in APPS:
            yield child
        yield from subclasses(child)


def own_models() -> list[type[models.Model]]:
    """The models of our apps."""
    return [model for app in APPS for model in apps.get_app_config(app).get_models()]


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


# -- letters --------------------------------------------------------------------------------------


def letters() -> list[type[Notice]]:
    """Every kind of letter: the classes at the ends of the tree."""
    return [kind for kind in subclasses(Notice) if not kind.__subclasses__()]


def test_every_letter_has_its_sentences() -> None:
    missing = [
        f"{kind.__name__}: templates/{kind.app}/mail/{kind().name}.txt"
        for kind in letters()
        if not (TEMPLATES / kind.app / "mail" / f"{kind().name}.txt").is_file()
    ]
    assert not missing


def test_every_letter_is_named_by_what_happened() -> None:
    irregular = {
        "Sent",
        "Told",
        "Found",
        "Lost",
        "Met",
        "Kept",
        "Given",
        "Taken",
        "Withdrawn",
        "Due",
    }
    words = {kind.__name__: re.findall(r"[A-Z][a-z]+", kind.__name__) for kind in letters()}
    assert not [
        name
        for name, parts in words.items()
        if not any(part.endswith("ed") or part in irregular for part in parts)
    ]


def test_no_letter_template_is_left_over() -> None:
    known = {f"{kind.app}/mail/{kind().name}.txt" for kind in letters()}
    code = "\n".join(path.read_text(encoding="utf-8") for path in modules(*APPS))
    left = [
        name
        for path in sorted(TEMPLATES.glob("*/mail/*.txt"))
        if (name := str(path.relative_to(TEMPLATES))) not in known
        and name not in code
        and path.stem not in code
        and not path.name.startswith("_")
    ]
    assert not left


@pytest.mark.parametrize("path", sorted(TEMPLATES.glob("*/mail/*.txt")), ids=lambda path: path.stem)
def test_sentences_are_not_escaped_for_html(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert "{{" not in text or "autoescape off" in text


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


# -- templates ------------------------------------------------------------------------------------

PAGES = sorted(TEMPLATES.rglob("*.html"))
#: Templates that replace a package's, so that the package includes and extends them.
THEIRS = (
    *("allauth/", "account/", "mfa/", "usersessions/", "socialaccount/"),
    *("admin/", "django/", "crispy", "bootstrap5/"),
)


def name_of(path: Path) -> str:
    """The template's name."""
    return str(path.relative_to(TEMPLATES))


def without_comments(text: str) -> str:
    """What of a template can reach a reader."""
    text = re.sub(r"{%\s*comment.*?{%\s*endcomment\s*%}", "", text, flags=re.DOTALL)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL)
    return re.sub(r"{#.*?#}", "", text)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_template_compiles(path: Path) -> None:
    engines["django"].get_template(name_of(path))


#: The base itself, and the stage: now, next, the minutes left, nothing else.
STAND_ALONE = {"base.html", "startups/demo_day_stage.html"}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_page_extends_and_partial_does_not(path: Path) -> None:
    name, text = name_of(path), path.read_text(encoding="utf-8")
    extends = re.search(r"{%\s*extends", text) is not None
    if path.name.startswith("_"):
        assert not extends
    elif not name.startswith((*THEIRS, "mail/")) and name not in STAND_ALONE:
        # The pages of last resort are sent when nothing else works, so they stand alone.
        assert extends or re.fullmatch(r"\d{3}(_csrf)?\.html", name)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_template_holds_nothing_the_policy_forbids(path: Path) -> None:
    name, text = name_of(path), without_comments(path.read_text(encoding="utf-8"))
    if name.startswith("mail/"):
        return
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", text)
    assert not re.search(r"<style|javascript:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)", text)


@functools.cache
def code_and_templates() -> str:
    """Everything that could name a template."""
    files = [*modules(*APPS), *sorted(TEMPLATES.rglob("*.html")), *sorted(TEMPLATES.rglob("*.txt"))]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_template_is_used(path: Path) -> None:
    name = name_of(path)
    if name.startswith(THEIRS) or re.fullmatch(r"\d{3}(_csrf)?\.html", name):
        return
    is_used = f'"{name}"' in code_and_templates() or f"'{name}'" in code_and_templates()
    assert is_used


#: Names, units and signs that are the same in every language.
SAME_EVERYWHERE = {"minato", "csv", "xlsx", "pdf", "mb", "utc", "html", "id", "s", "h", "min", "e"}
#: Pages for those who build the portal.
FOR_BUILDERS = {"styleguide.html"}


def untranslated(text: str) -> list[str]:
    """Words between tags that no translation reaches."""
    text = without_comments(text)
    # Blocks that hold names of classes for the style sheet.
    classes = r"{%\s*block (?:wide|bodyclass|body_class|coltype)\s*%}.*?{%\s*endblock[^%]*%}"
    text = re.sub(classes, "", text, flags=re.DOTALL)
    text = re.sub(
        r"{%\s*blocktrans(late)?\b.*?{%\s*endblocktrans(late)?\s*%}", " ", text, flags=re.DOTALL
    )
    text = re.sub(r"{%.*?%}|{{.*?}}", "\0", text, flags=re.DOTALL)
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    spoken = re.findall(r'\b(?:aria-label|title|alt|placeholder)="([^"]*)"', text)
    text = re.sub(r"<[^>]*>", "\n", text)
    text = re.sub(r"&[a-z#0-9]+;", " ", text)
    pieces = [piece.strip() for part in [*spoken, text] for piece in re.split(r"[\n\0]", part)]
    return [
        piece
        for piece in pieces
        if (words := re.findall(r"[^\W\d_]+", piece))
        and not {word.lower() for word in words} <= SAME_EVERYWHERE
    ]


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_visible_word_can_be_translated(path: Path) -> None:
    if name_of(path) in FOR_BUILDERS:
        return
    assert untranslated(path.read_text(encoding="utf-8")) == []


def test_untranslated_words_are_found() -> None:
    assert untranslated("<p>Hello {{ name }}</p>") == ["Hello"]
    assert untranslated('<p aria-label="Close">{% translate "Hello" %}</p>') == ["Close"]
    assert untranslated("<p>{% blocktranslate %}Hello{% endblocktranslate %} – 5 MB</p>") == []


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
