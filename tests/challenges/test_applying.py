"""The main job of a founder: start, write, check, submit, change, withdraw."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from challenges.actions.application import save_answers, start_application, submit_application
from challenges.choices import ApplicationState
from challenges.models import Application
from challenges.workflow.application import application_workflow
from portal.models import AuditEntry, InboxNotice, OutboxMessage
from portal.workflow import StepRefused
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db


@pytest.fixture
def founder():
    return make_user(given_name="Amina", time_zone="Europe/Stockholm")


@pytest.fixture
def startup(founder):
    return make_startup(owner=founder)


def fill(client, application, **answers):
    """Answer every section through the pages, as a person does."""
    questions = list(application.call.questions.all())
    by_label = {question.label: question for question in questions}
    values = {"Title": "A buoy", "Theme": "Water", "People": "4"} | answers
    sections = list(dict.fromkeys(question.section for question in questions))
    for number, section in enumerate(sections, start=1):
        data = {"go": "next"}
        for label, value in values.items():
            question = by_label[label]
            if question.section == section:
                data |= {question.field: value, f"v_{question.pk.hex}": "0"}
        response = client.post(
            reverse("challenges:application-edit", args=[application.pk, number]), data
        )
        assert response.status_code == 302, response.content.decode()


def submit(client, application, **data):
    page = client.get(reverse("challenges:application-check", args=[application.pk]))
    form = page.context["form"]
    data = {
        "key": str(form["key"].value()),
        "terms_version": form["terms_version"].value(),
        "accept_terms": "on",
    } | data
    return client.post(reverse("challenges:application-check", args=[application.pk]), data)


def test_founder_starts_writes_and_submits(client, founder, startup):
    call = make_call()
    viewer = add_member(startup, role=MemberRole.VIEWER)
    client.force_login(founder)
    response = client.post(
        reverse("challenges:application-start", args=[call.slug]), {"startup": startup.pk}
    )
    application = Application.objects.get()
    assert response["Location"] == reverse("challenges:application-edit", args=[application.pk, 1])
    fill(client, application)
    application.refresh_from_db()
    assert application.completeness == 100

    response = submit(client, application)

    assert response["Location"] == reverse("challenges:application-receipt", args=[application.pk])
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert application.submitted_at < application.deadline == call.accepts_until
    revision = application.revisions.get()
    assert [row["value"] for row in revision.answers] == ["A buoy", "Water", "4"]
    assert revision.submitted_at == application.submitted_at
    assert revision.startup_facts["legal_name"] == startup.legal_name
    entry = AuditEntry.objects.about(application).get(verb="submit")
    assert (entry.actor, entry.from_state, entry.to_state) == (founder, "draft", "submitted")
    assert entry.startup_id == startup.pk
    letters = OutboxMessage.objects.about(application)
    assert {letter.recipient for letter in letters} == {founder, viewer}
    letter = letters.get(recipient=founder)
    assert application.reference in letter.subject
    assert letter.text.startswith("Received, nothing more to do")
    assert "your time, Stockholm" in letter.text
    assert InboxNotice.objects.filter(recipient=founder).count() == 1
    page = client.get(response["Location"])
    assert application.reference in page.content.decode()
    assert revision.fingerprint in page.content.decode()


def test_second_click_gets_the_first_answer(client, founder, startup):
    application = make_application(startup=startup, complete=True)
    client.force_login(founder)
    key = str(uuid.uuid4())
    first = submit(client, application, key=key)
    second = submit_again(client, application, key)
    assert first["Location"] == second["Location"]
    application.refresh_from_db()
    assert application.revisions.count() == 1
    assert OutboxMessage.objects.about(application).count() == 1


def submit_again(client, application, key):
    return client.post(
        reverse("challenges:application-check", args=[application.pk]),
        {"key": key, "terms_version": application.call.terms_version, "accept_terms": "on"},
    )


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"closed": True}, "The deadline passed on"),
        ({"incomplete": True}, "Not complete yet: Title"),
        ({"terms": "old"}, "Accept the terms"),
        ({"no_contact": True}, "no contact"),
    ],
)
def test_submission_is_refused_with_the_reason(founder, startup, change, reason):
    now = timezone.now()
    closes = now - timedelta(seconds=1) if change.get("closed") else now + timedelta(hours=1)
    application = make_application(
        call=make_call(closes_at=closes), startup=startup, complete=not change.get("incomplete")
    )
    if change.get("no_contact"):
        startup.contacts.all().delete()
    with pytest.raises(StepRefused, match=reason):
        submit_application(
            application=application,
            key=uuid.uuid4(),
            terms_version=change.get("terms", application.call.terms_version),
            by=founder,
        )
    application.refresh_from_db()
    assert application.state == ApplicationState.DRAFT
    assert not application.revisions.exists()
    assert not OutboxMessage.objects.exists()


def test_amending_never_loses_the_submitted_version(founder, startup):
    application = make_application(startup=startup, complete=True)
    terms = application.call.terms_version
    submit_application(application=application, key=uuid.uuid4(), terms_version=terms, by=founder)
    question = application.call.questions.get(label="Title")
    answer = application.answers.get(question=question)
    save_answers(
        application=application,
        values={question.pk: "Another title"},
        versions={question.pk: answer.version},
        by=founder,
    )
    application = Application.objects.get(pk=application.pk)
    assert application.state == ApplicationState.SUBMITTED
    assert application.has_unsubmitted_changes
    assert application.current_revision.answers[0]["value"] == "Answer"

    submit_application(application=application, key=uuid.uuid4(), terms_version=terms, by=founder)

    application = Application.objects.get(pk=application.pk)
    assert not application.has_unsubmitted_changes
    assert application.current_revision.number == 2
    assert application.current_revision.answers[0]["value"] == "Another title"
    assert application.revisions.get(number=1).answers[0]["value"] == "Answer"


def test_withdrawing_is_undone_until_the_deadline(founder, startup):
    application = make_application(startup=startup, complete=True)
    submit_application(
        application=application,
        key=uuid.uuid4(),
        terms_version=application.call.terms_version,
        by=founder,
    )
    application_workflow.perform(application, "withdraw", actor=founder)
    application_workflow.perform(application, "restore", actor=founder)
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    assert application.revision_count == 1
    application_workflow.perform(application, "withdraw", actor=founder)
    call = application.call
    type(call).objects.filter(pk=call.pk).update(
        closes_at=timezone.now(), accepts_until=timezone.now()
    )
    with pytest.raises(StepRefused, match="The deadline passed"):
        application_workflow.perform(application, "restore", actor=founder)


def withdraw_url(application):
    return reverse("challenges:application-withdraw", args=[application.pk])


def close(call):
    type(call).objects.filter(pk=call.pk).update(
        closes_at=timezone.now(), accepts_until=timezone.now()
    )


def test_withdrawing_asks_first_and_says_until_when_it_is_undone(client, founder, startup):
    application = make_application(startup=startup, state=ApplicationState.SUBMITTED)
    client.force_login(founder)
    offered = client.get(application.get_absolute_url()).content.decode()
    assert withdraw_url(application) in offered
    page = client.get(withdraw_url(application)).content.decode()
    assert "You can undo this until" in page
    application.refresh_from_db()
    assert application.state == ApplicationState.SUBMITTED
    page = client.post(withdraw_url(application), follow=True).content.decode()
    assert "Withdrawn." in page
    assert "You can undo this until the deadline." in page
    letter = OutboxMessage.objects.get(notice="application_withdrawn")
    assert "Until the deadline you can undo this" in letter.text
    assert "Can be undone until" in letter.text
    restore = reverse("challenges:application-step", args=[application.pk, "restore"])
    assert "It counts again." in client.post(restore, follow=True).content.decode()
    # One click without the question is no way to withdraw any more.
    click = reverse("challenges:application-step", args=[application.pk, "withdraw"])
    assert client.post(click).status_code == 404


def test_withdrawing_after_the_deadline_is_said_to_be_final(client, founder, startup):
    application = make_application(startup=startup, state=ApplicationState.IN_REVIEW)
    close(application.call)
    client.force_login(founder)
    assert "This cannot be undone" in client.get(withdraw_url(application)).content.decode()
    page = client.post(withdraw_url(application), follow=True).content.decode()
    assert "it is too late to undo this" in page
    assert "Undo the withdrawal" not in page
    letter = OutboxMessage.objects.get(notice="application_withdrawn")
    assert "this cannot be undone" in letter.text
    assert "Until the deadline" not in letter.text
    # A second visit changes nothing.
    assert client.get(withdraw_url(application))["Location"] == application.get_absolute_url()


@pytest.mark.parametrize("state", [ApplicationState.SELECTED, ApplicationState.RESERVE])
def test_stepping_back_from_a_result_needs_a_reason(client, founder, startup, state):
    application = make_application(startup=startup, state=state)
    close(application.call)
    with pytest.raises(StepRefused, match="a reason is needed"):
        application_workflow.perform(application, "withdraw", actor=founder)
    client.force_login(founder)
    assert client.post(withdraw_url(application), {"reason": " "}).status_code == 200
    application.refresh_from_db()
    assert application.state == state
    data = {"reason": "We closed the company."}
    page = client.post(withdraw_url(application), data, follow=True).content.decode()
    application.refresh_from_db()
    assert application.state == ApplicationState.WITHDRAWN
    entry = AuditEntry.objects.about(application).get(verb="withdraw")
    assert entry.reason == "We closed the company."
    assert entry.reason in page


def test_only_the_half_that_applies_is_offered(client, founder, startup):
    application = make_application(startup=startup)
    client.force_login(founder)
    url = application.get_absolute_url()
    page = client.get(url).content.decode()
    assert "Let staff look at the draft" in page
    assert "Stop letting staff look" not in page
    step = reverse("challenges:application-step", args=[application.pk, "let-staff-look"])
    page = client.post(step, follow=True).content.decode()
    assert "Staff may look at your draft now." in page
    assert "Let staff look at the draft" not in page
    assert "Stop letting staff look" in page


def receipt_of(client, application):
    url = reverse("challenges:application-receipt", args=[application.pk])
    return client.get(url).content.decode()


def test_receipt_says_what_became_of_it(client, founder, startup):
    application = make_application(startup=startup, state=ApplicationState.SUBMITTED)
    client.force_login(founder)
    done = "Received, nothing more to do"
    assert done in receipt_of(client, application)
    question = application.call.questions.get(label="Title")
    save_answers(
        application=application, values={question.pk: "New"}, versions={question.pk: 1}, by=founder
    )
    for page in (
        receipt_of(client, application),
        client.get(application.get_absolute_url()).content.decode(),
    ):
        assert "Version 1 counts until you submit the new one" in page
        assert done not in page
    close(application.call)
    page = receipt_of(client, application)
    assert "were not submitted. Version 1 counts." in page
    assert done in page
    application_workflow.perform(application, "withdraw", actor=founder)
    page = receipt_of(client, application)
    assert "Withdrawn" in page
    assert done not in page


def test_two_tabs_do_not_overwrite_each_other(founder, startup):
    application = make_application(startup=startup, complete=True)
    question = application.call.questions.get(label="Title")
    colleague = add_member(startup)
    save_answers(
        application=application, values={question.pk: "Mine"}, versions={question.pk: 1}, by=founder
    )
    saved = save_answers(
        application=application,
        values={question.pk: "Theirs"},
        versions={question.pk: 1},
        by=colleague,
    )
    assert saved.conflicts[question.pk].value == "Mine"
    assert application.answers.get(question=question).value == "Mine"


def test_conflict_shows_both_texts(client, founder, startup):
    application = make_application(startup=startup, complete=True)
    question = application.call.questions.get(label="Title")
    theme = application.call.questions.get(label="Theme")
    save_answers(
        application=application, values={question.pk: "Mine"}, versions={question.pk: 1}, by=founder
    )
    client.force_login(add_member(startup))
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 1]),
        {
            question.field: "Theirs",
            f"v_{question.pk.hex}": "1",
            theme.field: "Water",
            f"v_{theme.pk.hex}": "1",
        },
    )
    page = response.content.decode()
    assert response.status_code == 200
    assert "Mine" in page
    assert "Theirs" in page


def test_everything_typed_is_kept_however_wrong(client, founder, startup):
    application = make_application(startup=startup)
    questions = {question.label: question for question in application.call.questions.all()}
    client.force_login(founder)
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 1]),
        {questions["Title"].field: "x" * 400, questions["Theme"].field: "Neither"},
    )
    assert "100 characters over the limit of 300" in response.content.decode()
    assert "Choose one of the options." in response.content.decode()
    kept = application.answers.get(question=questions["Title"])
    assert len(kept.value) == 400
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]),
        {questions["People"].field: "many"},
    )
    assert "Write a number" in response.content.decode()
    assert application.answers.get(question=questions["People"]).value == "many"


def test_saving_after_the_deadline_says_so_and_shows_the_text(client, founder, startup):
    call = make_call(closes_at=timezone.now() - timedelta(minutes=1))
    application = make_application(call=call, startup=startup)
    title = call.questions.get(label="Title")
    client.force_login(founder)
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 1]),
        {title.field: "Typed at the last second"},
    )
    assert response.status_code == 409
    page = response.content.decode()
    assert "Typed at the last second" in page
    assert "The deadline passed" in page
    # Nothing beside a text that was not saved may look as if it were, or could still be.
    assert re.search(r"data-saved-mark\s*>\s*</span>", page)
    assert 'name="go"' not in page


@pytest.mark.parametrize("opens_in", [-30, 5])
def test_nobody_describes_an_organisation_for_a_call_that_is_not_open(client, founder, opens_in):
    opens_at = timezone.now() + timedelta(days=opens_in)
    call = make_call(opens_at=opens_at, closes_at=opens_at + timedelta(days=10))
    client.force_login(founder)
    response = client.get(reverse("challenges:application-start", args=[call.slug]), follow=True)
    assert response.redirect_chain[-1][0] == call.get_absolute_url()
    assert "This call is not open" in response.content.decode()


def test_viewer_reads_but_neither_writes_nor_submits(client, startup):
    application = make_application(startup=startup, complete=True)
    client.force_login(add_member(startup, role=MemberRole.VIEWER))
    assert client.get(application.get_absolute_url()).status_code == 200
    edit = reverse("challenges:application-edit", args=[application.pk, 1])
    assert client.get(edit).status_code == 404
    assert submit_again(client, application, str(uuid.uuid4())).status_code == 404


def test_editor_submits_unless_the_owner_forbids_it(client, startup):
    application = make_application(startup=startup, complete=True)
    editor = add_member(startup)
    startup.editors_may_submit = False
    startup.save(update_fields=["editors_may_submit"])
    with pytest.raises(StepRefused) as refusal:
        submit_application(
            application=application,
            key=uuid.uuid4(),
            terms_version=application.call.terms_version,
            by=editor,
        )
    assert refusal.value.permission


def test_second_start_answers_the_same_draft(founder, startup):
    call = make_call()
    colleague = add_member(startup)
    first = start_application(call=call, startup=startup, by=founder)
    assert start_application(call=call, startup=startup, by=colleague) == first
    assert Application.objects.count() == 1


def test_second_of_a_team_to_submit_is_shown_the_receipt(client, founder, startup):
    application = make_application(startup=startup, complete=True)
    terms = application.call.terms_version
    submit_application(application=application, key=uuid.uuid4(), terms_version=terms, by=founder)
    client.force_login(add_member(startup))
    response = submit_again(client, application, str(uuid.uuid4()))
    assert response["Location"] == reverse("challenges:application-receipt", args=[application.pk])
    page = client.get(response["Location"]).content.decode()
    assert "A colleague has submitted it a moment ago." in page
    assert Application.objects.get(pk=application.pk).revision_count == 1


def test_stepping_back_from_a_result_is_not_undone_by_oneself(founder, startup):
    application = make_application(startup=startup, state=ApplicationState.SELECTED)
    application.decisions.create(
        outcome="selected", reason="x", prepared_by=founder, sent_by=founder, sent_at=timezone.now()
    )
    application_workflow.perform(application, "withdraw", actor=founder, reason="Another offer.")
    with pytest.raises(StepRefused, match="You had a result already"):
        application_workflow.perform(application, "restore", actor=founder)
