"""Every letter there is, written by real code about real records: one scene for each kind.

Whoever adds a kind of letter adds its scene here; `tests/portal/test_letters_read.py` fails until
then, and writes all of them into a folder to be read (``LETTERS_DIR``).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from challenges.choices import ApplicationState, CircularAudience, Outcome
from challenges.models import Circular, Decision, Message
from challenges.models.deadline import deadline_entry
from portal import audit, outbox
from portal.choices import Role
from portal.models import Document, User
from portal.workflow import Step
from procurement.models import SupplierFile
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
from tests.factories.eligibility import make_alert
from tests.factories.events import make_event, make_registration
from tests.factories.forms import form_changed
from tests.factories.portal import make_programme, make_staff, make_user
from tests.factories.startups import add_member, make_invitation, make_join_request, make_startup
from tests.factories.suppliers import make_evidence, make_file, make_requirement
from tests.factories.talk import make_question
from tests.factories.uploads import make_refused, make_replacement

if TYPE_CHECKING:
    from collections.abc import Callable

    from events.models import Event, Registration
    from startups.models import CoachingSession

CALL = "Urban Resilience Challenge 2027"


class Stage:
    """A programme in Kobe, its call, a team in Kenya whose people live in Stockholm."""

    def __init__(self) -> None:
        self.programme = make_programme(
            name="Kobe Innovation Centre", mailbox="kobe@example.org", slug="kobe"
        )
        self.manager = make_staff(self.programme, Role.MANAGER, given_name="Haruka")
        self.juror = make_staff(self.programme, Role.REVIEWER, given_name="Ingrid")
        self.owner = make_user(given_name="Wanjiku", family_name="Kamau")
        self.startup = make_startup(self.owner, legal_name="Maji Sensors Ltd")
        self.editor = add_member(self.startup, make_user(given_name="Otieno"))
        self.call = make_call(self.programme, title=CALL, slug="resilience")
        self.draft = make_application(make_call(self.programme, title=CALL), self.startup)
        self.submitted = make_application(self.call, self.startup, state=ApplicationState.SUBMITTED)

    def step(self, record: Any, *, actor: User | None = None, **data: Any) -> Step[Any]:
        """A step that was taken, with its entry in the trail."""
        step: Step[Any] = Step(
            record=record,
            actor=actor or self.manager,
            at=timezone.now(),
            reason="The venue is not available on the day we had planned.",
            data=data,
            from_state="selected",
        )
        step.entry = audit.record(record, "say", actor=step.actor)
        return step

    def looked_at_again(self) -> Step[Any]:
        """A paper that was not good yet and is good now."""
        step = self.step(self.paper())
        step.from_state = "rejected"
        return step

    def decided(self, outcome: Outcome) -> Step[Any]:
        """A decision that is being told."""
        decision = Decision(
            application=self.submitted,
            outcome=outcome,
            reason="The jury found the field trial convincing and the costs plain.",
            prepared_by=self.manager,
        )
        return self.step(self.submitted, decision=decision)

    def moved(self) -> Step[Any]:
        """A deadline that went three days further."""
        step = self.step(self.call)
        step.facts["before"] = (self.call.closes_at - timedelta(days=3)).isoformat()
        step.facts["after"] = self.call.closes_at.isoformat()
        step.facts["version"] = self.call.deadline_version
        return step

    def closing(self) -> Step[Any]:
        """A call that closes, with its figures."""
        counts = {"submitted": 212, "complete": 9, "half": 31, "begun": 74, "extended": 2}
        return self.step(
            self.call,
            recipient=self.manager,
            reminder="1",
            left="7 days 0 h left",
            counts=counts,
            lacking=57,
        )

    def file(self) -> Step[Any]:
        """A file that was refused after it was handed in."""
        replacement = make_replacement(self.submitted, make_refused(self.submitted, self.owner))
        return self.step(
            self.submitted,
            document=replacement.refused,
            question="Pitch deck",
            replacement=replacement,
            may_replace=True,
            submitted=True,
        )

    def message(self) -> Step[Any]:
        """A private message to the team."""
        message = Message.objects.create(
            application=self.submitted,
            author=self.manager,
            from_staff=True,
            text="Could you tell us how many sensors ran during the trial?\n\nBest wishes",
        )
        return self.step(message, by_mail=True)

    def circular(self) -> Step[Any]:
        """A letter that staff wrote to many."""
        return self.step(
            Circular.objects.create(
                call=self.call,
                audience=CircularAudience.ALL,
                subject="Questions and answers are online",
                text="Dear applicants,\n\nAll answers are on the page of the call.",
                written_by=self.manager,
            )
        )

    def reviews(self) -> Step[Any]:
        """Twelve applications for one juror."""
        due = timezone.localdate() + timedelta(days=12)
        return self.step(self.call, people={self.juror: 12}, due_on=due)

    def merged(self) -> Step[Any]:
        """Two records that became one."""
        gone = make_startup(legal_name="Maji Sensors Limited")
        return self.step(
            self.startup, members=[self.owner, self.editor], kept=self.startup, gone=gone
        )

    def guest(self, state: str) -> Registration:
        """Wanjiku's registration to Demo Day."""
        event = make_event(self.programme, title="Demo Day of the autumn cohort 2027")
        return make_registration(event, self.owner, state=state)

    def event(self) -> Event:
        """Demo Day, to which Wanjiku comes."""
        return self.guest("approved").event

    def event_moved(self) -> Step[Any]:
        """Demo Day a week later, in another room."""
        event = self.event()
        week = timedelta(days=7)
        before = {
            "starts_at": event.starts_at - week,
            "ends_at": event.ends_at - week,
            "where": "Room 2, Port Island, Kobe",
            "join_link": "https://call.example.org/old",
        }
        return self.step(event, moved=True, before=before, coming=frozenset({self.owner.pk}))

    def place(self, state: str, **data: Any) -> Step[Any]:
        """What happens to the team's offer and place in a cohort."""
        first = timezone.localdate() + timedelta(days=40)
        cohort = make_cohort(
            self.programme,
            name="Kobe batch 2027",
            starts_on=first,
            ends_on=first + timedelta(days=42),
            terms="Take part in every workshop.\n\nNo equity is taken.",
        )
        place = make_place(
            cohort,
            self.startup,
            state=state,
            answered_at=timezone.now(),
            terms_version="1",
            answer_by=timezone.now() + timedelta(days=14),
        )
        return self.step(place, actor=self.owner, runners=[self.manager], **data)

    def goal(self, **data: Any) -> Step[Any]:
        """A goal of Wanjiku's startup, which takes part in a cohort."""
        cohort = make_cohort(self.programme, name="Autumn cohort 2027")
        place = make_place(cohort, self.startup)
        return self.step(make_goal(place), recipient=self.owner, reminder="1", **data)

    def promise(self) -> Step[Any]:
        """Something Wanjiku's startup is to do."""
        place = make_place(make_cohort(self.programme), self.startup)
        item = make_action_item(place)
        return self.step(item, recipient=self.owner, reminder="1", late=False)

    def paper(self) -> Any:
        """A paper in the supplier file that holds for thirty more days."""
        file = SupplierFile.objects.filter(startup=self.startup).first()
        return make_evidence(
            file or make_file(self.startup),
            make_requirement(label="Certificate of incorporation or equivalent"),
            expires_on=timezone.localdate() + timedelta(days=30),
        )

    def answered(self, state: str) -> Step[Any]:
        """A request to join that got its answer."""
        asked = make_join_request(self.startup)
        asked.state = state
        return self.step(asked)


