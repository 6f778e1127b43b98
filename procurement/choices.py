"""Words of procurement."""

from django.db import models
from django.utils.translation import gettext_lazy as _


class SupplierLevel(models.TextChoices):
    """The UN Global Marketplace level as the startup states it; the marketplace is the truth."""

    NONE = "none", _("Not registered")
    BASIC = "basic", _("Basic")
    LEVEL_1 = "level_1", _("Level 1")
    LEVEL_2 = "level_2", _("Level 2")
    UNKNOWN = "unknown", _("Not known")


class FileLevel(models.TextChoices):
    """The levels of registration a supplier file prepares for, each on top of the one before."""

    BASIC = "basic", _("Basic")
    LEVEL_1 = "level_1", _("Level 1")
    LEVEL_2 = "level_2", _("Level 2")


class RequirementKind(models.TextChoices):
    """What satisfies a requirement."""

    FACT = "fact", _("A fact of the organisation's record")
    ANSWER = "answer", _("An answer in words")
    DECLARATION = "declaration", _("A declaration")
    CONDUCT = "conduct", _("The Code of Conduct")
    DOCUMENT = "document", _("A document")
    REFERENCE = "reference", _("Somebody who can be asked")
    AGE = "age", _("Years since it was founded")


class EvidenceState(models.TextChoices):
    """What the adviser says of a piece of evidence."""

    GIVEN = "given", _("To be looked at")
    ACCEPTED = "accepted", _("Good")
    REJECTED = "rejected", _("Not good yet")
    REPLACED = "replaced", _("Replaced")


class Submission(models.TextChoices):
    """How a registration stands with a UN organisation; the marketplace is the truth."""

    NOT_SUBMITTED = "not_submitted", _("Not submitted")
    READY = "ready_to_submit", _("Ready to submit")
    SUBMITTED = "submitted", _("Submitted")
    IN_PROGRESS = "in_progress", _("In progress")
    PROFILE_TO_UPDATE = "profile_to_update", _("Profile to update")
    RESUBMITTED = "resubmitted", _("Submitted again")
    REGISTERED = "registered", _("Registered")
    UNMATCHED = "unmatched", _("Unmatched")
    DECLINED = "declined", _("Declined")
    SANCTIONED = "sanctioned", _("Sanctioned")
    WITHDRAWN = "withdrawn", _("Withdrawn")


class Gap(models.TextChoices):
    """How a requirement stands in a file, as computed from its evidence."""

    MET = "met", _("Met")
    CHECKING = "checking", _("Being looked at")
    EXPIRING = "expiring", _("Expires soon")
    EXPIRED = "expired", _("Expired")
    REJECTED = "rejected", _("Not good yet")
    MISSING = "missing", _("Missing")
    NOT_YET = "not_yet", _("Not possible yet")
    OPTIONAL = "optional", _("Optional")
