"""Who plays in the tests of access: one of each kind, and one record of each kind to look at."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from challenges.choices import (
    ApplicationState,
    AssignmentState,
    CircularAudience,
    Outcome,
    RuleKind,
)
from challenges.models import (
    Application,
    Circular,
    Collaborator,
    Decision,
    Review,
    ReviewAssignment,
    Revision,
    SavedFilter,
)
from portal import audit
from portal.choices import DocumentState, Lane, PolicyKind, Role
from portal.models import (
    Closing,
    Document,
    EmailChange,
    Heartbeat,
    InboxNotice,
    KnownDevice,
    Label,
    Organisation,
    OutboxMessage,
    PolicyText,
    Programme,
    Reminder,
    Retention,
    Sector,
    StaffInvitation,
)
from procurement.choices import FileLevel, Submission, SupplierLevel
from procurement.models import (
    CodeRevision,
    Standing,
    SupplierFile,
    SupplierStatement,
    Threshold,
)
from startups.choices import MemberRole
from startups.models import Invitation, JoinRequest, Merge, PrivateNote
from tests.factories.challenges import make_application, make_call
from tests.factories.cohorts import (
    make_action_item,
    make_cohort,
    make_demo_day,
    make_goal,
    make_mentor,
    make_mentoring,
    make_pitch,
    make_place,
    make_session,
)
from tests.factories.deadlines import make_extension, make_time_request
from tests.factories.eligibility import make_rule
from tests.factories.events import make_event, make_registration
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_startup
from tests.factories.suppliers import make_evidence, make_file, make_requirement
from tests.factories.talk import make_question
from tests.factories.uploads import make_page, make_refused, make_replacement, make_upload

MEMBERS = ("owner", "editor", "viewer")
#: Each role of the programme that runs the call, by the name of the role.
ROLES = tuple(str(role) for role in Role.values)
#: People of another programme and of another startup, and one whose role has ended.
OUTSIDERS = ("stranger", "teammate", "other_manager", "revoked")
#: Somebody asked to help with the one application, and to nothing else.
HELPER = "helper"
PEOPLE = (*OUTSIDERS, *MEMBERS, HELPER, *ROLES, "superuser")
EVERYBODY = ("anonymous", *PEOPLE)


@dataclass
class World:
    """The cast on its stage: people by name, records by name."""

    people: dict[str, Any] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, path: str) -> Any:
        """``application`` is a record's key, ``call.slug`` a field of it, other text itself."""
        name, _, attribute = path.partition(".")
        if name in self.people:
            return getattr(self.people[name], attribute or "pk")
        if name not in self.records:
            return path
        record = self.records[name]
        for step in filter(None, attribute.split(".")):
            record = getattr(record, step)
        return getattr(record, "pk", record)


