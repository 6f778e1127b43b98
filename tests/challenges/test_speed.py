"""What keeps pages quick: pages of a list, kept figures, kept pages, statements and indexes."""

from __future__ import annotations

import html
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import Q
from django.urls import reverse

from challenges.actions.review import save_review
from challenges.choices import ApplicationState as State
from challenges.models import SCORE, Application, Call, Criterion, Question
from challenges.workflow.review import assignment_workflow
from portal.choices import Role
from portal.models import Programme, User
from portal.staff.keyset import COUNTED, Place
from tests.factories.challenges import make_application, make_call
from tests.factories.portal import make_staff
from tests.factories.reviews import closed_call, given_to, in_review
from tests.factories.startups import make_startup

pytestmark = pytest.mark.django_db
LIST = "admin:challenges_application_changelist"
PAGE = 3
#: A place of another list: by name, where this one is by number.
NO_NUMBER = str(Place(behind=True, key="no number", pk=UUID(int=1)))


@pytest.fixture
def call(programme: Programme) -> Call:
    return make_call(programme)


def scored(call: Call, score: str | None, **fields: Any) -> Application:
    """An application in review with a mean that some others have too."""
    mean = None if score is None else Decimal(score)
    return make_application(
        call,
        make_startup(legal_name=f"Ltd {score}"),
        state=State.IN_REVIEW,
        mean_score=mean,
        **fields,
    )


@pytest.fixture
def applications(call: Call) -> list[Application]:
    """Eleven of them: ties of three, and some without a score."""
    scores = ["80.00", "80.00", "80.00", "80.00", None, "40.50", "40.50", None, "99.99", "0.00"]
    return [*(scored(call, score) for score in scores), make_application(call)]


@pytest.fixture
def _short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(admin.site._registry[Application], "list_per_page", PAGE)


def keys_on(page: str) -> list[str]:
    """The rows of a page in their order."""
    return re.findall(r'name="_selected_action" value="([0-9a-f-]{36})"', page)


def link(page: str, rel: str) -> str:
    """The query of the link to the next or the previous page."""
    found = re.search(rf'href="(\?[^"]*)"[^>]* rel="{rel}"', page)
    return html.unescape(found[1]) if found else ""


def walk(client: Any, query: str, rel: str = "next", between: Any = None) -> list[list[str]]:
    """The rows of each page from here on."""
    pages = []
    while query:
        page = client.get(reverse(LIST) + query).content.decode()
        pages.append(keys_on(page))
        query = link(page, rel)
        if between:
            between(len(pages))
    return pages


@pytest.mark.usefixtures("_short_pages")
@pytest.mark.parametrize("column", [1, 2, 3, 5, 6, 7, 8, 9])
@pytest.mark.parametrize("sign", ["", "-"])
def test_pages_have_every_row_once_in_any_order(client, manager, applications, column, sign):
    client.force_login(manager)
    pages = walk(client, f"?o={sign}{column}")
    shown = [key for page in pages for key in page]
    assert sorted(shown) == sorted(str(application.pk) for application in applications)
    assert [len(page) for page in pages] == [3, 3, 3, 2]


@pytest.mark.usefixtures("_short_pages")
def test_pages_are_in_the_order_of_the_score_with_those_without_behind(client, manager, call):
    for score in ("10.00", None, "99.50", "55.00", "99.50"):
        scored(call, score)
    client.force_login(manager)
    shown = [key for page in walk(client, "?o=-7") for key in page]
    means = dict(Application.objects.values_list("pk", "mean_score"))
    found = [means[Application.objects.get(pk=key).pk] for key in shown]
    assert found == [Decimal("99.50"), Decimal("99.50"), Decimal("55.00"), Decimal("10.00"), None]


@pytest.mark.usefixtures("_short_pages", "applications")
def test_rows_that_come_between_two_pages_double_and_hide_none(client, manager, call):
    """By numbers, a row that comes before the page pushes the last one onto the next page again."""
    client.force_login(manager)
    before = {str(key) for key in Application.objects.values_list("pk", flat=True)}

    def insert(number: int) -> None:
        if number == 1:
            scored(call, "99.00")
            scored(call, "1.00")

    shown = [key for page in walk(client, "?o=-7", between=insert) for key in page]
    assert len(shown) == len(set(shown))
    assert before <= set(shown)
    late = set(shown) - before
    assert [Application.objects.get(pk=key).mean_score for key in late] == [Decimal("1.00")]


