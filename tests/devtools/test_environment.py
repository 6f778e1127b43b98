"""What every process of ours gets of the caller's environment."""

from __future__ import annotations

import subprocess
import sys

import pytest

from devtools import environment
from devtools.environment import clean_environment
from devtools.paths import LOCAL


def test_bytecode_is_kept_even_where_none_is_wanted_beside_the_sources(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    env = clean_environment()
    assert env["PYTHONPYCACHEPREFIX"] == str(LOCAL / "bytecode")
    (tmp_path / "thing.py").write_text("A = 1", encoding="utf-8")
    subprocess.run(
        [sys.executable, "-c", "import thing"],
        env={**env, "PYTHONPYCACHEPREFIX": str(tmp_path / "kept")},
        cwd=tmp_path,
        check=True,
    )
    assert "thing" in {path.stem.split(".")[0] for path in (tmp_path / "kept").rglob("*.pyc")}
    assert not (tmp_path / "__pycache__").exists()


def test_bytecode_lies_beside_the_sources_where_nobody_minds(monkeypatch):
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
    monkeypatch.delenv("PYTHONPYCACHEPREFIX", raising=False)
    assert "PYTHONPYCACHEPREFIX" not in clean_environment()


def test_environment_of_another_tree_is_not_emptied(tmp_path, monkeypatch):
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "kept").write_text("x", encoding="utf-8")
    (tmp_path / ".venv").symlink_to(theirs)
    monkeypatch.setattr(environment, "VENV", tmp_path / ".venv")
    with pytest.raises(environment.Failure, match="is a link to"):
        environment._make_venv()
    assert (theirs / "kept").exists()
