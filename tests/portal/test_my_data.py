"""Download my data: all that is mine, nothing of anybody else's, whatever I do in the portal."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
from django.core.files.base import ContentFile
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from challenges.choices import ApplicationState, AssignmentState
from challenges.models import (
    ApplicationNote,
    ConflictOfInterest,
    Decision,
    Review,
    ReviewAssignment,
    Score,
)
from portal import audit
from portal.choices import DocumentState, Lane, Role
from portal.inventory import INVENTORY
from portal.models import (
    AuditEntry,
    Document,
    InboxNotice,
    KnownDevice,
    NotificationPreference,
    OutboxMessage,
    StaffInvitation,
)
from startups.choices import MemberRole
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_invitation, make_join_request, make_startup

pytestmark = pytest.mark.django_db


def download(user):
    """The files of the archive, by name."""
    client = Client()
    client.force_login(user)
    answer = client.post(reverse("my-data"))
    assert answer.status_code == 200
    assert answer.streaming
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"].startswith("attachment; filename=")
    assert "no-store" in answer["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def words_in(files):
    """All there is to read, the files' names included."""
    return "\n".join(files) + "\n".join(
        content.decode(errors="replace") for content in files.values()
    )


class Canaries:
    """Words that stand in one place each, so that each can be looked for."""

    def __init__(self, whose):
        self.whose, self.said = whose, []

    def __call__(self, place):
        word = f"{self.whose}-{place}-canary"
        self.said.append(word)
        return word


def document_of(user, application, word, **fields):
    fields = {"state": DocumentState.CLEAN} | fields
    return Document.objects.create(
        name=f"{word('file-name')}.pdf",
        file=ContentFile(word("file-content").encode(), name="x.pdf"),
        size=8,
        sha256="0" * 64,
        subject_type="challenges.application",
        subject_id=application.pk,
        startup_id=application.startup_id,
        uploaded_by=user,
        **fields,
    )


def write_about(user, word, **letter):
    """What every account gathers."""
    InboxNotice.objects.create(
        recipient=user,
        event_key=word("key")[:20],
        notice="x",
        subject=word("inbox-subject"),
        body=word("inbox-body"),
    )
    word.said.remove(f"{word.whose}-key-canary")
    OutboxMessage.objects.create(
        dedup_key=f"test:{user.pk}",
        lane=Lane.NEWS,
        notice="x",
        recipient=user,
        to_address=user.email,
        subject=word("letter-subject"),
        text=word("letter-text"),
        html="",
        **letter,
    )
    KnownDevice.objects.create(
        user=user,
        token_hash=f"{word.whose:x<64}"[:64],
        user_agent=word("agent"),
        expires_at="2099-01-01T00:00Z",
    )
    NotificationPreference.objects.create(user=user, notice=word("kind"), by_mail=False)
    with transaction.atomic():
        audit.record(user, "test", actor=user, reason=word("reason"))


def make_founder(word, call):
    user = make_user(
        given_name=word("given"),
        family_name=word("family"),
        display_name=word("display"),
        email=f"{word('address')}@example.org",
    )
    startup = make_startup(owner=user, legal_name=word("startup"))
    application = make_application(call, startup)
    for question in call.questions.all():
        application.answers.create(
            question=question, value=word(f"answer-{question.order}"), edited_by=user
        )
    document_of(user, application, word)
    make_join_request(user=user, name_asked=word("asked"), message=word("message"))
    write_about(user, word, programme_id=call.programme_id)
    return user, application


def make_juror(word, call, application):
    user = make_staff(
        call.programme,
        Role.REVIEWER,
        given_name=word("given"),
        email=f"{word('address')}@example.org",
    )
    user.staff_roles.update(telephone=word("telephone"))
    assignment = ReviewAssignment.objects.create(
        application=application,
        reviewer=user,
        assigned_by=make_user(),
        state=AssignmentState.DONE,
    )
    review = Review.objects.create(
        assignment=assignment,
        comment=word("comment"),
        feedback=word("feedback"),
        submitted_at=timezone.now(),
    )
    for criterion in call.criteria.all():
        Score.objects.create(review=review, criterion=criterion, value=4)
    ConflictOfInterest.objects.create(
        application=application, person=user, has_conflict=False, reason=word("conflict")
    )
    ApplicationNote.objects.create(application=application, author=user, text=word("note"))
    write_about(user, word, programme_id=call.programme_id)
    return user


