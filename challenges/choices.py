"""Words of calls: kinds, states, questions, outcomes."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class CallKind(models.TextChoices):
    """What a call is called in its programme; the engine is the same."""

    CHALLENGE = "challenge", _("Innovation challenge")
    INTAKE = "intake", _("Accelerator intake")
    CITY_ISSUE = "city_issue", _("City issue")
    DEMONSTRATION = "demonstration", _("Demonstration call")


class CallState(models.TextChoices):
    """What is stored of a call; upcoming, open and closed are computed by the clock."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    CANCELLED = "cancelled", _("Cancelled")
    ARCHIVED = "archived", _("Archived")


class Phase(models.TextChoices):
    """What a call is to a reader at this moment."""

    DRAFT = "draft", _("Draft")
    UPCOMING = "upcoming", _("Upcoming")
    OPEN = "open", _("Open")
    CLOSED = "closed", _("Closed")
    CANCELLED = "cancelled", _("Cancelled")
    ARCHIVED = "archived", _("Archived")


class Fact(models.TextChoices):
    """The facts box at the top of a call: each is given or ticked as not applicable."""

    GIVES = "gives", _("What is given")
    TAKES = "takes", _("Equity and rights taken")
    TRAVEL = "travel", _("Travel and visa")
    WHO = "who_may_apply", _("Who may apply")
    LAST_YEAR = "last_year", _("Chosen last time")
    HOURS = "usual_hours", _("Time to apply")
    QUESTIONS = "questions_until", _("Questions until")
    SHORTLIST = "shortlist_on", _("Shortlist")
    INTERVIEWS = "interviews", _("Interviews")
    RESULTS = "results_on", _("Results")
    READERS = "who_reads", _("Who reads it")
    CONTACT = "contact_email", _("Whom to ask")


class QuestionKind(models.TextChoices):
    """What an answer may be."""

    SHORT = "short", _("Short text")
    LONG = "long", _("Long text")
    CHOICE = "choice", _("Choice")
    NUMBER = "number", _("Number")
    FILE = "file", _("File")


class Audience(models.TextChoices):
    """Who reads an answer; written beside the field."""

    JURY = "jury", _("staff and jury")
    STAFF = "staff", _("staff only")


class ApplicationState(models.TextChoices):
    """The life of an application as staff name it."""

    DRAFT = "draft", _("Draft")
    SUBMITTED = "submitted", _("Submitted")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    IN_REVIEW = "in_review", _("In review")
    RESERVE = "reserve", _("Reserve list")
    SELECTED = "selected", _("Selected")
    NOT_SELECTED = "not_selected", _("Not selected")
    INELIGIBLE = "ineligible", _("Ineligible")
    ACCEPTED = "accepted", _("Offer accepted")
    REFUSED = "refused", _("Offer refused")


#: States in which a submitted version counts.
HANDED_IN = (
    ApplicationState.SUBMITTED,
    ApplicationState.IN_REVIEW,
    ApplicationState.RESERVE,
    ApplicationState.SELECTED,
    ApplicationState.NOT_SELECTED,
    ApplicationState.INELIGIBLE,
    ApplicationState.ACCEPTED,
    ApplicationState.REFUSED,
)

#: States in which the answer has been sent.
DECIDED = (
    ApplicationState.RESERVE,
    ApplicationState.SELECTED,
    ApplicationState.NOT_SELECTED,
    ApplicationState.INELIGIBLE,
    ApplicationState.ACCEPTED,
    ApplicationState.REFUSED,
)


class AssignmentState(models.TextChoices):
    """How far a juror has come with one application."""

    ASSIGNED = "assigned", _("To be confirmed")
    READING = "reading", _("Reading")
    DONE = "done", _("Reviewed")
    CONFLICT = "conflict", _("Conflict of interest")
    HANDED_BACK = "handed_back", _("Handed back")
    CANCELLED = "cancelled", _("Taken off")


#: Assignments that count as work of the jury.
AT_WORK = (AssignmentState.ASSIGNED, AssignmentState.READING, AssignmentState.DONE)
#: Of these, the ones whose review is still to be written.
UNFINISHED = (AssignmentState.ASSIGNED, AssignmentState.READING)


class Outcome(models.TextChoices):
    """What is decided of an application."""

    SELECTED = "selected", _("Selected")
    RESERVE = "reserve", _("Reserve list")
    NOT_SELECTED = "not_selected", _("Not selected")
    INELIGIBLE = "ineligible", _("Ineligible")


class CircularAudience(models.TextChoices):
    """Whom staff write to in one go."""

    DRAFTS = "drafts", _("Everybody with a draft")
    SUBMISSIONS = "submissions", _("Everybody who has submitted")
    ALL = "all", _("Everybody with a draft or a submission")


class CircularState(models.TextChoices):
    """How far a letter to many has come."""

    DRAFT = "draft", _("Not sent yet")
    SENT = "sent", _("Sent")
