"""Stamps: what a step was made from, so that a second start skips what is up to date."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from devtools.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def of_contents(*paths: Path) -> str:
    """A digest of the files' bytes."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes() if path.is_file() else b"missing")
    return digest.hexdigest()


def of_looks(paths: Iterable[Path]) -> str:
    """A digest of the names, sizes and times of the files and of all files in the folders."""
    digest = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file() and "__pycache__" not in file.parts:
                stat = file.stat()
                digest.update(
                    f"{file.relative_to(ROOT)} {stat.st_size} {stat.st_mtime_ns}\n".encode()
                )
    return digest.hexdigest()


def is_fresh(stamp: Path, value: str) -> bool:
    """Whether the step's result was made from exactly this."""
    return stamp.is_file() and stamp.read_text(encoding="utf-8") == value


def write(stamp: Path, value: str) -> None:
    """Record that the step is done; written whole or not at all."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    draft = stamp.with_name(stamp.name + ".new")
    draft.write_text(value, encoding="utf-8")
    draft.replace(stamp)
