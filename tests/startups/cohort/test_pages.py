"""The pages of a cohort: the owner, the public, staff."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from portal.models import AuditEntry, OutboxMessage
from portal.registry import registry
from portal.workflow import StepRefused
from startups.actions.cohort import change_public_text
from startups.choices import TOOK_PART, CohortState, PlaceState
from startups.models import Cohort, Group, Place
from tests.factories.cohorts import make_cohort, make_mentoring, make_place
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup
from tests.startups.cohort.steps import offered, owner_of

pytestmark = pytest.mark.django_db


def test_owner_accepts_on_the_page(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(owner_of(place))
    page = client.get(place.get_absolute_url()).content.decode()
    assert "Come to every workshop." in page
    assert "JST" in page
    refused = client.post(place.get_absolute_url(), {"answer": "accept", "terms_version": "1"})
    assert refused.status_code == 409
    assert "accept the terms" in refused.content.decode()
    data = {"answer": "accept", "terms_version": "1", "accept_terms": "on"}
    assert client.post(place.get_absolute_url(), data).status_code == 302
    page = client.get(place.get_absolute_url()).content.decode()
    assert "You take part in" in page


def test_owner_refuses_on_the_page(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(owner_of(place))
    client.post(place.get_absolute_url(), {"answer": "refuse", "reason": "No time."})
    place.refresh_from_db()
    assert (place.state, place.reason) == (PlaceState.REFUSED, "No time.")
    assert "You refused this offer" in client.get(place.get_absolute_url()).content.decode()


def test_editor_sees_who_answers_and_no_button(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(add_member(place.startup))
    page = client.get(place.get_absolute_url()).content.decode()
    assert "An owner answers" in page
    assert 'value="accept"' not in page
    assert client.post(place.get_absolute_url(), {"answer": "refuse"}).status_code == 404


def test_text_is_public_as_approved_and_taken_off_when_changed(client, cohort):
    place = make_place(cohort)
    client.force_login(owner_of(place))
    url, public = reverse("startups:place-text", args=[place.pk]), cohort.get_absolute_url()
    client.post(url, {"public_text": "Sensors for wells."})
    assert "Sensors for wells." not in client.get(public).content.decode()
    client.post(url, {"public_text": "Sensors for wells.", "approve": "1"})
    assert "Sensors for wells." in client.get(public).content.decode()
    client.post(url, {"public_text": "Sensors for all."})
    page = client.get(public).content.decode()
    assert "Sensors" not in page
    assert place.startup.name not in page
    assert AuditEntry.objects.about(place).filter(verb="approve-text").count() == 1
    empty = client.post(url, {"public_text": " ", "approve": "1"})
    assert empty.status_code == 409
    assert "Write the text first" in empty.content.decode()


@pytest.mark.parametrize("state", PlaceState)
@pytest.mark.parametrize("approved", [True, False])
def test_public_page_shows_only_who_took_part_and_approved(client, cohort, state, approved):
    at = timezone.now() if approved else None
    place = make_place(cohort, state=state, public_text="Canary text", public_text_approved_at=at)
    page = client.get(cohort.get_absolute_url()).content.decode()
    shown = approved and state in TOOK_PART
    assert ("Canary text" in page) == shown
    assert (place.startup.name in page) == shown


def test_draft_cohort_has_no_public_page(client, programme):
    cohort = make_cohort(programme, state=CohortState.DRAFT, published_at=None)
    assert client.get(cohort.get_absolute_url()).status_code == 404
    addresses = {url for ask in registry.sitemap for url in ask()}
    assert cohort.get_absolute_url() not in addresses
    assert make_cohort(programme).get_absolute_url() in {
        url for ask in registry.sitemap for url in ask()
    }


def test_text_is_the_members_to_write(cohort, manager):
    place = make_place(cohort)
    with pytest.raises(StepRefused) as refused:
        change_public_text(place=place, text="By staff.", approve=True, by=manager)
    assert refused.value.permission


@pytest.mark.parametrize("count", [1, 3])
def test_public_page_query_count(client, cohort, count, django_assert_num_queries):
    Group.objects.create(cohort=cohort, name="East", time_zone="Asia/Tokyo")
    cohort.places = 3
    cohort.save(update_fields=["places"])
    for _number in range(count):
        make_place(cohort, public_text="We.", public_text_approved_at=timezone.now())
    with django_assert_num_queries(3):
        client.get(cohort.get_absolute_url())


@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("model", ["place", "cohort"])
def test_admin_list_query_count(
    client, programme, manager, model, count, django_assert_num_queries
):
    for _number in range(count):
        cohort = make_cohort(programme)
        group = Group.objects.create(cohort=cohort, name="East", time_zone="Asia/Tokyo")
        make_place(cohort, group=group)
    client.force_login(manager)
    url = reverse(f"admin:startups_{model}_changelist")
    client.get(url)
    with django_assert_num_queries(QUERIES[model]):
        assert client.get(url).status_code == 200


QUERIES = {"place": 9, "cohort": 8}


def test_mentor_and_member_find_no_places_in_the_admin(client, cohort):
    mentoring = make_mentoring(make_place(cohort))
    client.force_login(mentoring.mentor.user)
    url = reverse("admin:startups_place_change", args=[mentoring.place.pk])
    assert client.get(url).status_code in {302, 403, 404}
    assert client.get(reverse("admin:startups_place_changelist")).status_code == 403


def test_manager_sets_the_group_and_sees_only_the_cohorts_own(client, cohort, manager):
    place = make_place(cohort)
    group = Group.objects.create(cohort=cohort, name="East", time_zone="Asia/Tokyo")
    other = Group.objects.create(cohort=make_cohort(), name="Foreign", time_zone="Asia/Tokyo")
    client.force_login(manager)
    url = reverse("admin:startups_place_change", args=[place.pk])
    page = client.get(url).content.decode()
    assert str(group.pk) in page
    assert str(other.pk) not in page
    assert client.post(url, {"group": other.pk}).status_code == 200
    assert client.post(url, {"group": group.pk}).status_code == 302
    place.refresh_from_db()
    assert place.group == group
    assert AuditEntry.objects.about(place).filter(verb="set-group").exists()


def test_manager_writes_a_cohort_with_groups(client, programme, manager):
    client.force_login(manager)
    url = reverse("admin:startups_cohort_add")
    data = {
        "programme": programme.pk,
        "kind": "accelerator",
        "name": "Batch Nine",
        "slug": "batch-nine",
        "mode": "online",
        "starts_on": timezone.localdate(),
        "ends_on": timezone.localdate() + timedelta(days=30),
        "places": "5",
        "terms": "Come.",
        "terms_version": "1",
        "groups-TOTAL_FORMS": "1",
        "groups-INITIAL_FORMS": "0",
        "groups-0-name": "East",
        "groups-0-time_zone": "Asia/Tokyo",
    }
    assert client.post(url, data).status_code == 302
    cohort = Cohort.objects.get(slug="batch-nine")
    assert cohort.time_zone == programme.time_zone
    assert [group.name for group in cohort.groups.all()] == ["East"]
    make_place(cohort)
    change = reverse("admin:startups_cohort_change", args=[cohort.pk])
    group = {"groups-INITIAL_FORMS": "1", "groups-0-id": cohort.groups.get().pk,
             "groups-0-cohort": cohort.pk}  # fmt: skip
    said = client.post(change, data | group | {"terms": "Come always."}).content.decode()
    assert "Give the new terms another" in said
    said = client.post(change, data | group | {"places": "0"}).content.decode()
    assert "errorlist" in said
    cohort.refresh_from_db()
    assert (cohort.terms, cohort.places) == ("Come.", 5)


def test_manager_offers_without_a_call(client, cohort, manager):
    startup = make_startup()
    startup.acquaintances.create(programme=cohort.programme)
    client.force_login(manager)
    url = reverse("admin:startups_cohort_invite", args=[cohort.pk])
    assert startup.name in client.get(url).content.decode()
    late = {"startup": startup.pk, "answer_by": "2020-01-01T12:00"}
    assert client.post(url, late).status_code == 422
    when = (timezone.now() + timedelta(days=9)).strftime("%Y-%m-%dT%H:%M")
    assert client.post(url, {"startup": startup.pk, "answer_by": when}).status_code == 302
    assert Place.objects.get(cohort=cohort).startup == startup
    again = client.post(url, {"startup": startup.pk, "answer_by": when})
    assert again.status_code == 422


def test_manager_moves_the_answer_date_and_ends_the_offer(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(manager)
    url = reverse("admin:startups_place_move_answer_date", args=[place.pk])
    assert client.get(url).status_code == 200
    assert client.post(url, {"answer_by": "2020-01-01T12:00"}).status_code == 422
    when = (timezone.now() + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
    assert client.post(url, {"answer_by": when}).status_code == 302
    step = reverse("admin:startups_place_step", args=[place.pk, "end-offer"])
    client.post(step, {"reason": "We cannot wait."})
    place.refresh_from_db()
    assert (place.state, place.answer_version) == (PlaceState.ENDED, 2)
    assert "We cannot wait." in OutboxMessage.objects.get(notice="offer_ended").text


def test_startups_page_tells_of_its_cohorts(client, cohort, manager):
    place = offered(cohort, manager)
    client.force_login(owner_of(place))
    page = client.get(place.startup.get_absolute_url()).content.decode()
    assert cohort.name in page
    assert place.get_absolute_url() in page
    stranger = make_user()
    client.force_login(stranger)
    assert client.get(place.get_absolute_url()).status_code == 404
