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
