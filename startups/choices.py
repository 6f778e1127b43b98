"""Words of startups: what applies, who belongs to it, how it stands."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class StartupKind(models.TextChoices):
    """What sort of organisation applies."""

    STARTUP = "startup", _("Start-up")
    SME = "sme", _("Small or medium enterprise")
    LARGE = "large", _("Large company")
    NON_PROFIT = "non_profit", _("Non-profit organisation")
    UNIVERSITY = "university", _("University or research institute")
    TEAM = "team", _("Team, not yet registered")


class SizeBand(models.TextChoices):
    """How many people work there."""

    ONE = "1", _("1 person")
    FEW = "2-9", _("2 to 9")
    SMALL = "10-49", _("10 to 49")
    MEDIUM = "50-249", _("50 to 249")
    LARGE = "250+", _("250 or more")


class FundingStage(models.TextChoices):
    """How far the financing has come."""

    PRE_SEED = "pre_seed", _("Pre-seed")
    SEED = "seed", _("Seed")
    EARLY = "early", _("Early (series A)")
    GROWTH = "growth", _("Growth (series B and later)")
    LATER = "later", _("Later")
    NONE = "none", _("No outside funding")


class ProductStage(models.TextChoices):
    """How far the product has come."""

    IDEA = "idea", _("Idea")
    PROTOTYPE = "prototype", _("Prototype")
    PILOT = "pilot", _("Pilot")
    REVENUE = "revenue", _("First revenue")
    SCALING = "scaling", _("Scaling")


class MemberRole(models.TextChoices):
    """What a person may do for the startup."""

    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    VIEWER = "viewer", _("Viewer")


class InvitationState(models.TextChoices):
    """What became of an invitation."""

    OPEN = "open", _("Waiting")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class JoinRequestState(models.TextChoices):
    """What became of a request to join."""

    OPEN = "open", _("Waiting for an owner")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")


class FounderGender(models.TextChoices):
    """Asked only for statistics and always with a way not to answer."""

    WOMAN = "woman", _("Woman")
    MAN = "man", _("Man")
    OTHER = "other", _("Another")
    UNSAID = "unsaid", _("Prefer not to say")


class CohortKind(models.TextChoices):
    """What those who take part do together."""

    ACCELERATOR = "accelerator", _("Accelerator batch")
    RESIDENCY = "residency", _("Residency")


class CohortState(models.TextChoices):
    """What is stored of a cohort; upcoming, running and over are computed from its dates."""

    DRAFT = "draft", _("Draft")
    PUBLISHED = "published", _("Published")
    CLOSED = "closed", _("Closed")


class PlaceState(models.TextChoices):
    """A startup's way through a cohort."""

    INVITED = "invited", _("Offered")
    CONFIRMED = "confirmed", _("Confirmed")
    ACTIVE = "active", _("Taking part")
    COMPLETED = "completed", _("Completed")
    DROPPED_OUT = "dropped_out", _("Dropped out")
    ALUMNI = "alumni", _("Alumni")
    REFUSED = "refused", _("Refused")
    ENDED = "ended", _("Offer ended")


#: Places that are taken: an offer is none yet, and who left gives theirs free.
TAKEN = (PlaceState.CONFIRMED, PlaceState.ACTIVE, PlaceState.COMPLETED, PlaceState.ALUMNI)
#: Places whose startup is in the programme now or will be: coached, with goals and Demo Day.
IN_PROGRAMME = (PlaceState.CONFIRMED, PlaceState.ACTIVE)
#: Whoever took part in the end, or does.
TOOK_PART = (*TAKEN, PlaceState.DROPPED_OUT)


class MentoringState(models.TextChoices):
    """Whether a mentor coaches a startup."""

    ACTIVE = "active", _("Coaching")
    ENDED = "ended", _("Ended")


class SessionState(models.TextChoices):
    """How far a coaching session has come."""

    PLANNED = "planned", _("Planned")
    LOGGED = "logged", _("Logged")
    CONFIRMED = "confirmed", _("Confirmed by the startup")
    NO_SHOW = "no_show", _("Nobody came")
    CANCELLED = "cancelled", _("Cancelled")


#: Sessions that took place and were written up.
HELD = (SessionState.LOGGED, SessionState.CONFIRMED)


class Side(models.TextChoices):
    """Who has taken on to do something."""

    STARTUP = "startup", _("Startup")
    MENTOR = "mentor", _("Mentor")


class ItemState(models.TextChoices):
    """How far something that was promised has come."""

    OPEN = "open", _("To do")
    DONE = "done", _("Done")
    DROPPED = "dropped", _("Dropped")


class GoalState(models.TextChoices):
    """What became of a goal."""

    SET = "set", _("Set")
    MET = "met", _("Met")
    MISSED = "missed", _("Not met")
    DROPPED = "dropped", _("Dropped")


class Voice(models.TextChoices):
    """Who speaks of how a goal stands."""

    STARTUP = "startup", _("Startup")
    MENTOR = "mentor", _("Mentor")
    STAFF = "staff", _("Programme team")


class Verdict(models.TextChoices):
    """How a goal stands."""

    ON_TRACK = "on_track", _("On track")
    AT_RISK = "at_risk", _("At risk")
    OFF_TRACK = "off_track", _("Off track")
