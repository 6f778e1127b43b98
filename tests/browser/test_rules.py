"""Any form with any conditions and any answers means the same in the browser and on the server.

Chromium runs static/portal/rules.js itself; hundreds of forms are judged in each evaluation.
"""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.conf import settings as django_settings
from hypothesis import HealthCheck, given, settings, strategies as st

from challenges import answers, conditions
from challenges.choices import LimitUnit, QuestionKind as Kind
from tests.factories.plain_questions import answer, question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

SCRIPTS = Path(django_settings.BASE_DIR) / "static" / "portal"

#: What the browser makes of each form: kept texts, fields, what is shown, what is wrong.
JUDGE = """forms => forms.map(({rules, sent, typed, kept, answers}) => {
  const {fromFields, canonical, toFields, problem, shown} = window.portalRules;
  const each = (fact) => Object.fromEntries(rules.questions.map((one) => [one.name, fact(one)]));
  return {
    fields: each((one) => fromFields(one, sent[one.name], rules)),
    canonical: each((one) => canonical(one, typed[one.name], rules)),
    split: each((one) => toFields(one, kept[one.name])),
    again: each((one) => fromFields(one, toFields(one, kept[one.name]), rules)),
    length: each((one) => window.portalText.length(kept[one.name], one.unit)),
    problems: each((one) => problem(one, answers[one.name], rules)),
    shown: shown(rules.questions, answers),
  };
})"""

# -- anything somebody might type, and much that looks nearly right -------------------------------

ANY = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cn")), max_size=12)
WORDS = st.text(alphabet="ab é日本。、ไทยกำ한\u3000\u00a0\u0085\u200b\n\t-e\u0301ﾊﾝ🌊", max_size=40)
DIGITS = "0123456789٠٣۴५๕９"
PLAIN = st.sampled_from(
    ["0", "12", "-7", "75", "1.25", "0.0625", "-60", "1,234.5", "12.500", "9999"]
)
NUMBERS = PLAIN | st.text(alphabet=DIGITS + "..,,'’ \u202f--+−．，٫", max_size=9)
CODES = st.sampled_from(["JPY", "USD", "KWD", "JPY", "USD", "KWD", "XTS", "jpy", "-", "", "yen"])
AMOUNTS = st.builds("{} {}".format, CODES, NUMBERS) | st.builds("{} {}".format, NUMBERS, CODES)
YEARS = st.sampled_from(["2024", "2026", "1900", "0999", "999", "２０２４", "20260", "", "x-y"])
MONTHS = st.sampled_from(["2", "02", "12", "13", "0", "０７", "", "Nov", "002"])
DAYS_OF_A_MONTH = st.sampled_from(["1", "29", "30", "31", "32", "0", "", "٣"])
DAYS = st.builds(
    "{}{}{}{}{}".format,
    YEARS,
    st.sampled_from("-/.年"),
    MONTHS,
    st.sampled_from("-/.月"),
    DAYS_OF_A_MONTH,
)
LINKS = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(
        ["https://", "https://", "http://", "HTTPS://", "ftp://", "https:/", "", "httpſ://"]
    ),
    st.sampled_from(
        ["example.org", "日本.jp", "a", "a..b", "u:p@a.b", "a.b:80", "a.b:x", "[::1].x"]
    ),
    st.sampled_from(["", "/", "/a", "/a b", "?q=1", "#x", '/"', "/<"]),
    st.sampled_from(["", "", "\n", " ", "x" * 2000]),
)
OPTIONS = ["Yes", "No", "é", "e\u0301", "日本", " padded ", "1", "12"]
CHOSEN = st.sampled_from([*OPTIONS, "gone", ""])
SEVERAL = st.lists(CHOSEN | st.sampled_from(["3", "13", "17", "99"]), max_size=4).map("\n".join)
SHAPED = {
    Kind.SHORT: WORDS,
    Kind.LONG: WORDS,
    Kind.CHOICE: CHOSEN,
    Kind.CHOICES: SEVERAL,
    Kind.NUMBER: NUMBERS,
    Kind.MONEY: AMOUNTS,
    Kind.DATE: DAYS,
    Kind.COUNTRY: st.sampled_from(["JP", "jp", "SE", "XX", " jp ", "JPN", "ſe"]),
    Kind.GOALS: SEVERAL,
    Kind.MATURITY: st.sampled_from(["1", "9", "0", "TRL 3"]),
    Kind.LINK: LINKS,
    Kind.VIDEO: LINKS,
    Kind.FILE: st.just(""),
}
BOUNDS = st.sampled_from(
    [None, Decimal("-50.0000"), Decimal("0.0625"), Decimal(50), Decimal("1E+3")]
)


