"""Every address × every role: who gets a page, who is sent to sign in, who learns nothing.

One row for each named address in `tests.access_table`; an address without a row fails. The record
in the address belongs to the programme and the startup of the cast, so it is one's own for their
people and a stranger's for ``other_manager``, ``teammate``, ``stranger`` and ``revoked``.
"""

from __future__ import annotations

import copy
import traceback
import uuid
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from django.conf import settings
from django.contrib import admin
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client
from django.urls import NoReverseMatch, URLPattern, URLResolver, get_resolver, reverse

from tests.access_table import ADMIN, ROWS, Row, admin_rows
from tests.cast import EVERYBODY, World, set_the_stage

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.django_db

#: What an answer may be, by the word of the table.
MEANINGS = {
    "page": {"200"},
    "away": {"302"},
    "done": {"200", "204", "302", "400", "409", "422"},
    "login": {"login"},
    "unknown": {"404"},
    "barred": {"403", "404"},
}


def addresses(
    patterns: list[URLPattern | URLResolver], prefix: str = ""
) -> Iterator[tuple[str, str]]:
    """Each address: its full name and its pattern."""
    for entry in patterns:
        if isinstance(entry, URLResolver):
            inner = f"{prefix}{entry.namespace}:" if entry.namespace else prefix
            yield from addresses(entry.url_patterns, inner)
        else:
            yield f"{prefix}{entry.name}" if entry.name else "", str(entry.pattern)


def table() -> dict[str, Row]:
    """The rows of pages and those that each admin has alike."""
    return {**ROWS, **admin_rows()}


def test_every_address_has_a_row() -> None:
    names = {name for name, _pattern in addresses(get_resolver().url_patterns) if name}
    assert names - set(table()) == set(), "these addresses have no row in tests/access_table.py"
    assert set(table()) - names == set(), "these rows have no address any more"


def test_every_address_has_a_name() -> None:
    nameless = {pattern for name, pattern in addresses(get_resolver().url_patterns) if not name}
    # Django's own: the old address of an admin's record, and what follows the admin's last.
    assert nameless <= {"<path:object_id>/", "(?P<url>.*)$"}


def test_every_admin_has_a_row() -> None:
    registered = {model._meta.label_lower for model in admin.site._registry}
    assert registered == set(ADMIN)


def outcome(response: Any) -> str:
    """The status, and ``login`` where somebody is sent to sign in."""
    if response.status_code == 302 and "/login/" in response["Location"]:
        return "login"
    if response.status_code >= 500:
        return f"{response.status_code} {' '.join(LAST_TROUBLE)}"
    return str(response.status_code)


def client_of(world: World, who: str, **options: Any) -> Client:
    """A browser in which the person is signed in."""
    client = Client(raise_request_exception=False, **options)
    if who != "anonymous":
        client.force_login(world.people[who], backend=settings.AUTHENTICATION_BACKENDS[-1])
    return client


def address_of(world: World, row: Row, name: str) -> str:
    """The address with the keys of the cast's records in it."""
    return reverse(name, kwargs={key: world[path] for key, path in row.arguments.items()})


def ask(world: World, row: Row, name: str, client: Client) -> str:
    """What the person gets; whatever the request changed is undone."""
    try:
        address = address_of(world, row, name)
    except NoReverseMatch:
        return "no such address"
    cookies = copy.deepcopy(client.cookies)
    with transaction.atomic():
        if row.post is None:
            answer = client.get(address)
        else:
            answer = client.post(address, {key: world[path] for key, path in row.post.items()})
        found = outcome(answer)
        transaction.set_rollback(True)
    client.cookies = cookies
    return found


@pytest.fixture(autouse=True)
def trouble() -> Iterator[None]:
    """What broke in a view, kept for the message of the test."""

    def keep(**_signal: Any) -> None:
        LAST_TROUBLE[:] = [traceback.format_exc(limit=-1).strip().splitlines()[-1]]

    LAST_TROUBLE.clear()
    got_request_exception.connect(keep)
    yield
    got_request_exception.disconnect(keep)


LAST_TROUBLE: list[str] = []


def area(name: str) -> str:
    """The table in parts, so that each has a stage of its own."""
    return name.partition(":")[0] if ":" in name else "portal"


@pytest.mark.parametrize(
    "part", ["portal", "events", "startups", "challenges", "procurement", "admin"]
)
def test_everybody_gets_what_the_table_says(part: str) -> None:
    world, wrong = set_the_stage(), defaultdict(list)
    clients = {who: client_of(world, who) for who in EVERYBODY}
    for name, row in table().items():
        if area(name) != part:
            continue
        for who in EVERYBODY:
            expected, found = row.expected(who), ask(world, row, name, clients[who])
            if found not in MEANINGS[expected]:
                wrong[f"{name}: {found} instead of {expected}"].append(who)
    assert not wrong, "\n" + "\n".join(f"{what}: {' '.join(who)}" for what, who in wrong.items())


def test_record_that_does_not_exist_is_unknown_to_everybody() -> None:
    world, wrong = set_the_stage(), []
    clients = {who: client_of(world, who) for who in ("stranger", "owner", "manager", "superuser")}
    for name, row in table().items():
        if not {"pk", "object_id"} & set(row.arguments):
            continue
        arguments = {
            key: (987_654_321 if path.isdigit() else uuid.uuid4())
            if key in {"pk", "object_id"}
            else world[path]
            for key, path in row.arguments.items()
        }
        address = reverse(name, kwargs=arguments)
        for who, client in clients.items():
            answer = client.get(address) if row.post is None else client.post(address)
            if outcome(answer) not in {"403", "404", "login"}:
                wrong.append(f"{name}: {who} gets {outcome(answer)}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("method", ["options", "put", "delete", "patch", "head"])
def test_no_method_breaks_an_address(method: str) -> None:
    world, wrong = set_the_stage(), []
    clients = {who: client_of(world, who) for who in ("owner", "manager")}
    for name, row in table().items():
        for who, client in clients.items():
            answer = getattr(client, method)(address_of(world, row, name))
            if answer.status_code >= 500:
                wrong.append(f"{method} {name}: {who} gets {outcome(answer)}")
    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize(
    "query",
    [
        *("page=-1&p=-1", "page=zero&o=zero&q=%27%22%3E", "page=999999&p=999999"),
        *("o=99.-99&e=1", "_to_field=&_popup=1"),
    ],
)
def test_no_question_breaks_a_page(query: str) -> None:
    world, wrong = set_the_stage(), []
    clients = {who: client_of(world, who) for who in ("owner", "manager")}
    for name, row in table().items():
        if row.post is not None:
            continue
        client = clients["manager" if area(name) == "admin" else "owner"]
        answer = client.get(f"{address_of(world, row, name)}?{query}")
        if answer.status_code >= 500:
            wrong.append(f"{name}: {outcome(answer)}")
    assert not wrong, "\n" + "\n".join(wrong)


def test_nothing_is_written_without_the_token() -> None:
    world, wrong = set_the_stage(), []
    clients = {who: client_of(world, who, enforce_csrf_checks=True) for who in ("owner", "manager")}
    for name, row in table().items():
        who = "manager" if area(name) == "admin" else "owner"
        answer = clients[who].post(address_of(world, row, name))
        if answer.status_code not in {403, 404, 405}:
            wrong.append(f"{name}: {answer.status_code}")
    assert not wrong, "\n" + "\n".join(wrong)
