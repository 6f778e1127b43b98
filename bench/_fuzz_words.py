"""What nobody should send: values, names, types, heads and files, for `bench/fuzz.py`."""

from __future__ import annotations

NUL, BIDI = "\x00", "\u202eevil\u2066\u200f"
#: Values in a field, an argument of an address or of a question, as text.
NASTY = (
    *(NUL, f"a{NUL}b", BIDI, "\ufffd"),
    *("", " ", "\t\r\n", "0", "-1", "1.5", "1e999", "NaN", "Infinity", "-Infinity", "0x1F", "٣"),
    *(str(2**31), str(2**31 - 1), str(2**63), str(2**63 - 1), str(-(2**63)), str(2**64), "9" * 400),
    *("1" * 5_000, "A" * 300, "ä" * 4_100, "🦄" * 70_000, "é\u0301" * 2_000),
    *("'", "' OR 1=1 --", '"><script>alert(1)</script>', "{{7*7}}", "%s%n", "../../etc/passwd"),
    *("null", "None", "true", "[]", "{}", "[1,2]", '{"a":1}', "undefined", "a,b,,c", "\\", "\\x00"),
    *("2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "2026-11-21T25:61", "0001-01-01"),
    *("9999-12-31T23:59:59", "0001-01-01T00:00:00+14:00", "Mars/Olympus", "Asia/Tokyo\n", "UTC+99"),
    *("a@b", "a" * 250 + "@example.org", "é@exämple.org", '"a b"@example.org', "a@b.c\nBcc: x@y.z"),
    *("http://[", "javascript:alert(1)", "//evil.example", "https://" + "a" * 2_100, "/\\evil"),
    *(
        "00000000-0000-0000-0000-000000000000",
        "g" * 36,
        "-" * 36,
        "XX",
        "xx-YY",
        "\ufeff",
        "\uffff",
    ),
    *(
        "+254" + "7" * 90,
        "on",
        "off",
        "__all__",
        "pk",
        "-pk",
        "id__in",
        "ا" * 200,
        "\u0000\u0001\u007f",
    ),
)
#: Bytes that are no UTF-8, or look like it.
BYTES = (b"\xff\xfe", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"a\xe9", b"\x80" * 40)
#: Names of fields that no form should heed.
EXTRA = (
    *("is_superuser", "is_staff", "is_active", "user", "user_id", "owner", "role", "state", "pk"),
    *("id", "programme", "programme_id", "startup", "startup_id", "call", "application", "email"),
    *("reviewer", "submitted_at", "deadline", "total", "version", "csrfmiddlewaretoken", "next"),
    *(
        "_method",
        "__proto__",
        "password",
        "merged_into",
        "kept",
        "gone",
        "DELETE",
        "_save",
        "action",
    ),
)
QUESTIONS = (
    *("page", "p", "q", "o", "e", "all", "next", "_popup", "_to_field", "_changelist_filters"),
    *("state", "call", "programme", "sort", "order", "after", "before", "from", "to", "version"),
    *("app_label", "model_name", "field_name", "term", "format", "kind", "lang", "tab", "section"),
    *("code", "error", "date_hierarchy", "search", "id", "pk__in", "application__call__id"),
)
TYPES = (
    *("application/json", "text/plain", "application/xml", "", "multipart/form-data", "garbage"),
    *("multipart/form-data; boundary=", "multipart/form-data; boundary=\xe9", "application/jose"),
    *("application/x-www-form-urlencoded; charset=utf-16", "application/json; charset=nonsense"),
    *(
        "multipart/form-data; boundary=" + "x" * 400,
        "application/x-www-form-urlencoded; charset=\x01",
    ),
    *("multipart/form-data; boundary=X; charset=utf-7", "message/rfc822", "application/csp-report"),
)
VERBS = (
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "HEAD",
    "TRACE",
    "PROPFIND",
    "get",
    "POST",
    "GET",
    "X",
)
HEADERS = (
    *("ACCEPT", "ACCEPT_LANGUAGE", "ACCEPT_ENCODING", "REFERER", "ORIGIN", "RANGE", "USER_AGENT"),
    *("IF_NONE_MATCH", "IF_MODIFIED_SINCE", "IF_UNMODIFIED_SINCE", "IF_MATCH", "X_FORWARDED_FOR"),
    *("X_FORWARDED_HOST", "X_FORWARDED_PROTO", "X_REQUEST_ID", "X_REQUESTED_WITH", "AUTHORIZATION"),
    *("X_CSRFTOKEN", "HOST", "COOKIE", "X_HTTP_METHOD_OVERRIDE", "HX_REQUEST", "SEC_FETCH_SITE"),
    *("IF_RANGE", "X_REAL_IP", "FORWARDED", "TRANSFER_ENCODING", "EXPECT", "CONTENT_ENCODING"),
)
HEADER_VALUES = (
    *(
        "",
        "*",
        "\xff\xfe",
        "a" * 5_000,
        "bytes=0-,5-2,-1",
        "bytes=99999999999999999999-",
        '"',
        'W/"',
    ),
    *("Sat, 31 Feb 2026 99:99:99 GMT", "Mon, 01 Jan 0000 00:00:00 GMT", "en;q=nan", "xx-" * 200),
    *("text/html;q=1e999", "Basic !!!", "Basic bmFtZTpwYXNzd29yZA==", "Bearer x", "http://[::1"),
    *(
        "1.2.3.4, evil",
        "::1%eth0",
        "localhost:99999",
        "testserver:x",
        "identity;q=x",
        "a=b; =c; ;;",
    ),
)
COOKIES = (
    "sessionid",
    "csrftoken",
    "messages",
    "known",
    "django_language",
    "__Host-sessionid",
    "\xe9",
)
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 64
FILES: tuple[tuple[str, str, bytes], ...] = (
    *(("deck.pdf", "application/pdf", PDF), ("deck.pdf", "application/pdf", b"")),
    *(("x" * 400 + ".pdf", "application/pdf", PDF), (f"{BIDI}.pdf", "application/pdf", PDF)),
    *(("a.pdf\x00.exe", "application/pdf", PDF), ("../../x.pdf", "application/pdf", PDF)),
    *(("deck.exe", "application/pdf", b"MZ" + PDF), ("deck.pdf", "text/html", b"<script>")),
    *(
        ("a.png", "image/png", PNG),
        ("a.png", "image/svg+xml", PNG),
        (".pdf", "", PDF),
        ("", "", PDF),
    ),
    *(
        ("a.docx", "application/zip", b"PK\x03\x04" + b"\xff" * 300),
        ("a.csv", "text/csv", b"\xff,\0"),
    ),
    *(("a.csv", "text/csv; charset=\xff", b"=cmd|' /C calc'!A0,1\n"), ("\r\n.pdf", "a/b", PDF)),
    *(("con.pdf", "application/pdf", PDF[:-9] + b"\x00" * 9), ("a" * 40, "x" * 300, b"\x00")),
)
