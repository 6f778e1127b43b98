"""Our own code, as the tests of its shape read it: files, syntax, tables of steps, subclasses."""

from __future__ import annotations

import ast
import functools
import tomllib
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.conf import settings

from portal.workflow import Workflow

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db import models

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
