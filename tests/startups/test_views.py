"""The pages: what they show to whom, what they do, what they say to bad input."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.choices import Role
from portal.models import AuditEntry, OutboxMessage
from startups import actions
from startups.choices import InvitationState, MemberRole
from startups.models import Invitation, JoinRequest, Membership, Startup
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import (
    add_member,
    make_invitation,
    make_join_request,
    make_startup,
    record_data,
)
from tests.pages import text_of

pytestmark = pytest.mark.django_db

LIST = "/startups/"
NEW = "/startups/new/"
JOIN = "/startups/join/"


@pytest.fixture
def user(client):
    person = make_user()
    client.force_login(person)
    return person


@pytest.fixture
def startup(user):
    return make_startup(user, legal_name="Maji Safi Ltd")


# -- my organisations ---------------------------------------------------------------------------


def test_list_is_empty_with_one_action(client, user):
    page = text_of(client.get(LIST))
    assert "You belong to no organisation yet" in page
    assert page.count(NEW) == 1


def test_list_shows_mine_only(client, startup):
    make_startup(legal_name="Others Ltd")
    page = text_of(client.get(LIST))
    assert "Maji Safi Ltd" in page
    assert "You own it." in page
    assert "Others Ltd" not in page


@pytest.mark.parametrize("count", [1, 3])
def test_list_query_count(client, user, count, django_assert_num_queries):
    for _number in range(count):
        make_startup(user)
        make_invitation(email=user.email)
        make_join_request(user=user)
    # session, person, addresses, invitations, startups, requests, unread, my roles on staff
    with django_assert_num_queries(8):
        client.get(LIST)


def test_pages_need_a_person(client):
    startup = make_startup()
    for path in (LIST, NEW, startup.get_absolute_url()):
        response = client.get(path)
        assert response.status_code == 302
        assert "/accounts/login/" in response.url


# -- a new one ------------------------------------------------------------------------------------


def test_create_with_founders_and_contacts(client, user):
    data = record_data(
        **{
            "founders-0-name": "Aoi",
            "founders-0-role": "Chief executive",
            "contacts-1-name": "Ren",
            "contacts-1-email": "ren@example.org",
            "women_owned": "True",
            "disability_inclusive": "",
            "website": "umi.example",
        }
    )
    response = client.post(NEW, data)
    made = Startup.objects.get()
    assert response.url == made.get_absolute_url()
    assert made.owners() == [user]
    assert (made.women_owned, made.disability_inclusive) == (True, None)
    assert made.website == "https://umi.example"
    assert [contact.name for contact in made.contacts.all()] == ["Aoi", "Ren"]
    assert [founder.name for founder in made.founders.all()] == ["Aoi"]


@pytest.mark.parametrize("kind", ["team", "university", "non_profit", "startup"])
def test_create_without_registration_number(client, user, kind):
    client.post(NEW, record_data(kind=kind))
    assert Startup.objects.get().kind == kind


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"legal_name": " "}, "Please fill this in"),
        ({"country": ""}, "Please fill this in"),
        ({"country": "XX"}, "is not one of the available choices"),
        ({"kind": "circus"}, "is not one of the available choices"),
        ({"contacts-0-name": ""}, "Write the name, or empty the whole row"),
        (
            {"contacts-0-name": "", "contacts-0-telephone": ""},
            "Name at least one person we can reach",
        ),
        ({"contacts-0-telephone": ""}, "Write a telephone number or an e-mail address"),
        ({"contacts-0-telephone": "call me"}, "with its country code"),
        ({"contacts-0-email": "a@"}, "Write the whole e-mail address"),
        ({"founders-0-role": "CEO"}, "Write the name, or empty the whole row"),
        ({"website": "http//x"}, "Write it as https://example.org"),
        ({"founded_on": "2999-01-01"}, "This day has not come yet"),
        ({"founded_on": "yesterday"}, "Write a day"),
        ({"summary": "x" * 161}, "at most 160 characters"),
        ({"contacts-TOTAL_FORMS": "0"}, "Name at least one person we can reach"),
        ({"contacts-TOTAL_FORMS": "many"}, "These rows did not arrive whole"),
    ],
)
def test_create_says_what_is_wrong_and_keeps_the_text(client, user, change, sentence):
    response = client.post(NEW, record_data(city="Kobe-shi") | change)
    assert response.status_code == 200
    page = text_of(response)
    assert sentence in page
    assert "This is not saved yet" in page
    assert "Kobe-shi" in page
    assert not Startup.objects.exists()


def test_add_founder_gives_a_row_and_keeps_the_text(client, user):
    response = client.post(NEW, record_data(**{"add-founder": "1", "founders-0-name": "Aoi"}))
    page = text_of(response)
    assert 'name="founders-1-name"' in page
    assert 'value="Aoi"' in page
    assert "not saved yet" not in page
    response = client.post(NEW, record_data(**{"add-founder": "1", "legal_name": ""}))
    assert "fill this in" not in text_of(response)
    assert not Startup.objects.exists()


@pytest.mark.parametrize("total", ["²", "", "-1", "99999999999999999999"])
def test_add_founder_survives_a_strange_count(client, user, total):
    data = record_data(**{"add-founder": "1", "founders-TOTAL_FORMS": total})
    assert client.post(NEW, data).status_code == 200


def test_create_query_count(client, user, django_assert_max_num_queries):
    with django_assert_max_num_queries(17):
        client.post(NEW, record_data())


# -- a similar one exists: ask to join, which shows nothing ---------------------------------------


@pytest.fixture
def hidden():
    """An organisation with facts that would be recognised anywhere."""
    owner = make_user(given_name="Zebedee", email="zebedee@zebra.example")
    there = make_startup(
        owner,
        legal_name="Umi Robotics Kabushiki Kaisha",
        trading_name="Umibot",
        country="JP",
        city="Akashi",
        registration_number="JCN-777",
        website="https://umibot.example",
        summary="Buoys that listen.",
    )
    there.contacts.update(name="Xanthippe", telephone="+81 99 999 9999")
    return there


SECRETS = [
    "Kabushiki",
    "Umibot",
    "umibot",
    "Akashi",
    "JCN-777",
    "Buoys",
    "Zebedee",
    "zebra",
    "Xanthippe",
    "999 9999",
]


def shows_nothing(page, hidden):
    return [word for word in [*SECRETS, str(hidden.pk)] if word in page]


def test_similar_name_warns_and_shows_nothing(client, user, hidden):
    page = text_of(client.post(NEW, record_data()))
    assert "An organisation with a similar name in this country has a record already" in page
    assert "Ask to join" in page
    assert 'value="Umi Robotics KK"' in page
    assert shows_nothing(page, hidden) == []
    assert Startup.objects.count() == 1


def test_similar_name_in_another_country_is_no_matter(client, user, hidden):
    client.post(NEW, record_data(country="SE"))
    assert Startup.objects.filter(country="SE").exists()


def test_similar_name_may_be_created_anyway(client, user, hidden):
    client.post(NEW, record_data(anyway="1"))
    assert Startup.objects.filter(legal_name="Umi Robotics KK").exists()


def test_ask_to_join_shows_nothing_before_and_after_the_answer(client, user, hidden):
    response = client.post(JOIN, record_data(message="Let me in"), follow=True)
    page = text_of(response)
    assert "Your request is with the owners" in page
    assert "Umi Robotics KK" in page
    assert shows_nothing(page, hidden) == []
    request = JoinRequest.objects.get()
    assert (request.startup, request.name_asked, request.message) == (
        hidden,
        "Umi Robotics KK",
        "Let me in",
    )
    letter = OutboxMessage.objects.get()
    assert letter.to_address == "zebedee@zebra.example"
    client.force_login(hidden.owners()[0])
    client.post(reverse("startups:join-request-answer", args=[request.pk]), {"answer": "decline"})
    client.force_login(user)
    pages = [text_of(client.get(path)) for path in (LIST, "/inbox/", "/")]
    assert [shows_nothing(page, hidden) for page in pages] == [[], [], []]
    letter = OutboxMessage.objects.get(to_address=user.email)
    assert shows_nothing(letter.text + letter.subject, hidden) == []
    assert client.get(hidden.get_absolute_url()).status_code == 404


def test_ask_to_join_with_bad_input_keeps_the_text(client, user, hidden):
    response = client.post(JOIN, record_data(legal_name="", message="Let me in"))
    page = text_of(response)
    assert "Please fill this in" in page
    assert "Let me in" in page
    response = client.post(JOIN, record_data(message="x" * 501))
    assert "at most 500 characters" in text_of(response)
    assert not JoinRequest.objects.exists()


def test_ask_to_join_twice_says_so(client, user, hidden):
    client.post(JOIN, record_data())
    page = text_of(client.post(JOIN, record_data(), follow=True))
    assert "You have asked already" in page
    assert JoinRequest.objects.count() == 1


def test_owner_answers_a_request(client, startup):
    request = make_join_request(startup)
    members = reverse("startups:member-list", args=[startup.pk])
    page = text_of(client.get(members))
    assert request.user.email in page
    client.post(
        reverse("startups:join-request-answer", args=[request.pk]),
        {"answer": "accept", "role": "editor"},
    )
    assert Membership.objects.get(user=request.user).role == MemberRole.EDITOR


@pytest.mark.parametrize(
    ("who", "status"), [("editor", 404), ("asker", 403), ("stranger", 404), ("manager", 404)]
)
def test_nobody_else_answers_a_request(client, startup, who, status):
    request = make_join_request(startup)
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    client.force_login(
        {
            "editor": lambda: add_member(startup),
            "asker": lambda: request.user,
            "stranger": make_user,
            "manager": lambda: make_staff(programme),
        }[who]()
    )
    response = client.post(
        reverse("startups:join-request-answer", args=[request.pk]),
        {"answer": "accept", "role": "owner"},
    )
    assert response.status_code == status
    assert not Membership.objects.filter(user=request.user).exists()


def test_request_is_answered_once(client, startup):
    request = make_join_request(startup)
    path = reverse("startups:join-request-answer", args=[request.pk])
    client.post(path, {"answer": "decline"})
    page = text_of(client.post(path, {"answer": "accept", "role": "editor"}, follow=True))
    assert "not possible any more" in page
    assert client.post(path, {"answer": "explode"}).status_code == 404


# -- one organisation -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "status"),
    [
        ("owner", 200),
        ("editor", 200),
        ("viewer", 200),
        ("stranger", 404),
        ("manager", 200),
        ("manager elsewhere", 404),
        ("reviewer", 404),
        ("administrator", 200),
    ],
)
@pytest.mark.parametrize("page", ["startup-detail", "member-list"])
def test_detail_and_people_are_for_those_who_may(client, startup, who, status, page):
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    person = {
        "owner": lambda: startup.owners()[0],
        "editor": lambda: add_member(startup, role=MemberRole.EDITOR),
        "viewer": lambda: add_member(startup, role=MemberRole.VIEWER),
        "stranger": make_user,
        "manager": lambda: make_staff(programme),
        "manager elsewhere": make_staff,
        "reviewer": lambda: make_staff(programme, Role.REVIEWER),
        "administrator": lambda: make_user(is_superuser=True),
    }[who]()
    client.force_login(person)
    response = client.get(reverse(f"startups:{page}", args=[startup.pk]))
    assert response.status_code == status
    if status == 200:
        assert ("Send the invitation" in text_of(response)) == (
            page == "member-list" and who == "owner"
        )


@pytest.mark.parametrize("count", [1, 3])
def test_detail_query_count(client, startup, count, django_assert_num_queries):
    for _number in range(count):
        member = add_member(startup)
        startup.contacts.create(name="C", telephone="123456")
        startup.founders.create(name="F")
        membership = Membership.objects.get(user=member)
        actions.change_role(membership=membership, role="viewer", by=startup.owners()[0])
    path = startup.get_absolute_url()
    client.get(path)
    with django_assert_num_queries(NUMBER_OF_DETAIL):
        client.get(path)


# session, person, startup, roles, supplier statements, applications, people, contacts, founders,
# merged records, journey, names in the journey, unread, my roles on staff
NUMBER_OF_DETAIL = 14


@pytest.mark.parametrize("count", [1, 3])
def test_people_query_count(client, startup, count, django_assert_num_queries):
    for _number in range(count):
        add_member(startup)
        make_invitation(startup)
        make_join_request(startup)
    path = reverse("startups:member-list", args=[startup.pk])
    client.get(path)
    # session, person, startup, roles, requests, people, invitations, unread, my roles on staff
    with django_assert_num_queries(9):
        client.get(path)


def test_journey_reads_as_sentences(client, startup):
    owner = startup.owners()[0]
    member = add_member(startup, make_user(given_name="Sukarno"))
    membership = Membership.objects.get(user=member)
    actions.change_role(membership=membership, role="viewer", by=owner)
    page = text_of(client.get(startup.get_absolute_url()))
    assert "Sukarno is now Viewer" in page


def test_journey_tells_members_nothing_that_staff_do_elsewhere(client, startup):
    """A decision that is prepared and not sent must not be read off the timeline."""
    from portal import audit  # noqa: PLC0415

    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    manager = make_staff(programme)

    class Decision:
        """Stands for a record of a higher app."""

        class _meta:  # noqa: N801
            label_lower = "portal.document"

        pk = startup.pk
        startup_key = startup.pk
        programme_key = programme.pk

    audit.record(Decision, "prepare-selected", actor=manager)
    audit.record(Decision, "send-deck", actor=startup.owners()[0])
    page = text_of(client.get(startup.get_absolute_url()))
    assert "Send deck" in page
    assert "Prepare selected" not in page
    client.force_login(manager)
    assert "Prepare selected" in text_of(client.get(startup.get_absolute_url()))
    client.force_login(make_staff(programme, Role.COORDINATOR))
    assert "Prepare selected" not in text_of(client.get(startup.get_absolute_url()))


def test_requests_in_the_journey_are_for_owners(client, startup):
    make_startup(legal_name="Maji Safy", country="KE")
    asker = make_user(given_name="Aoi")
    actions.ask_to_join(name="Maji Safi Ltd", country="KE", message="", by=asker)
    assert "A person asked to join" in text_of(client.get(startup.get_absolute_url()))
    client.force_login(add_member(startup))
    assert "asked to join" not in text_of(client.get(startup.get_absolute_url()))


# -- changing the facts ---------------------------------------------------------------------------


def edit_path(startup):
    return reverse("startups:startup-edit", args=[startup.pk])


def test_edit_saves(client, startup):
    page = text_of(client.get(edit_path(startup)))
    assert 'value="Maji Safi Ltd"' in page
    data = record_data(version="1", legal_name="Maji Safi Kenya Ltd", country="KE")
    assert client.post(edit_path(startup), data).url == startup.get_absolute_url()
    startup.refresh_from_db()
    assert (startup.legal_name, startup.version) == ("Maji Safi Kenya Ltd", 2)
    assert AuditEntry.objects.filter(verb="change-facts").count() == 1


@pytest.mark.parametrize("version", ["1", "", "x", "-3", "9" * 40, "²"])
def test_edit_never_overwrites_and_shows_both(client, startup, version):
    owner = startup.owners()[0]
    actions.change_facts(
        startup=startup,
        facts={"city": "Kisumu"},
        founders=[],
        contacts=[{"name": "W", "email": "", "telephone": "123456"}],
        version=1,
        by=owner,
    )
    data = record_data(version=version, city="Nakuru", country="KE", legal_name="Maji Safi Ltd")
    response = client.post(edit_path(startup), data)
    page = text_of(response)
    assert response.status_code == 200
    assert "Somebody saved this record while you were writing" in page
    assert "Kisumu" in page
    assert 'value="Nakuru"' in page
    startup.refresh_from_db()
    assert startup.city == "Kisumu"
    # Saving once more is a choice, made after reading both.
    (again,) = re.findall(r'name="version" value="(\d+)"', page)
    client.post(edit_path(startup), data | {"version": again})
    startup.refresh_from_db()
    assert startup.city == "Nakuru"


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("stranger", 404), ("manager", 403)])
def test_edit_is_for_owners_and_editors(client, startup, who, status):
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    client.force_login(
        {
            "viewer": lambda: add_member(startup, role=MemberRole.VIEWER),
            "stranger": make_user,
            "manager": lambda: make_staff(programme),
        }[who]()
    )
    assert client.get(edit_path(startup)).status_code == status
    assert client.post(edit_path(startup), record_data(version="1")).status_code == status


# -- people ---------------------------------------------------------------------------------------


def people(startup, name="member-list"):
    return reverse(f"startups:{name}", args=[startup.pk])


def test_invite_and_withdraw(client, startup):
    client.post(people(startup, "member-invite"), {"email": "new@example.org", "role": "viewer"})
    invitation = Invitation.objects.get()
    assert "new@example.org" in text_of(client.get(people(startup)))
    client.post(reverse("startups:invitation-withdraw", args=[invitation.pk]))
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.WITHDRAWN


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        ({"email": "nobody", "role": "viewer"}, "Write the whole e-mail address"),
        ({"email": "a@example.org", "role": "king"}, "is not one of the available choices"),
        ({}, "Please fill this in"),
    ],
)
def test_invite_says_what_is_wrong(client, startup, data, sentence):
    response = client.post(people(startup, "member-invite"), data)
    assert sentence in text_of(response)
    assert data.get("email", "") in text_of(response)


def test_invite_a_member_says_so_beside_the_field(client, startup):
    member = add_member(startup)
    data = {"email": member.email, "role": "viewer"}
    page = text_of(client.post(people(startup, "member-invite"), data))
    assert "belongs to the organisation already" in page


def test_last_owner_is_told_to_hand_over(client, startup):
    page = text_of(client.post(people(startup, "member-leave"), follow=True))
    assert "Hand over the ownership to another member first" in page
    assert startup.owners()


def test_transfer_then_leave(client, startup):
    member = add_member(startup)
    to = Membership.objects.get(user=member)
    assert member.shown_name in text_of(client.get(people(startup, "member-transfer")))
    assert "Please fill this in" in text_of(
        client.post(people(startup, "member-transfer"), {"to": ""})
    )
    client.post(people(startup, "member-transfer"), {"to": to.pk})
    assert startup.owners() == [member]
    assert client.get(people(startup, "member-leave")).status_code == 200
    response = client.post(people(startup, "member-leave"), follow=True)
    assert "You have left Maji Safi Ltd" in text_of(response)


def test_change_role_remove_and_switch(client, startup):
    member = add_member(startup)
    membership = Membership.objects.get(user=member)
    role = reverse("startups:member-role", args=[membership.pk])
    client.post(role, {"role": "viewer"})
    membership.refresh_from_db()
    assert membership.role == "viewer"
    assert "Choose what the person may do" in text_of(client.post(role, {}, follow=True))
    client.post(people(startup, "editors-submit"))
    assert not Startup.objects.get().editors_may_submit
    client.post(people(startup, "editors-submit"), {"allowed": "on"})
    assert Startup.objects.get().editors_may_submit
    remove = reverse("startups:member-remove", args=[membership.pk])
    assert member.shown_name in text_of(client.get(remove))
    client.post(remove)
    assert not Membership.objects.filter(pk=membership.pk).exists()
    assert client.post(remove).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("editor", 403), ("viewer", 403), ("stranger", 404)])
def test_people_are_managed_by_owners_only(client, startup, who, status):
    membership = Membership.objects.get(user=add_member(startup))
    invitation = make_invitation(startup)
    client.force_login(
        make_user() if who == "stranger" else add_member(startup, role=MemberRole(who))
    )
    paths = [
        people(startup, "member-invite"),
        people(startup, "member-transfer"),
        people(startup, "editors-submit"),
        reverse("startups:member-role", args=[membership.pk]),
        reverse("startups:member-remove", args=[membership.pk]),
    ]
    data = {"role": "owner", "email": "x@example.org", "to": membership.pk}
    assert [client.post(path, data).status_code for path in paths] == [status] * 5
    withdraw = reverse("startups:invitation-withdraw", args=[invitation.pk])
    assert client.post(withdraw).status_code == (404 if who != "editor" else 403)
    membership.refresh_from_db()
    assert membership.role == MemberRole.EDITOR


def test_leave_is_for_members(client, startup):
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    client.force_login(make_staff(programme))
    assert client.post(people(startup, "member-leave")).status_code == 403


@pytest.mark.parametrize(
    "name",
    [
        "member-invite",
        "editors-submit",
        "invitation-answer",
        "invitation-withdraw",
        "member-role",
        "join-request-answer",
    ],
)
def test_changes_are_posted(client, startup, name):
    assert client.get(reverse(f"startups:{name}", args=[startup.pk])).status_code == 405


# -- invitations ----------------------------------------------------------------------------------


def link(token="token"):
    return reverse("startups:invitation-accept", args=[token])


def test_link_works_with_another_address(client, user):
    invitation = make_invitation(token="token", role=MemberRole.VIEWER)
    page = text_of(client.get(link()))
    assert invitation.startup.name in page
    response = client.post(link(), {"answer": "accept"})
    assert response.url == invitation.startup.get_absolute_url()
    assert Membership.objects.get(user=user).role == MemberRole.VIEWER


def test_link_clicked_twice_leads_to_the_organisation(client, user):
    invitation = make_invitation(token="token")
    client.post(link(), {"answer": "accept"})
    for response in (
        client.post(link(), {"answer": "accept"}, follow=True),
        client.get(link(), follow=True),
    ):
        assert "You have accepted this invitation already" in text_of(response)
        assert response.redirect_chain[-1][0] == invitation.startup.get_absolute_url()


def test_link_used_by_somebody_else_says_so(client, user):
    invitation = make_invitation(token="token")
    client.post(link(), {"answer": "accept"})
    client.force_login(make_user())
    assert "was used already" in text_of(client.get(link()))
    page = text_of(client.post(link(), {"answer": "accept"}, follow=True))
    assert "was used already" in page
    assert invitation.startup.memberships.count() == 2


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"state": InvitationState.WITHDRAWN}, "was withdrawn"),
        ({"state": InvitationState.DECLINED}, "was declined"),
        ({"expires_at": timezone.now() - timedelta(days=1)}, "has expired"),
    ],
)
def test_link_that_does_not_work_says_why_and_shows_nothing(client, user, fields, sentence):
    invitation = make_invitation(token="token", **fields)
    page = text_of(client.get(link()))
    assert sentence in page
    assert invitation.startup.name not in page
    page = text_of(client.post(link(), {"answer": "accept"}, follow=True))
    assert sentence in page
    assert not Membership.objects.filter(user=user).exists()


def test_unknown_link(client, user):
    response = client.get(link("nonsense"))
    assert response.status_code == 404
    assert "not known" in text_of(response)
    make_invitation(token="token")
    assert client.post(link(), {"answer": "perhaps"}).status_code == 200


def test_invitation_to_my_address_waits_on_my_pages(client, user):
    invitation = make_invitation(email=user.email)
    other = make_invitation()
    assert invitation.startup.name in text_of(client.get("/"))
    page = text_of(client.get(LIST))
    assert invitation.startup.name in page
    assert other.startup.name not in page
    answer = reverse("startups:invitation-answer", args=[invitation.pk])
    assert client.post(answer, {"answer": "withdraw"}).status_code == 404
    client.post(answer, {"answer": "accept"})
    assert invitation.startup.has_member(user)
    theirs = reverse("startups:invitation-answer", args=[other.pk])
    assert client.post(theirs, {"answer": "accept"}).status_code == 404


def test_invitation_is_declined(client, user):
    invitation = make_invitation(token="token")
    client.post(link(), {"answer": "decline"})
    invitation.refresh_from_db()
    assert invitation.state == InvitationState.DECLINED


def test_request_waits_on_the_owners_home_page(client, startup):
    request = make_join_request(startup)
    assert f"{request.user.shown_name} asks to join" in text_of(client.get("/"))
    client.force_login(add_member(startup))
    assert "asks to join" not in text_of(client.get("/"))


# -- an invitation before sign-in -----------------------------------------------------------------


def test_invitation_is_shown_before_sign_in(client):
    invitation = make_invitation(token="token")
    page = text_of(client.get(link()))
    assert invitation.invited_by.shown_name in page
    assert invitation.startup.name in page
    for name in ("account_login", "account_signup"):
        assert f"{reverse(name)}?next={link()}" in page
    response = client.post(link(), {"answer": "accept"})
    assert response.url == f"{reverse('account_login')}?next={link()}"
    assert invitation.startup.memberships.count() == 1
    assert client.get(link("nonsense")).status_code == 404


def test_invitation_that_does_not_work_shows_nothing_before_sign_in(client):
    invitation = make_invitation(token="token", state=InvitationState.WITHDRAWN)
    page = text_of(client.get(link()))
    assert "was withdrawn" in page
    assert invitation.startup.name not in page


# -- one's own twice ------------------------------------------------------------------------------


def test_second_record_with_my_name_is_pointed_out(client, user):
    client.post(NEW, record_data())
    made = Startup.objects.get()
    page = text_of(client.post(NEW, record_data(legal_name="umi  ROBOTICS kk")))
    assert "You have an organisation with this name already" in page
    assert made.get_absolute_url() in page
    assert Startup.objects.count() == 1
    client.post(NEW, record_data(anyway="1"))
    assert Startup.objects.count() == 2


def test_second_record_in_another_country_is_no_matter(client, user):
    client.post(NEW, record_data())
    client.post(NEW, record_data(country="SE"))
    assert Startup.objects.count() == 2


# -- asking to join, and going on -----------------------------------------------------------------


def test_address_of_asking_leads_to_a_new_record(client, user):
    assert client.get(JOIN).url == NEW


def test_another_founder_after_a_message_that_is_too_long(client, user, hidden):
    page = text_of(client.post(JOIN, record_data(message="x" * 501)))
    button = re.search(r"<button[^>]*add-founder[^>]*>", page)
    assert button is not None
    assert f'formaction="{NEW}"' in button[0]
    data = record_data(message="Let me in", **{"add-founder": "1"})
    page = text_of(client.post(NEW, data))
    assert 'name="founders-1-name"' in page
    assert "Let me in" in page


# -- a first step for the new ---------------------------------------------------------------------


def test_new_founder_is_told_to_describe_the_organisation(client, user):
    assert "Describe</strong>" in text_of(client.get("/"))
    make_startup(user)
    assert "Describe</strong>" not in text_of(client.get("/"))


@pytest.mark.parametrize("who", ["invited", "asking", "staff", "administrator"])
def test_nobody_else_is_told_to_describe_an_organisation(client, who):
    person = {
        "invited": make_user,
        "asking": make_user,
        "staff": lambda: make_staff(role=Role.REVIEWER),
        "administrator": lambda: make_user(is_superuser=True),
    }[who]()
    if who == "invited":
        make_invitation(email=person.email)
    if who == "asking":
        make_join_request(user=person)
    client.force_login(person)
    assert "Describe</strong>" not in text_of(client.get("/"))


# -- leaving --------------------------------------------------------------------------------------


def test_only_owner_hears_before_that_they_must_hand_over(client, startup):
    page = text_of(client.get(people(startup, "member-leave")))
    assert "Invite somebody" in page
    assert "btn-destructive" not in page
    add_member(startup)
    page = text_of(client.get(people(startup, "member-leave")))
    assert "Hand over to another member first" in page
    assert people(startup, "member-transfer") in page
    assert "btn-destructive" not in page
    add_member(startup, role=MemberRole.OWNER)
    assert "btn-destructive" in text_of(client.get(people(startup, "member-leave")))


# -- marks that turn text around ------------------------------------------------------------------


def test_marks_that_turn_text_around_are_taken_out(client, user, hidden):
    client.post(
        NEW,
        record_data(
            anyway="1",
            legal_name="Umi\u202e Robotics\u2066",
            city="\u202dKobe",
            summary="\u202eBuoys",
            **{"founders-0-name": "\u202eAoi", "contacts-0-name": "\u2069Ren"},
        ),
    )
    made = Startup.objects.get(legal_name="Umi Robotics")
    assert (made.city, made.summary) == ("Kobe", "Buoys")
    assert made.founders.get().name == "Aoi"
    assert made.contacts.get().name == "Ren"
    page = text_of(client.post(NEW, record_data(legal_name="\u202e")))
    assert "Please fill this in" in page
    client.post(JOIN, record_data(message="\u202eLet me in"))
    assert JoinRequest.objects.get().message == "Let me in"