def set_the_stage() -> World:
    """Two programmes and two startups; the second of each must see nothing of the first."""
    world = World()
    people, records = world.people, world.records
    # `readyz` asks when the scheduler last ran; the day is long.
    Heartbeat.objects.update_or_create(
        name="sweep", defaults={"at": timezone.now() + timedelta(hours=1)}
    )
    programme, elsewhere = make_programme(), make_programme()
    for role in Role:
        people[str(role.value)] = make_staff(programme, role)
    people["revoked"] = make_staff(programme, Role.MANAGER)
    ended = people["revoked"].staff_roles.get()
    ended.ended_at = timezone.now() - timedelta(minutes=1)
    ended.save(update_fields=["ended_at"])
    people["other_manager"] = make_staff(elsewhere, Role.MANAGER)
    people["stranger"] = make_user()
    people["superuser"] = make_user(is_superuser=True)

    people["owner"] = make_user()
    startup = make_startup(owner=people["owner"])
    people["editor"] = add_member(startup, role=MemberRole.EDITOR)
    people["viewer"] = add_member(startup, role=MemberRole.VIEWER)
    people["teammate"] = make_user()
    make_startup(owner=people["teammate"])

    call = make_call(programme, languages=["en", "ja"])
    make_rule(call, RuleKind.STATEMENT)
    application = make_application(call, startup, state=ApplicationState.SUBMITTED)
    people["helper"] = make_user()
    soon = timezone.now() + timedelta(days=7)
    helping = Collaborator.objects.create(
        application=application,
        email=people["helper"].email,
        token_hash=uuid4().hex * 2,
        invited_by=people["owner"],
        expires_at=soon,
        user=people["helper"],
    )
    records |= {
        "programme": programme,
        "call": call,
        "question": call.questions.first(),
        "startup": startup,
        "application": application,
        "helping": helping,
        "partner": application.consortium.create(name="Partner", kind="university", country="KE"),
        "invitation": Invitation.objects.create(
            startup=startup,
            email=people["stranger"].email,
            role=MemberRole.VIEWER,
            token_hash=uuid4().hex * 2,
            invited_by=people["owner"],
            expires_at=soon,
        ),
        "join_request": JoinRequest.objects.create(
            startup=startup, user=people["teammate"], name_asked="A startup"
        ),
        "document": Document.objects.create(
            name="deck.pdf",
            file=ContentFile(b"%PDF-1.4", name="deck.pdf"),
            # Others read a cleaned copy.
            original=ContentFile(b"%PDF-1.5", name="deck.pdf"),
            original_sha256=hashlib.sha256(b"%PDF-1.5").hexdigest(),
            cleaned_of=["opening"],
            content_type="application/pdf",
            size=8,
            sha256=hashlib.sha256(b"%PDF-1.4").hexdigest(),
            subject_type="challenges.application",
            subject_id=application.pk,
            startup_id=startup.pk,
            uploaded_by=people["owner"],
            state=DocumentState.CLEAN,
        ),
        "held": people["manager"].staff_roles.get(),
        "notice": InboxNotice.objects.create(
            recipient=people["owner"], event_key="x:1", notice="x", subject="News", body="News."
        ),
        "membership": startup.memberships.get(user=people["editor"]),
        **two_records_of_one(startup, programme, by=people["manager"]),
    }
    furnish_the_staffs_desk(world, programme)
    begin_the_coaching(world, programme)
    return world


def begin_the_coaching(world: World, programme: Programme) -> None:
    """The startup takes part in a cohort: coached by the mentor, with goals, before Demo Day."""
    people, records = world.people, world.records
    cohort = make_cohort(programme)
    place = make_place(cohort, records["startup"], offered_by=people["manager"])
    Application.objects.filter(pk=records["application"].pk).update(place=place)
    mentor = make_mentor(programme, people["mentor"])
    mentoring = make_mentoring(place, mentor)
    event = make_event(programme)
    demo_day = make_demo_day(cohort, event)
    session = make_session(mentoring)
    PrivateNote.objects.create(session=session, author=people["mentor"], text="For the lead.")
    file = make_file(records["startup"])
    records |= supplier_papers(file, people["owner"])
    records |= {
        "cohort": cohort,
        "place": place,
        "mentor_profile": mentor,
        "mentoring": mentoring,
        "session": session,
        "action_item": make_action_item(place),
        "goal": make_goal(place),
        "event": event,
        # A guest who works for nobody here.
        "registration": make_registration(event, people["stranger"]),
        "demo_day": demo_day,
        "pitch": make_pitch(demo_day, place, deck=records["document"]),
        "supplier_file": file,
    }


def supplier_papers(file: SupplierFile, owner: Any) -> dict[str, Any]:
    """What stands in a supplier file: a paper, a restricted one, a registration that is known."""
    asked = make_requirement()
    restricted = make_requirement(level=FileLevel.LEVEL_2, sensitive=True)
    evidence = make_evidence(file, asked)
    number = uuid4().hex[:8]
    return {
        "requirement": asked,
        "evidence": evidence,
        "paper": evidence.document,
        "restricted": make_evidence(file, restricted),
        "standing": Standing.objects.create(
            file=file,
            organisation="UNOPS",
            level=FileLevel.BASIC,
            submission=Submission.SUBMITTED,
            confirmed_on=timezone.localdate(),
            confirmed_by=owner,
        ),
        "revision": CodeRevision.objects.create(
            name=f"Rev {number}", in_force_from=timezone.localdate(), source="A test"
        ),
        "threshold": Threshold.objects.create(
            organisation=number, level=FileLevel.BASIC, up_to=40_000, source="A test"
        ),
    }


def two_records_of_one(startup: Any, programme: Any, *, by: Any) -> dict[str, Any]:
    """A record that looks like the startup's, and one that was merged into it."""
    twin, gone = make_startup(), make_startup(merged_into=startup)
    twin.acquaintances.create(programme=programme)
    merge = Merge.objects.create(
        kept=startup,
        gone=gone,
        by=by,
        reason="The same.",
        before={"facts": {}, "roles": {}},
        version=startup.version,
        entry=0,
        undo_until=timezone.now() + timedelta(days=7),
    )
    return {"twin": twin, "merge": merge}


