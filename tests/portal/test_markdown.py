"""Markdown: what is useful passes, what is active does not."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from portal.markdown import to_html


def test_headings_lists_and_links_pass():
    html = to_html("# Title\n\n- one\n\n[site](https://example.org)")
    assert "<h2>Title</h2>" in html
    assert "<li>one</li>" in html
    assert 'href="https://example.org"' in html


@pytest.mark.parametrize(
    "source",
    [
        "<script>alert(1)</script>",
        "[x](javascript:alert(1))",
        "[x](//evil.example)",
        "[x](/admin/)",
        "![x](https://evil.example/p.png)",
        '<a href="https://e.org" onclick="x()">x</a>',
        "<iframe src=x></iframe>",
    ],
)
def test_nothing_active_passes(source):
    seen = Elements()
    seen.feed(to_html(source))
    assert not {name for name, _ in seen.found} & {"script", "img", "iframe"}
    for _name, attributes in seen.found:
        assert set(attributes) <= {"href", "rel", "title"}
        assert attributes.get("href", "https://").startswith(("https://", "http://", "mailto:"))


class Elements(HTMLParser):
    """The elements a browser would make of a text."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
