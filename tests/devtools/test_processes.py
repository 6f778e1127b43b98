"""The choice of the web server's port."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from devtools import processes
from devtools.console import Failure

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_a_wanted_port_that_is_taken_gets_one_sentence(taken_port: int) -> None:
    with pytest.raises(Failure, match=rf"^Port {taken_port} is taken by another program: .+\.$"):
        processes.choose_port(taken_port)


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_number_that_is_no_port_is_refused(port: int) -> None:
    with pytest.raises(Failure, match="is no port"):
        processes.choose_port(port)


def test_without_a_wish_the_next_free_port_is_taken(
    taken_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(processes, "DEFAULT_PORT", taken_port)

    assert processes.choose_port(None) > taken_port
    assert f"Port {taken_port} is taken" in capsys.readouterr().out
