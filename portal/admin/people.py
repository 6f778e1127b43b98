"""People in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from django.contrib import admin, messages
from django.db.models import Q
from django.utils.decorators import method_decorator
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy, ngettext

from portal import actions
from portal.http import still_you
from portal.models import (
    User,
)
from portal.staff import ScopedAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest


@admin.register(User)
class UserAdmin(ScopedAdmin[User]):
    """People one works with; only the administrator changes who may sign in."""

    list_display = ("shown_name", "email", "time_zone", "is_active", "last_login")
    search_fields = ("email", "family_name", "given_name", "display_name")
    fields = (
        "email", "given_name", "family_name", "display_name", "language", "time_zone",
        "is_active", "last_login", "bounced_at", "held_roles",
    )  # fmt: skip
    readonly_fields = ("email", "last_login", "bounced_at", "held_roles")

    actions = ("end_sessions", "take_away_factors")

    def save_model(
        self,
        request: HttpRequest,
        obj: User,
        form: ModelForm[User],
        change: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """Somebody who may not sign in any more is signed out everywhere at once."""
        super().save_model(request, obj, form, change)
        if "is_active" in form.changed_data and not obj.is_active:
            actions.end_sessions(user=obj, by=cast("User", request.user))

    @admin.action(
        description=gettext_lazy("Sign these people out everywhere"), permissions=["change"]
    )
    def end_sessions(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """End their sessions and forget their devices."""
        by = cast("User", request.user)
        ended = sum(actions.end_sessions(user=one, by=by) for one in queryset)
        text = ngettext("%d session ended.", "%d sessions ended.", ended) % ended
        self.message_user(request, text, messages.SUCCESS)

    @admin.action(
        description=gettext_lazy("Take away the second factor (after a call)"),
        permissions=["change"],
    )
    @method_decorator(cast("Any", still_you))
    def take_away_factors(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        """For somebody who has lost every device and every recovery code."""
        by = cast("User", request.user)
        done = self.do_to_each(
            request, queryset, lambda one: actions.take_away_factors(user=one, by=by)
        )
        text = ngettext("Taken away from %d person.", "Taken away from %d people.", done) % done
        self.message_user(request, text, messages.SUCCESS)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """People make their own accounts."""
        del request, obj
        return False

    def letters_about(self, record: User) -> Q:
        """Letters to the person, whatever they speak of."""
        return Q(recipient=record.pk)

    @admin.display(description=gettext_lazy("roles"))
    def held_roles(self, person: User) -> str:
        """What the person does where, now."""
        held = person.staff_roles.active().select_related("programme")
        return format_html_join(
            "", "{}<br>", ((f"{one.get_role_display()}, {one.programme}",) for one in held)
        )
