"""Lock files name no address; one dev.py at a time holds a site."""

from __future__ import annotations

import ast
import json
from typing import TYPE_CHECKING

import pytest

from devtools import checks, locks
from devtools.console import Failure
from devtools.paths import REQUIREMENTS, ROOT

if TYPE_CHECKING:
    from pathlib import Path


def test_the_locks_name_no_address() -> None:
    assert checks.addresses_in_locks() == []


def test_an_address_in_a_lock_is_found(tmp_path: Path) -> None:
    (tmp_path / "run.txt").write_text("--index-url https://registry.example/simple\ndjango==5.2\n")
    entry = {"resolved": "https://registry.example/bootstrap.tgz"}
    lock = {"packages": {"": {}, "node_modules/bootstrap": entry}}
    (tmp_path / "package-lock.json").write_text(json.dumps(lock))

    assert len(checks.addresses_in_locks(tmp_path, tmp_path)) == 2


def test_every_pin_has_a_hash() -> None:
    for lock in REQUIREMENTS.glob("*.txt"):
        lines = lock.read_text().splitlines()
        for number, line in enumerate(lines):
            if "==" in line and not line.lstrip().startswith("#"):
                assert "--hash=sha256:" in lines[number + 1], f"{lock.name}:{number + 1}"


def test_a_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    path = tmp_path / "demo.lock"
    with locks.lock(path, "dev.py demo"), pytest.raises(Failure, match=r"`dev\.py demo"):
        locks.lock(path, "dev.py manage")

    locks.lock(path, "dev.py manage").close()


def test_npm_is_told_to_record_no_address() -> None:
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text().split()


def test_an_old_python_can_read_dev_py() -> None:
    ast.parse((ROOT / "dev.py").read_text(), feature_version=(3, 7))
