"""Who sees and writes an application: members, helpers, staff, nobody else; files included."""

from __future__ import annotations

import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from challenges.actions.application import submit_application
from challenges.actions.helper import accept_help, end_help, invite_helper
from challenges.choices import ApplicationState, QuestionKind
from challenges.models import Application, Question
from challenges.workflow.application import application_workflow
from portal.choices import Role
from portal.models import Document, OutboxMessage
from portal.workflow import StepRefused
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.4\n%%EOF\n"


@pytest.fixture
def owner():
    return make_user()


@pytest.fixture
def application(owner):
    return make_application(startup=make_startup(owner=owner))


def token_of(letter):
    return re.search(r"/applications/help/([\w-]+)/", letter.text)[1]


def test_helper_sees_and_writes_one_application_and_nothing_else(client, owner, application):
    invite_helper(application=application, email="Writer@example.org", by=owner)
    helper = make_user(email="another@example.org")
    client.force_login(helper)
    address = reverse("challenges:helper-accept", args=[token_of(OutboxMessage.objects.get())])
    assert client.get(address).status_code == 200
    assert client.post(address)["Location"] == application.get_absolute_url()
    edit = reverse("challenges:application-edit", args=[application.pk, 1])
    assert client.get(edit).status_code == 200
    assert client.get(application.startup.get_absolute_url()).status_code == 404
    other = make_application(startup=application.startup)
    assert client.get(other.get_absolute_url()).status_code == 404
    assert not helper.has_perm("challenges.submit_application", application)


def test_help_link_works_for_one_person_and_ends_at_once(client, owner, application):
    helper = invite_helper(application=application, email="w@example.org", by=owner)
    token = token_of(OutboxMessage.objects.get())
    person = make_user()
    accept_help(token=token, by=person)
    with pytest.raises(StepRefused, match="used already"):
        accept_help(token=token, by=make_user())
    end_help(application=application, helper_id=helper.pk, by=owner)
    client.force_login(person)
    assert client.get(application.get_absolute_url()).status_code == 404


def test_members_and_oneself_are_not_asked_to_help(client, owner, application):
    colleague = add_member(application.startup)
    client.force_login(owner)
    page = reverse("challenges:helper-invite", args=[application.pk])
    for email, reason in (
        (owner.email.upper(), "your own address"),
        (colleague.email.upper(), "sees this application already"),
    ):
        assert reason in client.post(page, {"email": email}).content.decode()
    assert not application.collaborators.exists()
    invite_helper(application=application, email="elsewhere@example.org", by=owner)
    with pytest.raises(StepRefused, match="You belong to"):
        accept_help(token=token_of(OutboxMessage.objects.get()), by=colleague)


def test_invitation_to_help_says_who_asks_for_what_even_before_sign_in(client, owner, application):
    invite_helper(application=application, email="w@example.org", by=owner)
    address = reverse("challenges:helper-accept", args=[token_of(OutboxMessage.objects.get())])
    for person in (None, make_user()):
        if person:
            client.force_login(person)
        response = client.get(address)
        page = response.content.decode()
        for word in (owner.shown_name, application.startup.name, application.call.title):
            assert word in page
        assert ("No, thank you" in page) == bool(person)
        assert f"?next={address}" in page or person
        assert "no-store" in response["Cache-Control"]
    client.logout()
    assert "/login/" in client.post(address)["Location"]
    assert application.collaborators.get().user is None
    assert "has expired" in client.get(address.replace("/help/", "/help/x")).content.decode()


def test_declined_invitation_is_gone_and_the_team_sees_it(client, owner, application):
    invite_helper(application=application, email="w@example.org", by=owner)
    address = reverse("challenges:helper-accept", args=[token_of(OutboxMessage.objects.get())])
    client.force_login(make_user())
    page = client.post(address, {"answer": "decline"}, follow=True).content.decode()
    assert "You have declined." in page
    assert not application.collaborators.exists()
    assert client.get(application.get_absolute_url()).status_code == 404
    assert "has expired" in client.get(address).content.decode()
    client.force_login(owner)
    assert (
        "Invitation to help declined" in client.get(application.get_absolute_url()).content.decode()
    )