def coached(on: Stage, **fields: Any) -> CoachingSession:
    """A session of the team with a mentor in Nairobi."""
    mentor = make_mentor(
        on.programme,
        make_staff(on.programme, Role.MENTOR, given_name="Achieng", time_zone="Africa/Nairobi"),
        organisation="Savannah Ventures",
    )
    place = make_place(make_cohort(on.programme, name="Batch 5"), on.startup)
    return make_session(make_mentoring(place, mentor), **fields)


def coaching(on: Stage, **data: Any) -> Step[Any]:
    """Something that happened to such a session."""
    session = coached(on)
    return on.step(session, actor=session.mentor.user, **data)


def assigned(on: Stage) -> Step[Any]:
    """The mentor's assignment."""
    return on.step(coached(on).place.mentorings.get())


def pitching(on: Stage, **data: Any) -> Step[Any]:
    """The team's pitch at the Demo Day of its cohort in Kobe."""
    event = make_event(on.programme, title="Demo Day of the autumn batch", time_zone="Asia/Tokyo")
    place = make_place(make_cohort(on.programme, name="Batch 5"), on.startup)
    return on.step(make_pitch(make_demo_day(place.cohort, event), place), **data)


def demo_day(on: Stage, **data: Any) -> Step[Any]:
    """That Demo Day, for somebody whose startup pitches ten minutes after it begins."""
    day = pitching(on).record.demo_day
    turns = [(on.startup.name, day.event.starts_at + timedelta(minutes=10))]
    said = {"left": "in 7 days", "days": 7, "turns": turns, "recipient": on.owner, "reminder": "1"}
    return on.step(day, **{**said, **data})


