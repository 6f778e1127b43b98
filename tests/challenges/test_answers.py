"""Each kind of answer: how it is kept, what is wrong with it, how it reads."""

from __future__ import annotations

import unicodedata
from decimal import Decimal
from typing import Any

import pytest
from django.utils import translation

from challenges import answers, conditions
from challenges.choices import LimitUnit, Maturity, QuestionKind as Kind
from portal.choices import Readiness
from tests.factories.plain_questions import answer, question

KINDS = {
    "limited": question(Kind.SHORT, limit=5),
    "line": question(Kind.SHORT),
    "words": question(Kind.LONG, limit=3, limit_unit=LimitUnit.WORDS),
    "one": question(Kind.CHOICE, options=["Yes", "No"]),
    "several": question(Kind.CHOICES, options=["Coast", "River", "City"], most=2),
    "number": question(
        Kind.NUMBER, minimum=Decimal("1.0000"), maximum=Decimal(5000), unit="people"
    ),
    "money": question(Kind.MONEY, currencies=["JPY", "USD", "KWD"]),
    "yen": question(Kind.MONEY, currencies=["JPY"], minimum=Decimal(100)),
    "any_money": question(Kind.MONEY),
    "date": question(Kind.DATE),
    "country": question(Kind.COUNTRY),
    "goals": question(Kind.GOALS, most=3),
    "maturity": question(Kind.MATURITY),
    "link": question(Kind.LINK),
    "video": question(Kind.VIDEO),
}


@pytest.mark.parametrize(
    ("name", "typed", "kept", "rule"),
    [
        ("limited", "abcde", "abcde", None),
        ("limited", "abcdef", "abcdef", "characters"),
        ("limited", "e\u0301" * 5, "é" * 5, None),
        ("limited", "🌊🌊🌊🌊🌊", "🌊🌊🌊🌊🌊", None),
        ("line", "two\r\nlines", "two\nlines", "lines"),
        ("line", "a\0b", "ab", None),
        ("words", "one  two\nthree", "one  two\nthree", None),
        ("words", "one two – three", "one two – three", "words"),
        ("words", "日本語", "日本語", None),
        ("words", "日本語で", "日本語で", "words"),
        ("words", "한국어 세 단어", "한국어 세 단어", None),
        ("words", "กข ค", "กข ค", None),
        ("one", "Yes", "Yes", None),
        ("one", "Maybe", "Maybe", "option"),
        ("several", "City\nCoast\nCity", "Coast\nCity", None),
        ("several", "City\nCoast\nRiver", "Coast\nRiver\nCity", "most"),
        ("several", "Moon\nCoast", "Coast\nMoon", "options"),
        ("number", " 1 234,5 ", "1234.5", None),
        ("number", "٣٤", "34", None),
        ("number", "１２．５", "12.5", None),
        ("number", "007.50", "7.5", None),
        ("number", "1.5550", "1.5550", None),
        ("number", "12.500", "12.500", "separators"),
        ("number", "many", "many", "number"),
        ("number", "0.5", "0.5", "smallest"),
        ("number", "5000.0001", "5000.0001", "largest"),
        ("money", "jpy 1,200,000", "JPY 1200000", None),
        ("money", "1.200 USD", "USD 1200", None),
        ("money", "KWD 1.200", "KWD 1.200", "separators"),
        ("money", "USD 10.55", "USD 10.55", None),
        ("money", "USD 10.5551", "USD 10.5551", "decimals"),
        ("money", "JPY 10.5", "JPY 10.5", "whole"),
        ("money", "EUR 10", "EUR 10", "currencies"),
        ("money", "10", "- 10", "currency"),
        ("money", "USD", "USD", "amount"),
        ("money", "USD lots", "USD lots", "number"),
        ("yen", "500", "JPY 500", None),
        ("yen", "JPY", "", None),
        ("yen", "JPY 99", "JPY 99", "smallest"),
        ("any_money", "XCG 10", "XCG 10", None),
        ("any_money", "ANG 10", "ANG 10", "currency"),
        ("date", "2028-02-29", "2028-02-29", None),
        ("date", "2026/2/3", "2026-02-03", None),
        ("date", "2026年11月22日", "2026-11-22", None),
        ("date", "2026-02-29", "2026-02-29", "day"),
        ("date", "2026--22", "2026--22", "day_parts"),
        ("date", "tomorrow", "tomorrow", "day_parts"),
        ("date", "0999-01-01", "0999-01-01", "year"),
        ("country", "jp", "JP", None),
        ("country", "XX", "XX", "country"),
        ("goals", "13\n3", "3\n13", None),
        ("goals", "1\n2\n3\n4", "1\n2\n3\n4", "most"),
        ("goals", "18", "18", "options"),
        ("maturity", "6", "6", None),
        ("maturity", "10", "10", "option"),
        ("link", " https://example.org/a?b#c ", "https://example.org/a?b#c", None),
        ("link", "http://日本.jp:80/道", "http://日本.jp:80/道", None),
        ("link", "example.org", "example.org", "link"),
        ("link", "javascript:alert(1)", "javascript:alert(1)", "link"),
        (
            "link",
            "https://bank.example@evil.example/",
            "https://bank.example@evil.example/",
            "link",
        ),
        ("link", "https://e.org/" + "x" * 2000, "https://e.org/" + "x" * 2000, "long_link"),
        ("video", "https://video.example/1", "https://video.example/1", None),
        ("video", "http://video.example/1", "http://video.example/1", "video"),
    ],
)
def test_answer_is_kept_in_one_form_and_judged(
    name: str, typed: str, kept: str, rule: str | None
) -> None:
    one = KINDS[name]
    assert answers.canonical(one, typed) == kept
    assert answers.canonical(one, kept) == kept
    found = answers.problem_in(one, kept)
    assert (found.rule if found else None) == rule
    # What the rule says is a whole sentence, with its facts filled in.
    if found:
        assert str(found).endswith(".")
        assert "%" not in str(found)


