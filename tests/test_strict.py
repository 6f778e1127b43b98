"""The strictness itself: each trap closes on what it is for, and on nothing else."""

from __future__ import annotations

import pytest
from django.template import Context, engines

from tests.factories.portal import make_programme
from tests.strict import ROOT, Page


@pytest.mark.parametrize(
    "html",
    [
        '<p style="color: red">x</p>',
        '<button onclick="x()">x</button>',
        "<script>alert(1)</script>",
        "<style>p { color: red }</style>",
        '<a href="javascript:x()">x</a>',
        "<p>{{ left }}</p>",
        '<p id="one"></p><p id="one"></p>',
        '<form method="post"><button>Go</button></form>',
        '<form><input name="csrfmiddlewaretoken"></form>',
        '<img src="/x.png">',
    ],
)
def test_careless_page_is_found(html: str) -> None:
    assert Page(html).wrong


@pytest.mark.parametrize(
    "html",
    [
        '<script src="/static/portal/portal.js" defer></script>',
        '<script type="application/json">{"a": "{{"}</script>',
        '<form method="post"><input name="csrfmiddlewaretoken"><button>Go</button></form>',
        '<form method="get"><input name="q"></form>',
        "<p>&lt;p style=&quot;x&quot;&gt;</p>",
    ],
)
def test_careful_page_passes(html: str) -> None:
    assert Page(html).wrong == []


def test_variable_that_does_not_exist_is_found_in_our_templates_only() -> None:
    engine = engines["django"].engine  # type: ignore[attr-defined]
    with pytest.raises(AssertionError, match="asks for"):
        engine.get_template("_empty.html").render(Context({}))
    assert engine.from_string("{{ nothing }}").render(Context({})) == ""


@pytest.mark.django_db
def test_full_save_of_a_row_is_found_where_our_code_does_it() -> None:
    programme = make_programme()
    programme.save()
    ours = compile("programme.save()", str(ROOT / "portal" / "actions.py"), "exec")
    with pytest.raises(AssertionError, match="update_fields"):
        exec(ours, {"programme": programme})
