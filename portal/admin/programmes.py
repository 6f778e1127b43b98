"""Programmes and who works for them, in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal import actions
from portal.choices import Role
from portal.forms import ProgrammeForm, ReasonForm, StaffInvitationForm
from portal.http import still_you
from portal.models import (
    Location,
    Partnership,
    Programme,
    ProgrammeStaff,
    ReportedFigure,
    StaffInvitation,
)
from portal.staff import ScopedAdmin, ScopedTabularInline

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest, HttpResponse


class LocationInline(ScopedTabularInline[Location, Programme]):
    """Where the programme had its office."""

    fields = ("address", "since", "until")

    model = Location
    extra = 0


class PartnershipInline(ScopedTabularInline[Partnership, Programme]):
    """Who stands behind the programme."""

    fields = ("organisation", "role", "note")

    model = Partnership
    extra = 0


class ReportedFigureInline(ScopedTabularInline[ReportedFigure, Programme]):
    """Figures as published, never computed."""

    fields = ("value", "label", "year", "source", "published_on", "on_home", "order")

    model = ReportedFigure
    extra = 0


@admin.register(Programme)
class ProgrammeAdmin(ScopedAdmin[Programme]):
    """One's programmes."""

    when_empty = gettext_lazy("No programme yet. Calls, staff and figures belong to one.")
    form = ProgrammeForm
    list_display = ("name", "kind", "city", "country", "published")
    search_fields = ("name", "city")
    inlines = (LocationInline, PartnershipInline, ReportedFigureInline)


@admin.register(ProgrammeStaff)
class ProgrammeStaffAdmin(ScopedAdmin[ProgrammeStaff]):
    """Who does what in which programme; a role is ended, not deleted."""

    when_empty = gettext_lazy("Nobody holds a role yet.")
    fields = ("programme", "user", "role", "telephone", "ended_at")

    list_display = ("user", "role", "programme", "telephone", "since", "ended_at")
    list_filter = ("role", "programme")
    search_fields = ("user__email", "user__family_name", "user__given_name")
    list_select_related = ("user", "programme")
    readonly_fields = ("ended_at",)
    actions = ("end_roles",)

    def get_readonly_fields(self, request: HttpRequest, obj: ProgrammeStaff | None = None) -> Any:
        """Who and where never changes: end the role and give another."""
        del request
        return ("ended_at",) if obj is None else ("programme", "user", "role", "ended_at")

    def add_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Giving a role asks first whether it is still the administrator."""
        return still_you(super().add_view)(*args, **kwargs)

    @admin.display(description=gettext_lazy("since"), ordering="created_at")
    def since(self, held: ProgrammeStaff) -> Any:
        """When the role was taken."""
        return held.created_at.date()

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Whether the person ends roles anywhere."""
        return self._may(request, "end")

    @admin.action(description=gettext_lazy("End these roles now"), permissions=["end"])
    def end_roles(
        self, request: HttpRequest, queryset: QuerySet[ProgrammeStaff]
    ) -> HttpResponse | None:
        """Ask why, then end each role; it takes effect at the person's next request."""
        user: Any = request.user
        form = ReasonForm(request.POST if "apply" in request.POST else None)
        if not form.is_valid():
            context = {
                **self.admin_site.each_context(request),
                "title": _("End these roles now"),
                "opts": self.opts,
                "rows": list(queryset),
                "form": form,
                "checkbox": ACTION_CHECKBOX_NAME,
                "query": request.GET.urlencode(),
            }
            template = "admin/portal/programmestaff/end_roles.html"
            status = 422 if form.is_bound else 200
            return TemplateResponse(request, template, context, status=status)
        reason = form.cleaned_data["reason"]
        ended = self.do_to_each(
            request, queryset, lambda held: actions.end_role(held=held, by=user, reason=reason)
        )
        text = ngettext("%d role ended.", "%d roles ended.", ended) % ended
        self.message_user(request, text, messages.SUCCESS)
        return None


@admin.register(StaffInvitation)
class StaffInvitationAdmin(ScopedAdmin[StaffInvitation]):
    """Invitations to a role."""

    when_empty = gettext_lazy(
        "Nobody is invited. An invitation gives a colleague or a juror their role."
    )
    fields = ("programme", "email", "role")

    form = StaffInvitationForm
    programme_roles = (Role.MANAGER,)
    list_display = ("email", "role", "programme", "expires_at", "accepted_at", "withdrawn_at")
    list_filter = ("role", "programme")
    actions = ("withdraw",)

    def add_view(self, *args: Any, **kwargs: Any) -> HttpResponse:
        """Inviting to a role asks first whether it is still the manager."""
        return still_you(super().add_view)(*args, **kwargs)

    def has_change_permission(
        self, request: HttpRequest, obj: StaffInvitation | None = None
    ) -> bool:
        """An invitation is withdrawn or accepted, never rewritten."""
        del request, obj
        return False

    def save_model(
        self,
        request: HttpRequest,
        obj: StaffInvitation,
        form: ModelForm[StaffInvitation],
        change: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """Invite: the letter leaves with the row."""
        del form, change
        user: Any = request.user
        made = actions.invite_staff(
            programme=obj.programme, email=obj.email, role=Role(obj.role), by=user
        )
        obj.pk = made.pk
        obj.__dict__.update(made.__dict__)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Inviting has written its own entry."""
        del request, obj, message

    def has_withdraw_permission(self, request: HttpRequest) -> bool:
        """Whether the person withdraws invitations anywhere."""
        return self._may(request, "withdraw")

    @admin.action(description=gettext_lazy("Withdraw these invitations"), permissions=["withdraw"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[StaffInvitation]) -> None:
        """Make their links stop working."""
        user: Any = request.user
        count = sum(actions.withdraw_staff_invitation(invitation=one, by=user) for one in queryset)
        text = ngettext("%d invitation withdrawn.", "%d invitations withdrawn.", count) % count
        self.message_user(request, text, messages.SUCCESS)
