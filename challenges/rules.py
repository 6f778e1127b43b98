"""Who may do what with calls, applications, reviews and decisions."""

from __future__ import annotations

from typing import Any

import rules

from challenges.choices import CallState
from portal.choices import Role
from portal.rules import holds
from startups.choices import MemberRole
from startups.rules import belongs_as

CALL_READERS = (
    Role.MANAGER,
    Role.COORDINATOR,
    Role.CHAIR,
    Role.APPROVER,
    Role.PARTNER,
    Role.STATISTICS,
    Role.COMPLIANCE,
)
#: Those who write, run or check calls, and so read them before the public does.
DRAFT_READERS = tuple(role for role in CALL_READERS if role not in {Role.PARTNER, Role.STATISTICS})
APPLICATION_READERS = (
    Role.MANAGER,
    Role.COORDINATOR,
    Role.CHAIR,
    Role.APPROVER,
    Role.COMPLIANCE,
)
#: Private messages are for who runs the call; compliance reads them. The jury never does.
MESSAGE_WRITERS = (Role.MANAGER, Role.COORDINATOR)
MESSAGE_READERS = (*MESSAGE_WRITERS, Role.COMPLIANCE)
#: Who runs a call: writes it, answers questions about it, words its letters.
CALL_RUNNERS = (Role.MANAGER, Role.COORDINATOR)
#: Who may give more time; nobody confirms what they granted themselves.
EXTENDERS = (Role.MANAGER, Role.APPROVER)
REVIEW_LEADS = (Role.MANAGER, Role.COORDINATOR, Role.CHAIR)
DECIDERS = (Role.MANAGER, Role.CHAIR, Role.APPROVER)

manages = holds(Role.MANAGER)
runs = holds(Role.MANAGER, Role.COORDINATOR)
leads_reviews = holds(*REVIEW_LEADS)
decides = holds(*DECIDERS)
reads_drafts = holds(*DRAFT_READERS)
staff_reads = holds(*APPLICATION_READERS)
reviews = holds(Role.REVIEWER, Role.CHAIR)
#: Jurors judge what all of them read: of a cleaned copy the copy.
keeps_originals = holds(*(role for role in APPLICATION_READERS if role != Role.CHAIR))


@rules.predicate
def is_published(_user: Any, record: Any = None) -> bool:
    """Whether anybody may read the call; asked of a call, or of what belongs to one."""
    call = getattr(record, "call", record)
    return call is None or (call.published_at is not None and call.state != CallState.DRAFT)


#: Partners and readers of statistics see what the public sees.
reads_calls = reads_drafts | (holds(*CALL_READERS) & is_published)


@rules.predicate
def asked_it(user: Any, clarification: Any = None) -> bool:
    """Whether the question is the person's own."""
    return clarification is not None and clarification.asked_by_id == user.pk


@rules.predicate
def works_on(user: Any, application: Any = None) -> bool:
    """Whether the person writes the application: owner, editor or helper."""
    return application is not None and bool(application.has_writer(user))


@rules.predicate
def in_team(user: Any, application: Any = None) -> bool:
    """Whether the person belongs to the team, if only to read."""
    return application is not None and bool(application.has_reader(user))


@rules.predicate
def may_submit(user: Any, application: Any = None) -> bool:
    """Owners, and editors unless the owner forbids it."""
    return application is not None and bool(application.has_submitter(user))


@rules.predicate
def open_to_staff(_user: Any, application: Any = None) -> bool:
    """Staff read what was submitted, and a draft only while a member lets them look."""
    return application is None or application.revision_count > 0 or application.open_to_staff


@rules.predicate
def is_assigned(user: Any, assignment: Any = None) -> bool:
    """Whether the review is the person's own."""
    return assignment is None or user.pk == assignment.reviewer_id


may_review = is_assigned & reviews
signed_in = rules.is_authenticated & rules.predicate(lambda user: user.is_active, "is_active")

