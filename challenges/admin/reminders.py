"""The plan of reminders of a call: who is told what and when, with the letter as it would read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_safe

from challenges.actions.reminding import (
    letter_names,
    look_at_staff_letter,
    look_at_team_letter,
)
from challenges.models import Application, Call
from challenges.reminders import (
    AFTER,
    CHANGED,
    CLOSED,
    DRAFT,
    KINDS,
    NEARS,
    STAFF_KINDS,
    nominal,
    nominal_for_staff,
)
from portal import clock
from portal.choices import OutboxState, ReminderState, Unwritten
from portal.models import OutboxMessage, Reminder, User
from portal.staff import ScopedAdmin

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise

PER_PAGE = 50
AHEAD, ALL = "ahead", "all"

RUNG_WORDS: dict[str, StrOrPromise] = {
    "14_days": gettext_lazy("14 days before"),
    "7_days": gettext_lazy("7 days before"),
    "3_days": gettext_lazy("3 days before"),
    "1_day": gettext_lazy("1 day before"),
    "3_hours": gettext_lazy("3 hours before"),
    "1_hour": gettext_lazy("1 hour before"),
}
CASE_WORDS: dict[str, StrOrPromise] = {
    DRAFT: gettext_lazy("draft not submitted"),
    CHANGED: gettext_lazy("changes not submitted"),
}
STAFF_WORDS: dict[str, StrOrPromise] = {
    NEARS: gettext_lazy("7 days before: figures for staff"),
    CLOSED: gettext_lazy("at closing: figures for staff"),
    AFTER: gettext_lazy("one day after: assign jurors"),
}
TONES = {
    ReminderState.PLANNED: "amber",
    ReminderState.SENT: "moss",
    ReminderState.CANCELLED: "fog",
}
LETTER_TONES = {
    OutboxState.PENDING: "amber",
    OutboxState.DIGEST: "amber",
    OutboxState.HELD_BACK: "fog",
    OutboxState.FAILED: "lamp",
}


def kind_in_words(kind: str) -> str:
    """3 days before: draft not submitted."""
    if kind in STAFF_WORDS:
        return str(STAFF_WORDS[kind])
    case = kind.partition("_")[0]
    return _("%(when)s: %(what)s") % {"when": RUNG_WORDS[KINDS[kind]], "what": CASE_WORDS[case]}


@dataclass(frozen=True)
class Line:
    """One planned letter, as the page shows it."""

    reminder: Reminder
    kind: str
    #: In the zone of the call, and in the reader's.
    when: str
    theirs: str
    about: str
    about_url: str
    state: str
    tone: str
    why: str
    #: Where the instant of the ladder lies in the reader's night.
    moved: str


def letters_of(rows: Iterable[Reminder]) -> dict[UUID, OutboxMessage]:
    """The letters that were written of reminders, in one statement."""
    keys: dict[str, UUID] = {}
    for row in rows:
        if row.state == ReminderState.SENT:
            for name in letter_names([row.kind]):
                keys[f"{name}:{row.pk}:{row.recipient_id}"] = row.pk
    found = OutboxMessage.objects.filter(dedup_key__in=list(keys)).defer("text", "html", "calendar")
    return {keys[letter.dedup_key]: letter for letter in found}


def state_of(row: Reminder, letter: OutboxMessage | None, now: datetime) -> tuple[str, str, str]:
    """How far it is, in a word with its colour, and why not further."""
    if row.state != ReminderState.SENT:
        why = str(row.get_why_not_display()) if row.why_not else ""
        return str(row.get_state_display()), TONES[ReminderState(row.state)], why
    if letter is None:
        return _("In the inbox only"), "moss", _("the reader wants no such letters by mail")
    if letter.state == OutboxState.SENT:
        return str(letter.get_state_display()), "moss", ""
    why = str(letter.get_why_not_display()) if letter.why_not else ""
    if letter.state == OutboxState.PENDING and letter.available_at > now:
        why = _("waits for the end of the reader’s night")
    return str(letter.get_state_display()), LETTER_TONES[OutboxState(letter.state)], why


def line_of(
    row: Reminder,
    call: Call,
    applications: Mapping[UUID, Application],
    letter: OutboxMessage | None,
    now: datetime,
) -> Line:
    """One row of the page."""
    application = applications.get(row.subject_id)
    state, tone, why = state_of(row, letter, now)
    about, url = call.title, ""
    if application is not None:
        about = f"{application.reference} · {application.startup.name}"
        url = reverse("admin:challenges_application_change", args=[application.pk])
    return Line(
        reminder=row,
        kind=kind_in_words(row.kind),
        when=clock.in_words(row.due_at, call.time_zone),
        theirs=_theirs(row, call),
        about=about,
        about_url=url,
        state=state,
        tone=tone,
        why=why,
        moved=_moved(row, call, application),
    )


def _theirs(row: Reminder, call: Call) -> str:
    """The hour on the reader's wall, where it is another than the call's."""
    zone = row.recipient.time_zone
    there, here = clock.local(row.due_at, zone), clock.local(row.due_at, call.time_zone)
    if there.utcoffset() == here.utcoffset():
        return ""
    words = {"when": clock.day_and_hour(row.due_at, zone), "place": clock.place_of(zone)}
    return _("%(when)s in %(place)s") % words


def _moved(row: Reminder, call: Call, application: Application | None) -> str:
    """Why the instant is another than the ladder's, if it is."""
    at: datetime
    if row.kind in STAFF_KINDS and row.version == call.deadline_version:
        at = nominal_for_staff(call)[row.kind]
    elif application is not None and row.version == application.deadline_mark:
        at = nominal(KINDS[row.kind], application.ends, call.time_zone)
    else:
        return ""
    if at == row.due_at:
        return ""
    words = {"when": clock.in_words(at, call.time_zone)}
    if row.due_at < at:
        return _("before their night; else it were at %(when)s") % words
    return _("after their night; else it were at %(when)s") % words


