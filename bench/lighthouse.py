"""What Lighthouse says of home, call, form and sign-in: at least 95 of 100 in each category.

    python3 dev.py bench lighthouse [--tries 3] [--only home,call,form,sign-in]

docs/benchmarks.md says what is measured and how to read it. The exit code is 0 only if every page
holds, no page says a word in the console, and the control, a bad page, is called bad.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import struct
import sys
import tempfile
import threading
import time
import zlib
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import django

django.setup()

from django.conf import settings  # noqa: E402 -- needs the settings
from django.contrib.auth import (  # noqa: E402
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
)
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.urls import reverse  # noqa: E402

from bench._lighthouse import CATEGORIES, Verdict, bring, judge  # noqa: E402
from bench._people import BACKEND  # noqa: E402
from bench._server import Server, collect_static  # noqa: E402
from challenges.choices import ApplicationState  # noqa: E402
from challenges.models import Application, Call  # noqa: E402
from devtools.runs import log_file  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator

BAR = 95
PAGES = ("home", "call", "form", "sign-in")


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


class Named(Server):
    """The web server, which knows the port under which it is asked."""

    def __init__(self, module: str, log: Path, **env: str) -> None:
        super().__init__(module, log, **env)
        self._env["SITE_URL"] = f"http://localhost:{self.port}"


def pages() -> dict[str, tuple[str, str]]:
    """Path and cookie of each page, in the small demonstration: the longest of its kind."""
    ahead = Call.objects.public().still_ahead()
    drafts = Application.objects.filter(state=ApplicationState.DRAFT, call__in=ahead)
    draft = drafts.select_related("startup", "call").order_by("pk").first()
    call = max(ahead, key=lambda one: len(one.description), default=None)
    if draft is None or call is None:
        sys.exit("The demonstration has no open call with a draft: this bench must follow it.")
    owner = draft.startup.memberships.select_related("user").order_by("created_at")[0].user
    session = SessionStore()
    session[SESSION_KEY] = str(owner.pk)
    session[BACKEND_SESSION_KEY] = BACKEND
    session[HASH_SESSION_KEY] = owner.get_session_auth_hash()
    session.create()
    form = reverse("challenges:application-edit", args=[draft.pk, 1])
    return {
        "home": (reverse("home"), ""),
        "call": (call.get_absolute_url(), ""),
        "form": (form, f"{settings.SESSION_COOKIE_NAME}={session.session_key}"),
        "sign-in": (reverse("account_login"), ""),
    }


def noise(side: int) -> bytes:
    """A picture that cannot be made smaller, larger than any page needs."""
    rng = random.Random(1)
    rows = b"".join(b"\0" + rng.randbytes(3 * side) for _row in range(side))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows, 1)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


#: No language, no title, no description, no words in the links, a picture without words that moves
#: everything when it comes, grey on grey, a script that keeps the browser busy and then fails.
BAD_PAGE = b"""<html><head><meta name="robots" content="noindex"></head>
<body style="color:#bbb;background:#ccc"><img src="/noise.png"><a href="javascript:void(0)"></a>
<p style="font-size:6px">The control.</p><input><button></button><script>
document.cookie="a=b";const end=Date.now()+1500;while(Date.now()<end);
document.write("<p>late</p>");nothing.at.all();</script></body></html>"""


@contextmanager
def control() -> Iterator[str]:
    """A server of the bench's own with one bad page; its address."""
    picture = noise(1_200)

    class Bad(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = {"/": BAD_PAGE, "/noise.png": picture}.get(self.path)
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "image/png" if body is picture else "text/html")
            self.end_headers()
            self.wfile.write(body or b"")

        def log_message(self, *_words: Any) -> None:
            """Nothing: its lines would stand between the figures."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Bad)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()


def line(name: str, verdict: Verdict) -> str:
    """The row of the table."""
    points = "".join(f"{verdict.points[one]:>15}" for one in CATEGORIES)
    return f"{name:10}{points}{len(verdict.said):>10}"


def best_of(tries: list[Verdict]) -> Verdict:
    """Performance as in the calmest try (others' work only makes it slower), the rest the worst."""
    calm = max(tries, key=lambda one: one.points["performance"])
    points = {name: min(one.points[name] for one in tries) for name in CATEGORIES}
    points["performance"] = calm.points["performance"]
    said = tuple({word for one in tries for word in one.said})
    return Verdict(calm.address, points, said, tuple({w for one in tries for w in one.lost}))


def main() -> int:
    """Each page, then the control, then the verdict."""
    parser = argparse.ArgumentParser(prog="dev.py bench lighthouse", description=__doc__)
    parser.add_argument("--tries", type=int, default=3, help="at most so many runs of a page (3)")
    parser.add_argument("--only", default=",".join(PAGES), help="names of pages, with commas")
    options = parser.parse_args()
    if "DATABASE_OWNER_URL" not in os.environ:
        sys.exit("This fills a database: run it as `python3 dev.py bench lighthouse`.")
    begin = time.monotonic()
    tool = bring()
    call_command("load_demo", small=True, stdout=io.StringIO())
    wanted = {name: place for name, place in pages().items() if name in options.only.split(",")}
    connection.close()
    say(f"{'':10}" + "".join(f"{name:>15}" for name in CATEGORIES) + f"{'console':>10}")
    missed: list[str] = []
    with tempfile.TemporaryDirectory(prefix="bench-lighthouse-") as folder:
        static = f"{folder}/static"
        collect_static(static)
        env = {
            "DEBUG": "0",
            "DEMO": "0",
            "STATIC_ROOT": static,
            "STATIC_MANIFEST": "1",
            "DELIVER_WITHOUT_WORKER": "0",
            "WEB_THREADS": "4",
        }
        with Named("portal.wsgi", log_file("bench-lighthouse-web"), **env) as server:
            for name, (path, cookie) in wanted.items():
                address = f"http://localhost:{server.port}{path}"
                tries: list[Verdict] = []
                while len(tries) < options.tries and (not tries or best_of(tries).is_below(BAR)):
                    tries.append(judge(tool, address, Path(folder), cookie))
                verdict = best_of(tries)
                say(line(name, verdict))
                if verdict.is_below(BAR) or verdict.said:
                    missed.append(name)
                    say(
                        "".join(f"    {word}\n" for word in [*verdict.lost, *verdict.said]).rstrip()
                    )
        with control() as address:
            bad = judge(tool, address, Path(folder))
        say(line("control", bad))
    blind = [name for name in CATEGORIES if bad.points[name] >= BAR]
    blind += [] if bad.said else ["console"]
    if blind:
        say(f"The control is called good in {', '.join(blind)}: this bench proves nothing.")
    holds = not missed and not blind
    say(
        f"{'OK' if holds else 'FAILED'}: {len(wanted) - len(missed)} of {len(wanted)} pages with at"
        f" least {BAR} in all four and a silent console, in {time.monotonic() - begin:.0f} s"
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
