"""The environment: a bad value stops the process with its name."""

from __future__ import annotations

import pytest

from portal import env


@pytest.mark.parametrize(
    ("read", "value"),
    [
        (lambda: env.number("X", 1), "abc"),
        (lambda: env.number("X", 1, at_least=1), "0"),
        (lambda: env.flag("X"), "maybe"),
        (lambda: env.database("X"), "mysql://x/y"),
        (lambda: env.database("X"), ""),
        (lambda: env.secret("X"), ""),
        (lambda: env.one_of("X", ("INFO", "ERROR"), "INFO"), "loud"),
    ],
)
def test_bad_value_stops_with_its_name(monkeypatch, read, value):
    monkeypatch.setenv("X", value)
    with pytest.raises(SystemExit, match="environment variable X"):
        read()


def test_good_values_are_read(monkeypatch):
    monkeypatch.setenv("X", "postgres://portal_app@/portal?host=/tmp/socket")
    assert env.database("X")["USER"] == "portal_app"
    monkeypatch.setenv("X", "on")
    assert env.flag("X") is True
    monkeypatch.setenv("X", "a, b ,")
    assert env.words("X", []) == ["a", "b"]
    monkeypatch.setenv("X", "error")
    assert env.one_of("X", ("INFO", "ERROR"), "INFO") == "ERROR"
