"""Verbs: what they change, what they refuse, who is told, and two at once."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone

from portal.choices import Lane, Role
from portal.models import AuditEntry, InboxNotice, OutboxMessage
from portal.workflow import StepRefused
from startups import actions
from startups.choices import InvitationState, JoinRequestState, MemberRole
from startups.models import Acquaintance, JoinRequest, Membership, Startup
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import (
    add_member,
    make_invitation,
    make_join_request,
    make_startup,
)

PEOPLE: dict[str, Any] = {
    "founders": [{"name": "Sukarno", "role": "CEO", "gender": "", "full_time": True}],
    "contacts": [{"name": "Aoi", "email": "", "telephone": "+81 78 000 0001"}],
}


def verbs(startup):
    return list(
        AuditEntry.objects.filter(startup_id=startup.pk)
        .order_by("id")
        .values_list("verb", flat=True)
    )


@pytest.mark.django_db
def test_create_makes_the_maker_owner():
    user = make_user()
    startup = actions.create_startup(
        facts={"kind": "team", "legal_name": "Umi", "country": "JP"}, **PEOPLE, by=user
    )
    assert startup.owners() == [user]
    assert startup.snapshot()["founders"] == [{"name": "Sukarno", "role": "CEO", "full_time": True}]
    assert verbs(startup) == ["create"]


@pytest.mark.django_db
def test_founders_keep_the_order_in_which_they_were_written():
    founders = [{"name": name, "role": "", "gender": "", "full_time": True} for name in "ZYXWVUTS"]
    startup = actions.create_startup(
        facts={"legal_name": "Umi", "country": "JP"}, founders=founders, by=make_user()
    )
    assert [founder.name for founder in startup.founders.all()] == list("ZYXWVUTS")


@pytest.mark.django_db
def test_change_facts_counts_versions_and_names_fields_only():
    startup = make_startup()
    owner = startup.owners()[0]
    facts = {"legal_name": "New Name Ltd", "city": "Nairobi"}
    saved = actions.change_facts(startup=startup, facts=facts, **PEOPLE, version=1, by=owner)
    assert saved.version == 2
    entry = AuditEntry.objects.get(verb="change-facts")
    assert entry.facts == {
        "fields": ["legal_name", "city", "founders", "contacts"],
        "version": 2,
    }
    again = actions.change_facts(startup=startup, facts=facts, **PEOPLE, version=2, by=owner)
    assert again.version == 2
    assert AuditEntry.objects.filter(verb="change-facts").count() == 1


@pytest.mark.django_db
def test_change_facts_never_overwrites_a_newer_version():
    startup = make_startup(city="Nairobi")
    owner = startup.owners()[0]
    actions.change_facts(startup=startup, facts={"city": "Kisumu"}, **PEOPLE, version=1, by=owner)
    with pytest.raises(actions.ChangedMeanwhile) as conflict:
        actions.change_facts(
            startup=startup, facts={"city": "Nakuru"}, **PEOPLE, version=1, by=owner
        )
    assert conflict.value.startup.city == "Kisumu"
    startup.refresh_from_db()
    assert startup.city == "Kisumu"


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["viewer", "stranger", "manager", "administrator"])
def test_change_facts_is_for_owners_and_editors(who):
    startup = make_startup()
    programme = make_programme()
    actions.meet(startup=startup, programme=programme)
    user = {
        "viewer": lambda: add_member(startup, role=MemberRole.VIEWER),
        "stranger": make_user,
        "manager": lambda: make_staff(programme),
        "administrator": lambda: make_user(is_superuser=True),
    }[who]()
    with pytest.raises(StepRefused) as refusal:
        actions.change_facts(startup=startup, facts={"city": "X"}, **PEOPLE, version=1, by=user)
    assert refusal.value.permission


@pytest.mark.django_db
def test_invite_writes_to_an_address_without_account_in_the_fastest_lane():
    startup = make_startup(legal_name="Umi KK")
    owner = startup.owners()[0]
    invitation = actions.invite_member(
        startup=startup, email=" New@Example.org ", role="editor", by=owner
    )
    letter = OutboxMessage.objects.get()
    assert (letter.to_address, letter.lane, letter.recipient) == (
        "new@example.org",
        Lane.CODE,
        None,
    )
    assert "/startups/invitations/" in letter.text
    assert "Umi KK" in letter.subject
    assert invitation.token_hash not in letter.text
    facts = AuditEntry.objects.get(verb="invite").facts
    assert facts == {"role": "editor"}


@pytest.mark.django_db
def test_invite_twice_is_refused_but_an_expired_one_is_replaced():
    startup = make_startup()
    owner = startup.owners()[0]
    first = actions.invite_member(startup=startup, email="a@example.org", role="viewer", by=owner)
    with pytest.raises(StepRefused, match="invited already"):
        actions.invite_member(startup=startup, email="A@example.org", role="viewer", by=owner)
    first.expires_at = timezone.now() - timedelta(days=1)
    first.save(update_fields=["expires_at"])
    actions.invite_member(startup=startup, email="a@example.org", role="editor", by=owner)
    first.refresh_from_db()
    assert first.state == InvitationState.WITHDRAWN
    assert startup.invitations.waiting().get().role == "editor"


@pytest.mark.django_db
def test_invite_refuses_a_member():
    startup = make_startup()
    member = add_member(startup)
    with pytest.raises(StepRefused, match="belongs"):
        actions.invite_member(
            startup=startup, email=member.email.upper(), role="viewer", by=startup.owners()[0]
        )


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["editor", "viewer", "stranger", "administrator"])
def test_only_owners_manage_people(who):
    startup = make_startup()
    other = Membership.objects.get(user=add_member(startup))
    if who in {"editor", "viewer"}:
        user = add_member(startup, role=MemberRole(who))
    else:
        user = make_user(is_superuser=who == "administrator")
    for attempt in (
        lambda: actions.invite_member(startup=startup, email="a@b.org", role="owner", by=user),
        lambda: actions.change_role(membership=other, role="owner", by=user),
        lambda: actions.remove_member(membership=other, by=user),
        lambda: actions.transfer_ownership(startup=startup, to=other, by=user),
        lambda: actions.let_editors_submit(startup=startup, allowed=False, by=user),
    ):
        with pytest.raises(StepRefused) as refusal:
            attempt()
        assert refusal.value.permission
    other.refresh_from_db()
    assert other.role == MemberRole.EDITOR
    assert not AuditEntry.objects.exists()


@pytest.mark.django_db
def test_last_owner_cannot_leave_nor_step_down():
    startup = make_startup()
    owner = startup.owners()[0]
    add_member(startup)
    membership = Membership.objects.get(user=owner)
    with pytest.raises(StepRefused, match="Hand over the ownership"):
        actions.leave(startup=startup, by=owner)
    with pytest.raises(StepRefused, match="Hand over the ownership"):
        actions.change_role(membership=membership, role="viewer", by=owner)
    assert startup.owners() == [owner]


@pytest.mark.django_db
def test_leave_after_transfer():
    startup = make_startup()
    owner, colleague = startup.owners()[0], add_member(startup)
    actions.transfer_ownership(startup=startup, to=Membership.objects.get(user=colleague), by=owner)
    assert startup.owners() == [colleague]
    assert Membership.objects.get(user=owner).role == MemberRole.EDITOR
    actions.leave(startup=startup, by=owner)
    assert not Membership.objects.filter(user=owner).exists()
    assert verbs(startup) == ["transfer-ownership", "leave"]


@pytest.mark.django_db
def test_transfer_refuses_somebody_of_another_startup():
    startup, elsewhere = make_startup(), make_startup()
    with pytest.raises(StepRefused, match="does not belong"):
        actions.transfer_ownership(
            startup=startup, to=elsewhere.memberships.get(), by=startup.owners()[0]
        )


@pytest.mark.django_db
def test_removed_member_is_told_and_sees_nothing():
    startup = make_startup()
    member = add_member(startup)
    actions.remove_member(membership=Membership.objects.get(user=member), by=startup.owners()[0])
    assert InboxNotice.objects.get().recipient == member
    assert not Startup.objects.visible_to(member).exists()


@pytest.mark.django_db
def test_owner_does_not_remove_themselves():
    startup = make_startup()
    with pytest.raises(StepRefused, match="leave"):
        actions.remove_member(membership=startup.memberships.get(), by=startup.owners()[0])


@pytest.mark.django_db
def test_hand_over_demotes_tells_all_and_keeps_the_reason():
    startup, programme = make_startup(), make_programme()
    actions.meet(startup=startup, programme=programme)
    gone, colleague, new = startup.owners()[0], add_member(startup), make_user()
    manager = make_staff(programme, Role.MANAGER)
    with pytest.raises(StepRefused, match="reason"):
        actions.hand_over(startup=startup, to=new, by=manager, reason="  ")
    actions.hand_over(startup=startup, to=new, by=manager, reason="Register extract checked")
    assert startup.owners() == [new]
    assert Membership.objects.get(user=gone).role == MemberRole.VIEWER
    told = set(InboxNotice.objects.values_list("recipient", flat=True))
    assert told == {gone.pk, colleague.pk, new.pk}
    entry = AuditEntry.objects.get(verb="hand-over")
    assert entry.reason == "Register extract checked"
    assert entry.facts == {"member": str(new.pk), "before": [str(gone.pk)]}
    assert OutboxMessage.objects.all()[0].reply_to == programme.mailbox


@pytest.mark.django_db
def test_hand_over_by_a_manager_who_has_not_met_it_is_refused():
    startup = make_startup()
    for user in (make_staff(), startup.owners()[0], make_user()):
        with pytest.raises(StepRefused) as refusal:
            actions.hand_over(startup=startup, to=make_user(), by=user, reason="x")
        assert refusal.value.permission


@pytest.mark.django_db
def test_meet_is_done_once():
    startup, programme = make_startup(), make_programme()
    actions.meet(startup=startup, programme=programme)
    actions.meet(startup=startup, programme=programme)
    assert Acquaintance.objects.count() == 1


@pytest.mark.django_db
def test_ask_to_join_goes_to_the_owners_of_the_most_similar():
    make_startup(legal_name="Umi Fishing KK", country="JP")
    startup = make_startup(legal_name="Umi Robotics KK", country="JP")
    make_startup(legal_name="Umi Robotics KK", country="SE")
    user = make_user()
    request = actions.ask_to_join(name="Umi Robotic", country="JP", message="It is me", by=user)
    assert request.startup == startup
    assert [notice.recipient for notice in InboxNotice.objects.all()] == startup.owners()
    with pytest.raises(StepRefused, match="asked already"):
        actions.ask_to_join(name="Umi Robotics", country="JP", message="", by=user)


@pytest.mark.django_db
def test_ask_to_join_nothing_similar():
    with pytest.raises(StepRefused, match="no other"):
        actions.ask_to_join(name="Quetzal", country="MX", message="", by=make_user())


@pytest.mark.django_db
def test_ask_to_join_leaves_owners_in_peace():
    user = make_user()
    startup = make_startup(legal_name="Quetzal SA", country="MX")
    make_join_request(startup, user, state=JoinRequestState.DECLINED)
    with pytest.raises(StepRefused, match="declined"):
        actions.ask_to_join(name="Quetzal SA", country="MX", message="", by=user)
    for _number in range(actions.REQUESTS_AT_ONCE):
        make_join_request(user=user)
    make_startup(legal_name="Colibri", country="MX")
    with pytest.raises(StepRefused, match="Wait"):
        actions.ask_to_join(name="Colibri", country="MX", message="", by=user)


def at_once(*attempts):
    """Run the attempts in threads that start together; answers what each raised."""
    barrier = threading.Barrier(len(attempts))
    outcomes: list[Any] = [None] * len(attempts)

    def run(number, attempt):
        try:
            barrier.wait(5)
            attempt()
        except StepRefused as refusal:
            outcomes[number] = str(refusal)
        except Exception as error:  # noqa: BLE001 -- a test must see whatever happened
            outcomes[number] = error
        finally:
            connection.close()

    threads = [
        threading.Thread(target=run, args=(number, attempt))
        for number, attempt in enumerate(attempts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_two_owners_leaving_at_once_leave_one():
    for _round in range(5):
        startup = make_startup()
        first, second = startup.owners()[0], add_member(startup, role=MemberRole.OWNER)
        outcomes = at_once(
            lambda s=startup, u=first: actions.leave(startup=s, by=u),
            lambda s=startup, u=second: actions.leave(startup=s, by=u),
        )
        assert len(startup.owners()) == 1
        assert sorted(outcome is None for outcome in outcomes) == [False, True]
        assert all(outcome is None or "Hand over" in outcome for outcome in outcomes)


@pytest.mark.django_db(transaction=True)
def test_leaving_waits_for_the_startup():
    """The lock itself: while another owner's leaving is not committed, mine waits for it."""
    startup = make_startup()
    first, second = startup.owners()[0], add_member(startup, role=MemberRole.OWNER)
    outcome = []
    started = threading.Event()

    def leave():
        started.set()
        try:
            actions.leave(startup=startup, by=second)
        except StepRefused as refusal:
            outcome.append(str(refusal))
        finally:
            connection.close()

    thread = threading.Thread(target=leave)
    with transaction.atomic():
        actions.leave(startup=startup, by=first)
        thread.start()
        started.wait(5)
        thread.join(0.5)
        assert thread.is_alive()
    thread.join(10)
    assert outcome
    assert "Hand over" in outcome[0]


