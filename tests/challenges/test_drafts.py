"""What the page of a draft and the server say to each other, and a team's notes in it."""

from __future__ import annotations

import json
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.actions.application import save_answers
from challenges.actions.notes import add_note, settle_note
from challenges.choices import ApplicationState, QuestionKind
from challenges.models import Answer, AnswerNote, Question, Revision
from challenges.views.background import account_mark
from portal.choices import Role
from portal.models import AuditEntry
from portal.workflow import StepRefused
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db
BACKGROUND = {"X-Autosave": "1"}


@pytest.fixture
def owner():
    return make_user(given_name="Amina", time_zone="Asia/Tokyo")


@pytest.fixture
def application(owner):
    return make_application(startup=make_startup(owner=owner))


@pytest.fixture
def kofi(application):
    return add_member(application.startup, make_user(given_name="Kofi"), MemberRole.EDITOR)


def question_of(application, label):
    return application.call.questions.get(label=label)


def value_of(application, label):
    answer = application.answers.filter(question__label=label).first()
    return answer.value if answer else None


def edit_url(application, section=1):
    return reverse("challenges:application-edit", args=[application.pk, section])


def tell(client, application, touched=(), **data):
    """What the script of the page sends."""
    return client.post(
        edit_url(application), {"touched": ["", *touched], **data}, headers=BACKGROUND
    )


# -- the exchange -------------------------------------------------------------------------------


def test_save_says_the_hour_of_the_database_in_the_readers_zone(client, owner, application):
    title = question_of(application, "Title")
    client.force_login(owner)
    said = tell(client, application, [title.field], **{title.field: "Hers"}).json()
    answer = Answer.objects.get()
    assert re.fullmatch(r"\d\d:\d\d JST", said["saved"])
    assert said["fields"][title.field]["v"] == answer.version == 1
    page = client.get(edit_url(application)).content.decode()
    assert f"Saved {said['saved']}" in page


def test_only_what_is_named_is_saved(client, owner, application):
    title, theme = question_of(application, "Title"), question_of(application, "Theme")
    client.force_login(owner)
    tell(client, application, [title.field], **{title.field: "Hers", theme.field: "Water"})
    assert (value_of(application, "Title"), value_of(application, "Theme")) == ("Hers", None)


def test_page_that_touched_nothing_hears_what_colleagues_wrote(client, owner, kofi, application):
    title, theme = question_of(application, "Title"), question_of(application, "Theme")
    values = {title.pk: "Kofi's", theme.pk: "Water"}
    save_answers(application=application, values=values, versions={}, by=kofi)
    client.force_login(owner)
    said = tell(client, application, **{f"v_{theme.pk.hex}": "1"}).json()
    assert said["saved"] == ""
    assert list(said["newer"]) == [title.field]
    heard = said["newer"][title.field]
    assert (heard["who"], heard["mine"], heard["value"]) == (
        "Kofi",
        False,
        "Kofi&#x27;s".replace("&#x27;", "'"),
    )
    assert re.fullmatch(r"\d\d:\d\d JST", heard["at"])
    assert f'name="{title.field}"' in heard["html"]


def test_colleagues_newer_text_is_shown_and_never_overwritten(client, owner, kofi, application):
    theme = question_of(application, "Theme")
    save_answers(application=application, values={theme.pk: "Energy"}, versions={}, by=kofi)
    client.force_login(owner)
    said = tell(client, application, [theme.field], **{theme.field: "Water"}).json()
    (other,) = said["conflicts"]
    assert (other["field"], other["words"], other["who"]) == (theme.field, "Energy", "Kofi")
    assert said["fields"] == {}
    assert value_of(application, "Theme") == "Energy"
    # With the version that was shown it is a choice.
    again = {theme.field: "Water", f"v_{theme.pk.hex}": other["v"], f"b_{theme.pk.hex}": other["b"]}
    assert tell(client, application, [theme.field], **again).json()["conflicts"] == []
    assert value_of(application, "Theme") == "Water"


def test_page_of_another_account_sends_nothing_in_this_ones_name(client, owner, kofi, application):
    title = question_of(application, "Title")
    client.force_login(kofi)
    sent = {title.field: "Hers", "account": account_mark(owner)}
    answer = tell(client, application, [title.field], **sent)
    assert (answer.status_code, answer.json()) == (409, {"other_account": True})
    page = client.post(edit_url(application), sent | {"go": "next"})
    assert page.status_code == 409
    assert "You are signed in as Kofi now" in page.content.decode()
    assert "Hers" in page.content.decode()
    assert value_of(application, "Title") is None
    client.post(edit_url(application), sent | {"account": account_mark(kofi)})
    assert value_of(application, "Title") == "Hers"


