"""Mentors for staff: who they are, how much they do, and whom they coach."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.db.models import Count, OuterRef, Q, Subquery, Sum
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _, gettext_lazy

from portal.staff import ReadOnlyAdmin, ScopedAdmin
from startups.actions import mentoring as verbs
from startups.choices import HELD, IN_PROGRAMME, MentoringState
from startups.models import CoachingSession, Mentor, Mentoring, Place
from startups.rules import COHORT_RUNNERS
from startups.workflow.mentoring import mentoring_workflow

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse


def hours(minutes: int) -> str:
    """Minutes as hours, as reports have them."""
    return f"{minutes / 60:.1f}"


@admin.register(Mentor)
class MentorAdmin(ReadOnlyAdmin[Mentor]):
    """Mentors describe themselves; staff read it and give them startups."""

    when_empty = gettext_lazy(
        "No mentor yet. Invite one to the role; each stands here with a profile of their own."
    )
    when_empty_go = (gettext_lazy("Invite somebody"), "admin:portal_staffinvitation_changelist")
    list_display = ("name", "programme", "used", "coached", "hours_held", "expertise")
    list_filter = ("programme", "sectors")
    list_select_related = ("user", "programme")
    search_fields = ("user__email", "user__given_name", "user__family_name", "expertise")
    fields = (
        "user",
        "programme",
        "organisation",
        "expertise",
        "sectors",
        "spoken",
        "zone",
        "capacity",
        "used",
        "coached",
        "hours_held",
        "conduct",
        "assign_link",
    )
    readonly_fields = ("spoken", "zone", "used", "coached", "hours_held", "conduct", "assign_link")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Mentor]:
        """With how many they coach and how long they have; each counted by itself."""
        held = CoachingSession.objects.filter(mentor=OuterRef("pk"), state__in=HELD).order_by()
        total = Sum("minutes_contact") + Sum("minutes_preparation") + Sum("minutes_travel")
        minutes = held.values("mentor").annotate(total=total).values("total")
        active = Q(mentorings__state=MentoringState.ACTIVE)
        rows = super().get_queryset(request).select_related("user", "programme")
        return rows.annotate(
            used_now=Count("mentorings", filter=active, distinct=True),
            all_minutes=Coalesce(Subquery(minutes), 0),
        ).prefetch_related("mentorings__place__startup", "sectors")

    @admin.display(description=gettext_lazy("mentor"), ordering="user__email")
    def name(self, mentor: Mentor) -> str:
        """Who it is."""
        return str(mentor)

    @admin.display(description=gettext_lazy("coaches / wants"), ordering="used_now")
    def used(self, mentor: Any) -> str:
        """2 / 3; what is above is said in words."""
        if mentor.used_now > mentor.capacity:
            return _("%(used)d / %(most)d, more than wanted") % {
                "used": mentor.used_now,
                "most": mentor.capacity,
            }
        return f"{mentor.used_now} / {mentor.capacity}"

    @admin.display(description=gettext_lazy("startups"))
    def coached(self, mentor: Mentor) -> str:
        """Whom they coach now."""
        active = [one for one in mentor.mentorings.all() if one.state == MentoringState.ACTIVE]
        return ", ".join(sorted(one.place.startup.name for one in active)) or "–"

    @admin.display(description=gettext_lazy("hours"), ordering="all_minutes")
    def hours_held(self, mentor: Any) -> str:
        """Of contact, preparation and travel, as logged."""
        return hours(mentor.all_minutes)

    @admin.display(description=gettext_lazy("languages"))
    def spoken(self, mentor: Mentor) -> str:
        """By their codes."""
        return ", ".join(mentor.languages) or "–"

    @admin.display(description=gettext_lazy("time zone"))
    def zone(self, mentor: Mentor) -> str:
        """That of the account."""
        return mentor.user.time_zone

    @admin.display(description=gettext_lazy("code of conduct"))
    def conduct(self, mentor: Mentor) -> str:
        """The version they agreed to, and whether a newer one waits."""
        agreed = mentor.conduct_version or "–"
        waits = verbs.conduct_to_accept(mentor)
        return (
            _("%(agreed)s; the newer %(newer)s waits")
            % {
                "agreed": agreed,
                "newer": waits.version,
            }
            if waits
            else agreed
        )

    @admin.display(description=gettext_lazy("give a startup"))
    def assign_link(self, mentor: Mentor) -> str:
        """To the form, with this mentor chosen."""
        address = reverse("admin:startups_mentoring_add")
        return format_html(
            '<a href="{}?mentor={}">{}</a>', address, mentor.pk, _("Assign to a startup")
        )


class AssignForm(forms.ModelForm[Mentoring]):
    """Who coaches whom; above capacity only when somebody says that it is agreed."""

    above_capacity = forms.BooleanField(
        label=gettext_lazy("Agreed with the mentor, although it is more than they wanted"),
        required=False,
    )

    class Meta:
        model = Mentoring
        fields = ("place", "mentor")

    def clean(self) -> dict[str, Any]:
        """The verb's own reasons, beside the form."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("place") and cleaned.get("mentor"):
            refusal = verbs.why_not_assign(
                mentor=cleaned["mentor"],
                place=cleaned["place"],
                above_capacity=bool(cleaned.get("above_capacity")),
            )
            if refusal is not None:
                field = "above_capacity" if isinstance(refusal, verbs.AboveCapacity) else "mentor"
                self.add_error(field, str(refusal))
        return cleaned

    def validate_unique(self) -> None:
        """The verb says it in a sentence."""

    def validate_constraints(self) -> None:
        """The verb says it in a sentence."""