@pytest.mark.django_db(transaction=True)
def test_an_invitation_accepted_by_two_at_once_admits_one():
    invitation = make_invitation(token="secret")
    people = [make_user(), make_user()]
    outcomes = at_once(
        *[
            lambda user=user: actions.answer_invitation(
                invitation=invitation, name="accept", by=user, token="secret"
            )
            for user in people
        ]
    )
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    assert Membership.objects.filter(user__in=people).count() == 1


@pytest.mark.django_db(transaction=True)
def test_asking_twice_at_once_asks_once():
    make_startup(legal_name="Quetzal SA", country="MX")
    user = make_user()
    at_once(
        *[
            lambda: actions.ask_to_join(name="Quetzal SA", country="MX", message="", by=user)
            for _click in range(2)
        ]
    )
    assert JoinRequest.objects.filter(user=user).count() == 1
    assert OutboxMessage.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_who_save_at_once_do_not_overwrite():
    startup = make_startup()
    owner = startup.owners()[0]
    outcomes = at_once(
        *[
            lambda city=city: actions.change_facts(
                startup=startup, facts={"city": city}, **PEOPLE, version=1, by=owner
            )
            for city in ("Kisumu", "Nakuru")
        ]
    )
    assert sorted(outcome is None for outcome in outcomes) == [False, True]
    startup.refresh_from_db()
    assert startup.version == 2


