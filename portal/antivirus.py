"""The virus scanner, where an operator runs one: ClamAV's daemon, spoken to over its socket."""

from __future__ import annotations

import socket
import struct
from typing import IO

from django.conf import settings

_CHUNK = 1 << 16
_SECONDS = 30


class ScannerAway(Exception):
    """The scanner did not answer, or answered something else than a verdict."""


def finds_something(file: IO[bytes]) -> bool:
    """Whether the scanner knows something in the file as harmful; without a scanner, nothing is.

    Raises:
        ScannerAway: there should be one and it does not answer. The file waits until it does.
    """
    if not settings.CLAMAV:
        return False
    try:
        with _connection() as scanner:
            scanner.sendall(b"zINSTREAM\0")
            file.seek(0)
            while chunk := file.read(_CHUNK):
                scanner.sendall(struct.pack(">I", len(chunk)) + chunk)
            scanner.sendall(struct.pack(">I", 0))
            said = _answer(scanner)
    except OSError as error:
        raise ScannerAway(str(error)) from error
    if said.endswith("FOUND"):
        return True
    if said.endswith("OK"):
        return False
    raise ScannerAway(said)


def _connection() -> socket.socket:
    """``/path/to/socket`` or ``host:port``."""
    if settings.CLAMAV.startswith("/"):
        found = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        found.settimeout(_SECONDS)
        found.connect(settings.CLAMAV)
        return found
    host, _colon, port = settings.CLAMAV.rpartition(":")
    return socket.create_connection((host.strip("[]"), int(port)), timeout=_SECONDS)


def _answer(scanner: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and (chunk := scanner.recv(4096)):
        said += chunk
    return said.rstrip(b"\0").decode(errors="replace").strip()