@admin.register(Mentoring)
class MentoringAdmin(ScopedAdmin[Mentoring]):
    """Who coaches whom, from when to when."""

    when_empty = gettext_lazy("Nobody is coached yet. Assign a mentor to a startup of a cohort.")
    workflow = mentoring_workflow
    form = AssignForm
    list_display = ("startup", "mentor", "cohort", "state", "since", "ended_at")
    list_display_links = ("startup",)
    list_filter = ("state", "mentor", "place__cohort")
    list_select_related = ("place__startup", "place__cohort", "mentor__user")
    search_fields = ("place__startup__legal_name", "place__startup__trading_name")
    fields = ("place", "mentor", "above_capacity")

    def get_fields(self, request: HttpRequest, obj: Mentoring | None = None) -> Any:
        """A form to assign; afterwards facts."""
        del request
        shown = ("place", "mentor", "state", "assigned_by", "since", "ended_at")
        return shown if obj is not None else ("place", "mentor", "above_capacity")

    def get_readonly_fields(self, request: HttpRequest, obj: Mentoring | None = None) -> Any:
        """Whoever coached whom stays so: end it and assign another."""
        return () if obj is None else self.get_fields(request, obj)

    def has_change_permission(self, request: HttpRequest, obj: Mentoring | None = None) -> bool:
        """It ends by its step."""
        del request, obj
        return False

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Places and mentors of the programmes one runs."""
        user: Any = request.user
        if db_field.name == "place":
            kwargs["queryset"] = (
                Place.objects.filter(user.within("cohort__programme", *COHORT_RUNNERS))
                .filter(state__in=IN_PROGRAMME)
                .select_related("startup", "cohort")
            )
        elif db_field.name == "mentor":
            kwargs["queryset"] = Mentor.objects.filter(
                user.within("programme", *COHORT_RUNNERS)
            ).select_related("user")
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(
        self,
        request: HttpRequest,
        obj: Mentoring,
        form: Any,
        change: bool,  # noqa: FBT001 -- Django's signature
    ) -> None:
        """Assign: both letters leave with the row."""
        del change
        user: Any = request.user
        made = verbs.assign_mentor(
            mentor=obj.mentor,
            place=obj.place,
            by=user,
            above_capacity=form.cleaned_data["above_capacity"],
        )
        obj.pk = made.pk
        obj.__dict__.update(made.__dict__)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Assigning has written its own entry."""
        del request, obj, message

    def response_add(
        self, request: HttpRequest, obj: Mentoring, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Assigned, and who was told."""
        answer = super().response_add(request, obj, post_url_continue)
        self.message_user(request, _("Both sides get a letter that introduces them."))
        return answer

    @admin.display(description=gettext_lazy("startup"), ordering="place__startup__legal_name")
    def startup(self, mentoring: Mentoring) -> str:
        """Who is coached."""
        return mentoring.place.startup.name

    @admin.display(description=gettext_lazy("cohort"))
    def cohort(self, mentoring: Mentoring) -> str:
        """In which cohort."""
        return mentoring.place.cohort.name

    @admin.display(description=gettext_lazy("since"), ordering="created_at")
    def since(self, mentoring: Mentoring) -> Any:
        """From which day."""
        return mentoring.created_at.date()
