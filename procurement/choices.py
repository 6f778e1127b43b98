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