for name, predicate in {
    "challenges.view_grace": reads_drafts,
    # calls
    "challenges.view_call": reads_calls,
    "challenges.add_call": runs,
    "challenges.change_call": runs,
    "challenges.publish_call": manages,
    "challenges.unpublish_call": manages,
    "challenges.cancel_call": manages,
    "challenges.archive_call": manages,
    "challenges.move_deadline_call": runs,
    "challenges.bring_forward_call": manages,
    "challenges.preview_call": runs,
    "challenges.view_question": reads_calls,
    "challenges.add_question": runs,
    "challenges.change_question": runs,
    "challenges.delete_question": runs,
    "challenges.view_criterion": reads_calls,
    "challenges.add_criterion": runs,
    "challenges.change_criterion": runs,
    "challenges.delete_criterion": runs,
    # applications
    "challenges.view_application": in_team | staff_reads,
    "challenges.read_application": in_team | (staff_reads & open_to_staff),
    "challenges.open_original_application": in_team | keeps_originals,
    "challenges.change_application": works_on,
    "challenges.submit_application": may_submit,
    "challenges.withdraw_application": may_submit,
    "challenges.share_application": works_on,
    "challenges.offer_place_application": runs,
    "challenges.answer_offer_application": belongs_as(MemberRole.OWNER),
    "challenges.invite_helper": may_submit,
    "challenges.handle_application": runs,
    "challenges.extend_application": holds(*EXTENDERS),
    "challenges.view_extension": staff_reads,
    "challenges.add_extension": holds(*EXTENDERS),
    "challenges.confirm_extension": holds(*EXTENDERS),
    "challenges.end_extension": holds(*EXTENDERS),
    "challenges.ask_more_time_application": works_on,
    "challenges.view_moretimerequest": staff_reads,
    "challenges.answer_moretimerequest": holds(*EXTENDERS),
    "challenges.replace_file_application": works_on,
    # what a call asks and says
    "challenges.view_formversion": reads_calls,
    "challenges.add_formversion": runs,
    "challenges.publish_formversion": manages,
    "challenges.view_eligibilityrule": reads_calls,
    "challenges.view_eligibilitycheck": staff_reads,
    "challenges.add_eligibilityrule": runs,
    "challenges.change_eligibilityrule": runs,
    "challenges.delete_eligibilityrule": runs,
    "challenges.view_faqentry": reads_calls,
    "challenges.add_faqentry": runs,
    "challenges.change_faqentry": runs,
    "challenges.delete_faqentry": runs,
    "challenges.ask_call": signed_in & is_published,
    "challenges.view_clarification": asked_it | runs,
    "challenges.answer_clarification": runs,
    "challenges.view_wording": runs,
    "challenges.add_wording": runs,
    "challenges.change_wording": runs,
    "challenges.delete_wording": runs,
    "challenges.copy_call": runs,
    "challenges.move_news_call": runs,
    "challenges.practise_call": runs,
    "challenges.view_reminders_call": runs,
    "challenges.export_application": runs | holds(Role.COMPLIANCE),
    "challenges.note_application": leads_reviews | holds(Role.APPROVER),
    "challenges.message_application": works_on | holds(*MESSAGE_WRITERS),
    "challenges.read_messages_application": in_team | holds(*MESSAGE_READERS),
    "challenges.look_as_applicant_application": staff_reads,
    "challenges.view_savedfilter": staff_reads,
    "challenges.share_savedfilter": runs,
    "challenges.start_review_application": leads_reviews,
    # reviews
    "challenges.view_reviewassignment": leads_reviews | may_review,
    "challenges.assign_application": leads_reviews,
    "challenges.review_reviewassignment": may_review,
    "challenges.cancel_reviewassignment": leads_reviews,
    # decisions
    "challenges.see_jurors": leads_reviews | decides,
    "challenges.view_decision": decides,
    "challenges.prepare_decision": decides,
    "challenges.decide_application": decides,
    "challenges.send_results": manages,
    # letters to many
    "challenges.view_circular": runs,
    "challenges.add_circular": runs,
    "challenges.change_circular": runs,
    "challenges.send_circular": runs,
}.items():
    rules.add_perm(name, predicate)
