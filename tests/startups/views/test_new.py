"""A new organisation: what it asks, what it says to bad input, one's own twice."""

from __future__ import annotations

import pytest

from startups.models import JoinRequest, Startup
from tests.factories.startups import record_data
from tests.pages import text_of
from tests.startups.views.addresses import JOIN, NEW

pytestmark = pytest.mark.django_db


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


def test_who_begins_the_record_is_its_first_contact_and_may_be_replaced(client, user):
    first, second = client.get(NEW).context["forms"].contacts.forms
    assert first.initial == {"name": user.shown_name, "email": user.email}
    assert second.initial == {}
    client.post(NEW, record_data(**{"contacts-0-name": "Ren"}))
    assert [contact.name for contact in Startup.objects.get().contacts.all()] == ["Ren"]


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
