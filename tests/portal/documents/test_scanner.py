"""The virus scanner, where there is one."""

from __future__ import annotations

import socketserver
import struct
import threading
from contextlib import contextmanager

import pytest

from portal import documents
from portal.choices import DocumentState
from portal.models import OutboxMessage
from tests.portal.documents.deck import again, attached

pytestmark = pytest.mark.django_db


EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + b"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


class Scanner(socketserver.BaseRequestHandler):
    """The daemon's side of INSTREAM, as its manual describes it."""

    def take(self, count):
        data = b""
        while len(data) < count:
            data += self.request.recv(count - len(data))
        return data

    def handle(self):
        assert self.take(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack(">I", self.take(4))[0]:
            content += self.take(length)
        if b"too large" in content:
            said = b"INSTREAM size limit exceeded. ERROR\0"
        elif EICAR in content:
            said = b"stream: Win.Test.EICAR_HDB-1 FOUND\0"
        else:
            said = b"stream: OK\0"
        self.request.sendall(said)


@contextmanager
def scanner_at(where):
    kind = (
        socketserver.ThreadingUnixStreamServer
        if isinstance(where, str)
        else socketserver.ThreadingTCPServer
    )
    with kind(where, Scanner) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server.server_address
        server.shutdown()
        thread.join()


def test_scanner_is_asked_where_there_is_one(owner, application, settings, tmp_path):
    table = b"name,code\na,"
    with scanner_at(str(tmp_path / "clamd")) as address:
        settings.CLAMAV = address
        bad = attached(application, owner, table + EICAR + b"\n" * 200_000, "a.csv")
        assert documents.check_due() == 1
        good = attached(application, owner, table + b"\n" * 200_000, "a.csv")
        assert documents.check_due() == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.state, bad.refusal) == (DocumentState.REFUSED, "virus")
    assert good.state == DocumentState.CLEAN


def test_files_wait_while_the_scanner_is_away(owner, application, settings, caplog):
    with scanner_at(("127.0.0.1", 0)) as (host, port):
        settings.CLAMAV = f"{host}:{port}"
        confused = attached(application, owner, b"too large\n", "a.csv")
        documents.check_due()
        confused.refresh_from_db()
        assert confused.state == DocumentState.CHECKING
    document = attached(application, owner)
    for _attempt in range(4):
        documents.check_due()
        again(document)
    assert (document.state, document.attempts) == (DocumentState.CHECKING, 0)
    with scanner_at((host, 0)) as (host, port):
        settings.CLAMAV = f"{host}:{port}"
        documents.check_due()
    document.refresh_from_db()
    assert document.state == DocumentState.CLEAN
    assert not OutboxMessage.objects.filter(notice="file_refused").exists()
