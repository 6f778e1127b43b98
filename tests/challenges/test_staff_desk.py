"""What staff and jurors read on their pages: who is missing, what is prepared, words for codes."""

from __future__ import annotations

import csv
import io
from typing import Any

import pgtrigger
import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.urls import reverse
from openpyxl import load_workbook

from challenges.actions.decision import prepare, send_results
from challenges.choices import ApplicationState, AssignmentState as State
from challenges.models import Application, Call, Circular, Revision
from portal.choices import Role
from portal.models import Label, Programme
from portal.registry import registry
from tests.factories.challenges import make_application
from tests.factories.portal import make_staff
from tests.factories.reviews import closed_call, given_to, in_review
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db
LIST = reverse("admin:challenges_application_changelist")
QUEUE = reverse("admin:challenges_reviewassignment_changelist")


@pytest.fixture
def call(programme: Programme) -> Call:
    return closed_call(programme)


def text_of(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


# -- calls and their ranking ---------------------------------------------------------------------


@pytest.mark.parametrize("count", [1, 3])
def test_a_call_stands_once_in_the_list_of_rankings(
    client, call, manager, count, django_assert_max_num_queries
):
    for _number in range(count):
        application = in_review(call)
        make_application(call)
        prepare(application=application, outcome="selected", reason="x", by=manager)
    in_review(call)
    client.force_login(manager)
    address = reverse("admin:challenges_application_rankings")
    with django_assert_max_num_queries(9):
        page = client.get(address)
    (row,) = page.context["page"].object_list
    assert (row.handed_in, row.waiting, row.prepared) == (count + 1, count + 1, count)
    assert text_of(page).count(call.title) == 1


def test_the_head_of_the_ranking_counts_what_is_sent_too(client, call, manager):
    first, second, third = (in_review(call) for _number in range(3))
    prepare(application=first, outcome="selected", reason="x", by=manager)
    send_results(call=call, by=manager, only_prepared=True)
    prepare(application=second, outcome="selected", reason="x", by=manager)
    prepare(application=third, outcome="reserve", reason="x", by=manager)
    client.force_login(manager)
    address = reverse("admin:challenges_application_ranking", args=[call.pk])
    page = client.get(address)
    counts = {str(label): count for label, count, _tone in page.context["counts"]}
    assert (counts["Selected"], counts["Reserve list"]) == (2, 1)
    assert "prepared, not sent yet" in text_of(page)
    send_results(call=call, by=manager)
    page = client.get(address)
    counts = {str(label): count for label, count, _tone in page.context["counts"]}
    assert (counts["Selected"], counts["Reserve list"]) == (2, 1)
    assert "prepared, not sent yet" not in text_of(page)


def test_scores_say_of_how_much(client, call, manager):
    application = in_review(call, mean_score="75.00", assigned_count=1, review_count=1)
    client.force_login(manager)
    for address in (
        reverse("admin:challenges_application_ranking", args=[call.pk]),
        reverse("admin:challenges_application_change", args=[application.pk]),
    ):
        assert "75.0 of 100" in text_of(client.get(address))


def test_the_desk_says_of_how_much(client, call, juror):
    assignment = given_to(in_review(call), juror, State.DONE)
    client.force_login(juror)
    assert "50.0 of 100" in text_of(client.get(assignment.get_absolute_url()))


# -- who is missing ------------------------------------------------------------------------------


@pytest.mark.parametrize("way_out", [State.CONFLICT, State.HANDED_BACK])
def test_a_juror_who_falls_out_is_missed(client, programme, call, manager, juror, way_out):
    Call.objects.filter(pk=call.pk).update(reviewers_wanted=2)
    application, complete = in_review(call), in_review(call)
    for each in (application, complete):
        given_to(each, make_staff(programme, Role.REVIEWER))
    given_to(complete, make_staff(programme, Role.REVIEWER), State.DONE)
    given_to(application, juror, way_out)
    application.refresh_from_db()
    assert application.assigned_count == 1
    waiting = [one for ask in registry.staff_waiting for one in ask(manager)]
    (missing,) = [one for one in waiting if one.verb == "Assign jurors"]
    assert missing.object == f"{call.title}: 1 application lacks a juror"
    client.force_login(manager)
    page = text_of(client.get(missing.url))
    assert application.reference in page
    assert complete.reference not in page


@pytest.mark.parametrize("role", [Role.MANAGER, Role.COORDINATOR, Role.CHAIR, Role.APPROVER])
def test_who_leads_reads_why_a_juror_has_a_conflict(client, programme, call, juror, role):
    assignment = given_to(in_review(call), juror, State.CONFLICT)
    client.force_login(make_staff(programme, role))
    address = reverse("admin:challenges_application_change", args=[assignment.application_id])
    assert ("I advise them." in text_of(client.get(address))) == (role != Role.APPROVER)


def test_filters_of_reviews(client, programme, call, manager):
    Call.objects.filter(pk=call.pk).update(reviewers_wanted=1)
    lacking, waits, done = (in_review(call) for _number in range(3))
    given_to(waits, make_staff(programme, Role.REVIEWER), State.READING)
    given_to(done, make_staff(programme, Role.REVIEWER), State.DONE)
    client.force_login(manager)
    for key, one, words in (
        ("lacking", lacking, "lacks jurors"),
        ("open", waits, "waits for reviews"),
        ("all", done, "all reviews in"),
    ):
        page = text_of(client.get(LIST, {"reviews": key}))
        assert words in page
        assert {each for each in (lacking, waits, done) if each.reference in page} == {one}, key


# -- in bulk -------------------------------------------------------------------------------------


def test_who_acts_on_many_comes_back_to_the_same_list(client, call, manager):
    application = in_review(call)
    Label.objects.create(programme=call.programme, name="finalist")
    client.force_login(manager)
    narrowed = f"{LIST}?call={call.pk}&state=in_review"
    data = {"action": "put_labels", ACTION_CHECKBOX_NAME: [str(application.pk)], "index": "0"}
    asked = client.post(narrowed, data)
    escaped = narrowed.replace("&", "&amp;")
    assert asked.content.decode().count(escaped) == 2  # the form and the way back
    label = Label.objects.get()
    done = client.post(narrowed, {**data, "apply": "1", "how": "add", "labels": [str(label.pk)]})
    assert (done.status_code, done["Location"]) == (302, narrowed)
    assert label.applications.count() == 1


# -- the queue -----------------------------------------------------------------------------------


def shown(page: Any) -> list[Any]:
    return list(page.context["cl"].result_list)


def test_what_is_to_do_comes_first(client, programme, call, manager, juror):
    done = given_to(in_review(call), juror, State.DONE)
    back = given_to(in_review(call), juror, State.HANDED_BACK)
    todo = given_to(in_review(call), juror)
    reading = given_to(in_review(call), juror, State.READING)
    client.force_login(manager)
    assert shown(client.get(QUEUE)) == [todo, reading, done, back]
    assert shown(client.get(QUEUE, {"work": "done"})) == [done]
    client.force_login(juror)
    page = client.get(QUEUE)
    assert shown(page) == [todo, reading]
    assert shown(client.get(QUEUE, {"work": "all"})) == [todo, reading, done, back]
    assert "You have reviewed 1 of 3 applications." in text_of(page)
    (mine,) = [one for ask in registry.staff_waiting for one in ask(juror)]
    assert shown(client.get(mine.url, follow=True)) == [todo, reading]


@pytest.mark.parametrize(
    ("name", "state", "sentence"),
    [
        ("confirm", State.ASSIGNED, "You may read it now."),
        ("declare-conflict", State.READING, "Somebody else reads it."),
        ("hand-back", State.ASSIGNED, "Handed back. Somebody else reads it."),
        ("reopen", State.DONE, "You may change your review."),
    ],
)
def test_a_step_says_what_happened(client, call, juror, name, state, sentence):
    assignment = given_to(in_review(call), juror, state)
    client.force_login(juror)
    step = reverse("admin:challenges_reviewassignment_step", args=[assignment.pk, name])
    page = text_of(client.post(step, {"reason": "I advise them."}, follow=True))
    assert sentence in page
    assert "Done:" not in page


def test_the_button_of_a_letter_to_many_says_to_how_many(client, call, manager):
    make_application(call)
    circular = Circular.objects.create(
        call=call, audience="all", subject="News", text="Text", written_by=manager
    )
    client.force_login(manager)
    address = reverse("admin:challenges_circular_preview", args=[circular.pk])
    page = text_of(client.get(address))
    assert "Send to 1 person" in page
    assert "Send the letters" not in page
    step = reverse("admin:challenges_circular_step", args=[circular.pk, "send"])
    assert "The letters are on their way." in text_of(client.post(step, follow=True))


# -- words for codes -----------------------------------------------------------------------------


def copied(call: Call, **facts: Any) -> Application:
    """A submitted copy with these facts of the startup, and a number as answer."""
    application = in_review(call, startup=make_startup(country="NO"))
    first = Revision.objects.get(application=application)
    for copy in first.answers:
        if copy["kind"] == "number":
            copy["value"] = facts.pop("number", "12.5")
    with pgtrigger.ignore("challenges.Application:submitted_in_time"):
        Application.objects.filter(pk=application.pk).update(revision_count=2)
    Revision.objects.create(
        application=application,
        number=2,
        answers=first.answers,
        startup_facts=first.startup_facts | facts,
        fingerprint="1" * 64,
        submitted_by=first.submitted_by,
        submitted_at=first.submitted_at,
    )
    application.refresh_from_db()
    return application


CODES = {
    "kind": "sme",
    "product_stage": "revenue",
    "size_band": "10-49",
    "founded_on": "2019-06-20",
    "country": "NO",
}


def test_jurors_read_words(client, call, juror):
    assignment = given_to(copied(call, **CODES), juror, State.READING)
    client.force_login(juror)
    page = client.get(assignment.get_absolute_url())
    facts = {label: value for label, value, _note in page.context["facts"]}
    assert facts["Product stage"] == "First revenue"
    assert facts["People"] == "10 to 49"
    assert facts["Founded"] == "20 Jun 2019"
    assert facts["Country"] == "Norway"
    kept = assignment.application.current_revision
    assert kept is not None
    assert kept.startup_facts["product_stage"] == "revenue"


def exported(client: Any, call: Call, kind: str) -> bytes:
    response = client.get(reverse("admin:challenges_application_export", args=[call.pk, kind]))
    return b"".join(response.streaming_content)


def test_exports_hold_words(client, call, manager):
    copied(call, **CODES)
    make_application(call, startup=make_startup(kind="sme", country="NO"))
    client.force_login(manager)
    text = exported(client, call, "csv").decode("utf-8-sig")
    for row in csv.DictReader(io.StringIO(text)):
        assert (row["Kind"], row["Country"]) == ("Small or medium enterprise", "Norway")
        assert row["Product stage"] in {"First revenue", ""}


@pytest.mark.parametrize(
    ("typed", "cell"),
    [
        ("12.5", 12.5),
        ("3", 3),
        ("-4", -4),
        ("12,5", 12.5),
        ("1234567890123456789", "1234567890123456789"),
        ("=1+1", "'=1+1"),
        ("about ten", "about ten"),
        ("", None),
    ],
)
def test_a_number_is_a_number_in_the_workbook(client, call, manager, typed, cell):
    copied(call, number=typed)
    client.force_login(manager)
    book = load_workbook(io.BytesIO(exported(client, call, "xlsx")))
    head, row = book.active.iter_rows()
    found = row[[one.value for one in head].index("People")]
    assert found.value == cell
    assert found.data_type != "f"


def test_every_state_of_an_application_is_exported(client, call, manager):
    for state in ApplicationState:
        make_application(call, state=state)
    client.force_login(manager)
    text = exported(client, call, "csv").decode("utf-8-sig")
    assert len(list(csv.DictReader(io.StringIO(text)))) == len(ApplicationState)
