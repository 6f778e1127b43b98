"""Demo Days in the admin: made from an event and a cohort, put in order, moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import Count, Q
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import NoReverseMatch, path, reverse
from django.utils.translation import gettext as _, gettext_lazy, ngettext

from events.models import Event
from portal import clock
from portal.staff import ScopedAdmin
from portal.workflow import StepRefused
from startups.actions.demo_day import (
    arrange,
    let_hand_in_late,
    move_decks,
    move_pitch,
    take_cohort_in,
)
from startups.choices import TAKEN
from startups.forms.demo_day import DemoDayForm, MoveDecksForm, order_rows
from startups.models import Cohort, DemoDay
from startups.reminders.demo_day import plan_demo_day
from startups.rules import COHORT_RUNNERS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django.urls import URLPattern


@admin.register(DemoDay)
class DemoDayAdmin(ScopedAdmin[DemoDay]):
    """Demo Days of one's programmes."""

    when_empty = gettext_lazy("No Demo Day yet. Make the event first, then its Demo Day here.")
    form = DemoDayForm
    list_display = ("title", "cohort", "shown_start", "shown_decks_due", "decks")
    list_select_related = ("event", "cohort")
    ordering = ("-event__starts_at",)
    fields = ("event", "cohort", "opening_minutes", "deck_due_at")
    change_form_template = "startups/admin/demo_day.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[DemoDay]:
        """Those of one's programmes, also where one takes part elsewhere."""
        user: Any = request.user
        standing = Q(pitches__place__state__in=TAKEN)
        rows: Any = super().get_queryset(request)
        return (  # type: ignore[no-any-return]
            rows.of_staff(user)
            .select_related("event", "cohort__programme")
            .annotate(
                pitch_count=Count("pitches", filter=standing),
                deck_count=Count("pitches", filter=standing & Q(pitches__deck__isnull=False)),
            )
        )

    @admin.display(description=gettext_lazy("Demo Day"), ordering="event__title")
    def title(self, demo_day: DemoDay) -> str:
        """The event's title."""
        return demo_day.event.title

    @admin.display(description=gettext_lazy("begins"), ordering="event__starts_at")
    def shown_start(self, demo_day: DemoDay) -> str:
        """When it begins, in its own zone and the reader's."""
        event = demo_day.event
        return clock.in_both_zones(event.starts_at, event.time_zone, clock.reader_zone())

    @admin.display(description=gettext_lazy("decks due"), ordering="deck_due_at")
    def shown_decks_due(self, demo_day: DemoDay) -> str:
        """Until when decks are taken."""
        zone = demo_day.event.time_zone
        return clock.in_both_zones(demo_day.deck_due_at, zone, clock.reader_zone())

    @admin.display(description=gettext_lazy("decks"))
    def decks(self, demo_day: Any) -> str:
        """How many of how many are there."""
        return f"{demo_day.deck_count} / {demo_day.pitch_count}"

    def get_readonly_fields(self, request: HttpRequest, obj: DemoDay | None = None) -> Any:
        """What people were told moves by its own page."""
        del request
        if obj is None:
            return ()
        return ("event", "cohort", "deck_due_at", "shown_start", "shown_decks_due")

    def get_fields(self, request: HttpRequest, obj: DemoDay | None = None) -> Any:
        """Hours in words once they stand."""
        del request
        if obj is None:
            return self.fields
        return ("event", "cohort", "shown_start", "opening_minutes", "shown_decks_due")

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Events and cohorts of programmes one runs; an event is one Demo Day at most."""
        user: Any = request.user
        if db_field.name == "event":
            own = user.within("programme", *COHORT_RUNNERS)
            kwargs["queryset"] = Event.objects.filter(own, demo_day=None).order_by("-starts_at")
        elif db_field.name == "cohort":
            own = user.within("programme", *COHORT_RUNNERS)
            kwargs["queryset"] = Cohort.objects.filter(own)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: DemoDay, form: Any, change: bool) -> None:  # noqa: FBT001
        """A new one is planned for at once."""
        super().save_model(request, obj, form, change)
        if not change:
            plan_demo_day(obj)

    # -- pages of its own ---------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """With the running order and the two pages that move a deck's deadline."""
        wrap = self.admin_site.admin_view
        pages: list[tuple[str, Callable[..., HttpResponse], str]] = [
            ("<uuid:pk>/order/", self.order_view, "order"),
            ("<uuid:pk>/move-decks/", self.move_decks_view, "move_decks"),
            ("<uuid:pk>/late/<uuid:pitch>/", self.late_view, "late"),
        ]
        own = [
            path(route, wrap(view), name=f"startups_demoday_{name}") for route, view, name in pages
        ]
        return [*own, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """With the ways to everything that belongs to the day."""
        demo_day: DemoDay | None = kwargs.get("obj")
        if demo_day is not None:
            context["ways"] = self.ways_from(request, demo_day)
        return super().render_change_form(request, context, *args, **kwargs)

    def ways_from(self, request: HttpRequest, demo_day: DemoDay) -> list[tuple[str, str]]:
        """Where one goes from a Demo Day."""
        slug, key = [demo_day.event.slug], [demo_day.pk]
        ways = [(_("Run sheet"), reverse("startups:demo-day-run-sheet", args=slug))]
        if request.user.has_perm("startups.change_demoday", demo_day):
            ways = [
                (_("Running order"), reverse("admin:startups_demoday_order", args=key)),
                (
                    _("Move the decks' deadline"),
                    reverse("admin:startups_demoday_move_decks", args=key),
                ),
                *ways,
                (_("Desk"), reverse("startups:demo-day-desk", args=slug)),
            ]
        if request.user.has_perm("events.move_event", demo_day.event):
            try:
                moving = reverse("admin:events_event_move", args=[demo_day.event_id])
            except NoReverseMatch:
                moving = ""
            if moving:
                ways.append((_("Move the Demo Day"), moving))
        return [
            *ways,
            (_("Stage page"), reverse("startups:demo-day-stage", args=slug)),
            (_("Page of the startups"), demo_day.get_absolute_url()),
        ]

    def _demo_day(self, request: HttpRequest, pk: Any) -> DemoDay:
        demo_day = self.get_object(request, str(pk))
        if demo_day is None or not request.user.has_perm("startups.change_demoday", demo_day):
            raise Http404
        return demo_day

    def order_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """The running order: numbers, buttons up and down, who speaks, minutes, language."""
        demo_day, user = self._demo_day(request, pk), self._user(request)
        pitches = list(demo_day.pitches.for_stage())
        here = redirect(reverse("admin:startups_demoday_order", args=[demo_day.pk]))
        rows = order_rows(demo_day, pitches)
        if request.method == "POST":
            if "take-in" in request.POST:
                count = take_cohort_in(demo_day=demo_day, by=user)
                self.message_user(request, said_of(count), messages.SUCCESS)
                return here
            rows = order_rows(demo_day, pitches, request.POST)
            valid = [row.is_valid() for row in rows]
            if all(valid):
                typed = {row.instance.pk: row.cleaned_data for row in rows}
                arrange(demo_day=demo_day, rows=typed, by=user)
                direction, _colon, key = request.POST.get("move", "").partition(":")
                moved = next((one for one in pitches if str(one.pk) == key), None)
                if moved is not None and direction in {"up", "down"}:
                    move_pitch(pitch=moved, up=direction == "up", by=user)
                    return redirect(f"{here['Location']}#pitch-{moved.pk}")
                self.message_user(request, _("Saved."), messages.SUCCESS)
                return here
        standing = demo_day.cohort.held_places.filter(state__in=TAKEN)
        context = self._context(
            request,
            demo_day,
            title=_("Running order"),
            rows=rows,
            waiting=standing.exclude(pk__in=demo_day.pitches.values("place")).count(),
        )
        return TemplateResponse(request, "startups/admin/demo_day_order.html", context)

    def move_decks_view(self, request: HttpRequest, pk: Any) -> HttpResponse:
        """Take decks until another hour, knowing who will be told."""
        demo_day = self._demo_day(request, pk)
        event = demo_day.event
        now_due = demo_day.deck_due_at.astimezone(event.zone).replace(tzinfo=None)
        form = MoveDecksForm(request.POST or None, event=event, initial={"due_at": now_due})

        def move() -> None:
            move_decks(
                demo_day=demo_day,
                due_at=form.cleaned_data["due_at"],
                reason=form.cleaned_data["reason"],
                by=self._user(request),
            )

        said = _("Moved. Everybody who writes for a startup of the cohort is told.")
        if done := self._do(request, demo_day, form, move, said, "change"):
            return done
        lead = _("Decks are due %(when)s. Type the new hour as it stands on the wall there.") % {
            "when": clock.in_words(demo_day.deck_due_at, event.time_zone)
        }
        context = self._context(
            request,
            demo_day,
            title=_("Move the decks' deadline"),
            form=form,
            lead=lead,
            button=_("Move the deadline and tell them"),
        )
        return TemplateResponse(request, "startups/admin/demo_day_form.html", context)

    def late_view(self, request: HttpRequest, pk: Any, pitch: Any) -> HttpResponse:
        """Let one startup hand in its deck after the deadline."""
        demo_day = self._demo_day(request, pk)
        found = get_object_or_404(demo_day.pitches.select_related("place__startup"), pk=pitch)
        form = MoveDecksForm(request.POST or None, event=demo_day.event)
        form.fields["due_at"].label = _("Its deck is taken until")
        form.fields["reason"].help_text = _("Those who write for this startup read it.")

        def let() -> None:
            let_hand_in_late(
                pitch=found,
                until=form.cleaned_data["due_at"],
                reason=form.cleaned_data["reason"],
                by=self._user(request),
            )

        if done := self._do(request, demo_day, form, let, _("Allowed, and told."), "order"):
            return done
        context = self._context(
            request,
            demo_day,
            title=_("More time for %(startup)s") % {"startup": found.startup.name},
            form=form,
            lead=_(
                "The others are not told. The deck handed in then takes the frozen one's place."
            ),
            button=_("Give more time"),
        )
        return TemplateResponse(request, "startups/admin/demo_day_form.html", context)

    def _do(
        self,
        request: HttpRequest,
        demo_day: DemoDay,
        form: MoveDecksForm,
        verb: Callable[[], None],
        said: str,
        page: str,
    ) -> HttpResponse | None:
        """Carry out what was typed and go on, or say beside the form why not."""
        if request.method != "POST" or not form.is_valid():
            return None
        try:
            verb()
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
            return None
        self.message_user(request, said, messages.SUCCESS)
        return redirect(reverse(f"admin:startups_demoday_{page}", args=[demo_day.pk]))

    @staticmethod
    def _user(request: HttpRequest) -> Any:
        return request.user

    def _context(self, request: HttpRequest, demo_day: DemoDay, **more: Any) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "demo_day": demo_day,
            "event": demo_day.event,
            "original": demo_day,
            "opts": self.opts,
            **more,
        }


def said_of(count: int) -> str:
    """What is said after the cohort was taken in."""
    if not count:
        return _("Every startup that takes part is in the running order already.")
    words = ngettext("%d startup is new in the order.", "%d startups are new in the order.", count)
    return words % count
