"""A small object store that speaks enough S3 for our storage: put, get, head, delete."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import md5
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Store:
    """What lies in it, and what was asked of it."""

    address: str = ""
    objects: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    #: Method, path and headers of each request.
    asked: list[tuple[str, str, dict[str, str]]] = field(default_factory=list)


def _handler(store: Store) -> type[BaseHTTPRequestHandler]:  # noqa: C901 -- a verb a method
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_words: object) -> None:
            """Nothing: the test reads what was asked."""

        def _key(self) -> str:
            path = urlsplit(self.path).path
            store.asked.append(
                (self.command, self.path, {k.lower(): v for k, v in self.headers.items()})
            )
            return path

        def _answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            if "Content_Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def _body(self) -> bytes:
            sent = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if "aws-chunked" not in self.headers.get("Content-Encoding", ""):
                return sent
            body = b""
            while sent:  # size;signature CRLF data CRLF … 0 CRLF trailers
                head, _, rest = sent.partition(b"\r\n")
                size = int(head.partition(b";")[0], 16)
                if not size:
                    break
                body, sent = body + rest[:size], rest[size + 2 :]
            return body

        def do_PUT(self) -> None:
            key, body = self._key(), self._body()
            store.objects[key] = (body, self.headers.get("Content-Type", ""))
            self._answer(200, ETag=f'"{md5(body).hexdigest()}"')

        def do_HEAD(self) -> None:
            self._read()

        def do_GET(self) -> None:
            self._read()

        def _read(self) -> None:
            found = store.objects.get(self._key())
            if found is None:
                self._answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
                return
            body, kind = found
            span = self.headers.get("Range", "").removeprefix("bytes=")
            status = 206 if span else 200
            if span:
                first, _, last = span.partition("-")
                body = body[int(first) : int(last) + 1 if last else None]
            self._answer(
                status,
                body,
                ETag=f'"{md5(found[0]).hexdigest()}"',
                Content_Type=kind,
                Content_Length=str(len(body)),
                Content_Range=f"bytes {span}/{len(found[0])}",
                Last_Modified="Sat, 21 Nov 2026 12:00:00 GMT",
            )

        def do_DELETE(self) -> None:
            store.objects.pop(self._key(), None)
            self._answer(204)

    return Handler


@contextmanager
def object_store() -> Iterator[Store]:
    """One that runs for the time of the block."""
    store = Store()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(store))
    server.daemon_threads = True
    store.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield store
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
