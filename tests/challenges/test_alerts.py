"""“Mail me when it opens”: asked, confirmed by mail, told once, ended; nobody learns who asked."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connections
from django.urls import reverse
from django.utils import timezone

from challenges.actions.alert import (
    ASKED,
    TOLD_DAYS,
    UNCONFIRMED_DAYS,
    answer_path,
    tell_of_openings,
)
from challenges.choices import ApplicationState, CallState
from challenges.models import Call, CallAlert
from portal.models import InboxNotice, OutboxMessage
from tests.factories.challenges import make_application, make_call
from tests.factories.eligibility import make_alert
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import make_startup

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db

SOON = timedelta(days=2)


def upcoming(**fields: Any) -> Call:
    """A call that opens in two days."""
    return make_call(opens_at=timezone.now() + SOON, **fields)


def let_open(call: Call) -> None:
    """The day has come."""
    Call.objects.filter(pk=call.pk).update(opens_at=timezone.now() - timedelta(minutes=1))


def over(**fields: Any) -> Call:
    """A call that closed yesterday."""
    return make_call(closes_at=timezone.now() - timedelta(days=1), **fields)


def address(call: Call) -> str:
    """Where one asks."""
    return reverse("challenges:alert-create", args=[call.slug])


def openings() -> list[str]:
    """To whom a letter of an opening was written."""
    return sorted(
        OutboxMessage.objects.filter(notice="call_opened").values_list("to_address", flat=True)
    )


def link_in(letter: OutboxMessage) -> str:
    """The path of the page with the buttons."""
    found = re.search(r"/alerts/answer/\w+/", letter.text)
    assert found
    return found[0]


# -- asking ---------------------------------------------------------------------------------------


def test_stranger_confirms_by_mail_and_gets_one_letter(client: Client) -> None:
    call = upcoming()
    page = client.post(address(call), {"email": "Wanjiku@Example.org"}).content.decode()
    assert "Look into your mailbox." in page
    letter = OutboxMessage.objects.get(notice="alert_requested", to_address="wanjiku@example.org")
    link = link_in(letter)
    let_open(call)
    assert tell_of_openings() == 0  # nobody has confirmed
    client.get(link)
    assert CallAlert.objects.get().confirmed_at is None  # a scanner of mail opens links too
    assert "Confirmed." in client.post(link, {"confirm": "1"}).content.decode()
    assert tell_of_openings() == 1
    assert tell_of_openings() == 0
    assert openings() == ["wanjiku@example.org"]
    told = OutboxMessage.objects.get(notice="call_opened")
    assert link_in(told) == link
    assert call.get_absolute_url() in told.text


def test_signed_in_asks_with_one_click(client: Client) -> None:
    call, user = upcoming(), make_user()
    client.force_login(user)
    assert address(call) in client.get(call.get_absolute_url()).content.decode()
    client.post(address(call))
    client.post(address(call))
    alert = CallAlert.objects.get()
    assert (alert.user, alert.email, alert.call) == (user, user.email, call)
    assert not OutboxMessage.objects.exists()
    page = client.get(call.get_absolute_url()).content.decode()
    assert "You get one letter when it opens." in page
    let_open(call)
    assert tell_of_openings() == 1
    assert openings() == [user.email]
    assert InboxNotice.objects.get(recipient=user).subject == f"Open now: {call.title}"


@pytest.mark.parametrize("known", ["account", "confirmed", "asked", "nobody", "too often"])
def test_page_tells_nobody_who_is_on_the_list(client: Client, known: str) -> None:
    call, email = upcoming(), "someone@example.org"
    if known == "account":
        make_user(email=email)
    elif known in {"confirmed", "asked"}:
        make_alert(call, email=email, confirmed=known == "confirmed")
    elif known == "too often":
        for _time in range(ASKED.amount):
            client.post(address(call), {"email": email})
        OutboxMessage.objects.all().delete()
    strange = client.post(address(upcoming()), {"email": "nobody@example.org"})
    response = client.post(address(call), {"email": email})
    assert response.status_code == strange.status_code == 200
    assert words(response) == words(strange)
    letters = OutboxMessage.objects.filter(to_address=email)
    assert letters.count() == (0 if known in {"confirmed", "too often"} else 1)
    assert CallAlert.objects.filter(email=email, call=call).count() == 1


def words(response: Any) -> str:
    """What the page says of the address."""
    found = re.search(r"<main.*?</main>", response.content.decode(), re.DOTALL)
    assert found
    return re.sub(r"<h1>.*?</h1>|Call \d+|call-\d+|Programme \d+|It opens on [^<]*", "", found[0])


def test_address_that_is_none_is_said_beside_the_field(client: Client) -> None:
    response = client.post(address(upcoming()), {"email": "wanjiku"})
    assert response.status_code == 422
    assert not CallAlert.objects.exists()


def test_stranger_who_signs_up_later_and_clicks_has_one_row(client: Client) -> None:
    call = upcoming()
    client.post(address(call), {"email": "wanjiku@example.org"})
    user = make_user(email="wanjiku@example.org")
    client.force_login(user)
    client.post(address(call))
    alert = CallAlert.objects.get()
    assert alert.user == user
    assert alert.confirmed_at is not None


def test_refusal_leads_to_the_next_call(client: Client) -> None:
    call, owner = over(), make_user()
    application = make_application(call, make_startup(owner), state=ApplicationState.NOT_SELECTED)
    client.force_login(owner)
    page = client.get(application.get_absolute_url()).content.decode()
    assert address(call) in page
    assert "Mail me when the next one opens" in page


# -- telling --------------------------------------------------------------------------------------


def test_letter_follows_the_opening_when_it_moves() -> None:
    call = upcoming()
    make_alert(call)
    Call.objects.filter(pk=call.pk).update(opens_at=timezone.now() + timedelta(days=4))
    assert tell_of_openings() == 0
    let_open(call)
    assert tell_of_openings() == 1
    # It opens once more, in words of staff; whoever was told was told.
    Call.objects.filter(pk=call.pk).update(opens_at=timezone.now() - timedelta(seconds=1))
    assert tell_of_openings() == 0


def test_alert_of_a_closed_call_waits_for_the_next_of_its_programme(client: Client) -> None:
    programme = make_programme()
    earlier = make_call(programme)  # open before anybody asked
    call = over(programme=programme)
    user = make_user()
    client.force_login(user)
    client.post(address(call))
    assert CallAlert.objects.get().call is None
    elsewhere = make_call()
    assert tell_of_openings() == 0
    del elsewhere, earlier
    following = upcoming(programme=programme)
    assert tell_of_openings() == 0
    let_open(following)
    Call.objects.filter(pk=following.pk).update(published_at=timezone.now())
    assert tell_of_openings() == 1
    assert following.get_absolute_url() in OutboxMessage.objects.get().text


def test_alert_of_a_cancelled_call_goes_on_to_the_next() -> None:
    call = upcoming()
    make_alert(call, email="waits@example.org")
    Call.objects.filter(pk=call.pk).update(state=CallState.CANCELLED)
    let_open(call)
    assert tell_of_openings() == 0
    make_call(call.programme, published_at=timezone.now() + timedelta(seconds=1))
    assert tell_of_openings() == 1
    assert openings() == ["waits@example.org"]


@pytest.mark.parametrize("state", [CallState.DRAFT, CallState.ARCHIVED])
def test_nobody_is_told_of_a_call_that_is_not_open(state: CallState) -> None:
    call = upcoming()
    make_alert(call)
    let_open(call)
    Call.objects.filter(pk=call.pk).update(state=state)
    assert tell_of_openings() == 0


def test_nobody_is_told_after_it_closed() -> None:
    call = over()
    make_alert(call)
    assert tell_of_openings() == 0


def test_closed_account_gets_no_letter() -> None:
    call = upcoming()
    gone = make_user(is_active=False)
    make_alert(call, user=gone, email=gone.email)
    let_open(call)
    assert tell_of_openings() == 0


def test_letter_reads_in_the_language_that_was_asked_in() -> None:
    call = upcoming(time_zone="Asia/Tokyo")
    make_alert(call, time_zone="Europe/Stockholm")
    let_open(call)
    tell_of_openings()
    assert "your time, Stockholm" in OutboxMessage.objects.get().text


@pytest.mark.django_db(transaction=True)
def test_three_schedulers_write_each_letter_once() -> None:
    call = upcoming()
    alerts = [make_alert(call) for _number in range(15)]
    users = [make_user() for _number in range(5)]
    for user in users:
        make_alert(call, user=user, email=user.email)
    let_open(call)
    gate = Barrier(3)

    def scheduler() -> int:
        try:
            gate.wait()
            return sum(tell_of_openings(limit=50) for _round in range(3))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        told = [pool.submit(scheduler) for _number in range(3)]
        total = sum(one.result(timeout=60) for one in told)
    assert total == len(alerts) + len(users)
    assert openings() == sorted([*(one.email for one in alerts), *(user.email for user in users)])
    assert InboxNotice.objects.count() == len(users)


# -- ending ---------------------------------------------------------------------------------------


def test_letter_ends_it_for_the_address(client: Client) -> None:
    call = upcoming()
    alert = make_alert(call)
    other = make_alert(upcoming(), email=alert.email)
    mine = make_alert(upcoming(programme=call.programme), email=alert.email.upper())
    page = client.post(answer_path(alert), {"end": "1"}).content.decode()
    assert "no letter will come" in page
    assert set(CallAlert.objects.all()) == {other}
    del mine
    assert client.get(answer_path(alert)).status_code == 404


def test_staff_do_not_learn_from_letters_who_waits(client: Client) -> None:
    call = upcoming()
    make_alert(call)
    make_alert(call, user=(user := make_user()), email=user.email)
    client.post(address(call), {"email": "asks@example.org"})
    let_open(call)
    assert tell_of_openings() == 2
    letters = OutboxMessage.objects.filter(notice__in=["alert_requested", "call_opened"])
    assert letters.count() == 3
    assert set(letters.values_list("sender_name", flat=True)) != {""}
    manager = make_staff(call.programme)
    assert not letters.filter(pk__in=OutboxMessage.objects.visible_to(manager).values("pk"))
    client.force_login(manager)
    listed = client.get(reverse("admin:portal_outboxmessage_changelist")).content.decode()
    assert "asks@example.org" not in listed
    assert user.email not in listed


def test_links_work_on_after_the_portals_own_key_was_changed(client: Client, settings: Any) -> None:
    call = upcoming()
    make_alert(call)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-" + settings.SECRET_KEY
    let_open(call)
    assert tell_of_openings() == 1
    page = link_in(OutboxMessage.objects.get(notice="call_opened"))
    assert client.get(page).status_code == 200
    assert client.post(page, {"end": "1"}).status_code == 200
    assert not CallAlert.objects.exists()


def test_one_sees_and_ends_ones_own(client: Client) -> None:
    user, call = make_user(), upcoming()
    mine = make_alert(call, user=user, email=user.email)
    as_stranger = make_alert(programme=make_programme(name="Elsewhere"), email=user.email)
    foreign = make_alert(upcoming())
    client.force_login(user)
    page = client.get(reverse("challenges:alert-list")).content.decode()
    assert call.title in page
    assert "Elsewhere" in page
    assert client.post(reverse("challenges:alert-end", args=[foreign.pk])).status_code == 404
    client.post(reverse("challenges:alert-end", args=[mine.pk]))
    assert set(CallAlert.objects.all()) == {as_stranger, foreign}


def test_addresses_are_not_kept_longer_than_said() -> None:
    call = upcoming()
    old = timezone.now() - timedelta(days=UNCONFIRMED_DAYS, minutes=1)
    make_alert(call, confirmed=False, created_at=old)
    make_alert(call, told_at=timezone.now() - timedelta(days=TOLD_DAYS, minutes=1))
    kept = {
        make_alert(call, confirmed=False),
        make_alert(call, created_at=old),
        make_alert(call, told_at=timezone.now()),
    }
    tell_of_openings()
    assert set(CallAlert.objects.all()) == kept


def test_list_reads_as_many_rows_as_it_needs(
    client: Client, django_assert_num_queries: Any
) -> None:
    user = make_user()
    client.force_login(user)
    client.get(reverse("challenges:alert-list"))
    counts = []
    for number in (1, 3):
        while CallAlert.objects.count() < number:
            make_alert(upcoming(), user=user, email=user.email)
        with django_assert_num_queries(5) as found:
            client.get(reverse("challenges:alert-list"))
        counts.append(len(found))
    assert counts[0] == counts[1]