@pytest.mark.usefixtures("_short_pages", "applications")
def test_the_way_back_shows_the_same_rows(client, manager):
    client.force_login(manager)
    there = walk(client, "?o=-7")
    query, last = "?o=-7", ""
    while query:
        last, page = query, client.get(reverse(LIST) + query).content.decode()
        query = link(page, "next")
    back = walk(client, last, "prev")
    assert [key for page in reversed(back) for key in page] == [
        key for page in there for key in page
    ]


@pytest.mark.parametrize(
    "text",
    ["2", "-1", "x", "W10", "bnVsbA", "A" * 5_000, NO_NUMBER],
)
def test_place_that_is_none_shows_the_first_page(client, manager, applications, text):
    client.force_login(manager)
    answer = client.get(reverse(LIST), {"o": "-7", "p": text})
    assert answer.status_code == 200
    assert len(keys_on(answer.content.decode())) == len(applications)


def test_many_rows_are_counted_to_a_limit(client, manager, call, monkeypatch):
    monkeypatch.setattr("portal.staff.keyset.COUNTED", 4)
    monkeypatch.setattr(admin.site._registry[Application], "list_per_page", PAGE)
    for _number in range(6):
        scored(call, "50.00")
    client.force_login(manager)
    assert '<span class="list-count">4+</span>' in client.get(reverse(LIST)).content.decode()
    assert COUNTED > 50


# -- figures ------------------------------------------------------------------------------------


def test_figures_of_the_list_are_those_of_the_reviews_after_every_step(programme, manager):
    call = closed_call(programme)
    application, others = in_review(call), in_review(call)
    jurors = [make_staff(programme, Role.REVIEWER) for _one in range(3)]
    given = [given_to(application, juror) for juror in jurors]
    criteria = list(application.call.criteria.all())

    def take(place: int, name: str, actor: User | None = None, **more: Any) -> None:
        assignment_workflow.perform(given[place], name, actor=actor or jurors[place], **more)
        assert Application.objects.with_wrong_figures().count() == 0

    for place in range(3):
        take(place, "confirm")
        given[place].refresh_from_db()
        save_review(
            assignment=given[place],
            scores=dict.fromkeys(criteria, place + 2),
            comment="",
            feedback="",
            version=1,
            by=jurors[place],
        )
        take(place, "submit-review")
    application.refresh_from_db()
    assert (application.assigned_count, application.review_count) == (3, 3)
    assert application.mean_score == Decimal("50.00")
    take(0, "declare-conflict", reason="I know them.")
    take(1, "cancel", manager, reason="Too late.")
    application.refresh_from_db()
    assert (application.assigned_count, application.review_count) == (1, 1)
    for wrong in ({"review_count": 2}, {"mean_score": None}, {"assigned_count": 3}):
        kept = {name: getattr(application, name) for name in wrong}
        Application.objects.filter(pk=application.pk).update(**wrong)
        assert list(Application.objects.with_wrong_figures()) == [application]
        Application.objects.filter(pk=application.pk).update(**kept)
    Application.objects.filter(pk=others.pk).update(mean_score=Decimal("1.00"))
    assert list(Application.objects.with_wrong_figures()) == [others]


# -- the page of a call -------------------------------------------------------------------------


