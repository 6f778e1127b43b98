"""What `bench/fuzz.py` sends: whole requests, made of real forms and of what nobody should send."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

from django.test.client import FakePayload
from django.urls import reverse

from bench._fuzz_words import (
    BYTES,
    COOKIES,
    EXTRA,
    FILES,
    HEADER_VALUES,
    HEADERS,
    NASTY,
    QUESTIONS,
    TYPES,
    VERBS,
)

if TYPE_CHECKING:
    import random

    from bench._fuzz_forms import Address, Control, Form


@dataclass
class Shot:
    """One request, as the web server would hand it on."""

    method: str
    path: bytes
    query: bytes = b""
    body: bytes = b""
    content_type: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    cookies: str | None = None
    checks_token: bool = False

    def environ(self) -> dict[str, Any]:
        """As WSGI has it: bytes as latin-1."""
        environ: dict[str, Any] = {
            "REQUEST_METHOD": self.method,
            "PATH_INFO": self.path.decode("latin-1"),
            "QUERY_STRING": self.query.decode("latin-1"),
            "CONTENT_LENGTH": str(len(self.body)),
            "CONTENT_TYPE": self.content_type,
            "wsgi.input": FakePayload(self.body),
            "wsgi.errors": BytesIO(),
        }
        environ |= {
            name if name.startswith("CONTENT") else f"HTTP_{name}": value
            for name, value in self.headers.items()
        }
        if self.cookies is not None:
            environ["HTTP_COOKIE"] = self.cookies
        return environ

    def __str__(self) -> str:
        text = f"{self.method} {self.path!r}?{self.query[:300]!r}"
        more = {name: value[:80] for name, value in self.headers.items()}
        if self.cookies is not None:
            more["COOKIE"] = self.cookies[:80]
        return f"{text} {self.content_type[:60]} {more or ''} {self.body[:600]!r}"


class Gunner:
    """Makes requests, decided by the seed alone."""

    def __init__(
        self,
        rng: random.Random,
        *,
        where: list[Address],
        fits: dict[str, dict[str, list[dict[str, str]]]],
        keys: dict[str, list[str]],
        lookups: dict[str, list[str]],
        links: list[str],
    ) -> None:
        self.rng, self.where, self.fits, self.keys = rng, where, fits, keys
        self.lookups, self.links = lookups, links

    def shot(self, own: list[Form], others: list[Form], half: str) -> Shot:
        """One request: forms of one's own and of others, questions, addresses, junk."""
        rng = self.rng
        kind = rng.random()
        if kind < 0.34 and own:
            shot = self.of_form(rng.choice(own), half)
        elif kind < 0.62 and others:
            shot = self.of_form(rng.choice(others), half)
        elif kind < 0.72:
            shot = self.of_list(half)
        else:
            shot = self.of_address(half)
        if rng.random() < 0.12:
            self.disturb(shot)
        return shot

    # -- forms ------------------------------------------------------------------------------------

    def of_form(self, form: Form, half: str) -> Shot:
        """A form filled in, with up to four things wrong with it."""
        rng = self.rng
        pairs = [pair for control in form.controls for pair in self._fill(control)]
        submits = [one for one in form.controls if one.kind in {"submit", "image"}]
        if submits:
            chosen = rng.choice(submits)
            pairs.append((chosen.name, rng.choice(chosen.choices or [chosen.value])))
        for _one in range(rng.choice((0, 0, 1, 1, 2, 4))):
            self._spoil(pairs, half)
        path = self._other_keys(form.path) if rng.random() < 0.1 else form.path
        return self._sent(form, pairs, path)

    def of_form_with(self, form: Form, name: str, junk: Any) -> Shot:
        """A form as it should be, but for one field; a list there is the field sent twice."""
        pairs = [pair for one in form.controls if one.name != name for pair in self._fill(one)]
        several = junk if isinstance(junk, list) else [junk]
        return self._sent(form, [*pairs, *((name, value) for value in several)])

    def _sent(self, form: Form, pairs: list[tuple[str, Any]], path: str = "") -> Shot:
        at = (path or form.path).encode()
        if form.method == "GET":
            return Shot("GET", at, self._encode(form.query + self._plain(pairs)))
        if form.is_multipart or any(isinstance(value, tuple) for _name, value in pairs):
            body, kind = self._multipart(pairs)
        else:
            body, kind = self._encode(self._plain(pairs)), "application/x-www-form-urlencoded"
        shot = Shot(form.method, at, self._encode(form.query), body, kind)
        shot.headers["REFERER"] = "http://testserver" + form.page
        return shot

    def _fill(self, control: Control) -> list[tuple[str, Any]]:
        rng, kind = self.rng, control.kind
        if kind in {"submit", "image", "button", "reset"}:
            return []
        if kind == "file":
            file: Any = FILES[0] if rng.random() < 0.4 else rng.choice(FILES)
            return [(control.name, file)] if rng.random() < 0.7 else []
        if kind in {"select", "radio"} and control.choices:
            return [(control.name, rng.choice(control.choices))]
        if kind == "checkbox":
            return [(control.name, value) for value in control.choices if rng.random() < 0.6]
        if control.value or kind == "hidden":
            return [(control.name, control.value)]
        likely = {
            "number": "3",
            "date": "2026-12-24",
            "datetime-local": "2026-12-24T12:00",
            "time": "12:00",
            "email": f"someone{rng.randrange(40)}@example.net",
            "url": "https://example.net/x",
            "password": "a long new password 7",
        }
        return [(control.name, likely.get(kind, "A reason of some words."))]

    def _spoil(self, pairs: list[tuple[str, Any]], half: str) -> None:
        rng = self.rng
        if not pairs or rng.random() < 0.1:
            pairs.append((rng.choice(EXTRA), self._value(half)))
            return
        at = rng.randrange(len(pairs))
        name, _value = pairs[at]
        what = rng.random()
        if what < 0.55:
            pairs[at] = (name, self._value(half))
        elif what < 0.65:
            del pairs[at]
        elif what < 0.78:
            pairs += [(name, self._value(half)) for _one in range(rng.choice((1, 1, 30)))]
        elif what < 0.84:
            pairs[at] = (name + rng.choice(("[]", "[0]", ".x", "\x00", "-0-id", "__in")), "1")
        elif what < 0.9:
            pairs[at] = (name, rng.choice(FILES))
        else:
            totals = [index for index, (one, _v) in enumerate(pairs) if "_FORMS" in one]
            if totals:
                at = rng.choice(totals)
                value = rng.choice(("-1", "", "abc", "3", "1001", "99999999999999999999", "1.0"))
                pairs[at] = (pairs[at][0], value)

    def _value(self, half: str) -> Any:
        """Something that does not belong there: a record of the other half, junk, or bytes."""
        rng, what = self.rng, self.rng.random()
        if what < 0.3:
            return rng.choice(self.keys["b" if half == "a" else "a"])
        if what < 0.42:
            return rng.choice(self.keys[half])
        if what < 0.52:
            return rng.choice(BYTES)
        if what < 0.56:
            return str(uuid.UUID(int=rng.getrandbits(128)))
        return rng.choice(NASTY)

    @staticmethod
    def _plain(pairs: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
        return [(name, value[0] if isinstance(value, tuple) else value) for name, value in pairs]

    @staticmethod
    def _encode(pairs: list[tuple[str, Any]]) -> bytes:
        return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()

    def _multipart(self, pairs: list[tuple[str, Any]]) -> tuple[bytes, str]:
        rng, mark = self.rng, b"----bench"
        parts = []
        for name, value in pairs:
            head = b'Content-Disposition: form-data; name="' + name.encode() + b'"'
            if isinstance(value, tuple):
                file, kind, content = value
                head += b'; filename="' + file.encode() + b'"\r\nContent-Type: ' + kind.encode()
            else:
                content = value if isinstance(value, bytes) else value.encode()
            parts.append(head + b"\r\n\r\n" + content)
        if rng.random() < 0.06 and parts:
            at = rng.randrange(len(parts))
            parts[at] = rng.choice(
                (
                    b"",
                    b"no head at all",
                    (
                        b'Content-Disposition: form-data; name="x"\r\n'
                        b"Content-Transfer-Encoding: base64\r\n\r\n!!!not base64"
                    ),
                    b"Content-Disposition: form-data; filename*=utf-9''%ff; name=\"\xff\"\r\n\r\nx",
                    b"Content-Disposition: \x00; name\r\n\r\n",
                    b"X: " + b"h" * 9_000 + b"\r\n\r\nx",
                )
            )
        body = b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts)
        body += b"" if rng.random() < 0.03 else b"--" + mark + b"--\r\n"
        if rng.random() < 0.03:
            body = body[: rng.randrange(len(body) + 1)]
        return body, "multipart/form-data; boundary=" + mark.decode()

    # -- addresses and questions ------------------------------------------------------------------

    def of_list(self, half: str) -> Shot:
        """A list of the admin, asked for what it does not offer."""
        rng = self.rng
        name = rng.choice(sorted(self.lookups))
        pairs = [
            (rng.choice(self.lookups[name]), self._value(half))
            for _one in range(rng.choice((1, 1, 2)))
        ]
        if rng.random() < 0.3:
            pairs.append((rng.choice(QUESTIONS), rng.choice(NASTY)))
        return Shot("GET", reverse(name).encode(), self._encode(pairs))

    def of_address(self, half: str) -> Shot:
        """An address of the resolver: with keys that fit, of either half, or with none that fit."""
        rng = self.rng
        if rng.random() < 0.15 and self.links:
            path, _, query = rng.choice(self.links).partition("?")
            shot = Shot("GET", path.encode(), query.encode())
            if rng.random() < 0.7:
                shot.query += b"&" + self._questions(half)
            return shot
        address = rng.choice(self.where)
        side = half if rng.random() < 0.5 else ("b" if half == "a" else "a")
        values = dict(rng.choice(self.fits[side].get(address.name, [{}])))
        for hole in address.holes:
            if hole not in values:
                values[hole] = rng.choice(self.keys[side])
        path: bytes | None = None
        if address.holes and rng.random() < 0.4:
            hole, junk = rng.choice(address.holes), self._value(half)
            if isinstance(junk, bytes):
                values[hole] = "\x1a"
                path = address.filled(values).encode().replace(b"\x1a", junk)
            elif rng.random() < 0.3:
                values[hole] = self._tampered(values[hole])
            else:
                values[hole] = junk
        path = path if path is not None else address.filled(values).encode()
        shot = Shot("GET" if rng.random() < 0.6 else "POST", path[:9_000])
        if rng.random() < 0.5:
            shot.query = self._questions(half)
        if shot.method == "POST":
            self._body(shot, half)
        if rng.random() < 0.1:
            shot.method = rng.choice(VERBS)
        return shot

    def _tampered(self, token: str) -> str:
        rng = self.rng
        if not token:
            return "x"
        at = rng.randrange(len(token))
        change = rng.choice(("A", "", "==", ":", ".", token[at] * 2))
        return token[:at] + change + token[at + 1 :]

    def _questions(self, half: str) -> bytes:
        rng = self.rng
        pairs = [
            (rng.choice(QUESTIONS), self._value(half)) for _one in range(rng.choice((1, 2, 3)))
        ]
        if rng.random() < 0.1:
            return rng.choice(
                (b"%", b"%zz=%", b"a=%ff%fe&b=%00", b"=&&&=;", b"&" * 3_000, b"\xff=\xff")
            )
        return self._encode(pairs)

    def _body(self, shot: Shot, half: str) -> None:
        rng = self.rng
        what = rng.random()
        pairs = [(rng.choice(EXTRA), self._value(half)) for _one in range(rng.randrange(4))]
        if what < 0.5:
            shot.body = self._encode(pairs)
            shot.content_type = "application/x-www-form-urlencoded"
        elif what < 0.7:
            shot.body, shot.content_type = self._multipart(pairs)
        elif what < 0.9:
            shot.body = rng.choice(
                (
                    json.dumps({name: str(value) for name, value in pairs}).encode(),
                    *(b"[1,2", b"null", b'"x"', b"[]", b"{}", b'{"a":{"b":[null]}}', b"\xff\xfe{"),
                    *(b"[" * 20_000, b'{"RecordType":"Bounce","Email":1}', b"9" * 5_000),
                    *(b'[{"event":null}]', b'{"RecordType":"Bounce","Email":"a\\u0000@b.c"}'),
                    *(b'{"From":1,"OriginalRecipient":null}', b'{"id":"x","rawId":"y","type":"z"}'),
                )
            )
            shot.content_type = "application/json"
        else:
            shot.body, shot.content_type = rng.choice(BYTES) * 9, rng.choice(TYPES)
        if rng.random() < 0.25:
            shot.headers["AUTHORIZATION"] = "Basic bmFtZTpwYXNzd29yZA=="  # the webhook's own

    def _other_keys(self, path: str) -> str:
        """The same address with another record in it."""
        parts = path.split("/")
        long = [index for index, part in enumerate(parts) if len(part) >= 20 or part.isdigit()]
        if long:
            value = self._value("a")
            parts[self.rng.choice(long)] = quote(value if isinstance(value, str) else "x")[:2_000]
        return "/".join(parts)

    # -- the frame --------------------------------------------------------------------------------

    def disturb(self, shot: Shot) -> None:
        """Headers, cookies, types, verbs and lengths that no browser sends."""
        rng, what = self.rng, self.rng.random()
        if what < 0.45:
            for _one in range(rng.choice((1, 2))):
                shot.headers[rng.choice(HEADERS)] = rng.choice(HEADER_VALUES)
            shot.headers.pop("COOKIE", None)
        elif what < 0.65:
            value = rng.choice((*NASTY[:20], "x" * 32, "é", '"\\054"', "W10:x:y"))
            shot.cookies = f"{rng.choice(COOKIES)}={quote(value) if rng.random() < 0.5 else 'ÿ;;='}"
        elif what < 0.8:
            shot.content_type = rng.choice(TYPES)
        elif what < 0.9:
            shot.method = rng.choice(VERBS)
        else:
            shot.checks_token = True
        length = rng.random()
        if length < 0.02:
            shot.headers["CONTENT_LENGTH"] = rng.choice(
                ("", "-1", "abc", "99999999999", "1e3", "٣")
            )
