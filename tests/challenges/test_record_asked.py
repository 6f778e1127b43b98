"""A fact changed in a draft: whether the record follows is asked beside the field, and once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from challenges import carried
from challenges.actions.application import save_answers, start_application
from challenges.choices import CompanyFact, QuestionKind
from challenges.models import Question
from startups.choices import MemberRole
from startups.models import Startup
from tests.factories.challenges import make_call
from tests.factories.portal import make_user
from tests.factories.startups import add_member, make_startup

if TYPE_CHECKING:
    from django.test import Client

    from challenges.models import Application
    from portal.models import User

pytestmark = pytest.mark.django_db

ASKS = "Your record says Kenya (unchanged since March 2026). Change it to Japan too?"


@pytest.fixture
def startup() -> Startup:
    made = make_startup(make_user(), country="KE", website="")
    Startup.objects.filter(pk=made.pk).update(updated_at="2026-03-09T12:00Z")
    made.refresh_from_db()
    return made


@pytest.fixture
def owner(startup: Startup) -> User:
    return startup.owners()[0]


@pytest.fixture
def question() -> Question:
    return Question.objects.create(
        call=make_call(bare=True),
        section="Company",
        label="Country",
        kind=QuestionKind.COUNTRY,
        fact=CompanyFact.COUNTRY,
    )


@pytest.fixture
def draft(question: Question, startup: Startup, owner: User) -> Application:
    return start_application(call=question.call, startup=startup, by=owner)


def change(draft: Application, question: Question, value: str, by: User) -> None:
    version = draft.answers.get(question=question).version
    save_answers(
        application=draft, values={question.pk: value}, versions={question.pk: version}, by=by
    )


def address(draft: Application) -> str:
    return reverse("challenges:application-edit", args=[draft.pk, 1])


def page(client: Client, draft: Application) -> str:
    return " ".join(client.get(address(draft)).content.decode().split())


def press(client: Client, draft: Application, button: str, question: Question) -> str:
    sent = {button: question.pk.hex}
    return " ".join(client.post(address(draft), sent, follow=True).content.decode().split())


def test_it_is_asked_under_the_field_once_the_fact_was_changed(
    client: Client, owner: User, draft: Application, question: Question
) -> None:
    client.force_login(owner)
    assert "From your record" in page(client, draft)
    assert "record-asked" not in page(client, draft)
    change(draft, question, "JP", owner)
    assert ASKS in page(client, draft)


def test_one_button_changes_the_record_and_keeps_what_was_typed(
    client: Client, owner: User, draft: Application, question: Question, startup: Startup
) -> None:
    change(draft, question, "JP", owner)
    client.force_login(owner)
    shown = press(client, draft, "to_record", question)
    startup.refresh_from_db()
    assert startup.country == "JP"
    assert "Your record says it too now." in shown
    assert "record-asked" not in shown
    # With another country in the field: that one is saved first.
    answer = draft.answers.get()
    sent = {
        "to_record": question.pk.hex,
        question.field: "UG",
        f"v_{question.pk.hex}": answer.version,
        f"b_{question.pk.hex}": "shown before",
    }
    client.post(address(draft), sent)
    startup.refresh_from_db()
    assert startup.country == "UG"


def test_after_no_nobody_of_the_team_is_asked_again(
    client: Client, owner: User, draft: Application, question: Question, startup: Startup
) -> None:
    change(draft, question, "JP", owner)
    client.force_login(owner)
    assert "record-asked" not in press(client, draft, "leave_record", question)
    change(draft, question, "UG", owner)
    client.force_login(add_member(startup, role=MemberRole.EDITOR))
    assert "record-asked" not in page(client, draft)
    check = client.get(reverse("challenges:application-check", args=[draft.pk])).content.decode()
    assert "Change your record too?" not in check
    startup.refresh_from_db()
    assert startup.country == "KE"
    answer = draft.answers.get()
    assert (answer.came_from, answer.value) == (carried.KEPT, "UG")


def test_no_on_the_check_page_counts_as_well(
    client: Client, owner: User, draft: Application, question: Question
) -> None:
    change(draft, question, "JP", owner)
    client.force_login(owner)
    url = reverse("challenges:record-change", args=[draft.pk])
    shown = client.post(url, {"leave": question.pk.hex}, follow=True).content.decode()
    assert "Your record stays as it is." in shown
    assert "Change your record too?" not in shown
    assert "record-asked" not in page(client, draft)


def test_what_the_record_lacks_is_asked_in_words_of_its_own(
    client: Client, owner: User, startup: Startup
) -> None:
    website = Question.objects.create(
        call=make_call(bare=True),
        section="Company",
        label="Website",
        kind=QuestionKind.LINK,
        fact=CompanyFact.WEBSITE,
    )
    draft = start_application(call=website.call, startup=startup, by=owner)
    save_answers(
        application=draft, values={website.pk: "https://maji.example.org"}, versions={}, by=owner
    )
    client.force_login(owner)
    asked = "does not say this yet. Put https://maji.example.org there too?"
    assert asked in page(client, draft)


def test_who_may_not_change_the_record_is_not_asked(
    client: Client, owner: User, draft: Application, question: Question, startup: Startup
) -> None:
    helper = make_user()
    draft.collaborators.create(
        email=helper.email,
        token_hash="h" * 64,
        invited_by=owner,
        expires_at="2030-01-01T00:00Z",
        user=helper,
    )
    change(draft, question, "JP", owner)
    client.force_login(helper)
    assert "record-asked" not in page(client, draft)
    press(client, draft, "to_record", question)
    startup.refresh_from_db()
    assert startup.country == "KE"


def test_saving_in_the_background_brings_the_question(
    client: Client, owner: User, draft: Application, question: Question
) -> None:
    client.force_login(owner)
    said = {}
    for version, country in ((1, "JP"), (2, "KE")):
        sent = {
            "touched": question.field,
            question.field: country,
            f"v_{question.pk.hex}": version,
            f"b_{question.pk.hex}": "",
        }
        answer = client.post(address(draft), sent, headers={"X-Autosave": "1"}).json()
        said[country] = " ".join(answer["fields"][question.field]["known"].split())
    assert ASKS in said["JP"]
    assert said["KE"] == ""


def test_section_costs_no_more_statements_whether_or_not_a_fact_was_changed(
    client: Client, owner: User, draft: Application, question: Question
) -> None:
    client.force_login(owner)
    counted = []
    for _time in range(2):
        page(client, draft)
        with CaptureQueriesContext(connection) as found:
            page(client, draft)
        counted.append(len(found))
        change(draft, question, "JP", owner)
    assert counted[0] == counted[1]