@st.composite
def questions(draw: st.DrawFn) -> Any:
    """One question of any kind with anything set."""
    kind = draw(st.sampled_from(Kind.values))
    chooses = kind in {Kind.CHOICE, Kind.CHOICES}
    low, high = draw(BOUNDS), draw(BOUNDS)
    if low is not None and high is not None and low > high:
        low, high = high, low
    return question(
        kind,
        required=draw(st.booleans()),
        limit=draw(st.sampled_from([1, 3, 8, 20, None])),
        limit_unit=draw(st.sampled_from(LimitUnit.values)),
        most=draw(st.none() | st.integers(1, 3)),
        options=draw(st.lists(st.sampled_from(OPTIONS), min_size=1, unique=True))
        if chooses
        else [],
        currencies=draw(st.sampled_from([[], ["JPY"], ["USD", "JPY", "KWD"]])),
        minimum=low,
        maximum=high,
    )


def text_for(kind: str) -> st.SearchStrategy[str]:
    """Something typed in such a question."""
    shaped = SHAPED[Kind(kind)]
    return st.one_of(shaped, shaped, shaped, ANY)


def first_kept(before: Any, text: str) -> str:
    """A value that a condition on a question may name."""
    return answers.canonical(before, text).split("\n")[0]


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    """A form with conditions in any direction, in circles too, and what is typed in each field."""
    asked = draw(st.lists(questions(), min_size=1, max_size=5))
    for one in asked:
        if draw(st.booleans()):
            before = draw(st.sampled_from(asked))
            one.shown_if_id = draw(st.sampled_from([before.pk, before.pk, before.pk, uuid4()]))
            values = SHAPED[Kind(before.kind)].map(partial(first_kept, before))
            one.shown_if_values = [text for text in draw(st.lists(values, max_size=3)) if text]
    sent: dict[str, dict[str, list[str]]] = {}
    typed: dict[str, str] = {}
    given: dict[Any, Any] = {}
    for one in asked:
        names = answers.PARTS.get(one.kind)
        if names:
            parts = {"year": YEARS, "month": MONTHS | ANY, "day": DAYS_OF_A_MONTH}
            parts |= {"currency": CODES, "amount": NUMBERS | ANY}
            sent[one.field] = {f"{one.field}_{part}": [draw(parts[part])] for part in names}
        else:
            sent[one.field] = {one.field: draw(st.lists(text_for(one.kind), max_size=3))}
        typed[one.field] = draw(text_for(one.kind))
        kept = answers.from_fields(one, sent[one.field]) if draw(st.booleans()) else None
        text = answers.canonical(one, typed[one.field]) if kept is None else kept
        if draw(st.integers(0, 9)) == 0:
            text = typed[one.field]  # as an earlier version of the portal may have kept it
        given[one.pk] = answer(text, file=one.kind == Kind.FILE and draw(st.booleans()))
    return {"asked": asked, "sent": sent, "typed": typed, "given": given}


