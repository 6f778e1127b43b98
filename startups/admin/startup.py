"""Organisations for staff: those their programme has met, read-only, with the hand-over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import admin, messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _, gettext_lazy
from django_countries import countries

from portal.http import still_you
from portal.registry import registry
from portal.workflow import StepRefused
from startups import actions
from startups.admin.merge import MergePages
from startups.forms import HandOverForm
from startups.journey import journey_of
from startups.models import Invitation, Startup

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern


class CountryFilter(admin.SimpleListFilter):
    """Countries that occur among the rows the person sees."""

    title = gettext_lazy("country")
    parameter_name = "country"

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, str]]:
        """By name, as people look for them."""
        rows = model_admin.get_queryset(request).order_by().values_list("country", flat=True)
        found = [(code, str(countries.name(code))) for code in rows.distinct()]
        return sorted(found, key=lambda entry: entry[1])

    def queryset(self, request: HttpRequest, queryset: QuerySet[Startup]) -> QuerySet[Startup]:
        """Those of the country."""
        del request
        return queryset.filter(country=self.value()) if self.value() else queryset


@admin.register(Startup)
class StartupAdmin(MergePages):
    """The list, the record as a page, and the hand-over; its members change it themselves."""

    when_empty = gettext_lazy(
        "No organisation yet. Each stands here from its first application to your programme."
    )
    when_empty_go = (gettext_lazy("See the calls"), "admin:challenges_call_changelist")
    list_display = ["name", "kind", "where", "sector", "people"]
    list_filter = ["kind", CountryFilter, "sector"]
    list_select_related = ["sector"]
    search_fields = ["legal_name", "trading_name", "city", "registration_number"]
    search_help_text = gettext_lazy("Name, city or registration number")
    fields = ["kind", "legal_name", "trading_name", "country", "city"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Startup]:
        """With the number of people."""
        return super().get_queryset(request).annotate(people_count=Count("memberships"))

    @admin.display(description=gettext_lazy("name"), ordering="legal_name")
    def name(self, startup: Startup) -> str:
        """The name people know."""
        return startup.name

    @admin.display(description=gettext_lazy("where"), ordering="country")
    def where(self, startup: Startup) -> str:
        """City and country."""
        return ", ".join(filter(None, [startup.city, str(startup.country.name)]))

    @admin.display(description=gettext_lazy("people"), ordering="people_count")
    def people(self, startup: Any) -> int:
        """How many belong."""
        count: int = startup.people_count
        return count

    def get_urls(self) -> list[URLPattern]:
        """With the page of the hand-over."""
        own = path(
            "<path:object_id>/hand-over/",
            self.admin_site.admin_view(still_you(self.hand_over_view)),
            name="startups_startup_hand_over",
        )
        return [own, *self.merge_urls(), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The record as a page: facts, whom to call, who belongs, what happened."""
        del form_url, extra_context
        user: Any = request.user
        if (stands := self._stands_for(request, object_id)) is not None:
            return redirect(self._record_url(stands))
        startup = self._startup(request, object_id)
        blocks = [
            block for ask in registry.startup_page if (block := ask(startup, user)) is not None
        ]
        context = {
            **self._context(request, startup),
            "title": startup.name,
            "memberships": startup.memberships.select_related("user"),
            "invitations": Invitation.objects.visible_to(user)
            .waiting()
            .filter(startup=startup)
            .select_related("invited_by"),
            "contacts": startup.contacts.all(),
            "founders": startup.founders.all(),
            "blocks": sorted(blocks, key=lambda block: block.order),
            "journey": journey_of(startup, user),
            "may_hand_over": user.has_perm("startups.hand_over_startup", startup),
            **self.merges_of(request, startup),
        }
        return TemplateResponse(request, "startups/admin/startup.html", context)

    def hand_over_view(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make somebody else the owner, with the reason, because the owner has left."""
        user: Any = request.user
        startup = self._startup(request, object_id)
        if not user.has_perm("startups.hand_over_startup", startup):
            raise Http404
        form = HandOverForm(request.POST if request.method == "POST" else None)
        if request.method == "POST" and form.is_valid():
            try:
                actions.hand_over(
                    startup=startup,
                    to=form.person_found,
                    by=user,
                    reason=form.cleaned_data["reason"],
                )
            except StepRefused as refusal:
                form.add_error("email", str(refusal))
            else:
                text = _("Handed over. All members get a letter.")
                self.message_user(request, text, messages.SUCCESS)
                return redirect(reverse("admin:startups_startup_change", args=[startup.pk]))
        context = {
            **self._context(request, startup),
            "title": _("Hand over %(name)s") % {"name": startup.name},
            "memberships": startup.memberships.select_related("user"),
            "form": form,
        }
        return TemplateResponse(request, "startups/admin/hand_over.html", context)

    def _startup(self, request: HttpRequest, object_id: str | None) -> Startup:
        startup = self.get_object(request, object_id) if object_id else None
        if startup is None or not self.has_view_permission(request, startup):
            raise Http404
        return startup

    def _stands_for(self, request: HttpRequest, object_id: str | None) -> Startup | None:
        """The record into which the one at an old address was merged, if the person sees it."""
        user: Any = request.user
        if object_id is None or not self._is_key(object_id):
            return None
        return Startup.objects.visible_to(user).filter(merged_from=UUID(object_id)).first()

    def _context(self, request: HttpRequest, startup: Startup) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "startup": startup,
            "original": startup,
            "opts": self.opts,
        }