class ReminderPages(ScopedAdmin[Call]):
    """What the admin of calls adds: the plan of its reminders, and one letter of it."""

    def get_urls(self) -> list[URLPattern]:
        """With the two pages."""
        wrap = self.admin_site.admin_view
        return [
            path(
                "<uuid:pk>/reminders/",
                wrap(require_safe(self.reminders_view)),
                name="challenges_call_reminders",
            ),
            path(
                "<uuid:pk>/reminders/<uuid:reminder_id>/",
                wrap(require_safe(self.reminder_view)),
                name="challenges_call_reminder",
            ),
            *super().get_urls(),
        ]

    def _planned_of(self, request: HttpRequest, pk: UUID) -> tuple[Call, Any]:
        call = get_object_or_404(
            Call.objects.visible_to(request.user).select_related("programme"),  # type: ignore[arg-type]
            pk=pk,
        )
        if not request.user.has_perm("challenges.view_reminders_call", call):
            raise Http404
        rows = Reminder.objects.filter(
            Q(subject_id=call.pk, kind__in=STAFF_KINDS)
            | Q(
                subject_id__in=call.applications.values("pk"),
                subject_type=Application._meta.label_lower,
            )
        )
        return call, rows.select_related("recipient")

    def reminders_view(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        """Who is told what and when; ahead at first, or all there was, of one person or of all."""
        call, rows = self._planned_of(request, pk)
        show = ALL if request.GET.get("show") == ALL else AHEAD
        person = _person(request, rows)
        rows = rows.filter(state=ReminderState.PLANNED) if show == AHEAD else rows
        if person is not None:
            rows = rows.filter(recipient=person)
        page = Paginator(rows.order_by("due_at", "pk"), PER_PAGE).get_page(request.GET.get("page"))
        shown = list(page)
        applications = Application.objects.select_related("startup", "call").in_bulk(
            {row.subject_id for row in shown if row.kind in KINDS}
        )
        letters, now = letters_of(shown), clock.database_now()
        query = {"show": show, **({"person": person.pk} if person else {})}
        context = {
            **self.admin_site.each_context(request),
            "title": _("Plan of reminders"),
            "subtitle": call.title,
            "opts": self.opts,
            "call": call,
            "page": page,
            "lines": [line_of(row, call, applications, letters.get(row.pk), now) for row in shown],
            "show": show,
            "person": person,
            "query": urlencode(query),
        }
        return TemplateResponse(request, "admin/challenges/call/reminders.html", context)

    def reminder_view(self, request: HttpRequest, pk: UUID, reminder_id: UUID) -> HttpResponse:
        """One letter of the plan as it would read to its reader now, without any answer."""
        call, rows = self._planned_of(request, pk)
        row: Reminder = get_object_or_404(rows, pk=reminder_id)
        reader, now = row.recipient, clock.database_now()
        application = Application.objects.filter(pk=row.subject_id, call=call).first()
        with translation.override(reader.language), timezone.override(reader.zone):
            if row.kind in STAFF_KINDS:
                letter, why = look_at_staff_letter(call, row, now)
            else:
                letter, why = look_at_team_letter(row, now)
        letters = letters_of([row])
        context = {
            **self.admin_site.each_context(request),
            "title": _("A planned letter"),
            "subtitle": call.title,
            "opts": self.opts,
            "call": call,
            "line": line_of(
                row,
                call,
                {application.pk: application} if application else {},
                letters.get(row.pk),
                now,
            ),
            "letter": letter,
            "language": reader.language,
            "not_today": str(Unwritten(why).label)
            if why and row.state == ReminderState.PLANNED
            else "",
            "written": letters.get(row.pk),
        }
        return TemplateResponse(request, "admin/challenges/call/reminder.html", context)


def _person(request: HttpRequest, rows: Any) -> User | None:
    """Of whom alone the page shall speak."""
    try:
        key = UUID(request.GET.get("person", ""))
    except ValueError:
        return None
    found: User | None = User.objects.filter(pk__in=rows.values("recipient"), pk=key).first()
    return found


def way_to_reminders(user: User, call: Call) -> list[tuple[str, str]]:
    """The way from the page of a call."""
    if not user.has_perm("challenges.view_reminders_call", call):
        return []
    return [(_("Plan of reminders"), reverse("admin:challenges_call_reminders", args=[call.pk]))]