def judged(form: dict[str, Any]) -> dict[str, Any]:
    """What the server makes of it."""
    asked, given_answers = form["asked"], form["given"]
    shown = conditions.shown(asked, given_answers)

    def problem(one: Any) -> list[Any] | None:
        given = given_answers[one.pk]
        found = answers.problem_in(one, given.value, has_document=given.holds_file)
        return [found.rule, found.facts] if found else None

    kept = {one.field: given_answers[one.pk].value for one in asked}
    return {
        "fields": {one.field: answers.from_fields(one, form["sent"][one.field]) for one in asked},
        "canonical": {one.field: answers.canonical(one, form["typed"][one.field]) for one in asked},
        "split": {one.field: answers.to_fields(one, kept[one.field]) for one in asked},
        "again": {one.field: answers.shown(one, kept[one.field]) for one in asked},
        "length": {
            one.field: answers.length_of(
                kept[one.field],
                one.limit_unit if one.kind in {Kind.SHORT, Kind.LONG} else LimitUnit.CHARACTERS,
            )
            for one in asked
        },
        "problems": {one.field: problem(one) for one in asked},
        "shown": [one.field for one in asked if one.pk in shown],
    }


def handed_over(form: dict[str, Any]) -> dict[str, Any]:
    """The form as the page brings it to its script."""
    asked = form["asked"]
    rules = answers.rules_for(asked, asked, form["given"])
    given = {
        one.field: {"value": form["given"][one.pk].value, "file": form["given"][one.pk].holds_file}
        for one in asked
    }
    found = {
        "rules": rules,
        "sent": form["sent"],
        "typed": form["typed"],
        "kept": {name: one["value"] for name, one in given.items()},
        "answers": given,
    }
    # Through JSON, as json_script writes it.
    copy: dict[str, Any] = json.loads(json.dumps(found))
    return copy


@pytest.fixture(scope="module")
def script(browser: Browser) -> Iterator[Page]:
    """A page with nothing but the two scripts."""
    context = browser.new_context()
    page = context.new_page()
    page.set_content("<!doctype html><title>Rules</title><body></body>")
    for name in ("counter.js", "rules.js"):
        page.add_script_tag(path=SCRIPTS / name)
    yield page
    context.close()


@given(batch=st.lists(forms(), min_size=10, max_size=30))
@settings(
    max_examples=40,
    deadline=None,
    database=None,
    suppress_health_check=[*HealthCheck],
)
def test_any_form_means_the_same_in_browser_and_server(script: Page, batch: list[Any]) -> None:
    said = script.evaluate(JUDGE, [handed_over(form) for form in batch])
    for form, browser_says in zip(batch, said, strict=True):
        assert browser_says == judged(form)


@given(batch=st.lists(forms(), min_size=1, max_size=10))
@settings(max_examples=30, deadline=None, database=None, suppress_health_check=[*HealthCheck])
def test_what_is_kept_stays_as_it_is_kept(batch: list[Any]) -> None:
    """A page that nobody touched sends back what it showed, and what is in form stays so."""
    for form in batch:
        for one in form["asked"]:
            kept = answers.from_fields(one, form["sent"][one.field])
            if one.kind not in {*answers.SEVERAL, Kind.CHOICE, Kind.MATURITY}:
                flat = kept.replace("\n", "") if one.kind == Kind.SHORT else kept
                assert answers.shown(one, kept) == flat
            again = answers.canonical(one, form["typed"][one.field])
            assert answers.canonical(one, again) == again


def test_numbers_of_any_size_compare_the_same(script: Page) -> None:
    numbers = ["0", "-1", "1.5", "-0.25", "12345678901234567890.5", "12345678901234567890.4", "10"]
    said = script.evaluate(
        "all => all.map((one) => all.map((other) => window.portalRules.compare(one, other)))",
        numbers,
    )
    own = [
        [(Decimal(one) > Decimal(other)) - (Decimal(one) < Decimal(other)) for other in numbers]
        for one in numbers
    ]
    assert said == own
