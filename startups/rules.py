"""Who may do what with a startup's record and its people."""

from __future__ import annotations

from typing import Any

import rules

from portal.choices import Role
from portal.rules import holds, is_administrator, is_oneself
from startups.choices import MemberRole, Side

STAFF_READERS = (
    Role.MANAGER,
    Role.COORDINATOR,
    Role.CHAIR,
    Role.APPROVER,
    Role.COMPLIANCE,
    Role.PROCUREMENT,
)

#: Who reads a programme's cohorts, and who runs them.
COHORT_READERS = (
    Role.MANAGER,
    Role.COORDINATOR,
    Role.APPROVER,
    Role.PROCUREMENT,
    Role.COMPLIANCE,
)
COHORT_RUNNERS = (Role.MANAGER, Role.COORDINATOR)


def startup_of(record: Any) -> Any:
    """The startup a record belongs to: itself, its own, or that of the place it belongs to."""
    held = getattr(record, "place", record)
    return getattr(held, "startup", held)


def belongs_as(*roles: MemberRole) -> Any:
    """Whether the person is a member of the record's startup in one of the roles."""

    def check(user: Any, record: Any = None) -> bool:
        if record is None or not user.is_authenticated or not user.is_active:
            return False
        return bool(startup_of(record).has_member(user, *roles))

    return rules.predicate(check, name="belongs_as_" + "_or_".join(roles or ("anything",)))


def met_as(*roles: Role) -> Any:
    """Whether the person holds one of the roles in a programme that has met the startup."""

    def check(user: Any, record: Any = None) -> bool:
        if record is None:
            return bool(user.has_role(None, *roles))
        startup = getattr(record, "startup", record)
        return any(programme in startup.met_by for programme in user.programmes_as(*roles))

    return rules.predicate(check, name="met_as_" + "_or_".join(roles))


is_member = belongs_as()
is_owner = belongs_as(MemberRole.OWNER)
writes = belongs_as(MemberRole.OWNER, MemberRole.EDITOR)
staff_reads = is_administrator | met_as(*STAFF_READERS)
staff_manages = is_administrator | met_as(Role.MANAGER)


@rules.predicate
def was_asked(user: Any, join_request: Any = None) -> bool:
    """Whether the person owns the startup somebody asks to join."""
    return join_request is not None and bool(
        join_request.startup.has_member(user, MemberRole.OWNER)
    )


@rules.predicate
def asked(user: Any, join_request: Any = None) -> bool:
    """Whether the request is the person's own."""
    return join_request is not None and user.pk == join_request.user_id


@rules.predicate
def joins_records(user: Any, merge: Any = None) -> bool:
    """Whether the person may make two records one, or part them again; never their own.

    A manager where every programme that met either record is theirs; the compliance officer of a
    programme that met both also where others have met them; the administrator always.
    """
    if merge is None:
        return bool(user.has_role(None, Role.MANAGER, Role.COMPLIANCE))
    kept, gone = merge.kept, merge.gone
    if not user.is_active or kept.has_member(user) or gone.has_member(user):
        return False
    met = kept.met_by | gone.met_by
    managed = set(user.programmes_as(Role.MANAGER))
    checked = set(user.programmes_as(Role.COMPLIANCE))

    def met_both(programmes: set[Any]) -> bool:
        return bool(programmes & kept.met_by) and bool(
            gone.merged_into_id or programmes & gone.met_by
        )

    return bool(user.is_superuser or met_both(checked) or (met <= managed and met_both(managed)))


@rules.predicate
def is_public(user: Any, record: Any = None) -> bool:  # noqa: ARG001 -- a predicate's signature
    """Whether everybody may read it."""
    return record is not None and bool(record.is_public)


@rules.predicate
def coaches(user: Any, record: Any = None) -> bool:
    """Whether the person coaches the startup now, in the cohort the record belongs to."""
    if record is None:
        return bool(user.has_role(None, Role.MENTOR))
    return user.is_authenticated and bool(getattr(record, "place", record).has_mentor(user))


@rules.predicate
def is_the_mentor(user: Any, record: Any = None) -> bool:
    """Whether the person is the mentor the record names, and still holds the role."""
    if record is None:
        return bool(user.has_role(None, Role.MENTOR))
    mentor = getattr(record, "mentor", record)
    return (
        mentor is not None
        and mentor.user_id == user.pk
        and bool(user.has_role(mentor.programme_id, Role.MENTOR))
    )


