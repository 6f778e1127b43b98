"""Saved filters: a name above the list, for oneself or for colleagues, that shows nobody more."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from django.urls import reverse

from challenges.choices import ApplicationState as State
from challenges.models import SavedFilter
from portal.choices import Role
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_programme, make_staff

pytestmark = pytest.mark.django_db
LIST = "admin:challenges_application_changelist"
SAVE = "admin:challenges_application_filter_save"


def save(client, query="state=draft", **fields):
    data = {"name": "Drafts", "query": query, "shared": ""} | fields
    return client.post(reverse(SAVE), data, follow=True)


def test_saved_listed_used_and_deleted(client, programme, manager):
    call = make_call(programme)
    draft = make_application(call)
    handed_in = make_application(call, state=State.SUBMITTED)
    client.force_login(manager)
    page = client.get(reverse(LIST)).content.decode()
    assert "Save this filter" not in page
    page = client.get(reverse(LIST) + "?state=draft").content.decode()
    assert "Save this filter" in page
    page = save(client).content.decode()
    assert "The filter is kept above the list." in page
    saved = SavedFilter.objects.get()
    assert f'href="?{saved.query}"' in page
    page = client.get(f"{reverse(LIST)}?{saved.query}").content.decode()
    assert draft.reference in page
    assert handed_in.reference not in page
    assert "Delete “Drafts”" in page
    delete = reverse("admin:challenges_application_filter_delete", args=[saved.pk])
    client.post(delete)
    assert not SavedFilter.objects.exists()
    assert client.post(delete).status_code == 404


def test_only_what_the_list_itself_asks_is_kept(client, manager):
    client.force_login(manager)
    asked = {
        "state": "draft",
        "q": "maji & co",
        "o": "-3",
        "programme__staff__user__password__startswith": "a",
        "startup__legal_name": "x",
        "_popup": "1",
        "p": "3",
    }
    save(client, urlencode(asked))
    assert SavedFilter.objects.get().query == "o=-3&q=maji+%26+co&state=draft"
    save(client, "startup__legal_name=x", name="Other")
    assert not SavedFilter.objects.filter(name="Other").exists()
    page = save(client, "", name="Nothing").content.decode()
    assert "Choose a filter first" in page


def test_shared_with_a_programme_and_shows_nobody_more(client, programme, manager):
    elsewhere = make_programme()
    for one in (programme, elsewhere):
        make_application(make_call(one))
    mine = make_application(make_call(programme))
    client.force_login(manager)
    save(client, f"call={mine.call_id}", shared=str(programme.pk))
    save(client, "state=draft", name="My own")

    client.force_login(make_staff(programme, Role.COMPLIANCE))
    page = client.get(reverse(LIST)).content.decode()
    assert "Drafts" in page
    assert "My own" not in page
    saved = SavedFilter.objects.get(name="Drafts")
    page = client.get(f"{reverse(LIST)}?{saved.query}").content.decode()
    assert mine.reference in page
    assert "Delete “Drafts”" not in page
    delete = reverse("admin:challenges_application_filter_delete", args=[saved.pk])
    assert client.post(delete).status_code == 404
    assert SavedFilter.objects.filter(pk=saved.pk).exists()

    client.force_login(make_staff(elsewhere, Role.MANAGER))
    assert "Drafts" not in client.get(reverse(LIST)).content.decode()
    assert client.post(delete).status_code == 404
    page = client.get(f"{reverse(LIST)}?{saved.query}").content.decode()
    assert mine.reference not in page


@pytest.mark.parametrize("role", [Role.CHAIR, Role.APPROVER, Role.COMPLIANCE])
def test_who_reads_keeps_their_own_and_shares_nothing(client, programme, role):
    client.force_login(make_staff(programme, role))
    save(client)
    save(client, name="Shared", shared=str(programme.pk))
    assert SavedFilter.objects.get().programme is None


def test_nobody_shares_with_a_programme_that_is_not_theirs(client, manager):
    client.force_login(manager)
    save(client, shared=str(make_programme().pk))
    save(client, shared="nonsense")
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize("role", [Role.REVIEWER, Role.PARTNER, Role.STATISTICS])
def test_who_reads_no_applications_saves_nothing(client, programme, role):
    client.force_login(make_staff(programme, role))
    assert save(client).status_code == 404
    assert not SavedFilter.objects.exists()


def test_a_name_stands_once_and_is_needed(client, manager):
    client.force_login(manager)
    save(client)
    page = save(client, name="DRAFTS").content.decode()
    assert "You have a filter of that name." in page
    save(client, name="")
    assert SavedFilter.objects.count() == 1


def test_line_costs_the_same_however_many_there_are(client, programme, manager):
    from django.db import connection  # noqa: PLC0415
    from django.test.utils import CaptureQueriesContext  # noqa: PLC0415

    client.force_login(manager)
    counts = []
    for number in range(3):
        SavedFilter.objects.create(
            owner=manager, programme=programme, name=f"F{number}", query="state=draft"
        )
        client.get(reverse(LIST) + "?state=draft")
        with CaptureQueriesContext(connection) as queries:
            client.get(reverse(LIST) + "?state=draft")
        counts.append(len(queries))
    assert counts[0] == counts[1] == counts[2]
