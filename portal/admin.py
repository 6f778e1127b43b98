"""Programmes, people, letters and the audit trail in the admin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin, messages
from django.contrib.admin.views.main import ChangeList
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from portal import actions
from portal.choices import Role
from portal.forms import ProgrammeForm, StaffInvitationForm
from portal.models import (
    AuditEntry,
    Label,
    Location,
    Organisation,
    OutboxMessage,
    Partnership,
    PolicyText,
    Programme,
    ProgrammeStaff,
    ReportedFigure,
    Sector,
    StaffInvitation,
    User,
)
from portal.registry import registry
from portal.staff import ReadOnlyAdmin, ScopedAdmin, ScopedTabularInline, sentence_of

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest


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

    form = ProgrammeForm
    list_display = ("name", "kind", "city", "country", "published")
    search_fields = ("name", "city")
    inlines = (LocationInline, PartnershipInline, ReportedFigureInline)


@admin.register(ProgrammeStaff)
class ProgrammeStaffAdmin(ScopedAdmin[ProgrammeStaff]):
    """Who does what in which programme; a role is ended, not deleted."""

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

    @admin.display(description=gettext_lazy("since"), ordering="created_at")
    def since(self, held: ProgrammeStaff) -> Any:
        """When the role was taken."""
        return held.created_at.date()

    def has_end_permission(self, request: HttpRequest) -> bool:
        """Whether the person ends roles anywhere."""
        return self._may(request, "end")

    @admin.action(description=gettext_lazy("End these roles now"), permissions=["end"])
    def end_roles(self, request: HttpRequest, queryset: QuerySet[ProgrammeStaff]) -> None:
        """End each role; it takes effect at the person's next request."""
        user: Any = request.user
        ended = self.do_to_each(
            request, queryset, lambda held: actions.end_role(held=held, by=user)
        )
        text = ngettext("%d role ended.", "%d roles ended.", ended) % ended
        self.message_user(request, text, messages.SUCCESS)


@admin.register(StaffInvitation)
class StaffInvitationAdmin(ScopedAdmin[StaffInvitation]):
    """Invitations to a role."""

    fields = ("programme", "email", "role")

    form = StaffInvitationForm
    programme_roles = (Role.MANAGER,)
    list_display = ("email", "role", "programme", "expires_at", "accepted_at", "withdrawn_at")
    list_filter = ("role", "programme")
    actions = ("withdraw",)

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


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin[OutboxMessage]):
    """Letters: what was sent to whom, what waits, what failed and why."""

    list_display = ("subject", "to_address", "lane", "state", "created_at", "sent_at", "last_error")
    list_filter = ("state", "lane")
    search_fields = ("to_address", "subject")
    ordering = ("-created_at",)
    fields = (
        "subject", "to_address", "telephones", "reply_to", "lane", "state", "created_at", "sent_at",
        "attempts", "available_at", "last_error", "shown_text",
    )  # fmt: skip
    actions = ("resend",)

    def get_readonly_fields(self, request: HttpRequest, obj: OutboxMessage | None = None) -> Any:
        """What was written stays as written."""
        del request, obj
        return self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        """Without the HTML, which no list shows."""
        return super().get_queryset(request).defer("html")

    @admin.display(description=gettext_lazy("letter"))
    def shown_text(self, message: OutboxMessage) -> str:
        """The letter as plain text, links without their secret."""
        return format_html("<pre>{}</pre>", actions.without_secrets(message.text))

    @admin.display(description=gettext_lazy("telephone"))
    def telephones(self, message: OutboxMessage) -> str:
        """How to reach the person or their team otherwise."""
        held = ProgrammeStaff.objects.filter(user=message.recipient).exclude(telephone="")
        known = {one.telephone for one in held}
        if message.startup_id is not None:
            known |= {line for ask in registry.telephones for line in ask(message.startup_id)}
        return ", ".join(sorted(known)) or "–"

    def has_resend_permission(self, request: HttpRequest) -> bool:
        """Whether the person sends letters again anywhere."""
        return self._may(request, "resend")

    @admin.action(description=gettext_lazy("Send these letters again"), permissions=["resend"])
    def resend(self, request: HttpRequest, queryset: QuerySet[OutboxMessage]) -> None:
        """Send undelivered letters again, each to the person's present address."""
        user: Any = request.user
        sent = self.do_to_each(
            request, queryset, lambda message: actions.resend_letter(message=message, by=user)
        )
        text = ngettext("%d letter is on its way.", "%d letters are on their way.", sent) % sent
        self.message_user(request, text, messages.SUCCESS)


class TrailPage(ChangeList):
    """A page of the trail with the names of its records, read in one query for each kind."""

    def get_results(self, request: HttpRequest) -> None:
        """Name the records the reader may see; of others only the kind is said."""
        super().get_results(request)
        names: dict[tuple[str, Any], Any] = {}
        entries: list[Any] = list(self.result_list)
        for label in {entry.subject_type for entry in entries}:
            rows: Any = apps.get_model(label)._default_manager
            if hasattr(rows, "visible_to"):
                keys = {entry.subject_id for entry in entries if entry.subject_type == label}
                seen = rows.visible_to(request.user)
                # A record that names others brings them along, or each row would ask again.
                seen = seen.for_list() if hasattr(seen, "for_list") else seen
                found = seen.in_bulk(list(keys))
                names |= {(label, key): record for key, record in found.items()}
        for entry in entries:
            entry.subject = names.get((entry.subject_type, entry.subject_id))
        self.result_list = entries


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnlyAdmin[AuditEntry]):
    """What happened, in order."""

    list_display = ("at", "sentence", "record", "who", "reason")
    list_filter = ("verb",)
    list_select_related = ("actor",)
    search_fields = ("verb", "reason", "actor__email", "subject_id")
    search_help_text = gettext_lazy("Step, reason, address of a person, or key of a record")
    ordering = ("-id",)
    fields = ("at", "sentence", "record", "who", "reason", "subject_id")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """With the names of the records."""
        del request, kwargs
        return TrailPage

    @admin.display(description=gettext_lazy("what"))
    def sentence(self, entry: AuditEntry) -> str:
        """The entry in words."""
        return sentence_of(entry)

    @admin.display(description=gettext_lazy("who"), ordering="actor")
    def who(self, entry: AuditEntry) -> str:
        """The person, or the portal itself."""
        return entry.actor.shown_name if entry.actor else _("the portal")

    @admin.display(description=gettext_lazy("about"))
    def record(self, entry: Any) -> str:
        """The record's kind and name, with the way to it where the admin has its page."""
        model = apps.get_model(entry.subject_type)
        kind = str(model._meta.verbose_name).capitalize()
        subject = getattr(entry, "subject", None)
        if subject is None:
            return kind
        try:
            address = reverse(
                f"admin:{model._meta.app_label}_{model._meta.model_name}_change",
                args=[entry.subject_id],
            )
        except NoReverseMatch:
            return f"{kind}: {subject}"
        return format_html('{}: <a href="{}">{}</a>', kind, address, subject)


@admin.register(Label)
class LabelAdmin(ScopedAdmin[Label]):
    """Words with which staff sort their work."""

    fields = ("programme", "name")
    programme_roles = (Role.MANAGER, Role.COORDINATOR)

    list_display = ("name", "programme")
    list_filter = ("programme",)


@admin.register(Organisation)
class OrganisationAdmin(ScopedAdmin[Organisation]):
    """Hosts, donors and other partners."""

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