@pytest.fixture
def world():
    call = make_call()
    words = {name: Canaries(name) for name in ("amina", "bruno", "carla", "denis")}
    amina, application = make_founder(words["amina"], call)
    bruno, _other = make_founder(words["bruno"], call)
    # Founders of one team, who see each other's work every day.
    add_member(application.startup, bruno, MemberRole.EDITOR)
    carla = make_juror(words["carla"], call, application)
    denis = make_juror(words["denis"], call, application)
    Decision.objects.create(
        application=application,
        outcome="selected",
        reason=words["denis"]("decision"),
        prepared_by=denis,
    )
    people = {"amina": amina, "bruno": bruno, "carla": carla, "denis": denis}
    return people, words


@pytest.mark.parametrize("who", ["amina", "bruno", "carla", "denis"])
def test_all_of_mine_and_nothing_of_anybody_elses(world, who):
    people, words = world
    found = words_in(download(people[who]))
    missing = [word for word in words[who].said if word not in found]
    assert not missing
    own_team = {"bruno": {"amina-startup-canary"}}.get(who, set())
    for other in set(people) - {who}:
        theirs = {word for word in words[other].said if word in found}
        assert theirs <= own_team, other
        assert str(people[other].pk) not in found


def test_secrets_stay_inside(world):
    people, _words = world
    user = people["amina"]
    OutboxMessage.objects.create(
        dedup_key="code:1",
        lane=Lane.CODE,
        notice="sign_in",
        recipient=user,
        to_address=user.email,
        subject="Your code",
        text="Code: ABCD-EFGH",
        html="<p>ABCD-EFGH</p>",
    )
    make_invitation(email=user.email, token="secret")
    files = download(user)
    found = words_in(files)
    assert "Your code" in found
    assert "ABCD-EFGH" not in found
    assert user.password not in found
    for holding in INVENTORY.values():
        for row in json.loads(files.get(f"{holding.model}.json", "[]")):
            assert not holding.sealed & set(row)
            assert not holding.others & set(row)


def test_what_was_sent_to_my_address_before_i_had_an_account_is_mine():
    user = make_user(email="amina@example.org")
    programme = make_programme(name="Canary programme")
    StaffInvitation.objects.create(
        programme=programme,
        email="AMINA@example.org",
        role=Role.REVIEWER,
        token_hash="1" * 64,
        invited_by=make_user(email="inviter@example.org"),
        expires_at=timezone.now(),
    )
    found = words_in(download(user))
    assert "Canary programme" in found
    assert "inviter" not in found


def test_inviter_does_not_get_the_invited_address():
    startup = make_startup()
    make_invitation(startup, email="invited-canary@example.org")
    assert "invited-canary" not in words_in(download(startup.owners()[0]))


def test_files_are_whole_and_in_their_folders(world):
    people, _words = world
    user = people["amina"]
    application = make_application(state=ApplicationState.SUBMITTED)
    word = Canaries("x")
    evil = document_of(user, application, word)
    Document.objects.filter(pk=evil.pk).update(name="../../etc/passwd")
    refused = document_of(user, application, Canaries("refused"), state=DocumentState.REFUSED)
    files = download(user)
    assert files[f"files/{evil.pk}/_.._etc_passwd"] == b"x-file-content-canary"
    assert not any(name.startswith(("/", "..")) for name in files)
    assert not any(str(refused.pk) in name for name in files if name.startswith("files/"))


def test_download_is_in_the_trail(client):
    user = make_user()
    client.force_login(user)
    assert client.get(reverse("my-data")).status_code == 200
    assert not AuditEntry.objects.filter(verb="download-data").exists()
    download(user)
    assert AuditEntry.objects.get(verb="download-data").actor == user


def test_download_needs_the_proof(client, settings):
    settings.REAUTHENTICATION_MINUTES = 30
    client.force_login(make_user())
    for answer in (client.get(reverse("my-data")), client.post(reverse("my-data"))):
        assert answer.url.startswith(reverse("account_reauthenticate"))
    assert not AuditEntry.objects.filter(verb="download-data").exists()
