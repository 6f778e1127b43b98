"""Writing together: nobody's text is lost, whatever is posted by whom and when."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from hypothesis import given, strategies as st

from challenges import answers
from challenges.actions.application import save_answers
from challenges.choices import ApplicationState, CallState, QuestionKind
from challenges.models import Application, Call, Question
from challenges.workflow.call import call_workflow
from portal.choices import Role
from portal.models import Document
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff, make_user
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner():
    return make_user(given_name="Amina")


@pytest.fixture
def application(owner):
    return make_application(startup=make_startup(owner=owner))


def question_of(application, label):
    return application.call.questions.get(label=label)


def value_of(application, label):
    answer = application.answers.filter(question__label=label).first()
    return answer.value if answer else None


def edit_url(application, section=1):
    return reverse("challenges:application-edit", args=[application.pk, section])


def as_shown(client, application, section=1):
    """What a browser would send of the page if nobody touched it."""
    form = client.get(edit_url(application, section)).context["form"]
    return {name: form[name].value() or "" for name in form.fields if form[name].value() != ""}


# -- two people in one section ------------------------------------------------------------------


def test_old_text_of_an_untouched_field_is_no_edit(client, owner, application):
    title, theme = question_of(application, "Title"), question_of(application, "Theme")
    client.force_login(add_member(application.startup))
    page = as_shown(client, application)
    save_answers(application=application, values={title.pk: "Hers"}, versions={}, by=owner)
    response = client.post(
        edit_url(application), {**page, title.field: "", theme.field: "Water", "go": "stay"}
    )
    assert response.status_code == 302  # no conflict
    assert (value_of(application, "Title"), value_of(application, "Theme")) == ("Hers", "Water")


def test_page_of_a_conflict_shows_newer_text_in_untouched_fields(client, owner, application):
    title, theme = question_of(application, "Title"), question_of(application, "Theme")
    client.force_login(add_member(application.startup))
    page = as_shown(client, application)
    save_answers(
        application=application,
        values={title.pk: "Hers", theme.pk: "Energy"},
        versions={},
        by=owner,
    )
    response = client.post(edit_url(application), {**page, title.field: "", theme.field: "Water"})
    assert response.status_code == 200
    form = response.context["form"]
    assert form[title.field].value() == "Hers"
    assert not form.errors.get(title.field)
    assert "changed this meanwhile" in str(form.errors[theme.field])
    # A second save is a choice about the one field in conflict, and about nothing else.
    again = {name: form[name].value() for name in form.fields}
    assert client.post(edit_url(application), again).status_code == 302
    assert (value_of(application, "Title"), value_of(application, "Theme")) == ("Hers", "Water")


def test_background_save_brings_newer_text_of_untouched_fields(client, owner, application):
    title, theme = question_of(application, "Title"), question_of(application, "Theme")
    client.force_login(add_member(application.startup))
    page = as_shown(client, application)
    save_answers(application=application, values={title.pk: "Hers"}, versions={}, by=owner)
    said = client.post(
        edit_url(application),
        {**page, title.field: "", theme.field: "Water"},
        headers={"X-Autosave": "1"},
    ).json()
    assert said["conflicts"] == []
    assert said["newer"][title.field]["value"] == "Hers"
    assert list(said["fields"]) == [theme.field]
    # What the page sends along from now on says that it has seen it.
    hexed = title.pk.hex
    page[f"b_{hexed}"], page[f"v_{hexed}"] = (said["newer"][title.field][key] for key in "bv")
    client.post(edit_url(application), {**page, title.field: "Hers and mine"})
    assert value_of(application, "Title") == "Hers and mine"


def test_clearing_a_field_on_purpose_clears_it(client, owner, application):
    title = question_of(application, "Title")
    save_answers(application=application, values={title.pk: "Old"}, versions={}, by=owner)
    client.force_login(owner)
    page = as_shown(client, application)
    client.post(edit_url(application), {**page, title.field: ""})
    assert value_of(application, "Title") == ""


def test_choice_that_was_taken_away_since_is_not_cleared_by_saving(client, owner, application):
    theme = question_of(application, "Theme")
    save_answers(application=application, values={theme.pk: "Water"}, versions={}, by=owner)
    Question.objects.filter(pk=theme.pk).update(options=["Energy", "Waste"])
    client.force_login(owner)
    page = as_shown(client, application)
    page.pop(theme.field)  # no button is chosen, so the browser sends none
    client.post(edit_url(application), page)
    assert value_of(application, "Theme") == "Water"


# -- what is too much, and who is signed out ----------------------------------------------------


def test_text_that_is_too_long_is_not_kept_and_stays_on_the_page(client, owner, application):
    title = question_of(application, "Title")
    client.force_login(owner)
    response = client.post(edit_url(application), {title.field: "x" * 20_001})
    page = response.content.decode()
    assert "more than 20000 cannot be kept" in page.replace(",", "")
    assert "x" * 20_001 in page
    assert value_of(application, "Title") is None
    client.post(edit_url(application), {title.field: "x" * 20_000})
    assert len(value_of(application, "Title")) == 20_000
    background = client.post(
        edit_url(application), {title.field: "y" * 20_001}, headers={"X-Autosave": "1"}
    )
    assert "cannot be kept" in background.json()["refusal"]
    assert value_of(application, "Title").startswith("x")


def test_whoever_is_signed_out_hears_so_from_a_background_save(client, application):
    answer = client.post(edit_url(application), {}, headers={"X-Autosave": "1"})
    assert (answer.status_code, answer.json()) == (401, {"signed_out": True})
    for response in (client.get(edit_url(application)), client.post(edit_url(application), {})):
        assert response.status_code == 302
        assert "/login/" in response["Location"]


# -- when nothing can be changed ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (ApplicationState.WITHDRAWN, "withdrawn, so it cannot be changed"),
        (ApplicationState.IN_REVIEW, "in review and cannot be changed"),
        (ApplicationState.SELECTED, "The result has been sent"),
    ],
)
@pytest.mark.parametrize("page", ["application-edit", "application-check"])
def test_pages_for_writing_lead_away_with_the_reason(client, owner, state, sentence, page):
    application = make_application(startup=make_startup(owner=owner), state=state)
    client.force_login(owner)
    arguments = [application.pk, 1] if page.endswith("edit") else [application.pk]
    response = client.get(reverse(f"challenges:{page}", args=arguments), follow=True)
    assert response.redirect_chain == [(application.get_absolute_url(), 302)]
    assert sentence in response.content.decode()


def test_draft_after_the_deadline_is_read_on_its_own_page(client, owner):
    call = make_call(closes_at=timezone.now() - timedelta(minutes=1))
    application = make_application(call, make_startup(owner=owner), complete=True)
    client.force_login(owner)
    response = client.get(edit_url(application), follow=True)
    page = response.content.decode()
    assert "The deadline passed on" in page
    assert "Copy as text" in page
    sent = client.post(
        reverse("challenges:application-check", args=[application.pk]),
        {"key": "9f8a1f4e-6a53-4c44-9d2c-6f6b1f6c8b11", "terms_version": "2026-01"},
        follow=True,
    )
    assert sent.redirect_chain == [(application.get_absolute_url(), 302)]
    assert sent.content.decode().count("The deadline passed on") == 1


def test_own_later_deadline_keeps_the_pages_open(client, owner):
    call = make_call(closes_at=timezone.now() - timedelta(minutes=1))
    later = timezone.now() + timedelta(hours=1)
    application = make_application(
        call, make_startup(owner=owner), complete=True, extended_until=later
    )
    client.force_login(owner)
    assert client.get(edit_url(application)).status_code == 200
    check = client.get(reverse("challenges:application-check", args=[application.pk]))
    assert 'name="accept_terms"' in check.content.decode()
    assert "Go on writing" in client.get(application.get_absolute_url()).content.decode()


def test_cancelled_call_is_said_with_its_reason_and_without_a_countdown(client, owner):
    call = make_call()
    application = make_application(call, make_startup(owner=owner))
    manager = make_staff(call.programme, Role.MANAGER)
    call_workflow.perform(call, "cancel", actor=manager, reason="The donor stepped back.")
    assert Call.objects.get(pk=call.pk).state == CallState.CANCELLED
    client.force_login(owner)
    for address in (application.get_absolute_url(), reverse("challenges:application-list")):
        page = client.get(address).content.decode()
        assert "This call was cancelled" in page
        assert "The donor stepped back." in page
        assert "data-seconds-left" not in page
        assert "The deadline has passed" not in page
    page = client.get(edit_url(application), follow=True).content.decode()
    assert "This call was cancelled. What you wrote is kept." in page
    assert "data-seconds-left" not in client.get(call.get_absolute_url()).content.decode()


# -- numbers ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("12", "12"),
        ("12.5", "12.5"),
        ("1,5", "1.5"),
        ("-3", "-3"),
        ("0.125", "0.125"),
        ("1234.500", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1.234.567", "1234567"),
        ("12 500", "12500"),
        ("12\u202f500,5", "12500.5"),
        ("1’234’567", "1234567"),
    ],
)
def test_number_that_reads_in_one_way_is_taken(typed, number):
    assert answers.as_number(typed) == Decimal(number)


@pytest.mark.parametrize(
    "typed", ["12.500", "1,500", "1,23,456", "1.2.3", "1 2", "1,234,5", "--5", "1e5", "4 people"]
)
def test_number_that_reads_in_two_ways_is_asked_for_again(typed):
    question = Question(kind=QuestionKind.NUMBER, required=True)
    assert answers.as_number(typed) is None
    assert answers.problem_with(question, typed) == (
        "Write the number with a point for decimals and without separators for thousands, for"
        " example 1234.5."
    )


@given(
    number=st.decimals(-(10**9), 10**9, places=2),
    grouped=st.booleans(),
    signs=st.sampled_from([(",", "."), (".", ","), (" ", "."), (" ", ","), ("'", ".")]),
)
def test_written_number_comes_back_as_itself_or_not_at_all(number, grouped, signs):
    group, point = signs
    written = f"{number:,.2f}" if grouped else f"{number:.2f}"
    written = written.replace(",", "G").replace(".", point).replace("G", group)
    assert answers.as_number(written) == number


@given(st.text(alphabet="0123456789.,' -", max_size=12))
def test_no_typing_breaks_a_number_and_none_reads_in_two_ways(typed):
    found, mirrored = (
        answers.as_number(one) for one in (typed, typed.translate(str.maketrans(".,", ",.")))
    )
    # Whoever writes points for commas means the same number, or nobody knows which.
    assert found == mirrored


def test_bounds_are_said_as_people_write_them(application):
    people = question_of(application, "People")
    people.refresh_from_db()
    assert answers.problem_with(people, "0") == "The smallest number here is 1."
    people.minimum, people.maximum = None, Decimal("100.5000")
    assert answers.problem_with(people, "101") == "The largest number here is 100.5."


# -- progress and files -------------------------------------------------------------------------


def test_progress_counts_what_is_answered(client, owner, application):
    client.force_login(owner)

    def sections():
        found = client.get(edit_url(application)).context["sections"]
        return [(one["done"], one["total"], one["optional"]) for one in found]

    assert sections() == [(0, 2, False), (0, 1, True)]
    title, people = question_of(application, "Title"), question_of(application, "People")
    values = {title.pk: "A buoy", people.pk: "many"}
    save_answers(application=application, values=values, versions={}, by=owner)
    assert sections() == [(1, 2, False), (0, 1, True)]
    save_answers(
        application=application, values={people.pk: "4"}, versions={people.pk: 1}, by=owner
    )
    assert sections() == [(1, 2, False), (1, 1, False)]


def test_field_for_a_file_says_what_is_taken_and_quotes_stay_in_its_name(
    client, owner, application
):
    deck = Question.objects.create(
        call=application.call, order=9, section="Deck", label="Slides", kind=QuestionKind.FILE,
        help="Ten slides & no <b>video</b>.",
    )  # fmt: skip
    client.force_login(owner)
    page = client.get(edit_url(application, 3)).content.decode()
    assert (
        "Ten slides &amp; no &lt;b&gt;video&lt;/b&gt;.<br>One file of at most 25 MB: CSV, DOCX"
        in page
    )
    # A browser writes quotation marks in a file's name as %22.
    file = SimpleUploadedFile("Our %22deck%22.pdf", b"%PDF-1.4\n%%EOF\n")
    client.post(edit_url(application, 3), {deck.field: file})
    document = Document.objects.get()
    assert document.name == 'Our "deck".pdf'
    address = reverse("challenges:application-file", args=[application.pk, document.pk])
    assert r"Our \"deck\".pdf" in client.get(address)["Content-Disposition"]


def test_list_of_applications_asks_no_more_for_more(client, owner, django_assert_max_num_queries):
    startup = make_startup(owner=owner)
    client.force_login(owner)
    for _number in range(3):
        make_application(make_call(), startup)
    assert Application.objects.count() == 3
    with django_assert_max_num_queries(9):
        client.get(reverse("challenges:application-list"))
