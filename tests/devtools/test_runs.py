"""A failed command becomes one sentence that says what to do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from devtools import runs
from devtools.console import Failure
from devtools.paths import LOGS

if TYPE_CHECKING:
    from pathlib import Path

LOG = LOGS / "x.log"


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ("write failed: No space left on device (os error 28)", "the disk is full"),
        ("npm error code ENOSPC", "the disk is full"),
        ("NewConnectionError: Temporary failure in name resolution", "could not be reached"),
        ("npm error code EAI_AGAIN", "could not be reached"),
        ("error: Failed to fetch: dns error", "could not be reached"),
        ("Traceback\nValueError: no such table\n\n", r"\(ValueError: no such table\)"),
        ("", r"^Doing it failed: details in \.local/log/x\.log\.$"),
    ],
)
def test_reason(output: str, expected: str) -> None:
    sentence = runs.reason("Doing it", output, LOG)

    with pytest.raises(Failure, match=expected):
        raise Failure(sentence)
    assert "\n" not in sentence
    assert sentence.endswith(".")


def test_a_failing_command_leaves_its_output_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runs, "LOGS", tmp_path)
    command = [sys.executable, "-c", "print('so far'); raise SystemExit('no further')"]

    with pytest.raises(Failure, match=r"Trying failed \(no further\): details in"):
        runs.run_logged("Trying", command, log="try")

    assert "so far" in (tmp_path / "try.log").read_text()