def test_repeated_visit_of_a_call_is_answered_from_the_versions_of_its_rows(
    client, call, django_assert_num_queries
):
    first = client.get(call.get_absolute_url())
    assert first.status_code == 200
    assert "csrfmiddlewaretoken" not in first.content.decode()
    assert not first.cookies
    assert "Cookie" in first["Vary"]
    assert first["Cache-Control"] == "public, no-cache"
    with django_assert_num_queries(1):
        again = client.get(call.get_absolute_url(), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert again.content == b""
    assert again["ETag"] == first["ETag"]


def change_of(call: Call, what: str) -> None:
    """One change of what the page shows."""
    if what == "call":
        Call.objects.filter(pk=call.pk).update(summary="Another sentence.")
    elif what == "deadline":
        Call.objects.filter(pk=call.pk).update(closes_at=call.closes_at - timedelta(days=1))
    elif what == "programme":
        Programme.objects.filter(pk=call.programme_id).update(name="Another name")
    elif what == "question":
        Question.objects.filter(call=call, label="Title").update(label="Another title")
    elif what == "question gone":
        Question.objects.filter(call=call, label="People").delete()
    else:
        Criterion.objects.filter(call=call, name="Team").update(weight=39)


@pytest.mark.parametrize(
    "what", ["call", "deadline", "programme", "question", "question gone", "criterion"]
)
def test_changed_call_is_shown_to_who_has_kept_the_page(client, call, what):
    first = client.get(call.get_absolute_url())
    change_of(call, what)
    again = client.get(call.get_absolute_url(), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert again.content != first.content


def test_page_is_shown_again_when_only_the_clock_has_gone_on(client, call, monkeypatch):
    """Nobody writes a row when a call closes, or when an hour less is left."""
    first = client.get(call.get_absolute_url())
    later = call.accepts_until + timedelta(seconds=1)
    monkeypatch.setattr(Call, "now", later)
    again = client.get(call.get_absolute_url(), headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 200
    assert "closed" in again.content.decode().lower()


def test_person_never_gets_the_page_that_was_kept_without_them(client, call, manager):
    first = client.get(call.get_absolute_url())
    client.force_login(manager)
    own = client.get(call.get_absolute_url(), headers={"If-None-Match": first["ETag"]})
    assert own.status_code == 200
    assert "ETag" not in own
    assert "no-store" in own["Cache-Control"]
    assert manager.shown_name in own.content.decode()


# -- statements and rows ------------------------------------------------------------------------


def post_of(section: str) -> dict[str, str]:
    """What a browser sends back of a section, with each text changed."""
    fields = dict(re.findall(r'<input type="hidden" name="([vb]_\w+)" value="([^"]*)"', section))
    return fields | {f"q_{name[2:]}": "Water" for name in fields}


@pytest.mark.parametrize("others", [1, 3])
def test_save_of_a_section_asks_the_database_little(
    client, call, others, django_assert_max_num_queries
):
    for _number in range(others):
        make_application(call, complete=True)
    application = make_application(call, complete=True)
    client.force_login(application.started_by)
    address = reverse("challenges:application-edit", args=[application.pk, 1])
    section = client.get(address).content.decode()
    with django_assert_max_num_queries(14):
        assert client.post(address, post_of(section) | {"go": "next"}).status_code == 302
    assert set(
        application.answers.filter(question__section="Solution").values_list("value", "version")
    ) == {("Water", 2), ("Water", 1)}


@pytest.mark.parametrize("others", [1, 3])
def test_submission_asks_the_database_little(client, call, others, django_assert_max_num_queries):
    for _number in range(others):
        make_application(call, complete=True)
    application = make_application(call, complete=True)
    client.force_login(application.started_by)
    address = reverse("challenges:application-check", args=[application.pk])
    page = client.get(address).content.decode()
    form = {
        name: re.search(rf'name="{name}" value="([^"]*)"', page)[1]
        for name in ("key", "terms_version")
    }
    with django_assert_max_num_queries(24):
        answer = client.post(address, {**form, "accept_terms": "on"})
    assert answer["Location"] == reverse("challenges:application-receipt", args=[application.pk])


def plan_of(rows: Any) -> str:
    """How PostgreSQL reads rows where an index can serve; a test's tables are small."""
    with connection.cursor() as cursor:
        for way in ("seqscan", "bitmapscan", "sort"):  # what is only cheap for a handful of rows
            cursor.execute(f"SET LOCAL enable_{way} = off")
    return str(rows.explain())


def test_list_by_score_is_read_in_the_order_of_an_index(call, applications):
    """Otherwise every application of the call is read and sorted for fifty of them."""
    del applications
    rows = Application.objects.filter(call=call).annotate(place_in_list=SCORE)
    for order in ((SCORE.desc(), "-pk"), (SCORE.asc(), "pk")):
        plan = plan_of(rows.order_by(*order)[:50])
        assert "application_in_order" in plan
        assert "Sort" not in plan
    behind: UUID = rows[5].pk
    nearer = Q(place_in_list__lt=Decimal(50)) | Q(place_in_list=Decimal(50), pk__lt=behind)
    plan = plan_of(
        rows.filter(nearer, place_in_list__lte=Decimal(50)).order_by(SCORE.desc(), "-pk")[:50]
    )
    condition = next(line for line in plan.splitlines() if "Index Cond" in line)
    assert "COALESCE(mean_score" in condition
    assert "Sort" not in plan
