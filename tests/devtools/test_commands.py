"""The command line: what is dev.py's own and what is handed on."""

from __future__ import annotations

import pytest

from devtools import checks, commands


@pytest.mark.parametrize(
    ("line", "rest"),
    [
        ("manage migrate --plan", ["migrate", "--plan"]),
        ("bench rush --startups 10", ["--startups", "10"]),
        ("test --only pytest -- tests/portal -k x", ["tests/portal", "-k", "x"]),
        ("test tests/portal -x", ["tests/portal", "-x"]),
        ("demo --port 9000", []),
    ],
)
def test_the_rest_is_handed_on_untouched(line: str, rest: list[str]) -> None:
    assert commands.parse(line.split()).rest == rest


@pytest.mark.parametrize("line", ["demo --prot 9000", "dmeo", "redis", ""])
def test_a_slip_is_refused(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.parse(line.split())

    assert ended.value.code == 2
    assert "error:" in capsys.readouterr().err


def test_the_closing_line_has_the_counts() -> None:
    assert checks.closing_line(1, "3 passed, 1 failed in 0.10s") == "3 passed, 1 failed in 0.10s"
    assert checks.closing_line(2, "") == "0 passed, 1 failed"
