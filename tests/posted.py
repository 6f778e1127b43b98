"""The letters that no step tells of, each posted by the verb that writes it."""

from __future__ import annotations

from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from django.test import RequestFactory
from django.utils import timezone

from challenges.actions import (
    alert as alert_actions,
    circular as circular_actions,
    helper as helper_actions,
    wording as wording_actions,
)
from portal import actions, outbox
from portal.adapters import AccountAdapter
from portal.choices import OutboxState, Role
from portal.models import OutboxMessage, User
from startups.choices import MemberRole
from startups.notices import MemberDeparted
from tests.factories.eligibility import make_alert
from tests.factories.portal import make_staff, make_user

if TYPE_CHECKING:
    from tests.letters import Stage

#: Kinds that go to an address, by the verb that posts them.
TO_AN_ADDRESS = {"member_invited", "helper_invited", "alert_requested"}


def post_by_hand(on: Stage) -> dict[str, set[str]]:
    """The letters that no step tells of, each by the verb that writes it, under its module."""
    from portal.actions import address, closing, digest, sealing  # noqa: PLC0415 -- what they post
    from startups import actions as startup_actions  # noqa: PLC0415

    wording_actions.test_letter(
        call=on.call, name="application_received", language="en-gb", own=None, by=on.manager
    )
    circular = on.circular().record
    circular_actions.send_test(circular=circular, by=on.manager)
    alert_actions.ask_as_stranger(call=on.call, email="waits@example.org")
    make_alert(on.call)
    alert_actions.tell_of_openings()
    helper_actions.invite_helper(application=on.draft, email="helper@example.org", by=on.owner)
    actions.invite_staff(
        programme=on.programme, email="chair@example.org", role=Role.CHAIR, by=on.manager
    )
    startup_actions.invite_member(
        startup=on.startup, email="new@example.org", role=MemberRole.EDITOR, by=on.owner
    )
    actions.send_proof(user=on.owner)
    address.ask_for_address(user=on.editor, address="otieno.new@example.org")
    closing.close_account(user=make_user(given_name="Gone"))
    make_staff(on.programme, Role.COMPLIANCE)
    sealing.seal_trail()
    sealing.send_print_of_the_week()
    post_the_letter_of_the_day(on)
    return {
        "portal.actions.digest": {digest.DIGEST},
        "portal.actions.sealing": {"audit_print"},
        "challenges.actions.circular": {"circular_test"},
        "challenges.actions.wording": {"wording_test"},
        "challenges.actions.helper": {"helper_invited"},
        "challenges.actions.alert": {"alert_requested", "call_opened"},
        "portal.actions.people": {"staff_invited"},
        "startups.actions.record": {"member_invited"},
        "portal.actions.mail": {"address_proof"},
        "portal.actions.address": {"address_change"},
        "portal.actions.closing": {"account_closed"},
    }


def post_the_letter_of_the_day(on: Stage) -> None:
    """The owner wants one letter a day, and the morning has come."""
    actions.choose_mail(user=on.owner, stopped=[], only_mandatory=False, in_digest=True)
    outbox.tell(MemberDeparted(), on.step(on.startup, actor=on.editor), programme=on.programme)
    waiting = OutboxMessage.objects.filter(recipient=on.owner, state=OutboxState.DIGEST)
    waiting.update(available_at=timezone.now() - timedelta(seconds=1))
    actions.write_digests()


def post_of_allauth(prefix: str, reader: User) -> None:
    """One letter of the sign-in pages, with everything allauth gives to any of them."""
    host = "http://testserver"
    request = RequestFactory().get("/", HTTP_USER_AGENT="Firefox")
    request.user = reader
    context: dict[str, Any] = {
        "request": request,
        "user": reader,
        "email": reader.email,
        "current_site": SimpleNamespace(name="Minato", domain="testserver"),
    }
    if prefix.endswith(("_code", "confirmation", "confirmation_signup")):
        context["code"] = "K7QF-3MPD"
    elif prefix.endswith("password_reset_key"):
        context["password_reset_url"] = f"{host}/accounts/password/reset/key/1-abc/"
    elif prefix.endswith("unknown_account"):
        context["signup_url"] = f"{host}/accounts/signup/"
    elif prefix.endswith("account_already_exists"):
        context["password_reset_url"] = f"{host}/accounts/password/reset/"
    else:
        context |= {
            "timestamp": timezone.now(),
            "ip": "192.0.2.7",
            "user_agent": "Firefox",
            "from_email": "old@example.org",
            "to_email": reader.email,
            "deleted_email": "old@example.org",
            "device": "Firefox on Linux",
            "provider": "City sign-in",
            "account": SimpleNamespace(get_provider_display="City", provider="city"),
        }
    AccountAdapter(request).send_mail(prefix, reader.email, context)
