"""In which language somebody reads questions and rules, and what never hangs on it."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import pytest
from django.template.loader import render_to_string
from django.urls import reverse
from docx import Document
from hypothesis import given, settings, strategies as st

from challenges import answers, conditions
from challenges.actions.form_words import translate_form
from challenges.actions.wording import letters_of
from challenges.choices import QuestionKind as Kind, RuleKind
from challenges.forms.application import SectionForm
from challenges.models import Answer, Call, EligibilityCheck, Question, Statement
from portal import reading
from tests.factories.challenges import make_application, make_call
from tests.factories.eligibility import make_rule
from tests.factories.plain_questions import answer, question
from tests.factories.portal import make_user
from tests.factories.startups import make_startup

OTHERS = ("ja", "ar", "fr")
LABEL = "解決策の名称"


def translate(call: Call, language: str = "ja", **given: Any) -> None:
    """Words of staff, written down without their page."""
    translated = {"sections": {}, "questions": {}, "rules": {}} | given
    translate_form(call=call, language=language, by=_administrator(), **translated)


def _administrator() -> Any:
    return make_user(is_superuser=True)


@pytest.fixture
def call(programme: Any) -> Call:
    """Asked in English, partly in Japanese; Arabic and French are wanted and not begun."""
    call = make_call(programme, languages=["en", *OTHERS])
    theme = call.questions.get(label="Theme")
    Question.objects.filter(pk=theme.pk).update(help="One of two.")
    people = call.questions.get(label="People")
    Question.objects.filter(pk=people.pk).update(shown_if=theme, shown_if_values=["Water"])
    translate(
        call,
        sections={"Solution": "解決策"},
        questions={
            call.questions.get(label="Title").pk: {"label": LABEL},
            theme.pk: {"label": "分野", "help": "二つのうち一つ", "options": {0: "水"}},
        },
    )
    return Call.objects.get(pk=call.pk)


@pytest.fixture
def founder() -> Any:
    return make_user()


@pytest.fixture
def draft(call: Call, founder: Any) -> Any:
    return make_application(call, startup=make_startup(owner=founder))


def section(application: Any, number: int = 1) -> str:
    return reverse("challenges:application-edit", args=[application.pk, number])


def read_in(client: Any, call: Call, code: str) -> Any:
    return client.post(reverse("challenges:call-read", args=[call.slug]), {"read": code})


def text(response: Any) -> str:
    return re.sub(r" +", " ", response.content.decode())


# -- the switch -----------------------------------------------------------------------------------


@pytest.mark.django_db
def test_switch_stands_on_every_page_with_questions_and_is_remembered(client, call, draft, founder):
    make_rule(call, text="You are small.", translations={"ja": {"text": "小規模であること。"}})
    client.force_login(founder)
    pages = [
        section(draft),
        reverse("challenges:application-check", args=[draft.pk]),
        reverse("challenges:call-form", args=[call.slug]),
    ]
    check = reverse("challenges:call-check", args=[call.slug])
    for page in [*pages, check]:
        shown = text(client.get(page))
        assert "Read the questions in" in shown, page
        assert 'value="ja"' in shown
        # Nothing is written in them yet.
        assert 'name="read" value="ar"' not in " ".join(shown.split())
        assert 'value="fr"' not in shown
    assert "You are small." in text(client.get(check))
    back = client.post(
        reverse("challenges:call-read", args=[call.slug]), {"read": "ja", "next": pages[2]}
    )
    assert back.url == f"{pages[2]}#read-in"
    for page in pages:
        assert LABEL in text(client.get(page)), page
    assert "小規模であること。" in text(client.get(check))
    assert LABEL in text(client.get(call.get_absolute_url()))
    read_in(client, call, "en")
    assert LABEL not in text(client.get(pages[0]))


@pytest.mark.django_db
def test_call_in_one_language_has_no_switch(client, programme, founder):
    call = make_call(programme, languages=["en", "ja"])
    make_rule(call)
    client.force_login(founder)
    application = make_application(call, startup=make_startup(owner=founder))
    for page in (
        section(application),
        reverse("challenges:application-check", args=[application.pk]),
        reverse("challenges:call-form", args=[call.slug]),
        reverse("challenges:call-check", args=[call.slug]),
    ):
        assert "Read the questions in" not in text(client.get(page))


@pytest.mark.django_db
@pytest.mark.parametrize("code", ["de", "", "xx-<script>", "ja\n"])
def test_only_a_language_of_the_call_is_taken(client, call, code):
    response = read_in(client, call, code)
    assert response.status_code == 302
    assert reading.COOKIE not in response.cookies
    assert LABEL not in text(client.get(reverse("challenges:call-form", args=[call.slug])))


@pytest.mark.django_db
def test_cookie_that_somebody_wrote_is_no_language(client, call):
    client.cookies[reading.COOKIE] = '"><script>'
    page = client.get(reverse("challenges:call-form", args=[call.slug]))
    assert page.status_code == 200
    assert not page.cookies.get(reading.COOKIE)


@pytest.mark.django_db
def test_page_that_browsers_keep_is_another_in_another_language(client, call):
    address = call.get_absolute_url()
    tag = client.get(address)["ETag"]
    assert client.get(address, headers={"if-none-match": tag}).status_code == 304
    client.cookies[reading.COOKIE] = "ja"
    again = client.get(address, headers={"if-none-match": tag})
    assert again.status_code == 200
    assert LABEL in text(again)


@pytest.mark.django_db
def test_own_language_comes_first_then_that_of_the_call(programme):
    call = make_call(programme, languages=["ja", "en", "ar"], bare=True)
    row = Question.objects.create(
        call=call, section="解決策", label="題名", translations={"en": {"label": "Title"}}
    )
    row.call = call
    # The interface is English, and English there is; the section nobody has translated.
    assert (row.shown_label, row.shown_section) == ("Title", "解決策")
    assert (row.label_attributes, row.section_attributes) == ("", ' lang="ja"')
    with reading.override("ja"):
        assert (row.shown_label, row.label_attributes) == ("題名", ' lang="ja"')
    with reading.override("ar"):
        assert row.shown_label == "Title"
    row.translations = {"ar": {"label": "العنوان"}}
    with reading.override("ar"):
        assert row.label_attributes == ' lang="ar" dir="rtl"'
    assert row.shown_label == "題名"


# -- what is typed --------------------------------------------------------------------------------


def typed(call: Call, **texts: str) -> dict[str, str]:
    """What the page sends of the first section."""
    title, theme = call.questions.get(label="Title"), call.questions.get(label="Theme")
    sent = {title.field: texts.get("title", ""), theme.field: texts.get("theme", "")}
    for one in (title, theme):
        sent |= {f"v_{one.pk.hex}": "0", f"b_{one.pk.hex}": answers.mark_shown(one, "")}
    return sent


@pytest.mark.django_db
def test_switching_saves_what_was_typed_and_stays_in_the_section(client, call, draft, founder):
    client.force_login(founder)
    sent = typed(call, title="Sea wall", theme="Water") | {"read": "ja"}
    response = client.post(section(draft), sent)
    assert response.status_code == 302
    assert response.url.endswith("/edit/1/#read-in")
    assert set(draft.answers.values_list("question__label", "value")) == {
        ("Title", "Sea wall"),
        ("Theme", "Water"),
    }
    page = text(client.get(section(draft)))
    assert LABEL in page
    assert 'value="Water"' in page
    assert re.search(r'<label class="form-check-label" for="\w+_0" lang="ja">水</label>', page)
    # Not translated: in the language of the page, so nothing needs to be said of it.
    assert re.search(r'<label class="form-check-label" for="\w+_1">Energy</label>', page)
    assert '<span lang="ja">二つのうち一つ</span>' in page
    # When it is asked, with the question's words and the option's.
    team = text(client.get(section(draft, 2)))
    assert '“<span lang="ja">分野</span>” is “<span lang="ja">水</span>”' in team
    assert "&lt;span" not in team


@pytest.mark.django_db
def test_text_too_long_to_keep_stays_on_the_page_in_the_new_language(client, call, draft, founder):
    client.force_login(founder)
    long = "x" * 60_000
    response = client.post(section(draft), typed(call, title=long, theme="Water") | {"read": "ja"})
    page = text(response)
    assert response.status_code == 200
    assert long in page
    assert LABEL in page
    assert draft.answers.get().value == "Water"


@pytest.mark.django_db
def test_check_goes_on_in_another_language_with_what_was_typed(client, call):
    rule = make_rule(
        call, RuleKind.STATEMENT, text="You are small.", translations={"ja": {"text": "小規模。"}}
    )
    make_rule(call)
    where = reverse("challenges:call-check", args=[call.slug])
    response = client.post(where, {"country": "SE", rule.field: "yes", "read": "ja"})
    assert response.url == f"{where}#read-in"
    form = client.get(where).context["form"]
    assert (form["country"].value(), form[rule.field].value()) == ("SE", "yes")
    assert form[rule.field].label == '<span lang="ja">小規模。</span>'
    # It was no check: nothing is counted, and the next page is as before.
    assert not EligibilityCheck.objects.exists()
    assert client.get(where).context["form"]["country"].value() != "SE"


@pytest.mark.django_db
def test_refusal_quotes_the_rule_in_the_readers_language_and_counts_it_in_the_first(client, call):
    rule = make_rule(
        call, text="In Kenya or Japan.", translations={"ja": {"text": "ケニアか日本。"}}
    )
    say = make_rule(
        call, RuleKind.STATEMENT, text="You are small.", translations={"ja": {"text": "小規模。"}}
    )
    founder = make_user()
    application = make_application(call, startup=make_startup(owner=founder))
    client.force_login(founder)
    read_in(client, call, "ja")
    where = reverse("challenges:call-check", args=[call.slug])
    sent = {"country": "SE", say.field: "no", "organisation": str(application.startup_id)}
    page = text(client.post(where, sent, follow=True))
    assert '<blockquote><p><span lang="ja">ケニアか日本。</span></p></blockquote>' in page
    assert rule.text in EligibilityCheck.objects.get().not_met
    assert Statement.objects.get().text == "You are small."


# -- on paper -------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_blank_form_is_printed_and_written_in_the_language_chosen(client, call):
    read_in(client, call, "ja")
    page = text(client.get(reverse("challenges:call-form", args=[call.slug])))
    assert f'<h3 lang="ja">{LABEL}</h3>' in page
    assert '<h2 lang="ja">解決策</h2>' in page
    assert '<li><span lang="ja">水</span></li>' in page
    assert "<li>Energy</li>" in page
    assert 'Only if “<span lang="ja">分野</span>” is answered with' in page
    word = client.get(reverse("challenges:call-form-word", args=[call.slug])).content
    lines = {one.text: one._element.xml for one in Document(BytesIO(word)).paragraphs}
    assert 'w:eastAsia="ja"' in lines[LABEL]
    assert "☐ 水" in lines
    assert "w:lang" not in lines["☐ Energy"]


@pytest.mark.django_db
def test_draft_on_paper_follows_and_the_submitted_copy_keeps_its_words(client, call, founder):
    application = make_application(call, make_startup(owner=founder), state="submitted")
    client.force_login(founder)
    read_in(client, call, "ja")
    where = reverse("challenges:application-print", args=[application.pk])
    assert LABEL not in text(client.get(where))
    draft = make_application(call, startup=make_startup(owner=founder), complete=True)
    where = reverse("challenges:application-print", args=[draft.pk])
    assert f'<dt lang="ja">{LABEL}</dt>' in text(client.get(where))


# -- what never hangs on it -----------------------------------------------------------------------

WORD = st.text(alphabet="abc水土 <>&\"'", max_size=6)
OPTIONS = ["Water", "Energy", "Soil"]
#: A translation may read as another option does, which must not make it that option.
NAMES = st.lists(WORD | st.sampled_from(OPTIONS), min_size=3, max_size=3)
GIVEN = {
    Kind.SHORT: WORD,
    Kind.NUMBER: st.sampled_from(["12", "1,5", "x", ""]),
    Kind.CHOICE: st.sampled_from([*OPTIONS, "水", ""]),
    Kind.CHOICES: st.lists(st.sampled_from([*OPTIONS, "水"]), max_size=3, unique=True),
    Kind.GOALS: st.lists(st.sampled_from(["1", "7", "99"]), max_size=2, unique=True),
}


KINDS: Any = st.lists(st.sampled_from(list(GIVEN)), min_size=2, max_size=5)
YES_OR_NO: Any = st.booleans()


@st.composite
def sheets(draw: st.DrawFn) -> tuple[list[Any], dict[str, Any]]:
    """A form with translations of any sort, each question hanging on one before, and answers."""
    asked: list[Any] = []
    sent: dict[str, Any] = {}
    for kind in draw(KINDS):
        words = {"label": draw(WORD), "help": draw(WORD), "options": draw(NAMES)}
        one = question(
            kind,
            options=OPTIONS if kind in {Kind.CHOICE, Kind.CHOICES} else [],
            required=draw(YES_OR_NO),
            help="Help.",
            base_language="en",
            translations={"ja": words} if draw(YES_OR_NO) else {},
        )
        before = [row for row in asked if row.kind in {Kind.CHOICE, Kind.CHOICES}]
        if before and draw(YES_OR_NO):
            one.shown_if_id = before[-1].pk
            one.shown_if_values = [draw(st.sampled_from(OPTIONS))]
        asked.append(one)
        sent[one.field] = draw(GIVEN[kind])
    return asked, sent


def _answered(value: str) -> Any:
    found = answer(value)
    found.version = 1
    return found


def judged(asked: list[Any], sent: dict[str, Any], language: str) -> dict[str, Any]:
    """All that the server makes of what was sent, and all that the page hands to its script."""
    with reading.override(language):
        form = SectionForm(sent, questions=asked, answers={})
        form.is_valid()
        form.show_problems()
        values = {key: _answered(value) for key, value in form.values().items()}
        fresh: Any = SectionForm(questions=asked, answers=values)
        drawn = "".join(str(fresh[one.field].inputs) for one in asked)
        return {
            "values": form.values(),
            "problems": {name: list(said) for name, said in form.errors.items()},
            "missing": [one.question.pk for one in answers.missing_from(asked, values)],
            "shown": conditions.shown(asked, values),
            "done": answers.completeness(asked, values),
            "rules": fresh.rules(),
            "marks": [str(fresh[one.field].marks) for one in asked],
            "controls": re.findall(r' (?:name|value|checked|selected)(?:="[^"]*")?', drawn),
        }


@settings(max_examples=150)
@given(sheets())
def test_same_answers_mean_the_same_in_every_language(sheet: tuple[list[Any], Any]) -> None:
    asked, sent = sheet
    assert judged(asked, sent, "") == judged(asked, sent, "ja") == judged(asked, sent, "ar")


# -- staff ----------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_letters_say_in_which_languages_of_the_call_none_can_leave(client, call, manager):
    client.force_login(manager)
    where = reverse("admin:challenges_call_letters", args=[call.pk])
    page = " ".join(text(client.get(where)).split())
    assert (
        "can also be read in 日本語, العربيّة, français; a letter in them would reach nobody" in page
    )
    assert {code for row in letters_of(call) for code, _name, _own in row.languages} == {"en-gb"}
    Call.objects.filter(pk=call.pk).update(languages=["en"])
    assert "would reach nobody" not in text(client.get(where))


@pytest.mark.django_db
def test_preview_shows_each_language_whatever_staff_read_in_themselves(client, call, manager):
    client.force_login(manager)
    read_in(client, call, "ja")
    where = reverse("admin:challenges_call_form_look", args=[call.pk, 1])
    page = text(client.get(where))
    assert "Title" in page
    assert LABEL not in page
    page = text(client.get(where, {"language": "ja"}))
    assert LABEL in page
    assert '<h1 lang="ja">解決策</h1>' in page
    assert "Title" in text(client.get(where, {"language": "ar"}))


def test_language_of_nobody_is_refused_and_every_other_has_a_name() -> None:
    assert [reading.is_language(code) for code in ("ja", "pt-br", "am", "jp", "klingon", "")] == [
        *(True, True, True),
        *(False, False, False),
    ]
    assert reading.name_of("fr-ca") == "français"
    assert reading.name_of("am") == "አማርኛ"
    assert [reading.is_leftward(code) for code in ("ar", "ps", "ja")] == [True, True, False]
    html = render_to_string(
        "challenges/_read_in.html",
        {"languages": [{"code": "ja", "name": "日本語", "spoken": "", "is_current": True}]},
    )
    assert 'aria-current="true"' in html


@pytest.mark.django_db
def test_answers_are_kept_as_in_the_first_language_whatever_was_read(call, draft):
    theme = call.questions.get(label="Theme")
    kept = Answer(application=draft, question=theme, value="Water")
    with reading.override("ja"):
        assert answers.value_in_words(theme, kept.value) == "水"
        assert answers.problem_with(theme, "水") == answers.problem_with(theme, "No such thing")
        assert answers.problem_with(theme, "Water") is None