def furnish_the_staffs_desk(world: World, programme: Programme) -> None:
    """One record for each page of the admin, all of the one programme."""
    people, records = world.people, world.records
    startup, call, application = (records[name] for name in ("startup", "call", "application"))
    by, juror = people["manager"], people["reviewer"]
    with transaction.atomic():
        entry = audit.record(application, "note", actor=by)
    # Staff and jury read the files of the submitted version, so a second version holds the file.
    first, document = application.revisions.get(), records["document"]
    make_page(document)
    file = {"id": str(document.pk), "name": document.name, "size": document.size}
    answers = [{**first.answers[0], "kind": "file", "value": "", "document": file}]
    Revision.objects.create(
        application=application,
        number=2,
        answers=answers,
        startup_facts=first.startup_facts,
        terms_version=first.terms_version,
        fingerprint="5" * 64,
        submitted_by=first.submitted_by,
        submitted_at=first.submitted_at,
    )
    application.revision_count = 2
    application.save(update_fields=["revision_count"])
    assignment = ReviewAssignment.objects.create(
        application=application, reviewer=juror, assigned_by=by, state=AssignmentState.READING
    )
    Review.objects.create(assignment=assignment)
    records |= {
        "staff_invitation": StaffInvitation.objects.create(
            programme=programme,
            email="new@example.org",
            role=Role.REVIEWER,
            token_hash=uuid4().hex * 2,
            invited_by=by,
            expires_at=timezone.now() + timedelta(days=7),
        ),
        "reminder": Reminder.objects.create(
            kind="call_closed",
            subject_type="challenges.call",
            subject_id=application.call_id,
            recipient=by,
            version=1,
            due_at=timezone.now() + timedelta(days=7),
        ),
        "message": OutboxMessage.objects.create(
            dedup_key=f"cast:{uuid4()}",
            lane=Lane.NEWS,
            notice="draft_reminded",
            to_address="x@example.org",
            subject="News",
            text="News.",
            html="<p>News.</p>",
            programme_id=programme.pk,
        ),
        "entry": entry,
        "device": KnownDevice.objects.create(
            user=juror,
            token_hash=uuid4().hex * 2,
            user_agent="Firefox",
            expires_at=timezone.now() + timedelta(days=1),
        ),
        "label": Label.objects.create(programme=programme, name="Strong team"),
        "organisation": Organisation.objects.create(name=f"A city {uuid4().hex[:8]}"),
        "sector": Sector.objects.create(code=f"water-{uuid4().hex[:8]}", name="Water"),
        "email_change": EmailChange.objects.create(
            user=people["stranger"],
            new_email="new@example.org",
            new_hash=uuid4().hex * 2,
            old_hash=uuid4().hex * 2,
            expires_at=timezone.now() + timedelta(days=2),
        ),
        "closing": Closing.objects.create(
            user=make_user(is_active=False), erase_from=timezone.now() + timedelta(days=30)
        ),
        "retention": Retention.objects.create(kind=f"cast-{uuid4().hex[:8]}", days=30),
        "policy": PolicyText.objects.create(
            kind=PolicyKind.PRIVACY,
            version=f"2099-{uuid4().hex[:8]}",
            text="Later.",
            in_force_from=timezone.localdate() + timedelta(days=30),
        ),
        "statement": SupplierStatement.objects.create(
            startup=startup,
            level=SupplierLevel.values[0],
            as_of=timezone.localdate(),
            stated_by=people["owner"],
        ),
        "assignment": assignment,
        "clarification": make_question(call),
        "upload": make_upload(application, people["owner"]),
        "replacement": make_replacement(application, make_refused(application, people["owner"])),
        "extension": make_extension(application, by),
        "time_request": make_time_request(application),
        "filter": SavedFilter.objects.create(
            owner=by, programme=programme, name="Drafts", query="state=draft"
        ),
        "decision": Decision.objects.create(
            application=application, outcome=Outcome.SELECTED, reason="Strong.", prepared_by=by
        ),
        "circular": Circular.objects.create(
            call=call,
            audience=CircularAudience.values[0],
            subject="News",
            text="News.",
            written_by=by,
        ),
    }
