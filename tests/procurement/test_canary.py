"""A canary in audited accounts is found by the organisation, its adviser and compliance alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from django.core import serializers
from django.urls import reverse

from portal.models import AuditEntry, InboxNotice, OutboxMessage
from procurement.workflow import evidence_workflow
from tests.cast import EVERYBODY, MEMBERS, World, set_the_stage
from tests.factories.suppliers import make_evidence, make_paper, make_requirement
from tests.test_access import address_of, client_of, table

if TYPE_CHECKING:
    from procurement.models import Evidence
    from tests.access_table import Row

pytestmark = pytest.mark.django_db

NAME, WORDS, CONTENT, WHY = "kanarienvogel", "pappagallo", "perroquet", "papegoja"
CANARIES = (NAME, WORDS, CONTENT, WHY)
MAY = {*MEMBERS, "procurement", "compliance"}
#: Those who see most of all that there is walk every address; all others where the file is near.
WALKERS = ("manager", "coordinator", "mentor", "superuser")
NEAR = ("procurement:", "startups:", "home", "inbox", "admin:index", "admin:procurement")


def hide_canaries(world: World) -> Evidence:
    """Restricted accounts whose name, answer, content, translation and verdict each hold one."""
    file = world.records["supplier_file"]
    paper = make_paper(file.startup, CONTENT.encode(), name=f"{NAME}.pdf")
    piece = make_evidence(
        file,
        make_requirement(label="Audited accounts", sensitive=True, level="level_2"),
        document=paper,
        translation=make_paper(file.startup, CONTENT.encode(), name=f"{NAME}-en.pdf"),
        answer=WORDS,
    )
    evidence_workflow.perform(piece, "reject", actor=world.people["procurement"], data={"why": WHY})
    return piece


def body_of(answer: Any) -> str:
    """All that came back, whole files included, and where it leads."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return content.decode("utf-8", "replace") + str(answer.headers)


def seen_by(world: World, who: str, addresses: list[tuple[str, Row]]) -> list[str]:
    """The addresses at which the person finds a canary, by every GET and every search."""
    client, found = client_of(world, who), []
    for name, row in addresses:
        path = address_of(world, row, name)
        queries = [f"?q={word[:6]}" for word in CANARIES] if name.endswith("changelist") else [""]
        for query in queries:
            # Searched by its beginning, so that the page repeats no whole canary.
            text = body_of(client.get(path + query))
            if any(word in text for word in CANARIES):
                found.append(name + query)
    return found


def walk(people: list[str], *, near: bool) -> dict[str, list[str]]:
    """Who finds a canary where, by GET alone."""
    world = set_the_stage()
    piece = hide_canaries(world)
    rows = [
        (name, row)
        for name, row in table().items()
        if row.post is None and (name.startswith(NEAR) or not near)
    ]
    wrong = {}
    for who in people:
        found = seen_by(world, who, rows)
        for paper in piece.papers:
            path = reverse("procurement:evidence-file", args=[piece.pk, paper.pk])
            answer = client_of(world, who).get(path)
            found += [path] * (answer.status_code not in {302, 404})
        if found:
            wrong[who] = found
    return wrong


@pytest.mark.parametrize("who", WALKERS)
def test_whoever_sees_most_finds_it_nowhere(who: str) -> None:
    assert walk([who], near=False) == {}


def test_nobody_else_finds_it_near_the_file() -> None:
    assert walk([who for who in EVERYBODY if who not in MAY], near=True) == {}


def test_those_who_may_find_it() -> None:
    """The walk above would find it: it does, for whoever may."""
    world = set_the_stage()
    piece = hide_canaries(world)
    rows = [(name, row) for name, row in table().items() if name.startswith("procurement:")]
    for who in MAY:
        assert "procurement:supplier-file-detail" in seen_by(world, who, rows), who
        path = reverse("procurement:evidence-file", args=[piece.pk, piece.document_id])
        assert CONTENT in body_of(client_of(world, who).get(path)), who


def test_it_stands_in_no_letter_and_no_trail() -> None:
    world = set_the_stage()
    hide_canaries(world)
    for model in (OutboxMessage, InboxNotice, AuditEntry):
        rows = model.objects.all()
        assert rows.exists()
        text = json.dumps(serializers.serialize("json", rows))
        assert not [word for word in CANARIES if word in text], model
