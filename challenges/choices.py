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
    CHOICE = "choice", _("One of several")
    CHOICES = "choices", _("Several of several")
    NUMBER = "number", _("Number")
    MONEY = "money", _("Amount of money")
    DATE = "date", _("Date")
    COUNTRY = "country", _("Country")
    GOALS = "goals", _("Sustainable Development Goals")
    MATURITY = "maturity", _("How far the solution is")
    LINK = "link", _("Link")
    VIDEO = "video", _("Link to a video")
    FILE = "file", _("File")


class Maturity(models.TextChoices):
    """How far a solution is, in plain words; the value is the technology readiness level."""

    IDEA = "1", _("We have an idea, and know why it could work")
    CONCEPT = "2", _("We have worked out what it does and for whom; nothing is built yet")
    EXPERIMENT = "3", _("First experiments show that the central part works")
    WORKSHOP = "4", _("It works in our own laboratory or workshop")
    LIKE_REAL = "5", _("Its parts work under conditions like those of real use")
    PROTOTYPE = "6", _("A prototype works under conditions like those of real use")
    ON_SITE = "7", _("A prototype works where it is meant to be used")
    FINISHED = "8", _("It is finished, tested, and meets the rules that apply to it")
    IN_USE = "9", _("It is in use, and has proven itself")

    @property
    def level(self) -> str:
        """For those who read applications: the level's short name."""
        return f"TRL {self.value}"


class LimitUnit(models.TextChoices):
    """In what the length of a text is counted."""

    CHARACTERS = "characters", _("characters")
    WORDS = "words", _("words")


class Audience(models.TextChoices):
    """Who reads an answer, each a wider circle than the one before; written beside the field."""

    STAFF = "staff", _("staff only")
    JURY = "jury", _("staff and jury")
    PARTNER = "partner", _("staff, jury and partners")
    PUBLIC = "public", _("everybody, in the public summary")


#: What a jury reads; everything else is for staff alone.
READ_BY_JURY = (Audience.JURY, Audience.PARTNER, Audience.PUBLIC)
#: What a partner of the programme reads.
READ_BY_PARTNERS = (Audience.PARTNER, Audience.PUBLIC)


class CompanyFact(models.TextChoices):
    """A fact that stands in an organisation's record, so that no form asks for it anew."""

    LEGAL_NAME = "legal_name", _("Legal name")
    TRADING_NAME = "trading_name", _("Trading name")
    COUNTRY = "country", _("Country of registration")
    REGISTRATION = "registration_number", _("Registration number")
    FOUNDED = "founded_on", _("Founded on")
    WEBSITE = "website", _("Website")
    TEAM_SIZE = "team_size", _("Team size")


class FormState(models.TextChoices):
    """How far a new version of a call's form has come."""

    PREPARING = "preparing", _("In preparation")
    IN_FORCE = "in_force", _("In force")


class RuleKind(models.TextChoices):
    """What an eligibility rule looks at."""

    COUNTRY = "country", _("Country of registration")
    AGE = "age", _("Years since it was founded")
    STAGE = "stage", _("Stage of the product")
    FUNDING = "funding", _("Stage of funding")
    KIND = "kind", _("Kind of organisation")
    STATEMENT = "statement", _("A statement of their own")


class Eligibility(models.TextChoices):
    """What the check says; it never stops a draft."""

    ELIGIBLE = "eligible", _("You may apply")
    ASK_US = "ask_us", _("Ask us")
    NOT_ELIGIBLE = "not_eligible", _("You may not apply")


class Said(models.TextChoices):
    """What somebody says of their organisation where only they can know."""

    YES = "yes", _("Yes")
    NO = "no", _("No")
    UNSURE = "unsure", _("Not sure")


class RequestState(models.TextChoices):
    """What became of a team's request for more time."""

    ASKED = "asked", _("Waits for an answer")
    GRANTED = "granted", _("Granted")
    REFUSED = "refused", _("Refused")


class AttemptKind(models.TextChoices):
    """What was refused: it belongs to the facts beside a request for more time."""

    SAVE = "save", _("Saving answers")
    FILE = "file", _("Adding a file")
    SUBMIT = "submit", _("Submitting")


class Lateness(models.TextChoices):
    """How a submission after the published deadline came to be taken, for those who decide."""

    GRACE = "grace", _("submitted after the published deadline, within the grace")
    EXTENDED = "extended", _("submitted under an extension")
    UNCONFIRMED = "unconfirmed", _("submitted under an extension that nobody confirmed")


class ExtensionState(models.TextChoices):
    """An extension holds at once; without a second person within a day it ends."""

    GRANTED = "granted", _("Waits for a second person")
    CONFIRMED = "confirmed", _("Confirmed")
    ENDED = "ended", _("Ended")


class ClarificationState(models.TextChoices):
    """What became of a question to staff."""

    ASKED = "asked", _("Not answered yet")
    ANSWERED = "answered", _("Answered")
    SET_ASIDE = "set_aside", _("Set aside")


class ReplacementState(models.TextChoices):
    """Whether a refused file of a submitted version was replaced in its time."""

    OPEN = "open", _("Can be replaced")
    REPLACED = "replaced", _("Replaced")
    LAPSED = "lapsed", _("Not replaced")


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
