"""Roles: per programme, taken by invitation, ended at once."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from portal import actions
from portal.choices import Role
from portal.models import OutboxMessage, Programme, ProgrammeStaff, StaffInvitation, User
from portal.workflow import StepRefused
from tests.factories.portal import make_programme, make_staff, make_user

pytestmark = pytest.mark.django_db


def token_in(letter):
    return re.search(r"/accounts/role/([\w-]+)/", letter.text)[1]


def test_invited_person_accepts_with_another_address_and_works(client):
    programme = make_programme()
    manager = make_staff(programme)
    actions.invite_staff(
        programme=programme, email="Juror@Example.org", role=Role.REVIEWER, by=manager
    )
    token = token_in(OutboxMessage.objects.get())
    person = make_user(email="other@example.org")
    client.force_login(person)
    page = reverse("staff-invitation", args=[token])
    assert programme.name in client.get(page).content.decode()
    assert client.post(page)["Location"] == reverse("admin:index")
    assert User.objects.get(pk=person.pk).has_role(programme.pk, Role.REVIEWER)


def test_invitation_works_once():
    programme = make_programme()
    actions.invite_staff(
        programme=programme, email="a@example.org", role=Role.REVIEWER, by=make_staff(programme)
    )
    token = token_in(OutboxMessage.objects.get())
    actions.accept_staff_invitation(token=token, by=make_user())
    with pytest.raises(StepRefused, match="used already or has expired"):
        actions.accept_staff_invitation(token=token, by=make_user())
    assert ProgrammeStaff.objects.filter(role=Role.REVIEWER).count() == 1


def test_withdrawn_invitation_does_not_work():
    programme = make_programme()
    manager = make_staff(programme)
    invitation = actions.invite_staff(
        programme=programme, email="a@example.org", role=Role.CHAIR, by=manager
    )
    assert actions.withdraw_staff_invitation(invitation=invitation, by=manager)
    with pytest.raises(StepRefused):
        actions.accept_staff_invitation(token=token_in(OutboxMessage.objects.get()), by=make_user())


@pytest.mark.parametrize("role", [role for role in Role if role != Role.MANAGER])
def test_only_a_manager_of_the_programme_invites(role):
    programme = make_programme()
    for person in (make_staff(programme, role), make_staff(make_programme())):
        with pytest.raises(StepRefused):
            actions.invite_staff(
                programme=programme, email="a@example.org", role=Role.MANAGER, by=person
            )
    assert not StaffInvitation.objects.exists()


def test_ended_role_shuts_the_admin_at_the_next_request(client):
    programme = make_programme()
    manager, leaving = make_staff(programme), make_staff(programme, Role.COORDINATOR)
    client.force_login(leaving)
    assert client.get(reverse("admin:index")).status_code == 200
    actions.end_role(held=leaving.staff_roles.get(), by=manager)
    assert client.get(reverse("admin:challenges_call_changelist")).status_code in {302, 404}
    assert client.get(reverse("admin:index"), follow=True).status_code == 404


def test_staff_see_their_own_programmes_only():
    kobe, antigua = make_programme(), make_programme()
    manager = make_staff(kobe)
    assert set(Programme.objects.visible_to(manager)) == {kobe}
    assert not manager.has_perm("portal.view_programme", antigua)


@pytest.mark.parametrize("role", Role)
def test_people_listed_are_the_people_permitted(role):
    programme = make_programme()
    person, colleague = make_staff(programme, role), make_staff(programme, Role.REVIEWER)
    former = make_staff(programme, Role.REVIEWER)
    former.staff_roles.update(ended_at="2020-01-01T00:00Z")
    everybody = [person, colleague, former, make_staff(make_programme()), make_user()]
    listed = set(User.objects.visible_to(person))
    permitted = {
        other
        for other in User.objects.filter(pk__in=[one.pk for one in everybody])
        if person.has_perm("portal.view_user", other)
    }
    assert listed == permitted


@pytest.mark.parametrize("role", Role)
def test_roles_listed_are_the_roles_permitted(role):
    programme = make_programme()
    person = make_staff(programme, role)
    make_staff(programme)
    make_staff(make_programme())
    listed = set(ProgrammeStaff.objects.visible_to(person))
    permitted = {
        held
        for held in ProgrammeStaff.objects.all()
        if person.has_perm("portal.view_programmestaff", held)
    }
    assert listed == permitted
