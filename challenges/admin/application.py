"""Applications for staff: the list, with everything that is done from it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import DateTimeField, OuterRef, Value
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from challenges.admin.bulk import BulkActions
from challenges.admin.export import ExportPages, as_staff
from challenges.admin.filters import (
    CallFilter,
    JuryFilter,
    LabelFilter,
    ResponsibleFilter,
    StateFilter,
)
from challenges.admin.offers import OfferPages
from challenges.admin.ranking import RankingPages
from challenges.admin.saved import SavedFilterPages
from challenges.admin.state import state_html
from challenges.admin.versions import VersionPages
from challenges.choices import ApplicationState
from challenges.models import SCORE, Application
from challenges.rules import APPLICATION_READERS
from challenges.workflow.application import application_workflow
from portal.models import Label
from portal.staff import KeysetList

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise

#: Where drafts stand in the order of submission.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


@admin.register(Application)
class ApplicationAdmin(
    BulkActions, RankingPages, OfferPages, ExportPages, SavedFilterPages, VersionPages
):
    """Every application of one's programmes."""

    when_empty = gettext_lazy(
        "No application yet. A team’s draft stands here from the moment they begin it."
    )
    when_empty_go = (gettext_lazy("See the calls"), "admin:challenges_call_changelist")
    workflow = application_workflow
    list_display = (
        "reference",
        "startup_name",
        "country",
        "call_title",
        "state_word",
        "progress",
        "mean",
        "reviews",
        "who",
        "label_names",
    )
    list_display_links = ("reference",)
    list_filter = (StateFilter, CallFilter, JuryFilter, ResponsibleFilter, LabelFilter)
    search_fields = ("reference", "startup__legal_name", "startup__trading_name")
    search_help_text = gettext_lazy("Reference or organisation")
    ordering = ("-created_at", "pk")
    #: Nothing is saved under these pages, so there is no way back for each row to be worked out.
    preserve_filters = False
    #: All that a row of the list reads; a call's texts alone are longer than the page.
    list_columns = (
        *("reference", "state", "submitted_at", "edited_at", "completeness", "mean_score"),
        *("review_count", "assigned_count", "call__title"),
        *("startup__legal_name", "startup__trading_name", "startup__country"),
        *("responsible__email", "responsible__given_name", "responsible__family_name"),
        "responsible__display_name",
    )
    actions = (
        "start_reviews",
        "assign_reviewers",
        "put_labels",
        "set_responsible",
        "prepare_decisions",
    )
    actions_selection_counter = True
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "start-review": gettext_lazy("The review has begun. Jurors can be assigned."),
    }
    change_list_template = "admin/challenges/application/change_list.html"

    # -- rows ---------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[Application]:
        """As staff of the call's programme, and never of one's own startup."""
        user: Any = request.user
        labels = Label.objects.filter(applications=OuterRef("pk")).order_by("name")
        return (
            as_staff(super().get_queryset(request), user)
            .select_related("call__programme", "startup", "responsible")
            .annotate(label_list=ArraySubquery(labels.values("name")))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Application], search_term: str
    ) -> tuple[QuerySet[Application], bool]:
        """A reference is found with and without its hyphen, as somebody reads it out."""
        said = re.sub(r"[\s–-]", "", search_term).upper()
        if re.fullmatch(r"[0-9A-Z]{8}", said):
            found = queryset.filter(reference=f"{said[:4]}-{said[4:]}")
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    def has_view_permission(self, request: HttpRequest, obj: Application | None = None) -> bool:
        """Who reads applications in the programme; being its applicant is no reason here."""
        user: Any = request.user
        key = obj.programme_key if obj else None
        return bool(user.is_superuser and user.is_active) or bool(
            user.has_role(key, *APPLICATION_READERS)
        )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetList]:
        """Pages that begin behind a row."""
        del request, kwargs
        return KeysetList

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> Any:
        """With one call chosen, its ranking and export stand beside the title."""
        context = {
            **self.filters_context(request),
            "chosen_call": self._chosen_call(request),
            "may_export": request.user.has_perm("challenges.export_application"),
            "may_rank": request.user.has_perm("challenges.view_decision"),
            **(extra_context or {}),
        }
        return super().changelist_view(request, context)

    @staticmethod
    def _chosen_call(request: HttpRequest) -> UUID | None:
        try:
            return UUID(request.GET.get("call", ""))
        except ValueError:
            return None

    def get_list_display(self, request: HttpRequest) -> Any:
        """With one call chosen its title is in the filter already."""
        shown = super().get_list_display(request)
        if self._chosen_call(request):
            return tuple(name for name in shown if name != "call_title")
        return shown

    # -- columns ------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("organisation"), ordering="startup__legal_name")
    def startup_name(self, application: Application) -> str:
        """Who applies."""
        return application.startup.name

    @admin.display(description=gettext_lazy("country"), ordering="startup__country")
    def country(self, application: Application) -> str:
        """Where they are registered."""
        return str(application.startup.country.name)

    @admin.display(description=gettext_lazy("call"))
    def call_title(self, application: Application) -> str:
        """For which call."""
        return application.call.title

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, application: Application) -> str:
        """The state with its sign."""
        return state_html(application.get_state_display(), application.tone)

    @admin.display(
        description=gettext_lazy("submitted, saved"),
        ordering=Coalesce("submitted_at", Value(NEVER, output_field=DateTimeField())),
    )
    def progress(self, application: Application) -> str:
        """When it was submitted; of a draft how complete it is and when it was last saved."""
        if application.state != ApplicationState.DRAFT and application.submitted_at:
            return date_format(timezone.localtime(application.submitted_at), "j M Y, H:i")
        saved = (
            date_format(timezone.localtime(application.edited_at), "j M, H:i")
            if application.edited_at
            else _("nothing yet")
        )
        return f"{application.completeness} % · {saved}"

    @admin.display(description=gettext_lazy("score of 100"), ordering=SCORE)
    def mean(self, application: Application) -> str:
        """Kept with each review."""
        return "–" if application.mean_score is None else f"{application.mean_score:.1f}"

    @admin.display(description=gettext_lazy("reviews"), ordering="review_count")
    def reviews(self, application: Application) -> str:
        """How many of how many."""
        if not application.assigned_count:
            return "–"
        return f"{application.review_count}/{application.assigned_count}"

    @admin.display(
        description=gettext_lazy("who"), ordering=Coalesce("responsible__email", Value(""))
    )
    def who(self, application: Application) -> str:
        """The responsible colleague."""
        return application.responsible.shown_name if application.responsible else "–"

    @admin.display(description=gettext_lazy("labels"))
    def label_names(self, application: Any) -> str:
        """The programme's words for it."""
        return ", ".join(application.label_list) or "–"

    # -- addresses ----------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Ranking, export, notes, files and Django's own."""
        return [
            *self.ranking_urls(),
            *self.offer_urls(),
            *self.export_urls(),
            *self.saved_filter_urls(),
            *self.record_urls(),
            *super().get_urls(),
        ]