def test_page_asks_who_is_signed_in_and_gets_a_token_of_that_session(client, owner, application):
    assert client.get(edit_url(application), headers=BACKGROUND).status_code == 401
    client.force_login(owner)
    said = client.get(edit_url(application), headers=BACKGROUND).json()
    assert said["account"] == account_mark(owner)
    assert len(said["token"]) == 64
    assert account_mark(owner) != account_mark(make_user())


def test_question_that_is_not_asked_any_more_is_said(client, owner, application):
    gone = f"q_{'0' * 32}"
    client.force_login(owner)
    said = tell(client, application, [gone], **{gone: "Where does this go?"}).json()
    assert said["gone"] == [gone]


def test_answer_whose_row_was_dropped_is_written_above_the_version_that_was_shown(
    owner, application
):
    title = question_of(application, "Title")
    saved = save_answers(
        application=application, values={title.pk: "New"}, versions={title.pk: 3}, by=owner
    )
    assert saved.answers[title.pk].version == 4
    assert value_of(application, "Title") == "New"


def test_call_that_closed_meanwhile_is_said_to_a_page_that_only_listens(client, owner):
    call = make_call(closes_at=timezone.now())
    application = make_application(call=call, startup=make_startup(owner=owner))
    client.force_login(owner)
    answer = tell(client, application)
    assert answer.status_code == 409
    assert "The deadline passed" in answer.json()["refusal"]


@pytest.mark.parametrize("others", [1, 3])
def test_exchange_asks_the_database_little(
    client, owner, kofi, application, others, django_assert_max_num_queries
):
    """Notes and answers of others cost no more statements, however many they are."""
    for number in range(others):
        question = Question.objects.create(
            call=application.call, order=9 + number, section="Solution", label=f"More {number}"
        )
        save_answers(application=application, values={question.pk: "His"}, versions={}, by=kofi)
        add_note(application=application, question=question, text="Look", by=kofi)
    title = question_of(application, "Title")
    client.force_login(owner)
    with django_assert_max_num_queries(9):
        client.get(edit_url(application))
    with django_assert_max_num_queries(15):
        said = tell(client, application, [title.field], **{title.field: "Hers"}).json()
    assert len(said["newer"]) == others
    with django_assert_max_num_queries(10):
        tell(client, application)


# -- two texts without scripts ------------------------------------------------------------------

CHOOSING = {QuestionKind.CHOICE, QuestionKind.CHOICES}
TEXTS = {
    QuestionKind.SHORT: ("Hers", "His"),
    QuestionKind.LONG: ("Hers\nand more", "His\nand more"),
    QuestionKind.CHOICE: ("Water", "Energy"),
    QuestionKind.CHOICES: ("Water", "Water\nEnergy"),
    QuestionKind.NUMBER: ("4", "5"),
    QuestionKind.MONEY: ("JPY 4", "USD 5"),
    QuestionKind.DATE: ("2026-11-01", "2026-12-31"),
    QuestionKind.COUNTRY: ("SN", "JP"),
    QuestionKind.GOALS: ("6", "6\n14"),
    QuestionKind.MATURITY: ("1", "4"),
    QuestionKind.LINK: ("https://a.example", "https://b.example"),
    QuestionKind.VIDEO: ("https://vimeo.com/1", "https://vimeo.com/2"),
}


@pytest.mark.parametrize("kind", [kind for kind in QuestionKind if kind != QuestionKind.FILE])
@pytest.mark.parametrize("take", ["mine", "theirs"])
def test_answers_of_every_kind_stand_beside_each_other(client, owner, kofi, kind, take):
    from challenges import answers  # noqa: PLC0415 -- the names of the fields

    call = make_call(bare=True)
    question = Question.objects.create(
        call=call,
        section="One",
        label="Kind",
        kind=kind,
        options=["Water", "Energy"] if kind in CHOOSING else [],
    )
    application = make_application(call=call, startup=kofi.memberships.get().startup)
    hers, his = (answers.canonical(question, text) for text in TEXTS[kind])
    client.force_login(owner)
    marks = dict(
        re.findall(
            r'<input type="hidden" name="([vb]_\w+)" value="([^"]*)"',
            client.get(edit_url(application)).content.decode(),
        )
    )
    save_answers(application=application, values={question.pk: his}, versions={}, by=kofi)
    typed = answers.to_fields(question, hers)
    page = client.post(edit_url(application), marks | typed)
    assert page.status_code == 200
    html = page.content.decode()
    assert "Kofi changed this answer" in html
    (theirs,) = re.findall(
        r"data-conflict-theirs\s*>([^<]*)</blockquote>", html.split("<template")[0]
    )
    assert theirs == answers.value_in_words(question, his)
    form = page.context["form"]
    assert form[question.field].value() == hers
    assert Answer.objects.get().value == his
    marks = {name: form[name].value() for name in form.fields if name[:2] in {"v_", "b_"}}
    press = {"take": question.pk.hex} if take == "theirs" else {"go": "stay"}
    assert client.post(edit_url(application), marks | typed | press).status_code == 302
    assert Answer.objects.get().value == (his if take == "theirs" else hers)


