"""Raw bytes for the real web server: what a test client cannot even write."""

from __future__ import annotations

import socket
from collections import Counter
from typing import TYPE_CHECKING, Any

from django.test import Client

from bench._fuzz_forms import addresses, arguments
from bench._fuzz_words import BYTES
from bench._server import Server
from devtools.runs import log_file

if TYPE_CHECKING:
    import random

    from bench._fuzz_stage import Stage

HEADS = (
    *(
        b"X-Junk: \xff\xfe",
        b"X: " + b"a" * 9_000,
        b": empty",
        b"No colon",
        b"Host: b\xe9r",
        b"Host:",
    ),
    *(
        b"Content-Length: -1",
        b"Content-Length: 5\r\nContent-Length: 6",
        b"Content-Length: 99999999999",
    ),
    *(b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip, chunked", b"Expect: 100-continue"),
    *(
        b"Cookie: sessionid=\xff; csrftoken=\x01",
        b"Cookie: " + b"a=b; " * 2_000,
        b"Cookie: =;;\x80",
    ),
    *(
        b"Range: bytes=0-0,2-1",
        b"If-Modified-Since: \xff",
        b"Accept-Language: \xff",
        b"Upgrade: h2c",
    ),
    *(b"X-Forwarded-For: \xff, 1", b"X-Forwarded-Proto: \x00", b"Authorization: Basic \xff\xff"),
    *(
        b"Content-Type: multipart/form-data; boundary=\xff",
        b"Content-Type: \xff/\xfe",
        b"Referer: \xff",
    ),
    *(b"SCRIPT_NAME: /x", b"Script-Name: /x", b"X-Request-ID: \xff" * 3, b"Connection: \xff"),
)
BODIES = (
    b"",
    b"a=%ff&b=\xff\x00",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"zz\r\n",
    b"--\xff\r\n\r\n",
    b"\x00" * 300,
)
VERBS = (
    b"GET",
    b"GET",
    b"POST",
    b"POST",
    b"HEAD",
    b"PUT",
    b"OPTIONS",
    b"TRACE",
    b"get",
    b"\xff",
    b"",
)


def wire(stage: Stage, number: int, rng: random.Random) -> dict[str, Any]:
    """Send raw requests to gunicorn; how it answered, and which answers are 500 or above."""
    log = log_file("bench-fuzz-web")
    statuses: Counter[str] = Counter()
    broken: list[str] = []
    cookies = [b""]
    for who in ("owner", "manager", "superuser"):
        client = Client()
        client.force_login(
            stage.worlds["a"].people[who],
            backend="allauth.account.auth_backends.AuthenticationBackend",
        )
        cookies.append(b"Cookie: sessionid=" + client.cookies["sessionid"].value.encode())
    where, fits = addresses(), arguments(stage)["a"]
    with Server("portal.wsgi", log) as server:
        for _one in range(number):
            address = rng.choice(where)
            path = address.filled(rng.choice(fits.get(address.name, [{}]))).encode()
            if rng.random() < 0.5:
                at = rng.randrange(len(path) + 1)
                path = (
                    path[:at]
                    + rng.choice((*BYTES, b"%ff", b"%00", b"%", b"%zz", b"//"))
                    + path[at:]
                )
            if rng.random() < 0.3:
                path += b"?" + rng.choice(
                    (b"q=\xff", b"q=%ff%00", b"%", b"page=%C0%80", b"\x80=\x80")
                )
            body = rng.choice(BODIES)
            heads = [b"Host: localhost", rng.choice(cookies), b"Connection: close"]
            if rng.random() < 0.5:
                heads.append(b"Content-Length: %d" % len(body))
            heads += rng.sample(HEADS, rng.choice((0, 1, 1, 2)))
            first = rng.choice(VERBS) + b" " + path + b" HTTP/1.1"
            sent = b"\r\n".join([first, *filter(None, heads)]) + b"\r\n\r\n" + body
            status = _ask(server.port, sent)
            statuses[status] += 1
            if status.startswith("5") and status not in {"501", "505"}:
                broken.append(f"{status} {sent[:300]!r}")
    return {"statuses": dict(statuses), "broken": broken}


def _ask(port: int, sent: bytes) -> str:
    """The status of the answer; ``closed`` where there is none, which is an answer too."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=20) as line:
            line.sendall(sent)
            line.shutdown(socket.SHUT_WR)
            answer = line.recv(64)
    except (ConnectionError, TimeoutError) as error:
        return "late" if isinstance(error, TimeoutError) else "closed"
    words = answer.split(b" ", 2)
    return words[1].decode("latin-1") if len(words) > 1 else "closed"
