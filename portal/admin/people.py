"""People in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy

from portal.models import (
    User,
)
from portal.staff import ScopedAdmin

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(User)
class UserAdmin(ScopedAdmin[User]):
    """People one works with; only the administrator changes who may sign in."""

    list_display = ("shown_name", "email", "time_zone", "is_active", "last_login")
    search_fields = ("email", "family_name", "given_name", "display_name")
    fields = (
        "email", "given_name", "family_name", "display_name", "language", "time_zone",
        "is_active", "last_login", "held_roles",
    )  # fmt: skip
    readonly_fields = ("email", "last_login", "held_roles")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People make their own accounts."""
        del request, obj
        return False

    @admin.display(description=gettext_lazy("roles"))
    def held_roles(self, person: User) -> str:
        """What the person does where, now."""
        held = person.staff_roles.active().select_related("programme")
        return format_html_join(
            "", "{}<br>", ((f"{one.get_role_display()}, {one.programme}",) for one in held)
        )
