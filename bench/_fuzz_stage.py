"""The stage of `bench/fuzz.py`: two casts that must not touch each other, and who plays whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from allauth.account.models import EmailAddress
from django.core.files.base import ContentFile
from django.utils import timezone

from challenges.choices import ApplicationState
from challenges.models import Answer, ApplicationNote, Message
from portal.choices import DocumentState
from portal.models import Document, InboxNotice, User
from tests.cast import EVERYBODY, MEMBERS, ROLES, set_the_stage
from tests.factories.challenges import make_application, make_call

if TYPE_CHECKING:
    from tests.cast import World

#: Stands in what only people of one half may read; the other half's answers must never hold it.
CANARY = "CANARY"
HALVES = ("a", "b")
#: In the second half: whose presence tells whether isolation holds in both directions.
SECOND_CAST = ("owner", "manager", "reviewer")
#: A managing person in a session that has shown no second factor, where one is required.
WITHOUT_FACTOR = "manager without factor"


@dataclass(frozen=True)
class Principal:
    """Somebody who sends requests, and what is theirs."""

    name: str
    who: str
    half: str
    user: Any
    startups: frozenset[str] = frozenset()
    programmes: frozenset[str] = frozenset()
    needs_factor: bool = False

    @property
    def canary(self) -> bytes:
        """What must not be read: a text of the other half."""
        return f"{CANARY}-{'b' if self.half == 'a' else 'a'}".encode()


@dataclass
class Stage:
    """Both halves, and everybody who plays in them."""

    worlds: dict[str, World] = field(default_factory=dict)
    principals: list[Principal] = field(default_factory=list)


def set_both_stages() -> Stage:
    """Two casts, each with a draft, private texts and a canary in them."""
    stage = Stage()
    for half in HALVES:
        world = set_the_stage()
        _furnish(world, half)
        stage.worlds[half] = world
    stage.principals = [_principal(stage, "a", who) for who in EVERYBODY]
    stage.principals += [_principal(stage, "b", who) for who in SECOND_CAST]
    stage.principals.append(_principal(stage, "a", "manager", needs_factor=True))
    return stage


def _furnish(world: World, half: str) -> None:
    people, records = world.people, world.records
    secret = f"{CANARY}-{half}"
    call = make_call(records["programme"])
    draft = make_application(call, records["startup"], complete=True)
    later = make_call(records["programme"], opens_at=timezone.now() + timedelta(days=1))
    records |= {"draft": draft, "open_call": call, "upcoming_call": later}
    Answer.objects.filter(application=draft, question__kind="short").update(value=secret)
    application = records["application"]
    ApplicationNote.objects.create(
        application=application, author=people["manager"], text=f"{secret} note"
    )
    Message.objects.create(
        application=application,
        author=people["owner"],
        text=f"{secret} message",
        from_staff=False,
    )
    Document.objects.create(
        name=f"{secret}.pdf",
        file=ContentFile(b"%PDF-1.4", name="draft.pdf"),
        content_type="application/pdf",
        size=8,
        sha256=records["document"].sha256,
        subject_type="challenges.application",
        subject_id=draft.pk,
        startup_id=records["startup"].pk,
        uploaded_by=people["owner"],
        state=DocumentState.CLEAN,
    )
    InboxNotice.objects.create(
        recipient=people["owner"], event_key=f"{half}:2", notice="x", subject=secret, body=secret
    )
    for state in (ApplicationState.SELECTED, ApplicationState.RESERVE):
        made = make_application(make_call(records["programme"]), records["startup"], state=state)
        records[f"{state.value}_application"] = made
    # Addresses of people are as private as what they write.
    for user in people.values():
        address = user.email.replace("@example.org", f"@{secret}.example").lower()
        User.objects.filter(pk=user.pk).update(email=address)
        EmailAddress.objects.filter(user=user).update(email=address)
        user.email = address


def _principal(stage: Stage, half: str, who: str, *, needs_factor: bool = False) -> Principal:
    world = stage.worlds[half]
    name = WITHOUT_FACTOR if needs_factor else who if half == "a" else f"{who} of the other half"
    startup, programme = str(world.records["startup"].pk), str(world.records["programme"].pk)
    user = None if who == "anonymous" else world.people[who]
    own = set[str]()
    if who in MEMBERS or who == "helper":
        own.add(startup)
    if who == "teammate":
        own |= {str(key) for key in user.memberships.values_list("startup_id", flat=True)}
    runs = set[str]()
    if who in ROLES and not needs_factor:
        runs.add(programme)
    if who == "other_manager":
        runs |= {str(held.programme_id) for held in user.staff_roles.all()}
    return Principal(name, who, half, user, frozenset(own), frozenset(runs), needs_factor)