@pytest.mark.parametrize("name", KINDS)
def test_empty_is_missing_only_where_it_is_required(name: str) -> None:
    one = KINDS[name]
    needed = question(**{**vars(one), "required": True})
    for empty in ("", " \n\u3000"):
        assert answers.problem_in(one, empty) is None
        missing = answers.problem_in(needed, empty)
        assert missing is not None
        assert missing.rule == "missing"


def test_file_is_given_by_its_document_alone() -> None:
    one = question(Kind.FILE, required=True)
    assert answers.problem_with(one, "text") == "Add the file."
    assert answers.problem_with(one, "", has_document=True) is None
    assert answers.canonical(one, "text") == ""


@pytest.mark.parametrize(
    ("name", "sent", "kept"),
    [
        ("money", {"_currency": ["USD"], "_amount": ["1 000"]}, "USD 1000"),
        ("money", {"_currency": [""], "_amount": [" 5"]}, "- 5"),
        ("money", {"_currency": ["evil; x"], "_amount": ["5"]}, "- 5"),
        ("yen", {"_amount": ["5"]}, "JPY 5"),
        ("yen", {"_amount": [""]}, ""),
        ("date", {"_year": ["2026"], "_month": ["2"], "_day": [" 3 "]}, "2026-02-03"),
        ("date", {"_year": ["2026"], "_month": ["Feb"], "_day": [""]}, "2026-Feb-"),
        ("date", {"_year": [""], "_month": [""], "_day": [""]}, ""),
        ("several", {"": ["City", "Coast"]}, "Coast\nCity"),
        ("several", {}, ""),
        ("one", {}, ""),
    ],
)
def test_fields_of_the_page_make_one_text(name: str, sent: dict[str, list[str]], kept: str) -> None:
    one = KINDS[name]
    fields = {f"{one.field}{part}": texts for part, texts in sent.items()}
    assert answers.from_fields(one, fields) == kept
    # And what it shows of that text comes back as the same.
    assert answers.shown(one, kept) == kept


@pytest.mark.parametrize(
    ("name", "kept", "words"),
    [
        ("number", "12500", "12\u202f500 people"),
        ("number", "1984", "1984 people"),
        ("number", "many", "many people"),
        ("money", "JPY 1200000", "JPY 1\u202f200\u202f000"),
        ("money", "USD 10.5", "USD 10.50"),
        ("date", "2026-11-22", "22 Nov 2026"),
        ("date", "2026--22", "2026--22"),
        ("country", "TR", "Türkiye"),
        ("country", "JP", "Japan"),
        ("goals", "3\n13", "3 – Good health and well-being\n13 – Climate action"),
        ("maturity", "6", "A prototype works under conditions like those of real use"),
        ("several", "Coast\nCity", "Coast\nCity"),
    ],
)
def test_people_read_words_not_codes(name: str, kept: str, words: str) -> None:
    one = KINDS[name]
    assert answers.value_in_words(one, kept) == words
    copy = {"kind": one.kind, "value": kept, "unit": one.unit, "document": None}
    assert answers.copy_in_words(copy) == words


def test_level_stands_beside_the_words_for_those_who_judge_and_for_no_applicant() -> None:
    copy = {"kind": Kind.MATURITY, "value": "7", "unit": "", "document": None}
    assert answers.copy_in_words(copy, with_level=True).endswith("(TRL 7)")
    assert "TRL" not in answers.copy_in_words(copy)
    assert [int(stage.value) for stage in Maturity] == [level.value for level in Readiness]


@pytest.mark.parametrize(
    ("value", "link"),
    [("https://example.org", "https://example.org"), ("javascript:alert(1)", ""), ("", "")],
)
def test_only_whole_addresses_are_opened_by_a_click(value: str, link: str) -> None:
    assert answers.link_in({"kind": Kind.LINK, "value": value}) == link
    assert answers.link_in({"kind": Kind.SHORT, "value": value}) == ""


