"""Cohorts and the places in them, for staff."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_http_methods

from portal import audit, clock
from portal.choices import Role
from portal.models import Programme
from portal.staff import ScopedAdmin, ScopedTabularInline
from portal.workflow import StepRefused
from startups.actions.cohort import invite
from startups.admin.board import BoardPages
from startups.choices import TAKEN, CohortState, PlaceState
from startups.forms.cohort import (
    CohortForm,
    GroupForm,
    InviteToCohortForm,
    MoveAnswerDateForm,
    PlaceForm,
)
from startups.models import Cohort, Group, Place, Startup
from startups.rules import COHORT_READERS
from startups.workflow.cohort import cohort_workflow
from startups.workflow.place import place_workflow

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise

TONES = {CohortState.DRAFT: "fog", CohortState.PUBLISHED: "tide", CohortState.CLOSED: "moss"}


def state_html(word: str, tone: str) -> str:
    """A state as a word with its sign, in a list."""
    return format_html("{}", render_to_string("_state.html", {"word": word, "tone": tone}))


class GroupInline(ScopedTabularInline[Group, Cohort]):
    """Who meets at the same hours."""

    model = Group
    form = GroupForm
    extra = 0
    verbose_name_plural = gettext_lazy("Groups by time zone")


@admin.register(Cohort)
class CohortAdmin(BoardPages):
    """Cohorts of one's programmes."""

    when_empty = gettext_lazy("No cohort yet. A new one stays a draft until it is published.")
    workflow = cohort_workflow
    programme_roles = (Role.MANAGER, Role.COORDINATOR)
    form = CohortForm
    list_display = ("name", "programme", "state_word", "days", "taken", "open_offers")
    list_filter = ("state", "kind", "programme")
    search_fields = ("name", "slug", "theme")
    ordering = ("-starts_on", "name")
    prepopulated_fields: ClassVar[dict[str, Any]] = {"slug": ("name",)}
    inlines = (GroupInline,)
    fieldsets = (
        (None, {"fields": ("programme", "kind", "name", "slug", "theme", "description")}),
        (
            gettext_lazy("When and where"),
            {"fields": (("starts_on", "ends_on"), "mode", "time_zone", "places")},
        ),
        (gettext_lazy("Terms"), {"fields": ("terms", "terms_version")}),
    )
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "publish": gettext_lazy("The cohort is published. Anybody can read its page now."),
        "unpublish": gettext_lazy("The cohort is a draft again. Only staff can read it."),
        "close": gettext_lazy("The cohort is closed."),
        "reopen": gettext_lazy("The cohort is open again."),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cohort]:
        """With how many take part and how many are asked."""
        return (
            super()
            .get_queryset(request)
            .select_related("programme")
            .annotate(
                taken_count=Count("held_places", filter=Q(held_places__state__in=TAKEN)),
                offer_count=Count("held_places", filter=Q(held_places__state=PlaceState.INVITED)),
            )
        )

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, cohort: Cohort) -> str:
        """The state with its sign."""
        state = CohortState(cohort.state)
        return state_html(str(state.label), TONES[state])

    @admin.display(description=gettext_lazy("when"), ordering="starts_on")
    def days(self, cohort: Cohort) -> str:
        """From when to when."""
        return f"{cohort.starts_on:%-d %b %Y} – {cohort.ends_on:%-d %b %Y}"

    @admin.display(description=gettext_lazy("take part"))
    def taken(self, cohort: Any) -> str:
        """How many of how many."""
        return _("%(taken)d of %(all)d") % {"taken": cohort.taken_count, "all": cohort.places}

    @admin.display(description=gettext_lazy("open offers"))
    def open_offers(self, cohort: Any) -> int:
        """How many have not answered."""
        return int(cohort.offer_count)

    def get_readonly_fields(self, request: HttpRequest, obj: Cohort | None = None) -> Any:
        """The programme and the public address stay once somebody relies on them."""
        del request
        if obj is None:
            return ()
        kept = ["programme"]
        return kept if obj.state == CohortState.DRAFT else [*kept, "slug"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Cohort | None = None) -> Any:
        """Only while the address may change."""
        del request
        return {} if obj and obj.state != CohortState.DRAFT else {"slug": ("name",)}

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """Who has one programme writes for that, in its zone."""
        initial: dict[str, Any] = super().get_changeform_initial_data(request)
        user: Any = request.user
        own = Programme.objects.filter(user.within("pk", *self.programme_roles))[:2]
        if len(own) == 1:
            initial = {"programme": own[0].pk, "time_zone": own[0].time_zone} | initial
        return initial

    def letters_about(self, record: Cohort) -> Q:
        """Letters about the cohort and about the places in it."""
        keys = Place.objects.filter(cohort=record).values("pk")
        about_places = Q(subject_type=Place._meta.label_lower, subject_id__in=keys)
        return super().letters_about(record) | about_places

    def save_model(
        self,
        request: HttpRequest,
        obj: Cohort,
        form: ModelForm[Cohort],
        change: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """What staff change of a cohort stands in its history."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            fields = [name for name in form.changed_data if name in form.fields]
            user: Any = request.user
            if not change:
                audit.record(obj, "create", actor=user)
            elif fields:
                audit.record(obj, "change", actor=user, facts={"fields": fields})

    def get_urls(self) -> list[URLPattern]:
        """With the page of an offer without a call, and the board."""
        own = path(
            "<uuid:pk>/invite/",
            self.admin_site.admin_view(
                require_http_methods(["GET", "HEAD", "POST"])(self.invite_view)
            ),
            name="startups_cohort_invite",
        )
        return [own, *self.board_urls(), *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the ways from a cohort to its places, an offer, its public page."""
        cohort: Cohort | None = kwargs.get("obj")
        user: Any = request.user
        context["ways"] = []
        if cohort is not None:
            listed = reverse("admin:startups_place_changelist")
            board = reverse("admin:startups_cohort_board", args=[cohort.pk])
            context["ways"].append((_("Board"), board))
            context["ways"].append((_("Places"), f"{listed}?cohort__id__exact={cohort.pk}"))
            if cohort.state != CohortState.CLOSED and user.has_perm("startups.add_place", cohort):
                way = reverse("admin:startups_cohort_invite", args=[cohort.pk])
                context["ways"].append((_("Offer it without a call"), way))
            if cohort.is_public:
                context["ways"].append((_("Public page"), cohort.get_absolute_url()))
        return super().render_change_form(request, context, *args, **kwargs)

    def invite_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Offer an organisation to take part without a call before it."""
        cohort = self.get_object(request, str(pk))
        user: Any = request.user
        if cohort is None or not user.has_perm("startups.add_place", cohort):
            raise Http404
        startups = (
            Startup.objects.visible_to(user)
            .exclude(places__cohort=cohort)
            .exclude(memberships__user=user)
            .order_by("legal_name")
        )
        posted = request.POST if request.method == "POST" else None
        form = InviteToCohortForm(posted, cohort=cohort, startups=startups)
        status = 200
        if posted is not None and form.is_valid():
            try:
                place = invite(
                    cohort=cohort,
                    startup=form.cleaned_data["startup"],
                    answer_by=form.cleaned_data["answer_by"],
                    by=user,
                )
            except StepRefused as refusal:
                form.add_error(None, str(refusal))
            else:
                said = _("Offered. %(startup)s gets a letter now.") % {
                    "startup": place.startup.name
                }
                self.message_user(request, said, messages.SUCCESS)
                return redirect("admin:startups_place_change", place.pk)
        if posted is not None:
            status = 422
        context = {
            **self.admin_site.each_context(request),
            "title": _("Offer it without a call"),
            "subtitle": cohort.name,
            "cohort": cohort,
            "original": cohort,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(
            request, "admin/startups/cohort/invite.html", context, status=status
        )


@admin.register(Place)
class PlaceAdmin(ScopedAdmin[Place]):
    """Who is offered, takes part, has left."""

    when_empty = gettext_lazy("Nobody is offered to take part yet.")
    when_empty_go = (gettext_lazy("See the cohorts"), "admin:startups_cohort_changelist")
    workflow = place_workflow
    form = PlaceForm
    list_display = ("startup_name", "cohort_name", "state_word", "group_name", "shown_answer_by")
    list_display_links = ("startup_name",)
    list_filter = ("cohort", "state", "group")
    search_fields = ("startup__legal_name", "startup__trading_name")
    search_help_text = gettext_lazy("Organisation")
    ordering = ("startup__legal_name", "pk")
    fieldsets = (
        (None, {"fields": ("organisation", "cohort_name", "state_word", "group")}),
        (
            gettext_lazy("Offer"),
            {"fields": ("shown_answer_by", "answer", "reason", "terms_accepted")},
        ),
        (gettext_lazy("For the public"), {"fields": ("public_words",)}),
    )
    readonly_fields = (
        "organisation",
        "cohort_name",
        "state_word",
        "shown_answer_by",
        "answer",
        "reason",
        "terms_accepted",
        "public_words",
    )
    said_after: ClassVar[dict[str, StrOrPromise]] = {
        "end-offer": gettext_lazy("The offer has ended. The organisation is told why."),
        "start": gettext_lazy("It takes part from now on. The organisation is told."),
        "complete": gettext_lazy("Completed. The organisation is told."),
        "drop-out": gettext_lazy("Noted. The organisation is told why."),
        "make-alumni": gettext_lazy("Alumni now. The organisation is told."),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet[Place]:
        """Those of cohorts one works for: to read one's own there are other pages."""
        user: Any = request.user
        return (
            super()
            .get_queryset(request)
            .filter(user.within("cohort__programme", *COHORT_READERS))
            .select_related("cohort__programme", "startup", "group", "answered_by")
        )

    def has_view_permission(self, request: HttpRequest, obj: Place | None = None) -> bool:
        """Whoever reads the cohort."""
        return request.user.has_perm("startups.view_cohort", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """An offer begins at the ranking of a call or on the page of the cohort."""
        del request, obj
        return False

    @admin.display(description=gettext_lazy("organisation"), ordering="startup__legal_name")
    def startup_name(self, place: Place) -> str:
        """Whose it is."""
        return place.startup.name

    @admin.display(description=gettext_lazy("organisation"))
    def organisation(self, place: Place) -> str:
        """Whose it is, with the way to its record."""
        url = reverse("admin:startups_startup_change", args=[place.startup_id])
        return format_html('<a href="{}">{}</a>', url, place.startup.name)

    @admin.display(description=gettext_lazy("cohort"), ordering="cohort__name")
    def cohort_name(self, place: Place) -> str:
        """In which."""
        return place.cohort.name

    @admin.display(description=gettext_lazy("group"))
    def group_name(self, place: Place) -> str:
        """Which, if any."""
        return place.group.name if place.group else "–"

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_word(self, place: Place) -> str:
        """The state with its sign."""
        return state_html(str(PlaceState(place.state).label), place.tone)

    @admin.display(description=gettext_lazy("answer by"), ordering="answer_by")
    def shown_answer_by(self, place: Place) -> str:
        """In the cohort's zone and the reader's."""
        return clock.in_both_zones(place.answer_by, place.cohort.time_zone, clock.reader_zone())

    @admin.display(description=gettext_lazy("answered"))
    def answer(self, place: Place) -> str:
        """Who answered when."""
        if place.answered_at is None:
            return "–"
        when = clock.in_both_zones(place.answered_at, place.cohort.time_zone, clock.reader_zone())
        return f"{place.answered_by.shown_name}, {when}" if place.answered_by else when

    @admin.display(description=gettext_lazy("terms accepted"))
    def terms_accepted(self, place: Place) -> str:
        """Which version."""
        return place.terms_version or "–"

    @admin.display(description=gettext_lazy("what the public reads"))
    def public_words(self, place: Place) -> str:
        """Only what was approved: what is being written is the organisation's own."""
        return place.public_text if place.public_text_approved_at else _("nothing approved yet")

    def save_model(
        self,
        request: HttpRequest,
        obj: Place,
        form: ModelForm[Place],
        change: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """The group, with its entry in the history."""
        with transaction.atomic():
            super().save_model(request, obj, form, change)
            if "group" in form.changed_data:
                user: Any = request.user
                audit.record(obj, "set-group", actor=user)

    def get_urls(self) -> list[URLPattern]:
        """With the page for moving the answer date."""
        own = path(
            "<uuid:pk>/move-answer-date/",
            self.admin_site.admin_view(
                require_http_methods(["GET", "HEAD", "POST"])(self.move_answer_date_view)
            ),
            name="startups_place_move_answer_date",
        )
        return [own, *super().get_urls()]

    def steps_for(self, request: HttpRequest, record: Place) -> list[dict[str, Any]]:
        """The staff's steps: whoever belongs to the organisation too answers on its own page."""
        team = {"confirm", "refuse", "approve-text", "keep-text"}
        return [step for step in super().steps_for(request, record) if step["name"] not in team]

    def move_answer_date_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Another answer date; the owners are told at once."""
        place = self.get_object(request, str(pk))
        user: Any = request.user
        if place is None or not user.has_perm("startups.change_place", place):
            raise Http404
        posted = request.POST if request.method == "POST" else None
        there = place.answer_by.astimezone(place.cohort.zone).replace(tzinfo=None)
        form = MoveAnswerDateForm(posted, cohort=place.cohort, initial={"answer_by": there})
        if posted is not None and form.is_valid():
            data = {"answer_by": form.cleaned_data["answer_by"]}
            if self.take_step(request, place, "move-answer-date", data=data):
                return redirect("admin:startups_place_change", place.pk)
        context = {
            **self.admin_site.each_context(request),
            "title": _("Move the answer date"),
            "subtitle": str(place),
            "place": place,
            "original": place,
            "form": form,
            "opts": self.opts,
        }
        return TemplateResponse(
            request,
            "admin/startups/place/move_answer_date.html",
            context,
            status=200 if posted is None else 422,
        )
