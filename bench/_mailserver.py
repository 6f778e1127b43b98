"""A mail server of its own process that fails on purpose, and remembers what it accepted.

It answers some letters "try again later" before it takes them, and loses some of its answers after
it has taken the letter. As providers do, it knows a letter by its Message-ID: the second copy is
absorbed and counted.
"""

from __future__ import annotations

import argparse
import asyncio
import email
import email.policy
import random
import socket
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP

TABLE = """
CREATE TABLE accepted (
    message_id TEXT PRIMARY KEY, to_address TEXT, subject TEXT, at REAL, repeats INTEGER DEFAULT 0
)
"""


class Server:
    """Takes letters; ``temporary`` and ``lost`` are shares of all that come."""

    def __init__(self, path: Path, *, temporary: float, lost: float, seed: int) -> None:
        self._rows = sqlite3.connect(path, isolation_level=None)
        self._rows.execute("PRAGMA journal_mode=WAL")
        self._rows.execute("PRAGMA synchronous=OFF")  # this process is never killed
        self._rows.execute(TABLE)
        self._rows.execute("CREATE TABLE faults (what TEXT PRIMARY KEY, count INTEGER)")
        self._rows.executemany("INSERT INTO faults VALUES (?, 0)", [("temporary",), ("lost",)])
        self._temporary, self._lost = temporary, lost
        self._rng = random.Random(seed)

    def _count(self, what: str) -> None:
        self._rows.execute("UPDATE faults SET count = count + 1 WHERE what = ?", [what])

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 -- aiosmtpd's name
        """Accept, refuse for now, or accept and hang up before saying so."""
        roll = self._rng.random()
        if roll < self._temporary:
            self._count("temporary")
            return "451 4.3.0 Try again later"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self._rows.execute(
            "INSERT INTO accepted (message_id, to_address, subject, at) VALUES (?, ?, ?, ?)"
            " ON CONFLICT (message_id) DO UPDATE SET repeats = repeats + 1",
            [str(mail["Message-ID"]), str(mail["To"]), str(mail["Subject"]), time.time()],
        )
        if roll < self._temporary + self._lost:
            self._count("lost")
            server.transport.abort()
        return "250 OK"


async def serve(options: argparse.Namespace) -> None:
    """Listen until this process is ended; the port is said on the first line."""
    handler = Server(
        options.rows, temporary=options.temporary, lost=options.lost, seed=options.seed
    )
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    loop = asyncio.get_running_loop()
    made = await loop.create_server(lambda: SMTP(handler, enable_SMTPUTF8=True), sock=listener)
    sys.stdout.write(f"{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    await made.serve_forever()


def main() -> None:
    """Read the words of the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("rows", type=Path)
    parser.add_argument("--temporary", type=float, default=0.05)
    parser.add_argument("--lost", type=float, default=0.05)
    parser.add_argument("--seed", type=int, default=1)
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
