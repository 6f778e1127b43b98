"""Which PostgreSQL is used, and what is left of an earlier run."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from devtools import postgres
from devtools.console import Failure


def test_pg_bin_must_hold_the_programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PG_BIN", str(tmp_path))

    with pytest.raises(
        Failure, match=r"PG_BIN is .+ where the programs postgres and initdb are not"
    ):
        postgres.find_programs(None)


def test_the_embedded_programs_come_before_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PG_BIN", raising=False)
    programs = tmp_path / "pginstall" / "bin"
    programs.mkdir(parents=True)
    (programs / "postgres").touch()

    assert postgres.find_programs(tmp_path) == programs


def test_the_socket_folder_is_private_short_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", lambda: "/a folder/with spaces")
    folder = postgres.socket_folder()
    try:
        assert folder.parent == Path("/tmp")
        assert folder.stat().st_mode & 0o777 == 0o700
    finally:
        folder.rmdir()


def test_a_stale_pid_file_of_a_reused_number_is_cleared(tmp_path: Path) -> None:
    server = postgres.Postgres(tmp_path, tmp_path, tmp_path, durable=False)
    server.data = tmp_path / "postgres"
    server.data.mkdir()
    pid_file = server.data / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n")

    server._recover()

    assert not pid_file.exists()