def test_words_of_a_question_are_in_the_readers_language_where_there_are_some() -> None:
    words = {"label": "水は?", "options": ["はい", ""]}
    one = question(Kind.CHOICE, label="Water?", options=["Yes", "No"], translations={"ja": words})
    with translation.override("ja"):
        assert answers.label_of(one) == "水は?"
        assert answers.value_in_words(one, "Yes") == "はい"
        assert answers.value_in_words(one, "No") == "No"
    assert answers.label_of(one) == "Water?"


def test_counting_does_not_depend_on_how_letters_are_composed() -> None:
    decomposed = unicodedata.normalize("NFD", "プログラム")
    assert answers.length_of(answers.normal(decomposed), LimitUnit.WORDS) == 5
    assert answers.length_of(answers.normal(decomposed), LimitUnit.CHARACTERS) == 5


# -- conditions -----------------------------------------------------------------------------------


def chain() -> list[Any]:
    """A pilot, what was learned in it if there was one, and who says so if something was."""
    pilot = question(Kind.CHOICE, label="Pilot?", options=["Yes", "No"], required=True)
    learned = question(
        Kind.LONG, label="Learned?", required=True, shown_if_id=pilot.pk, shown_if_values=["Yes"]
    )
    witness = question(Kind.SHORT, label="Witness?", required=True, shown_if_id=learned.pk)
    return [pilot, learned, witness]


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, ["Pilot?"]),
        ({"Pilot?": "No", "Learned?": "Much"}, ["Pilot?"]),
        ({"Pilot?": "Yes"}, ["Pilot?", "Learned?"]),
        ({"Pilot?": "Yes", "Learned?": " "}, ["Pilot?", "Learned?"]),
        ({"Pilot?": "Yes", "Learned?": "Much"}, ["Pilot?", "Learned?", "Witness?"]),
    ],
)
def test_question_is_shown_by_the_answer_before_it(given: dict[str, str], shown: list[str]) -> None:
    asked: list[Any] = chain()
    by = {one.pk: answer(given[one.label]) for one in asked if one.label in given}
    assert [one.label for one in conditions.of_shown(asked, by)] == shown


def test_condition_on_several_boxes_is_met_by_one_of_them() -> None:
    where = question(Kind.CHOICES, options=["Coast", "City"])
    boats = question(shown_if_id=where.pk, shown_if_values=["Coast"])
    for value, is_shown in (("Coast\nCity", True), ("City", False)):
        assert (boats.pk in conditions.shown([where, boats], {where.pk: answer(value)})) is is_shown


def test_condition_on_a_file_is_met_by_one_that_counts() -> None:
    deck = question(Kind.FILE)
    pages = question(shown_if_id=deck.pk)
    for given, is_shown in ((answer(file=True), True), (answer("old text"), False)):
        assert (pages.pk in conditions.shown([deck, pages], {deck.pk: given})) is is_shown


def test_condition_on_a_replaced_question_means_the_new_one() -> None:
    old = question()
    new = question(replaces_id=old.pk)
    after = question(shown_if_id=old.pk)
    assert after.pk not in conditions.shown([new, after], {})
    assert after.pk in conditions.shown([new, after], {new.pk: answer("x")})


def test_condition_on_a_question_that_is_gone_hides_nothing() -> None:
    gone, after = question(), question()
    after.shown_if_id = gone.pk
    assert conditions.shown([after], {}) == {after.pk}


def test_circles_and_later_questions_are_refused_with_their_names() -> None:
    first, second, third = (question(label=label) for label in "ABC")
    first.shown_if_id, second.shown_if_id = second.pk, first.pk
    assert {one.label for one in conditions.loop_in([third, first, second])} == {"A", "B"}
    sentence = conditions.problem_with([third, first, second])
    assert sentence == "These questions hang on each other in a circle: “A” → “B” → “A”."
    first.shown_if_id, second.shown_if_id = None, second.pk
    assert conditions.problem_with([first, second]) == "“B” cannot hang on its own answer."
    second.shown_if_id = third.pk
    assert "“B” hangs on “C”, which comes later." in str(conditions.problem_with([second, third]))
    assert conditions.problem_with([third, second]) is None


def test_what_is_hidden_is_neither_missing_nor_counted_and_is_named_as_not_sent() -> None:
    asked: list[Any] = chain()
    pilot, learned, _witness = asked
    given = {pilot.pk: answer("No"), learned.pk: answer("Much")}
    assert answers.missing_from(asked, given) == []
    assert answers.completeness(asked, given) == 100
    assert answers.progress(asked, given) == (1, 1)
    left = answers.unsent(asked, given)
    assert [(one.label, one.reason) for one in left] == [
        ("Learned?", "Only if your answer to “Pilot?” is “Yes”.")
    ]
    given[pilot.pk] = answer("Yes")
    assert [one.label for one in answers.missing_from(asked, given)] == ["Witness?"]
    assert answers.completeness(asked, given) == 67
    assert answers.progress(asked, given) == (2, 3)
    assert answers.unsent(asked, given) == []