def deck_refused(on: Stage) -> Step[Any]:
    """A deck that the check could not take."""
    document = Document(name="deck.pdf", state="refused", refusal="locked")
    return pitching(on, document=document, may_replace=True)


def extension(on: Stage) -> Step[Any]:
    """More time for the draft, granted by a manager; an approver is the second person."""
    make_staff(on.programme, Role.APPROVER, given_name="Sigrid")
    return on.step(make_extension(on.draft, on.manager), applications=1)


def promised(on: Stage, **data: Any) -> Step[Any]:
    """News of the call promised for a day in three weeks, which was a week earlier."""
    on.call.next_news_on = timezone.localdate() + timedelta(days=21)
    return on.step(on.call, before=on.call.next_news_on - timedelta(days=7), **data)


#: One for each class of `portal.notices.Notice`, by its name.
NOTICES: dict[str, Callable[[Stage], Step[Any]]] = {
    "mentor_assigned": assigned,
    "mentor_introduced": assigned,
    "mentoring_ended": assigned,
    "session_planned": coaching,
    "session_moved": coaching,
    "session_cancelled": coaching,
    "session_logged": lambda on: on.step(coached(on, state="logged")),
    "session_missed": coaching,
    "session_reminded": lambda on: coaching(on, recipient=on.owner, reminder="1", soon=False),
    "log_reminded": lambda on: coaching(on, recipient=on.owner, reminder="2"),
    "application_received": lambda on: on.step(on.submitted, actor=on.owner),
    "application_amended": lambda on: on.step(on.submitted, actor=on.owner),
    "application_withdrawn": lambda on: on.step(on.submitted, may_be_undone=True),
    "application_restored": lambda on: on.step(on.submitted),
    "application_selected": lambda on: on.decided(Outcome.SELECTED),
    "application_reserved": lambda on: on.decided(Outcome.RESERVE),
    "application_not_selected": lambda on: on.decided(Outcome.NOT_SELECTED),
    "application_ruled_out": lambda on: on.decided(Outcome.INELIGIBLE),
    "extension_granted": lambda on: on.step(
        on.draft,
        extension=extension(on).record,
        answer="We heard of the power cut.",
        calendar=deadline_entry(on.draft),
    ),
    "extension_ended": lambda on: on.step(
        on.draft, extension=extension(on).record, shut=True, calendar=deadline_entry(on.draft)
    ),
    "confirmation_requested": extension,
    "extension_not_confirmed": extension,
    "more_time_asked": lambda on: on.step(make_time_request(on.draft), actor=on.owner),
    "more_time_refused": lambda on: on.step(
        make_time_request(on.draft, answer="The jury has begun to read.")
    ),
    "draft_reminded": lambda on: on.step(
        on.draft, recipient=on.owner, reminder="1", left="3 days 2 h left"
    ),
    "complete_draft_reminded": lambda on: on.step(
        on.draft, recipient=on.owner, reminder="1", left="1 h 00 min left"
    ),
    "changes_reminded": lambda on: on.step(
        on.submitted, recipient=on.owner, reminder="1", left="3 h 00 min left"
    ),
    "closing_neared": lambda on: on.closing(),
    "call_closed": lambda on: on.closing(),
    "jurors_wanted": lambda on: on.closing(),
    "file_refused": lambda on: on.file(),
    "file_reminded": lambda on: on.step(
        on.file().data["replacement"], recipient=on.owner, reminder="1"
    ),
    "message_received": lambda on: on.message(),
    "place_returned": lambda on: on.step(on.submitted, actor=on.owner),
    "reviews_assigned": lambda on: on.reviews(),
    "question_answered": lambda on: on.step(
        make_question(on.call, by=on.owner, answered="Yes, until the deadline."), for_everybody=True
    ),
    "answer_corrected": lambda on: on.step(
        make_question(on.call, by=on.owner, answered="Yes, until the deadline.")
    ),
    "question_closed": lambda on: on.step(make_question(on.call, by=on.owner)),
    "answers_published": lambda on: on.step(on.call, recipient=on.owner, reminder="1", count=3),
    "news_date_moved": lambda on: promised(on, people=[on.owner]),
    "news_date_reminded": lambda on: promised(on, recipient=on.manager, reminder="1", waiting=14),
    "circular_sent": lambda on: on.circular(),
    "deadline_moved": lambda on: on.moved(),
    "form_changed": lambda on: form_changed(on, drafts=[on.owner]),
    "form_changed_for_submitted": lambda on: form_changed(on, asked=[on.owner]),
    "call_cancelled": lambda on: on.step(on.call),
    "call_opened": lambda on: on.step(
        on.call, alert=make_alert(on.call, user=on.owner), stop=outbox.absolute("/alerts/x/")
    ),
    "join_requested": lambda on: on.step(make_join_request(on.startup)),
    "join_answered": lambda on: on.answered("accepted"),
    "member_removed": lambda on: on.step(on.startup, actor=on.owner, member=on.editor),
    "ownership_handed_over": lambda on: on.step(
        on.startup, owner=on.editor, members=[on.owner, on.editor]
    ),
    "ownership_passed_on": lambda on: on.step(on.startup, actor=on.owner, owner=on.editor),
    "member_joined": lambda on: on.step(make_invitation(on.startup), actor=on.editor),
    "member_departed": lambda on: on.step(on.startup, actor=on.editor),
    "verdict_given": lambda on: on.goal(
        verdict="at_risk", text="Three hospitals a month would be needed; it is one now."
    ),
    "goal_report_due": lambda on: on.goal(late=False, goals=["Ten paying hospitals"]),
    "action_item_due": lambda on: on.promise(),
    "event_moved": lambda on: on.event_moved(),
    "event_cancelled": lambda on: on.step(on.event(), coming=frozenset({on.owner.pk})),
    "registration_received": lambda on: on.step(on.guest("asked"), actor=on.owner),
    "registration_approved": lambda on: on.step(on.guest("approved")),
    "registration_declined": lambda on: on.step(on.guest("declined")),
    "registration_cancelled": lambda on: on.step(on.guest("cancelled"), actor=on.owner),
    "guest_reminded": lambda on: on.step(on.event(), recipient=on.owner, reminder="1"),
    "guest_summoned": lambda on: on.step(on.event(), recipient=on.owner, reminder="2"),
    "guest_thanked": lambda on: on.step(on.event(), recipient=on.owner, reminder="3"),
    "offer_extended": lambda on: on.place("invited", reserve=True),
    "answer_date_moved": lambda on: on.place("invited"),
    "offer_reminded": lambda on: on.place(
        "invited", recipient=on.owner, reminder="1", left="3 days 0 h left"
    ),
    "offer_unanswered": lambda on: on.place("invited", recipient=on.manager, reminder="1"),
    "taking_part_confirmed": lambda on: on.place("confirmed"),
    "offer_accepted": lambda on: on.place("confirmed"),
    "offer_refused": lambda on: on.place("refused"),
    "offer_closed": lambda on: on.place("refused"),
    "offer_ended": lambda on: on.place("ended"),
    "programme_started": lambda on: on.place("active"),
    "programme_completed": lambda on: on.place("completed"),
    "programme_ended": lambda on: on.place("dropped_out"),
    "welcomed_as_alumni": lambda on: on.place("alumni"),
    "startup_demo_day_reminded": demo_day,
    "mentor_demo_day_reminded": demo_day,
    "startup_thanked": demo_day,
    "mentor_thanked": demo_day,
    "demo_day_moved": lambda on: demo_day(
        on, recipients=[on.owner], as_mentor=False, reason="The hall is taken on that day."
    ),
    "demo_day_cancelled": lambda on: demo_day(on, recipients=[on.owner], as_mentor=False),
    "deck_due": lambda on: pitching(on, recipient=on.owner, reminder="1", left="in 3 days"),
    "deck_deadline_moved": pitching,
    "late_deck_allowed": pitching,
    "deck_refused": deck_refused,
    "records_merged": lambda on: on.merged(),
    "records_parted": lambda on: on.merged(),
    "evidence_rejected": lambda on: on.step(on.paper(), why="The last page is missing."),
    "evidence_accepted": lambda on: on.looked_at_again(),
    "evidence_expiry_reminded": lambda on: on.step(
        on.paper(), recipient=on.owner, reminder="1", days=30
    ),
    "level_completed": lambda on: on.step(on.paper().file, level="Basic"),
    "level_reopened": lambda on: on.step(on.paper().file, level="Basic"),
}
