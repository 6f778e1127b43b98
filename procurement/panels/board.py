"""How far each startup of a cohort has come as a supplier, on the board of its cohort."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy

from portal.registry import Column, registry
from procurement.choices import FileLevel
from procurement.models import SupplierFile

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from uuid import UUID

    from portal.models import User


def levels(user: User, startups: Collection[UUID]) -> Mapping[UUID, str]:
    """The highest level that is complete in each file the reader may see."""
    files = SupplierFile.objects.visible_to(user).filter(startup__in=startups).exclude(level="")
    return {
        startup: str(FileLevel(level).label)
        for startup, level in files.values_list("startup_id", "level")
    }


registry.board_columns.append(Column(gettext_lazy("Supplier level"), levels))
