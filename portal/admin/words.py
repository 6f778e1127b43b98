"""Labels, organisations, sectors and binding texts in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import admin
from django.utils.translation import gettext_lazy

from portal.choices import Role
from portal.models import (
    Label,
    Organisation,
    PolicyText,
    Sector,
)
from portal.staff import ScopedAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Label)
class LabelAdmin(ScopedAdmin[Label]):
    """Words with which staff sort their work."""

    when_empty = gettext_lazy(
        "No label yet. Labels are words of your own by which you sort applications."
    )
    fields = ("programme", "name")
    programme_roles = (Role.MANAGER, Role.COORDINATOR)

    list_display = ("name", "programme")
    list_filter = ("programme",)


@admin.register(Organisation)
class OrganisationAdmin(ScopedAdmin[Organisation]):
    """Hosts, donors and other partners."""

    when_empty = gettext_lazy(
        "No partner organisation yet. Hosts, donors and others whom a programme’s page names."
    )
    fields = ("name", "website", "country")

    list_display = ("name", "country", "website")
    search_fields = ("name",)


@admin.register(Sector)
class SectorAdmin(ScopedAdmin[Sector]):
    """Fields of business to choose from."""

    fields = ("name", "code", "order")

    list_display = ("name", "code", "order")


@admin.register(PolicyText)
class PolicyTextAdmin(ScopedAdmin[PolicyText]):
    """Texts that bind everybody; a new version stands beside the old one."""

    fields = ("kind", "version", "text", "in_force_from")

    list_display = ("kind", "version", "in_force_from")

    def has_change_permission(self, request: HttpRequest, obj: PolicyText | None = None) -> bool:
        """A text somebody may have agreed to does not change: add a version."""
        del request, obj
        return False
