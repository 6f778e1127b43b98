"""Pages of events: for everybody, for guests, in calendars and on home pages."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from events.choices import EventState, RegistrationState as State
from events.models import Event, Registration
from portal import clock
from portal.choices import Role
from portal.registry import registry
from tests.factories.events import make_event, make_registration
from tests.factories.portal import make_programme, make_staff, make_user

if TYPE_CHECKING:
    from django.test import Client

    from portal.models import Programme, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def programme() -> Programme:
    return make_programme()


def page(client: Client, address: str, user: User | None = None) -> str:
    if user is not None:
        client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def register_url(event: Event) -> str:
    return reverse("events:registration-create", args=[event.slug])


def post(client: Client, event: Event, user: User, **said: str) -> Any:
    client.force_login(user)
    return client.post(register_url(event), {"kind": "investor", **said}, follow=True)


def test_event_page_for_strangers(client, programme):
    event = make_event(programme, languages=["en", "ja"], place="Hall 2", mode="hybrid")
    text = page(client, event.get_absolute_url())
    assert "Hall 2" in text
    assert "日本語" in text
    assert clock.in_words(event.starts_at, "Asia/Tokyo") in text
    assert event.join_link not in text
    assert f"?next={quote(register_url(event))}" in text
    away = client.get(register_url(event))
    assert away["Location"] == f"{reverse('account_login')}?next={register_url(event)}"


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (State.APPROVED, True),
        (State.ASKED, False),
        (State.DECLINED, False),
        (State.CANCELLED, False),
    ],
)
def test_only_approved_guests_read_the_link(client, programme, state, shown):
    registration = make_registration(make_event(programme), state=state)
    event = registration.event
    assert (event.join_link in page(client, event.get_absolute_url(), registration.user)) == shown
    calendar = client.get(reverse("events:event-calendar", args=[event.slug])).content.decode()
    assert (event.join_link in calendar.replace("\r\n ", "")) == shown


def test_staff_read_the_link_and_the_draft_and_others_elsewhere_do_not(client, programme):
    draft = make_event(programme, state=EventState.DRAFT)
    event = make_event(programme)
    manager = make_staff(programme)
    assert event.join_link in page(client, event.get_absolute_url(), manager)
    assert "This is a draft" in page(client, draft.get_absolute_url(), manager)
    client.force_login(make_staff())
    assert client.get(draft.get_absolute_url()).status_code == 404
    assert event.join_link not in page(client, event.get_absolute_url())


def test_guest_registers_reads_where_it_stands_and_cancels(client, programme):
    event, guest = make_event(programme), make_user()
    text = page(client, register_url(event), guest)
    assert guest.email in text
    answer = post(client, event, guest, organisation="Umi\u202e Capital", interest="Water")
    assert answer.redirect_chain == [(event.get_absolute_url(), 302)]
    assert "waits for approval" in answer.content.decode()
    registration = Registration.objects.get()
    assert (registration.user, registration.kind) == (guest, "investor")
    assert registration.organisation == "Umi Capital"
    # Who is registered is not asked twice.
    assert client.get(register_url(event))["Location"] == event.get_absolute_url()
    answer = client.post(reverse("events:registration-cancel", args=[event.slug]), follow=True)
    text = answer.content.decode()
    assert "You have cancelled your registration" in text
    assert "Register again" in text
    answer = post(client, event, guest, organisation="", interest="")
    assert "waits for approval" in answer.content.decode()
    registration.refresh_from_db()
    assert (registration.state, registration.organisation) == (State.ASKED, "")


def test_form_keeps_what_was_typed_and_says_what_to_do(client, programme):
    event = make_event(programme)
    answer = post(client, event, make_user(), kind="king", organisation="Umi")
    assert answer.status_code == 422
    assert 'value="Umi"' in answer.content.decode()
    assert not Registration.objects.exists()


def test_full_event_says_so_and_takes_nobody(client, programme):
    event = make_event(programme, capacity=1)
    make_registration(event)
    guest = make_user()
    assert "All places are taken" in page(client, event.get_absolute_url(), guest)
    assert client.get(register_url(event)).status_code == 302
    assert "All places are taken" in post(client, event, guest).content.decode()


def test_cancelled_event_says_so(client, programme):
    event = make_event(programme, state=EventState.CANCELLED)
    text = page(client, event.get_absolute_url())
    assert "This event is cancelled" in text
    assert register_url(event) not in text


@pytest.mark.parametrize("count", [1, 3])
def test_list_shows_what_is_ahead_first_and_never_drafts(
    client, programme, count, django_assert_num_queries
):
    ahead = [make_event(programme) for _ in range(count)]
    over = [
        make_event(programme, starts_at=timezone.now() - timedelta(days=9)) for _ in range(count)
    ]
    draft = make_event(programme, state=EventState.DRAFT)
    with django_assert_num_queries(3):
        text = page(client, reverse("events:event-list"))
    places = [text.index(event.title + "<") for event in (*ahead, *over)]
    assert max(places[:count]) < min(places[count:])
    assert draft.slug not in text


@pytest.mark.parametrize("count", [1, 3])
def test_event_page_asks_the_same_whoever_comes(
    client, programme, count, django_assert_num_queries
):
    event = make_event(programme, capacity=9)
    guest, *_others = (make_registration(event).user for _ in range(count))
    client.force_login(guest)
    client.get("/")
    with django_assert_num_queries(7):
        page(client, event.get_absolute_url())


def test_next_event_stands_on_the_public_home_page_and_on_the_programmes(client, programme):
    later = make_event(programme, starts_at=timezone.now() + timedelta(days=60))
    event = make_event(programme)
    text = page(client, "/")
    assert event.title in text
    assert later.get_absolute_url() not in text
    text = page(client, programme.get_absolute_url())
    assert later.title in text
    paths = client.get(reverse("sitemap")).content.decode()
    assert event.get_absolute_url() in paths
    assert reverse("events:event-list") in paths


def test_guest_finds_the_event_at_home_and_in_the_calendar(client, programme):
    registration = make_registration(make_event(programme))
    cancelled = make_registration(make_event(programme), registration.user, state=State.CANCELLED)
    text = page(client, "/", registration.user)
    assert registration.event.title in text
    assert cancelled.event.title not in text
    assert "your organisation" not in text, "a guest needs none"
    entries = [entry for ask in registry.calendar for entry in ask(registration.user)]
    assert [entry.uid for entry in entries] == [f"event-{registration.event_id}"]
    assert registration.event.join_link in entries[0].location


def test_staff_are_told_how_many_wait(client, programme):
    event = make_event(programme)
    for _ in range(2):
        make_registration(event, state=State.ASKED)
    make_registration(event)
    manager, juror = make_staff(programme), make_staff(programme, Role.REVIEWER)
    waits = [item for ask in registry.staff_waiting for item in ask(manager)]
    assert [item.object for item in waits if event.title in item.object] == [
        f"{event.title}: 2 registrations wait"
    ]
    assert not [
        item for ask in registry.staff_waiting for item in ask(juror) if event.title in item.object
    ]