# -- notes to each other ------------------------------------------------------------------------


def test_note_is_written_and_settled_with_the_form(client, owner, kofi, application):
    title = question_of(application, "Title")
    client.force_login(owner)
    sent = {title.field: "Hers", f"n_{title.pk.hex}": "Is it too long?", "note": title.pk.hex}
    answer = client.post(edit_url(application), sent)
    assert answer["Location"] == f"{edit_url(application)}#{title.field}"
    note = AnswerNote.objects.get()
    assert (note.text, note.author, note.question) == ("Is it too long?", owner, title)
    assert value_of(application, "Title") == "Hers"
    client.force_login(kofi)
    page = client.get(edit_url(application)).content.decode()
    assert "Is it too long?" in page
    assert "1 note to each other" in page
    assert [one["notes"] for one in client.get(edit_url(application)).context["sections"]] == [1, 0]
    client.post(edit_url(application), {"settle": note.pk.hex})
    note.refresh_from_db()
    assert note.settled_at is not None
    assert [one["notes"] for one in client.get(edit_url(application)).context["sections"]] == [0, 0]


def test_note_longer_than_one_becomes_two_and_too_many_are_shown_again(
    client, owner, application, monkeypatch
):
    title = question_of(application, "Title")
    client.force_login(owner)
    client.post(edit_url(application), {f"n_{title.pk.hex}": "x" * 1_500})
    assert sorted(len(note.text) for note in AnswerNote.objects.all()) == [500, 1_000]
    monkeypatch.setattr("challenges.actions.notes.MOST_NOTES", 2)
    page = client.post(edit_url(application), {f"n_{title.pk.hex}": "One too many"})
    assert page.status_code == 200
    assert "There are 2 notes already" in page.content.decode()
    assert "One too many</textarea>" in page.content.decode()


def test_notes_are_for_those_who_write(owner, application):
    title = question_of(application, "Title")
    note = add_note(application=application, question=title, text="Ours", by=owner)
    reader = add_member(application.startup, make_user(), MemberRole.VIEWER)
    staff = make_staff(application.call.programme, Role.MANAGER)
    for stranger in (reader, staff, make_user()):
        with pytest.raises(StepRefused):
            add_note(application=application, question=title, text="Theirs", by=stranger)
        with pytest.raises(StepRefused):
            settle_note(application=application, note_id=note.pk, by=stranger)
    assert AnswerNote.objects.get().settled_at is None
    # A note of another application is none of theirs.
    elsewhere = make_application(startup=make_startup(owner=owner))
    assert not settle_note(application=elsewhere, note_id=note.pk, by=owner)


def test_notes_never_leave_the_team(client, owner, call_with_staff):
    """Neither the submitted copy, nor staff's pages and export, nor the trail has them."""
    call, manager = call_with_staff
    application = make_application(
        call, make_startup(owner=owner), complete=True, open_to_staff=True
    )
    title = question_of(application, "Title")
    add_note(application=application, question=title, text="CANARY-NOTE", by=owner)
    client.force_login(owner)
    check = reverse("challenges:application-check", args=[application.pk])
    form = client.get(check).context["form"]
    key = str(form["key"].value())
    client.post(check, {"key": key, "terms_version": call.terms_version, "accept_terms": "on"})
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert "CANARY-NOTE" not in json.dumps(Revision.objects.get().answers)
    copy = reverse("challenges:application-copy", args=[application.pk])
    assert "CANARY-NOTE" not in client.get(copy).content.decode()
    assert not AuditEntry.objects.filter(facts__icontains="CANARY-NOTE").exists()
    client.force_login(manager)
    for name in ("change", "as_applicant"):
        page = client.get(
            reverse(f"admin:challenges_application_{name}", args=[application.pk]), follow=True
        )
        assert page.status_code == 200
        assert "CANARY-NOTE" not in page.content.decode()
    assert client.get(edit_url(application)).status_code == 404


@pytest.fixture
def call_with_staff():
    call = make_call()
    return call, make_staff(call.programme, Role.MANAGER)