def test_helper_of_others_reaches_apply_for_her_own(client, owner, application):
    call, helper = application.call, make_user()
    application.collaborators.create(
        email=helper.email, token_hash="h", invited_by=owner, user=helper, expires_at=call.closes_at
    )
    apply = reverse("challenges:application-start", args=[call.slug])

    def page_of(person):
        client.force_login(person)
        return client.get(call.get_absolute_url()).content.decode()

    page = page_of(helper)
    assert f'href="{apply}"' in page
    assert f"Go on for {application.startup.name}" in " ".join(page.split())
    # Whose only organisation has applied is offered that and nothing else.
    page = page_of(owner)
    assert f'href="{apply}"' not in page
    assert "Go on with the application" in page
    # A second organisation has not; a third, where one only reads, is none of one's to begin for.
    add_member(make_startup(), owner, role=MemberRole.VIEWER)
    assert f'href="{apply}"' not in page_of(owner)
    make_startup(owner=owner)
    assert f'href="{apply}"' in page_of(owner)


def test_call_shows_what_each_level_means(client, application):
    page = client.get(application.call.get_absolute_url()).content.decode()
    assert "<li>Outstanding</li>" in page


def test_who_may_not_submit_learns_who_does(client, application):
    viewer = add_member(application.startup, role=MemberRole.VIEWER)
    client.force_login(viewer)
    page = client.get(reverse("challenges:application-check", args=[application.pk]))
    assert f"An owner of {application.startup.name} submits." in page.content.decode()


@pytest.mark.parametrize("state", ApplicationState)
def test_applications_listed_are_the_applications_permitted(state):
    programme = make_programme()
    call = make_call(programme)
    owner = make_user()
    startup = make_startup(owner=owner)
    own = make_application(call, startup, state=state)
    others = [make_application(call, state=state), make_application(state=state)]
    helper = make_user()
    own.collaborators.create(
        email="h@example.org", token_hash="h", invited_by=owner, user=helper,
        expires_at=call.closes_at,
    )  # fmt: skip
    people = [
        owner,
        helper,
        add_member(startup, role=MemberRole.EDITOR),
        add_member(startup, role=MemberRole.VIEWER),
        make_user(),
        make_staff(make_programme()),
        make_user(is_superuser=True),
        *(make_staff(programme, role) for role in Role),
    ]
    for person in people:
        listed = set(Application.objects.visible_to(person))
        rows = Application.objects.filter(pk__in=[own.pk, *(one.pk for one in others)])
        permitted = {one for one in rows if person.has_perm("challenges.view_application", one)}
        assert listed == permitted, person


def test_staff_read_a_draft_only_while_a_member_lets_them(owner, application):
    manager = make_staff(application.call.programme)
    assert manager.has_perm("challenges.view_application", application)
    assert not manager.has_perm("challenges.read_application", application)
    application_workflow.perform(application, "let-staff-look", actor=owner)
    application.refresh_from_db()
    assert manager.has_perm("challenges.read_application", application)
    application_workflow.perform(application, "stop-staff-looking", actor=owner)
    application.refresh_from_db()
    assert not manager.has_perm("challenges.read_application", application)


def test_partner_is_added_by_the_team_and_frozen_with_the_submission(client, owner):
    application = make_application(startup=make_startup(owner=owner), complete=True)
    client.force_login(owner)
    page = reverse("challenges:partner-list", args=[application.pk])
    wrong = client.post(page, {"name": "Universität Ulm", "kind": "university"})
    assert "Universität Ulm" in wrong.content.decode()
    assert not application.consortium.exists()
    facts = {"name": "Universität Ulm", "kind": "university", "country": "DE"}
    assert client.post(page, facts).status_code == 302
    submit_application(
        application=application,
        key=uuid.uuid4(),
        terms_version=application.call.terms_version,
        by=owner,
    )
    partner = application.consortium.get()
    client.post(reverse("challenges:partner-remove", args=[application.pk, partner.pk]))
    application = Application.objects.get(pk=application.pk)
    assert not application.consortium.exists()
    assert application.has_unsubmitted_changes
    assert application.current_revision.startup_facts["consortium"][0]["name"] == "Universität Ulm"


# -- files --------------------------------------------------------------------------------------


