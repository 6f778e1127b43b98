"""Words of the kernel: every closed list of values that a record of `portal` may hold."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class Role(models.TextChoices):
    """What a person does in one programme; `portal.rules` says what each may."""

    MANAGER = "manager", _("Manager")
    COORDINATOR = "coordinator", _("Coordinator")
    REVIEWER = "reviewer", _("Reviewer")
    CHAIR = "chair", _("Jury chair")
    APPROVER = "approver", _("Approver")
    PARTNER = "partner", _("Partner (read only)")
    STATISTICS = "statistics", _("Statistics reader")
    PROCUREMENT = "procurement", _("Procurement adviser")
    COMPLIANCE = "compliance", _("Compliance officer")
    MENTOR = "mentor", _("Mentor")


class ProgrammeKind(models.TextChoices):
    """What sort of undertaking a programme is."""

    CENTRE = "centre", _("Innovation centre")
    ACCELERATOR = "accelerator", _("Accelerator")
    CITY = "city", _("City programme")
    DEMONSTRATION = "demonstration", _("Technology demonstration")


class PartnerRole(models.TextChoices):
    """What an organisation gives to a programme."""

    HOST = "host", _("Host")
    CO_HOST = "co_host", _("Co-host")
    DONOR = "donor", _("Donor")
    SPONSOR = "sponsor", _("Sponsor")
    PR = "pr", _("PR partner")
    KNOWLEDGE = "knowledge", _("Knowledge partner")


class Lane(models.IntegerChoices):
    """The order in which letters leave: a code never waits behind ten thousand reminders."""

    CODE = 0, _("Code or invitation")
    RECEIPT = 1, _("Receipt")
    NEWS = 2, _("Result or news")
    REMINDER = 3, _("Reminder")


class OutboxState(models.TextChoices):
    """How far a letter has come."""

    PENDING = "pending", _("Waiting")
    SENT = "sent", _("Sent")
    FAILED = "failed", _("Undelivered")


class ReminderState(models.TextChoices):
    """What became of a planned reminder."""

    PLANNED = "planned", _("Planned")
    SENT = "sent", _("Sent")
    CANCELLED = "cancelled", _("Cancelled")


class DocumentState(models.TextChoices):
    """How far the check of a file has come; only a clean one is served to others."""

    CHECKING = "checking", _("Being checked")
    CLEAN = "clean", _("Checked")
    REFUSED = "refused", _("Refused")


class PolicyKind(models.TextChoices):
    """The texts that bind everybody and therefore carry versions."""

    PRIVACY = "privacy", _("Privacy")
    TERMS = "terms", _("Terms of use")
    ACCESSIBILITY = "accessibility", _("Accessibility")


class Goal(models.IntegerChoices):
    """The seventeen Sustainable Development Goals (A/RES/70/1, short names)."""

    POVERTY = 1, _("No poverty")
    HUNGER = 2, _("Zero hunger")
    HEALTH = 3, _("Good health and well-being")
    EDUCATION = 4, _("Quality education")
    GENDER = 5, _("Gender equality")
    WATER = 6, _("Clean water and sanitation")
    ENERGY = 7, _("Affordable and clean energy")
    WORK = 8, _("Decent work and economic growth")
    INDUSTRY = 9, _("Industry, innovation and infrastructure")
    INEQUALITY = 10, _("Reduced inequalities")
    CITIES = 11, _("Sustainable cities and communities")
    CONSUMPTION = 12, _("Responsible consumption and production")
    CLIMATE = 13, _("Climate action")
    OCEAN = 14, _("Life below water")
    LAND = 15, _("Life on land")
    PEACE = 16, _("Peace, justice and strong institutions")
    PARTNERSHIPS = 17, _("Partnerships for the goals")


class Readiness(models.IntegerChoices):
    """Technology readiness levels, EC Decision C(2014)4995, Annex G."""

    PRINCIPLES = 1, _("1 – basic principles observed")
    CONCEPT = 2, _("2 – technology concept formulated")
    PROOF = 3, _("3 – experimental proof of concept")
    LAB = 4, _("4 – technology validated in lab")
    RELEVANT = 5, _("5 – technology validated in relevant environment")
    DEMONSTRATED = 6, _("6 – technology demonstrated in relevant environment")
    PROTOTYPE = 7, _("7 – system prototype demonstration in operational environment")
    COMPLETE = 8, _("8 – system complete and qualified")
    PROVEN = 9, _("9 – actual system proven in operational environment")
