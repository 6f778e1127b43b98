"""The keys of others in one's own hands, and what no form asked for."""

from __future__ import annotations

import hashlib

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from portal.choices import DocumentState
from portal.models import AuditEntry, Document, User
from startups.actions.record import RECORDS_A_DAY
from startups.choices import MemberRole
from startups.models import Membership, Startup
from tests.attacks.browsers import OTHER_PASSWORD, browser
from tests.cast import set_the_stage
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup, record_data
from tests.pages import text_of
from tests.test_access import client_of

pytestmark = pytest.mark.django_db


def test_keys_of_others_inside_ones_own_address_lead_nowhere():
    world = set_the_stage()
    mine, theirs = world.records["application"], set_the_stage()
    foreign = theirs.records["application"]
    draft = Document.objects.create(
        name="secret.pdf",
        file=ContentFile(b"%PDF-1.4", name="secret.pdf"),
        content_type="application/pdf",
        size=8,
        sha256=hashlib.sha256(b"%PDF-1.4").hexdigest(),
        subject_type="startups.startup",
        subject_id=mine.pk,
        uploaded_by=world.people["owner"],
        state=DocumentState.CLEAN,
    )
    owner, manager = client_of(world, "owner"), client_of(world, "manager")
    juror = client_of(world, "reviewer")
    assignment = world.records["assignment"]
    for document in (theirs.records["document"], draft):
        for client, name, key in (
            (owner, "challenges:application-file", {"pk": mine.pk}),
            (manager, "admin:challenges_application_file", {"object_id": mine.pk}),
            (juror, "admin:challenges_reviewassignment_file", {"object_id": assignment.pk}),
        ):
            answer = client.get(reverse(name, kwargs={**key, "document_id": document.pk}))
            assert answer.status_code == 404, name
    partner, helping = theirs.records["partner"], theirs.records["helping"]
    path = reverse("challenges:partner-remove", args=[mine.pk, partner.pk])
    owner.post(path)
    assert foreign.consortium.filter(pk=partner.pk).exists()
    owner.post(reverse("challenges:helper-end", args=[mine.pk, helping.pk]))
    helping.refresh_from_db()
    assert client_of(theirs, "helper").get(foreign.get_absolute_url()).status_code == 200
    member = Membership.objects.get(user=theirs.people["editor"])
    for name, data in (("member-role", {"role": "viewer"}), ("member-remove", {})):
        assert owner.post(reverse(f"startups:{name}", args=[member.pk]), data).status_code == 404
    own = world.records["startup"].pk
    owner.post(reverse("startups:member-transfer", args=[own]), {"to": str(member.pk)})
    member.refresh_from_db()
    assert member.role == MemberRole.EDITOR
    chosen = {"action": "end_sessions", "_selected_action": [str(theirs.people["owner"].pk)]}
    manager.post(reverse("admin:portal_user_changelist"), chosen)
    assert not AuditEntry.objects.filter(verb="end-sessions").exists()


def test_nobody_gives_themselves_what_a_form_does_not_ask(client):
    wishes = {
        **dict.fromkeys(("is_superuser", "is_staff", "is_active", "superuser", "verified"), "on"),
        "email": "else@example.org",
        "id": "1",
        "pk": "1",
        "state": "selected",
        "version": "99",
        "merged_into": "1",
        "owner": "1",
        "programme": "1",
        "bounced_at": "2026-01-01",
    }
    profile = {"given_name": "Aoi", "language": "en-gb", "time_zone": "UTC"}
    signed = browser(user := make_user())
    assert signed.post(reverse("profile-edit"), {**wishes, **profile}).status_code == 302
    user.refresh_from_db()
    assert (user.given_name, user.email != "else@example.org") == ("Aoi", True)
    assert not user.is_superuser
    assert user.bounced_at is None
    new = {"email": "new@example.org", "password1": OTHER_PASSWORD, "password2": OTHER_PASSWORD}
    client.post(reverse("account_signup"), {**wishes, **profile, **new})
    for one in User.objects.filter(email="new@example.org"):
        assert not one.is_superuser
        assert not one.is_staff
    signed.post(reverse("startups:startup-create"), {**wishes, **record_data()})
    made = Startup.objects.get(legal_name="Umi Robotics KK")
    assert (str(made.pk) != "1", made.version, made.merged_into_id) == (True, 1, None)


def test_doubled_parameters_open_nothing():
    startup = make_startup(owner=(owner := make_user()))
    viewer = add_member(startup, role=MemberRole.VIEWER)
    answer = browser(viewer).post(
        reverse("startups:member-invite", args=[startup.pk]),
        {"email": ["a@example.org", "b@example.org"], "role": ["viewer", "owner"]},
    )
    assert answer.status_code == 403
    client = browser(owner)
    answer = client.get(f"{reverse('second-factor')}?next=/inbox/&next=//evil.example/")
    assert "evil" not in answer.url
    role = reverse("startups:member-role", args=[Membership.objects.get(user=viewer).pk])
    client.post(role, {"role": ["owner", "editor"]})
    assert Membership.objects.get(user=viewer).role == MemberRole.EDITOR


def test_one_person_does_not_fill_the_register():
    client = browser(user := make_user())
    for number in range(RECORDS_A_DAY + 2):
        answer = client.post(
            reverse("startups:startup-create"),
            record_data(legal_name=f"Umi {number} KK", anyway="1"),
        )
    assert answer.status_code == 200
    assert "Go on tomorrow" in text_of(answer)
    assert "Umi 21 KK" in text_of(answer)
    assert Membership.objects.filter(user=user).count() == RECORDS_A_DAY
