"""The jury's pages: the form, the queue, the files."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from challenges.choices import ApplicationState, AssignmentState as State, QuestionKind
from challenges.models import Application, Review, ReviewAssignment
from challenges.workflow.review import assignment_workflow
from portal.choices import DocumentState
from portal.models import Document
from tests.challenges.review.desk import figures, page_of
from tests.factories.reviews import closed_call, given_to, in_review

pytestmark = pytest.mark.django_db


def data_of(assignment: ReviewAssignment, level: int = 4, **more: Any) -> dict[str, Any]:
    criteria = assignment.application.call.criteria.all()
    return {
        "version": "1",
        "comment": "Good\r\nidea",
        "feedback": "",
        **{criterion.field: str(level) for criterion in criteria},
        **more,
    }


def test_review_from_confirm_to_submit_without_script(client, application, juror):
    assignment = given_to(application, juror)
    client.force_login(juror)
    step = reverse("admin:challenges_reviewassignment_step", args=[assignment.pk, "confirm"])
    assert client.post(step, follow=True).redirect_chain[-1][0] == page_of(assignment)
    page = client.get(page_of(assignment)).content.decode()
    assert "Outstanding" in page
    response = client.post(page_of(assignment), data_of(assignment, then="submit"), follow=True)
    assert "Your review is submitted and counts." in response.content.decode()
    assert figures(application) == (1, 1, Decimal("75.00"))


def test_script_saves_and_a_second_window_gets_both_texts(client, application, juror):
    assignment = given_to(application, juror, State.READING)
    client.force_login(juror)
    ask = {"headers": {"accept": "application/json"}}
    first = client.post(page_of(assignment), data_of(assignment), **ask)
    assert first.status_code == 200
    assert first.json()["version"] == 2
    assert first.json()["saved"].startswith("saved ")
    second = client.post(page_of(assignment), data_of(assignment, comment="Other"), **ask)
    assert second.status_code == 409
    assert "Good" in second.json()["html"]
    assert "Other" in second.json()["html"]
    plain = client.post(page_of(assignment), data_of(assignment, comment="Other <b>"))
    assert plain.status_code == 409
    page = plain.content.decode()
    assert "changed in another window" in page
    assert "Other &lt;b&gt;" in page
    assert Review.objects.get(assignment=assignment).comment == "Good\nidea"
    mine = client.post(page_of(assignment), data_of(assignment, comment="Other", version="2"))
    assert mine.status_code == 302
    assert Review.objects.get(assignment=assignment).comment == "Other"


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": ""},
        {"version": "x"},
        {"level": 9},
        {"level": 0},
        {"comment": "x" * 5_001},
    ],
)
def test_bad_input_is_a_sentence_and_the_text_is_kept(client, application, juror, wrong):
    assignment = given_to(application, juror, State.READING)
    client.force_login(juror)
    level = wrong.pop("level", 4)
    response = client.post(
        page_of(assignment), data_of(assignment, level, feedback="Keep me", **wrong)
    )
    assert response.status_code == 422
    assert "Keep me" in response.content.decode()
    assert Review.objects.get(assignment=assignment).version == 1


def test_place_in_the_queue(client, programme, juror):
    call = closed_call(programme)
    assignments = [given_to(in_review(call), juror) for _number in range(3)]
    client.force_login(juror)
    page = client.get(page_of(assignments[1])).content.decode()
    assert "2 of 3" in page
    assert page_of(assignments[0]) in page
    assert page_of(assignments[2]) in page


def test_file_only_if_submitted_for_the_jury_and_after_confirming(client, programme, juror):
    from portal.documents import take_in  # noqa: PLC0415

    call = closed_call(programme)
    application = in_review(call)
    startup = application.startup
    owner = startup.owners()[0]

    def file(name: str) -> Any:
        upload = SimpleUploadedFile(name, b"%PDF-1.4 text")
        document = take_in(upload, subject=application, by=owner)
        Document.objects.filter(pk=document.pk).update(state=DocumentState.CLEAN)
        return document

    jury, staff, other = file("deck.pdf"), file("accounts.pdf"), file("draft.pdf")
    revision = application.revisions.get()
    copies = [
        {
            "question": "x",
            "section": "S",
            "label": name,
            "kind": QuestionKind.FILE,
            "read_by": read_by,
            "unit": "",
            "value": "",
            "document": {"id": str(held.pk), "name": held.name, "size": 1, "sha256": ""},
        }
        for name, held, read_by in (("Deck", jury, "jury"), ("Accounts", staff, "staff"))
    ]
    revision_model = type(revision)
    application.revision_count = 2
    Application.objects.filter(pk=application.pk).update(state=ApplicationState.IN_REVIEW)
    import pgtrigger  # noqa: PLC0415

    with pgtrigger.ignore("challenges.Application:submitted_in_time"):
        Application.objects.filter(pk=application.pk).update(revision_count=2)
    revision_model.objects.create(
        application=application,
        number=2,
        answers=copies,
        startup_facts=startup.snapshot(),
        fingerprint="1" * 64,
        submitted_by=owner,
        submitted_at=application.submitted_at,
    )
    assignment = given_to(application, juror)
    client.force_login(juror)

    def status(held: Any) -> int:
        address = reverse("admin:challenges_reviewassignment_file", args=[assignment.pk, held.pk])
        response = client.get(address)
        if response.status_code == 200:
            assert b"".join(response.streaming_content) == b"%PDF-1.4 text"
            assert "attachment" in response["Content-Disposition"]
        return int(response.status_code)

    assert status(jury) == 404  # not confirmed yet
    assignment_workflow.perform(assignment, "confirm", actor=juror)
    assert (status(jury), status(staff), status(other)) == (200, 404, 404)
    assignment_workflow.perform(
        assignment, "declare-conflict", actor=juror, reason="I recognise them."
    )
    assert status(jury) == 404


@pytest.mark.parametrize("count", [1, 3])
def test_queue_query_count(client, programme, juror, count, django_assert_max_num_queries):
    call = closed_call(programme)
    for _number in range(count):
        given_to(in_review(call), juror)
    client.force_login(juror)
    with django_assert_max_num_queries(8):
        page = client.get(reverse("admin:challenges_reviewassignment_changelist"))
    assert page.status_code == 200
