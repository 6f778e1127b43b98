"""What staff read of the history of calls, applications, reviews and decisions, and who may."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.translation import gettext_lazy as _

from challenges.actions.review import scores_open_to
from challenges.rules import reads_drafts
from portal.registry import FieldSource, Sentence, registry

if TYPE_CHECKING:
    from challenges.models import ReviewAssignment
    from portal.models import User

#: Who reads the names of jurors: who leads reviews, who decides, and each juror their own.
JURORS = "challenges.see_jurors"
#: What is prepared and not sent is for who decides.
PREPARED = "challenges.view_decision"

registry.facts |= {
    "juror": "portal.user",
    "application": "challenges.application",
    "outcome": "challenges.decision.outcome",
}
registry.sentences |= {
    f"challenges.{key}": Sentence(text)
    for key, text in {
        "call:publish": _("{who} published the call"),
        "call:unpublish": _("{who} took the call back to draft"),
        "call:move-deadline": _("{who} moved the deadline from {before} to {after}"),
        "call:cancel": _("{who} cancelled the call"),
        "call:archive": _("{who} archived the call"),
        "call:assign-reviews": _("{who} gave {reviews} reviews to {jurors} jurors"),
        "call:copy": _("{who} made this call from an earlier one"),
        "call:set-timetable": _("{who} set the dates"),
        "call:make-preview": _("{who} made a preview link, valid until {until}"),
        "call:withdraw-previews": _("{who} withdrew the preview links: {count}"),
        "call:send-results": _("{who} sent the results"),
        "call:export": _("{who} downloaded {applications} applications as {format}"),
        "application:start": _("{who} started the draft"),
        "application:submit": _("{who} submitted the application"),
        "application:amend": _("{who} submitted a new version"),
        "application:withdraw": _("{who} withdrew the application"),
        "application:restore": _("{who} undid the withdrawal"),
        "application:let-staff-look": _("{who} let staff look at the draft"),
        "application:stop-staff-looking": _("{who} stopped letting staff look at the draft"),
        "application:attach-file": _("{who} added a file"),
        "application:remove-file": _("{who} removed a file"),
        "application:add-partner": _("{who} added a partner"),
        "application:remove-partner": _("{who} removed a partner"),
        "application:invite-helper": _("{who} invited a helper"),
        "application:begin-to-help": _("{who} began to help"),
        "application:decline-help": _("{who} declined to help"),
        "application:end-help": _("{who} removed a helper"),
        "application:start-review": _("{who} started the review"),
        "application:select": _("{who} sent the result: selected"),
        "application:reserve": _("{who} sent the result: reserve list"),
        "application:not-select": _("{who} sent the result: not selected"),
        "application:rule-out": _("{who} sent the result: ineligible"),
        "application:note": _("{who} left a note to colleagues"),
        "application:handle": _("{who} changed {fields}"),
        "application:open-draft": _("{who} opened the page of the draft, without its answers"),
        "application:read-draft": _("{who} read the draft the team lets staff look at"),
        "application:download-file": _("{who} downloaded a file"),
        "application:download-original": _("{who} downloaded the original of a file"),
        "application:look-as-applicant": _("{who} looked at it as the applicant sees it"),
        "application:refuse-file": _("{who} refused a file after checking it"),
        "application:replace-file": _("{who} replaced a refused file"),
        "application:not-replace-file": _("{who} ended the day to replace a refused file"),
        "application:look-at-file": _("{who} looked at the pages of a file"),
        "replacement:replace": _("{who} replaced a refused file"),
        "replacement:lapse": _("{who} ended the day to replace a refused file"),
        "application:lay-message-aside": _("{who} laid the message aside"),
        "message:write": _("{who} wrote a message"),
        "circular:send": _("{who} sent the letter to all"),
        "circular:send-test": _("{who} sent a test to themselves"),
    }.items()
}
registry.sentences |= {
    f"challenges.call:{verb}": Sentence(text, PREPARED, _("Somebody worked on the decisions"))
    for verb, text in {
        "prepare-decision": _("{who} prepared a decision on {application}: {outcome}"),
        "take-back-decision": _("{who} took back the decision on {application}"),
    }.items()
}
registry.sentences |= {
    f"challenges.reviewassignment:{verb}": Sentence(text, JURORS, veiled)
    for verb, (text, veiled) in {
        "assign": (_("{who} gave the review to {juror}"), _("The review was given to a juror")),
        "assign-again": (_("{who} gave the review again"), _("The review was given again")),
        "confirm": (
            _("{who} confirmed to have no conflict of interest"),
            _("A juror confirmed to have no conflict of interest"),
        ),
        "declare-conflict": (
            _("{who} declared a conflict of interest"),
            _("A juror declared a conflict of interest"),
        ),
        "submit-review": (_("{who} submitted the review"), _("A juror submitted the review")),
        "reopen": (_("{who} opened their review again"), _("A juror opened their review again")),
        "open-again": (_("{who} let the juror change the review"), _("The review was reopened")),
        "hand-back": (_("{who} handed the review back"), _("A juror handed the review back")),
        "cancel": (_("{who} took the juror off"), _("A juror was taken off")),
        "download-version": (
            _("{who} took version {version} as a PDF"),
            _("A colleague took a version as a PDF"),
        ),
        "download-file": (_("{who} downloaded a file"), _("A juror downloaded a file")),
        "look-at-file": (
            _("{who} looked at the pages of a file"),
            _("A juror looked at the pages of a file"),
        ),
    }.items()
}


def decides(user: User, record: Any) -> bool:
    """Whether what is prepared may be read."""
    return user.has_perm(PREPARED, record)


def reads_scores(user: User, assignment: ReviewAssignment) -> bool:
    """One's own scores always, others' once one may see them."""
    return assignment.reviewer_id == user.pk or scores_open_to(user, assignment.application)


registry.field_sources += [
    # Who sees of a call what the public sees does not see its grace come and go.
    FieldSource("challenges.call", "challenges.Call", "pgh_obj", may=reads_drafts),
    FieldSource("challenges.application", "challenges.Application", "pgh_obj"),
    FieldSource("challenges.application", "challenges.Decision", "application", may=decides),
    FieldSource("challenges.decision", "challenges.Decision", "pgh_obj"),
    FieldSource(
        "challenges.reviewassignment",
        "challenges.ReviewAssignment",
        "pgh_obj",
        veiled=frozenset({"reviewer"}),
        permission=JURORS,
    ),
    FieldSource("challenges.reviewassignment", "challenges.Review", "assignment", may=reads_scores),
    FieldSource(
        "challenges.reviewassignment", "challenges.Score", "review__assignment", may=reads_scores
    ),
]