@pytest.mark.django_db
def test_ask_to_join_passes_over_ones_own():
    user = make_user()
    make_startup(user, legal_name="Quetzal SA", country="MX")
    other = make_startup(legal_name="Quetzal Norte SA", country="MX")
    request = actions.ask_to_join(name="Quetzal SA", country="MX", message="", by=user)
    assert request.startup == other


@pytest.mark.django_db
def test_invitations_are_no_mailing():
    startup = make_startup()
    for _number in range(actions.INVITATIONS_AT_ONCE):
        make_invitation(startup)
    with pytest.raises(StepRefused, match="Wait for answers"):
        actions.invite_member(
            startup=startup, email="one@example.org", role="viewer", by=startup.owners()[0]
        )


# -- who is told about people ---------------------------------------------------------------------


def told(notice):
    """Who got a letter and an inbox notice of the kind."""
    letters = set(OutboxMessage.objects.filter(notice=notice).values_list("to_address", flat=True))
    inbox = InboxNotice.objects.filter(notice=notice).values_list("recipient__email", flat=True)
    assert letters == set(inbox)
    return letters


@pytest.mark.django_db
def test_new_and_old_owner_are_told_of_a_handover():
    owner = make_user()
    startup = make_startup(owner)
    heir = add_member(startup)
    add_member(startup)
    actions.transfer_ownership(startup=startup, to=startup.memberships.get(user=heir), by=owner)
    assert told("ownership_passed_on") == {owner.email, heir.email}
    text = OutboxMessage.objects.filter(notice="ownership_passed_on")[0].text
    assert owner.shown_name in text
    assert heir.shown_name in text


@pytest.mark.django_db
def test_owners_are_told_who_joined_and_with_which_address():
    startup = make_startup()
    add_member(startup)
    invitation = make_invitation(startup, "token", email="invited@example.org")
    joiner = make_user(email="other@example.org")
    actions.answer_invitation(invitation=invitation, name="accept", by=joiner, token="token")
    assert told("member_joined") == {startup.owners()[0].email}
    letter = OutboxMessage.objects.get(notice="member_joined")
    assert letter.subject == f"{joiner.shown_name} joined {startup.name}"
    assert "It was accepted with another address: other@example.org." in letter.text


@pytest.mark.django_db
def test_owners_are_told_who_left():
    startup = make_startup()
    member = add_member(startup)
    add_member(startup)
    actions.leave(startup=startup, by=member)
    assert told("member_departed") == {startup.owners()[0].email}
    letter = OutboxMessage.objects.get(notice="member_departed")
    assert letter.subject == f"{member.shown_name} left {startup.name}"
