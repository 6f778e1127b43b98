"""Events in the admin: written in their own zone, moved, answered, taken out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from events.choices import EventState, RegistrationState as State
from events.models import Event, Registration
from portal.choices import Role
from portal.models import AuditEntry, OutboxMessage, Programme, User
from tests.factories.events import make_event, make_registration
from tests.factories.portal import make_programme, make_staff, make_user

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db
HOUR = "%Y-%m-%dT%H:%M"
LIST = "admin:events_registration_changelist"


@pytest.fixture
def programme() -> Programme:
    return make_programme(time_zone="Europe/Stockholm")


@pytest.fixture
def manager(programme: Programme, client: Client) -> User:
    user = make_staff(programme)
    client.force_login(user)
    return user


def move_url(event: Event) -> str:
    return reverse("admin:events_event_move", args=[event.pk])


def written(programme: Programme, **fields: str) -> dict[str, str]:
    return {
        "programme": str(programme.pk),
        "kind": "webinar",
        "title": "Field trials",
        "slug": "field-trials",
        "summary": "How to run one.",
        "languages": "en, ja",
        "time_zone": "",
        "starts_at": "2027-02-01T09:00",
        "ends_at": "2027-02-01T10:30",
        "mode": "online",
        "needs_approval": "on",
    } | fields


def test_event_is_written_on_its_own_wall_clock(client, programme, manager):
    answer = client.post(reverse("admin:events_event_add"), written(programme))
    assert answer.status_code == 302
    event = Event.objects.get()
    assert event.starts_at == datetime(2027, 2, 1, 8, tzinfo=UTC)
    assert (event.time_zone, event.state) == ("Europe/Stockholm", EventState.DRAFT)
    assert event.languages == ["en", "ja"]


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        # Skipped on that day in Stockholm, and repeated on this.
        ({"starts_at": "2027-03-28T02:30"}, "there is no 02:30"),
        ({"ends_at": "2027-10-31T02:30"}, "02:30 comes twice. Choose 02:30 CEST (UTC+2) or"),
        ({"ends_at": "2027-02-01T09:00"}, "The event ends before it begins."),
        ({"languages": "klingon"}, "no code of a language"),
        ({"mode": "on_site"}, "Say where people meet."),
        ({"registration_until": "2027-02-02T09:00"}, "The event is over by then."),
    ],
)
def test_form_says_what_to_do(client, programme, manager, fields, sentence):
    answer = client.post(reverse("admin:events_event_add"), written(programme, **fields))
    assert sentence in answer.content.decode()
    assert not Event.objects.exists()


def test_published_hours_do_not_change_by_hand(client, programme, manager):
    event = make_event(programme)
    address = reverse("admin:events_event_change", args=[event.pk])
    client.post(address, written(programme, title="Another title"))
    after = Event.objects.get()
    assert after.title == "Another title"
    assert (after.starts_at, after.slug, after.join_link) == (
        event.starts_at,
        event.slug,
        event.join_link,
    )


def test_manager_moves_it_and_reads_how_many_are_told(client, programme, manager):
    event = make_event(programme)
    make_registration(event)
    assert "1 guest is told" in client.get(move_url(event)).content.decode()
    there = event.starts_at.astimezone(event.zone) + timedelta(days=2)
    answer = client.post(
        move_url(event),
        {
            "starts_at": there.strftime(HOUR),
            "ends_at": (there + timedelta(hours=2)).strftime(HOUR),
            "place": "",
            "join_link": event.join_link,
            "reason": "The hall is taken.",
        },
        follow=True,
    )
    assert "1 guest is told." in answer.content.decode()
    assert Event.objects.get().version == 2
    assert OutboxMessage.objects.get(notice="event_moved").calendar


def test_hour_that_comes_twice_is_flipped_by_moving_it(client, programme, manager):
    first, second = (datetime(2027, 10, 31, hour, 30, tzinfo=UTC) for hour in (0, 1))
    event = make_event(
        programme,
        time_zone="Europe/Stockholm",
        starts_at=first,
        ends_at=first + timedelta(hours=5),
    )
    page = client.get(move_url(event)).content.decode()
    assert "Which hour do you mean?" in page
    sent = {
        "starts_at": "2027-10-31T02:30",
        "ends_at": "2027-10-31T06:30",
        "join_link": event.join_link,
        "reason": "The other one was meant.",
    }
    client.post(move_url(event), {**sent, "starts_at_which": first.isoformat()})
    assert Event.objects.get().starts_at == first
    client.post(move_url(event), {**sent, "starts_at_which": second.isoformat()})
    after = Event.objects.get()
    assert after.starts_at == second
    assert after.version > event.version


def test_hour_of_a_draft_that_comes_twice_is_flipped_on_its_page(client, programme, manager):
    first = datetime(2027, 10, 31, 0, 30, tzinfo=UTC)
    event = make_event(
        programme,
        time_zone="Europe/Stockholm",
        state=EventState.DRAFT,
        starts_at=first,
        ends_at=first + timedelta(hours=5),
    )
    address = reverse("admin:events_event_change", args=[event.pk])
    assert "Which hour do you mean?" in client.get(address).content.decode()
    there = event.starts_at.astimezone(event.zone), event.ends_at.astimezone(event.zone)
    sent = written(
        programme,
        time_zone=event.time_zone,
        starts_at=there[0].strftime(HOUR),
        ends_at=there[1].strftime(HOUR),
        slug=event.slug,
    )
    second = first + timedelta(hours=1)
    answer = client.post(address, {**sent, "starts_at_which": second.isoformat()})
    assert answer.status_code == 302
    assert Event.objects.get().starts_at == second


def test_change_of_the_link_alone_leaves_the_hours_to_the_second(client, programme, manager):
    event = make_event(programme)
    page = client.get(move_url(event))
    typed = {
        name: page.context["form"].initial[name].strftime(HOUR) for name in ("starts_at", "ends_at")
    }
    client.post(move_url(event), {**typed, "join_link": "https://x.org/", "reason": "New room."})
    after = Event.objects.get()
    assert (after.starts_at, after.join_link) == (event.starts_at, "https://x.org/")


def test_many_are_approved_at_once_each_with_a_letter_of_their_own(client, programme, manager):
    event = make_event(programme, capacity=2)
    rows = [make_registration(event, state=State.ASKED) for _ in range(3)]
    other = make_registration(state=State.ASKED)
    chosen = {"action": "approve", "_selected_action": [row.pk for row in [*rows, other]]}
    answer = client.post(reverse(LIST), chosen, follow=True)
    text = answer.content.decode()
    assert "2 guests approved." in text
    assert "All 2 places are taken" in text
    assert [row.state for row in event.registrations.order_by("created_at")] == [
        State.APPROVED,
        State.APPROVED,
        State.ASKED,
    ]
    assert OutboxMessage.objects.filter(notice="registration_approved").count() == 2
    other.refresh_from_db()
    assert other.state == State.ASKED, "of another programme"


def test_many_are_declined_with_one_reason(client, programme, manager):
    rows = [make_registration(make_event(programme), state=State.ASKED) for _ in range(2)]
    chosen: dict[str, Any] = {"action": "decline", "_selected_action": [row.pk for row in rows]}
    answer = client.post(reverse(LIST), chosen)
    assert "Each of the 2 guests gets a letter" in answer.content.decode()
    assert not OutboxMessage.objects.exists()
    client.post(reverse(LIST), {**chosen, "apply": "1", "reason": "The room is small."})
    letters = OutboxMessage.objects.filter(notice="registration_declined")
    assert {letter.recipient for letter in letters} == {row.user for row in rows}
    assert all("The room is small." in letter.text for letter in letters)


def test_one_is_declined_without_a_reason(client, programme, manager):
    registration = make_registration(make_event(programme), state=State.ASKED)
    address = reverse("admin:events_registration_decline", args=[registration.pk])
    assert client.post(address, {"apply": "1", "reason": ""}).status_code == 302
    registration.refresh_from_db()
    assert (registration.state, registration.answered_by) == (State.DECLINED, manager)


def test_list_is_narrowed_by_event_state_and_kind(client, programme, manager):
    event = make_event(programme)
    found = make_registration(event, kind="investor")
    make_registration(event, kind="press")
    make_registration(make_event(programme), kind="investor")
    query = f"?event={event.pk}&state__exact=approved&kind__exact=investor"
    page = client.get(reverse(LIST) + query)
    assert [row.pk for row in page.context["cl"].result_list] == [found.pk]
    elsewhere = make_event()
    page = client.get(f"{reverse(LIST)}?event={elsewhere.pk}")
    assert list(page.context["cl"].result_list) == []


def test_own_registration_elsewhere_is_no_work(client, programme, manager):
    make_registration(make_event(), manager)
    assert client.get(reverse(LIST)).context["cl"].result_count == 0


def test_table_of_guests_is_written_down_and_runs_nothing(client, programme, manager):
    event = make_event(programme)
    make_registration(event, organisation='=HYPERLINK("https://x.org")', interest="Water")
    make_registration(make_event(programme))
    answer = client.get(reverse("admin:events_event_export", args=[event.pk]))
    sheet = load_workbook(BytesIO(answer.getvalue())).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert len(rows) == 2
    assert str(rows[1][4]).startswith("'=")
    entry = AuditEntry.objects.about(event).get(verb="export")
    assert (entry.actor, entry.facts) == (manager, {"format": "xlsx", "registrations": 1})


def test_compliance_reads_and_answers_nobody(client, programme):
    client.force_login(make_staff(programme, Role.COMPLIANCE))
    registration = make_registration(make_event(programme), state=State.ASKED)
    assert client.get(reverse(LIST)).context["cl"].result_count == 1
    client.post(reverse(LIST), {"action": "approve", "_selected_action": [registration.pk]})
    registration.refresh_from_db()
    assert registration.state == State.ASKED


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize(
    ("name", "queries"),
    [("admin:events_event_changelist", 8), (LIST, 8)],
)
def test_query_counts_of_lists(
    client, programme, manager, count, name, queries, django_assert_num_queries
):
    for _ in range(count):
        make_registration(make_event(programme), make_user(), state=State.ASKED)
    client.get(reverse("admin:index"))
    with django_assert_num_queries(queries):
        page = client.get(reverse(name))
    assert page.context["cl"].result_count == count


def test_list_counts_who_comes_and_who_waits(client, programme, manager):
    event = make_event(programme, capacity=5)
    for state in (State.APPROVED, State.APPROVED, State.ASKED, State.CANCELLED):
        make_registration(event, state=state)
    page = client.get(reverse("admin:events_event_changelist"))
    row = page.context["cl"].result_list[0]
    assert (row.coming_count, row.waiting_count) == (2, 1)
    assert Registration.objects.count() == 4
    assert timezone.now() < event.starts_at


def test_there_is_room_for_whoever_comes_already(client, programme, manager):
    event = make_event(programme, capacity=5)
    for _guest in range(2):
        make_registration(event)
    address = reverse("admin:events_event_change", args=[event.pk])
    answer = client.post(address, written(programme, capacity="1"))
    assert "2 guests come already." in answer.content.decode()
    client.post(address, written(programme, capacity="2"))
    assert Event.objects.get().capacity == 2