@rules.predicate
def writes_for_the_side(user: Any, item: Any = None) -> bool:
    """Whether the promise is the person's own side's."""
    if item is None:
        return False
    side = writes(user, item.place) if item.side == Side.STARTUP else is_the_mentor(user, item)
    return bool(side)


@rules.predicate
def wrote_it(user: Any, note: Any = None) -> bool:
    """Whether the note is the person's own."""
    return note is not None and note.author_id == user.pk


@rules.predicate
def takes_part(user: Any, demo_day: Any = None) -> bool:
    """Whether the person's startup pitches on that day, or one they coach."""
    if demo_day is None or not user.is_authenticated:
        return False
    return bool(demo_day.has_participant(user))


@rules.predicate
def leads_the_programme(user: Any, record: Any = None) -> bool:
    """The programme's manager and nobody above: being administrator opens no private note.

    Nor does leading the programme open one to whoever belongs to the startup it speaks of.
    """
    return (
        record is not None
        and Role.MANAGER in user.roles.get(record.programme_key, frozenset())
        and not record.session.place.startup.has_member(user)
    )


reads_cohort = is_administrator | holds(*COHORT_READERS)
runs_cohort = is_administrator | holds(*COHORT_RUNNERS)
reads_place = is_member | coaches | reads_cohort


for name, predicate in {
    "startups.view_cohort": reads_cohort,
    "startups.add_cohort": runs_cohort,
    "startups.change_cohort": runs_cohort,
    "startups.publish_cohort": runs_cohort,
    "startups.view_group": reads_cohort,
    "startups.add_group": runs_cohort,
    "startups.change_group": runs_cohort,
    "startups.view_place": reads_place,
    "startups.add_place": runs_cohort,
    "startups.change_place": runs_cohort,
    "startups.answer_place": is_owner,
    "startups.step_back_place": writes,
    "startups.approve_text_place": writes,
    "startups.view_mentor": is_oneself | reads_cohort,
    "startups.change_mentor": is_oneself,
    "startups.view_mentoring": reads_place,
    "startups.add_mentoring": runs_cohort,
    "startups.end_mentoring": runs_cohort,
    "startups.view_coachingsession": reads_place | is_the_mentor,
    "startups.plan_coachingsession": is_the_mentor | runs_cohort,
    "startups.cancel_coachingsession": writes | is_the_mentor | runs_cohort,
    "startups.log_coachingsession": is_the_mentor,
    "startups.confirm_coachingsession": writes,
    "startups.view_privatenote": wrote_it | leads_the_programme,
    "startups.view_actionitem": reads_place,
    "startups.add_actionitem": writes | coaches | runs_cohort,
    "startups.finish_actionitem": writes_for_the_side | runs_cohort,
    "startups.change_actionitem": writes_for_the_side | coaches | runs_cohort,
    "startups.view_goal": reads_place,
    "startups.view_goalreview": reads_place,
    "startups.add_goal": writes | runs_cohort,
    "startups.change_goal": writes | runs_cohort,
    "startups.report_goal": writes,
    "startups.comment_goal": coaches,
    "startups.judge_goal": runs_cohort,
    "startups.view_demoday": reads_cohort,
    "startups.attend_demoday": reads_cohort | takes_part,
    "startups.add_demoday": runs_cohort,
    "startups.change_demoday": runs_cohort,
    "startups.view_pitch": reads_place,
    "startups.change_pitch": runs_cohort,
    "startups.prepare_pitch": writes,
    "startups.view_startup": is_member | staff_reads,
    "startups.add_startup": rules.is_authenticated,
    "startups.change_startup": writes,
    "startups.view_membership": is_member | staff_reads,
    "startups.manage_members": is_owner,
    "startups.hand_over_startup": staff_manages,
    "startups.merge_startup": is_administrator | met_as(Role.MANAGER, Role.COMPLIANCE),
    "startups.add_merge": joins_records,
    "startups.undo_merge": joins_records,
    "startups.view_invitation": writes | staff_manages,
    "startups.answer_invitation": rules.is_authenticated,
    "startups.withdraw_invitation": is_owner,
    "startups.view_joinrequest": was_asked | asked,
    "startups.answer_joinrequest": was_asked,
}.items():
    rules.add_perm(name, predicate)