@pytest.fixture
def deck(application):
    return Question.objects.create(
        call=application.call, order=9, section="Team", label="Deck", kind=QuestionKind.FILE
    )


def upload(client, application, question, file):
    return client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]), {question.field: file}
    )


def test_file_is_kept_private_and_served_as_it_came(client, owner, application, deck):
    client.force_login(owner)
    name = "../../Pitch\u202efdp.exe déck.pdf"
    response = upload(client, application, deck, SimpleUploadedFile(name, PDF))
    assert response.status_code == 302
    document = Document.objects.get()
    assert document.name == "Pitchfdp.exe déck.pdf"
    address = reverse("challenges:application-file", args=[application.pk, document.pk])
    served = client.get(address)
    assert b"".join(served.streaming_content) == PDF
    assert served["Content-Disposition"].startswith("attachment")
    assert served["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert served["Cache-Control"] == "private, no-store"
    client.force_login(make_user())
    assert client.get(address).status_code == 404
    other = make_application(startup=make_startup(owner=owner))
    client.force_login(owner)
    foreign = reverse("challenges:application-file", args=[other.pk, document.pk])
    assert client.get(foreign).status_code == 404


@pytest.mark.parametrize(
    ("file", "reason"),
    [
        (SimpleUploadedFile("run.exe", b"MZ"), "This kind of file is not taken"),
        (SimpleUploadedFile("deck.pdf", b"<html>"), "not what its name says"),
        (SimpleUploadedFile("deck.pdf", b""), "The file is empty"),
    ],
)
def test_file_is_refused_with_the_rule_and_typed_answers_are_kept(
    client, owner, application, deck, file, reason
):
    people = application.call.questions.get(label="People")
    client.force_login(owner)
    response = client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]),
        {deck.field: file, people.field: "7"},
    )
    assert reason in response.content.decode()
    assert not Document.objects.exists()
    assert application.answers.get(question=people).value == "7"


def test_too_large_a_file_is_refused(client, owner, application, deck, settings):
    settings.UPLOAD_LIMIT_MB = 1
    client.force_login(owner)
    file = SimpleUploadedFile("deck.pdf", PDF + b"0" * 1024 * 1024)
    assert "larger than 1 MB" in upload(client, application, deck, file).content.decode()


def test_removed_file_stays_with_the_submitted_version(client, owner, application, deck):
    client.force_login(owner)
    upload(client, application, deck, SimpleUploadedFile("deck.pdf", PDF))
    client.post(
        reverse("challenges:application-edit", args=[application.pk, 2]), {"remove": deck.pk.hex}
    )
    assert application.answers.get(question=deck).document is None
    assert Document.objects.count() == 1


# -- every step, every role ---------------------------------------------------------------------

TEAM = {
    "submit": {"owner", "editor"},
    "amend": {"owner", "editor"},
    "withdraw": {"owner", "editor"},
    "restore": {"owner", "editor"},
    "let-staff-look": {"owner", "editor", "helper"},
    "stop-staff-looking": {"owner", "editor", "helper"},
}


@pytest.mark.parametrize("name", TEAM)
def test_team_steps_are_for_the_team(name):
    programme = make_programme()
    owner = make_user()
    startup = make_startup(owner=owner)
    helper = make_user()
    cast = {
        "owner": owner,
        "editor": add_member(startup),
        "viewer": add_member(startup, role=MemberRole.VIEWER),
        "helper": helper,
        "stranger": make_user(),
        "other owner": make_startup().owners()[0],
        **{role.value: make_staff(programme, role) for role in Role},
    }
    for state in ApplicationState:
        application = make_application(make_call(programme), startup, complete=True, state=state)
        application.collaborators.create(
            email="h@example.org", token_hash=str(application.pk), invited_by=owner, user=helper,
            expires_at=application.call.closes_at,
        )  # fmt: skip
        for role, person in cast.items():
            offered = {offer.name for offer in application_workflow.offered_to(person, application)}
            sources = application_workflow.transitions[name].sources
            expected = role in TEAM[name] and state in sources
            assert (name in offered) == expected, f"{role} {state}"
            if not expected:
                with pytest.raises(StepRefused):
                    application_workflow.perform(
                        application, name, actor=person, data={"terms_version": "2026-01"}
                    )
