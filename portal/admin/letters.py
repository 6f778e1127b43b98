"""Letters in the admin: what was sent to whom, what waits, what failed and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.http import Http404
from django.shortcuts import redirect
from django.urls import NoReverseMatch, path, reverse
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from portal import actions, clock
from portal.choices import OutboxState, WhyNot
from portal.models import OutboxMessage
from portal.staff import ReadOnlyAdmin, telephones_of
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from django.db.models import QuerySet
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern


def callable_number(line: str) -> str:
    """What a telephone dials: the number at the end of “Wanjiku +254 …”."""
    digits = "".join(part for part in line if part.isdigit() or part == "+")
    return f"+{digits.rpartition('+')[2]}" if "+" in digits else digits


@admin.register(OutboxMessage)
class OutboxMessageAdmin(ReadOnlyAdmin[OutboxMessage]):
    """Letters: what was sent to whom, what waits, what failed and why."""

    when_empty = gettext_lazy(
        "No letter yet. Each stands here with whom it went to and how far it came."
    )
    list_display = (
        "subject", "to_address", "lane", "state_in_words", "created_at", "sent_at", "call_instead",
    )  # fmt: skip
    list_filter = ("state", "why_not", "lane")
    search_fields = ("to_address", "subject")
    search_help_text = gettext_lazy("Address or subject")
    ordering = ("-created_at",)
    fields = (
        "subject", "to_address", "person", "record", "state_in_words", "telephones", "last_error",
        "created_at", "sent_at", "delivered_at", "bounced_at", "attempts", "next_attempt",
        "reply_to", "lane", "copies", "attached", "shown_text",
    )  # fmt: skip
    actions = ("resend",)

    # -- rows ---------------------------------------------------------------------------------

    def get_readonly_fields(self, request: HttpRequest, obj: OutboxMessage | None = None) -> Any:
        """What was written stays as written."""
        del request, obj
        return self.fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[OutboxMessage]:
        """Without the HTML, which no list shows."""
        return super().get_queryset(request).select_related("recipient").defer("html")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """The list, with telephones beside what did not arrive, all found at once."""
        shown = super().get_changelist_instance(request)
        rows = list(shown.result_list)
        found = telephones_of(row for row in rows if row.state == OutboxState.FAILED)
        for row in rows:
            row.lines = found.get(row.pk, ())
        shown.result_list = rows
        return shown

    # -- columns ------------------------------------------------------------------------------

    @admin.display(description=gettext_lazy("state"), ordering="state")
    def state_in_words(self, message: OutboxMessage) -> str:
        """How far it came, and plainly why not further."""
        word = str(message.get_state_display())
        if message.state == OutboxState.SENT and message.delivered_at:
            word = _("Arrived")
        return f"{word}: {message.get_why_not_display()}" if message.why_not else word

    @admin.display(description=gettext_lazy("call instead"))
    def call_instead(self, message: Any) -> str:
        """Whom to telephone about a letter that did not arrive."""
        return ", ".join(message.lines)

    @admin.display(description=gettext_lazy("letter"))
    def shown_text(self, message: OutboxMessage) -> str:
        """The letter as plain text, links without their secret."""
        lines = actions.without_secrets(message.text).splitlines()
        return format_html_join("", "{}<br>", ((line,) for line in lines))

    @admin.display(description=gettext_lazy("attached"))
    def attached(self, message: OutboxMessage) -> str:
        """Whether an entry for the reader's calendar comes with it."""
        return _("an entry for the calendar") if message.calendar else "–"

    @admin.display(description=gettext_lazy("telephone"))
    def telephones(self, message: OutboxMessage) -> str:
        """How to reach the person or their team otherwise."""
        lines = telephones_of([message])[message.pk]
        if not lines:
            return _("none is known")
        links = ((callable_number(line), line) for line in lines)
        return format_html_join("", '<a href="tel:{}">{}</a><br>', links)

    @admin.display(description=gettext_lazy("person"))
    def person(self, message: OutboxMessage) -> str:
        """Who it was written to, and whether other letters came back as well."""
        reader = message.recipient
        if reader is None:
            return _("an address without an account")
        words = reader.shown_name
        if reader.email.lower() != message.to_address.lower():
            words += " – " + _("has the address %(address)s now") % {"address": reader.email}
        if reader.bounced_at is not None:
            words += " – " + _("letters come back")
        return words

    @admin.display(description=gettext_lazy("about"))
    def record(self, message: OutboxMessage) -> str:
        """The application, the call or whatever it speaks of, with the way there."""
        found = self._record_of(message)
        return format_html('<a href="{}">{}</a>', *found) if found else "–"

    @admin.display(description=gettext_lazy("next attempt"))
    def next_attempt(self, message: OutboxMessage) -> str:
        """When it is tried again, if it is."""
        if message.state != OutboxState.PENDING:
            return "–"
        return clock.in_words(message.available_at, clock.reader_zone())

    @admin.display(description=gettext_lazy("sent again"))
    def copies(self, message: OutboxMessage) -> str:
        """The letter this one repeats, and the one that repeats it."""
        near = [message.again_of] if message.again_of else []
        near += list(message.sent_again.all())
        links = (
            (reverse("admin:portal_outboxmessage_change", args=[one.pk]), one.to_address)
            for one in near
        )
        return format_html_join(", ", '<a href="{}">{}</a>', links) or "–"

    def _record_of(self, message: OutboxMessage) -> tuple[str, str] | None:
        """Address and name of what the letter speaks of, if the admin shows it to this person."""
        for model, door in self.admin_site._registry.items():
            if model._meta.label_lower != message.subject_type:
                continue
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_change"
            try:
                url = reverse(name, args=[message.subject_id])
            except NoReverseMatch:
                return None
            rows = door.get_queryset(self._request(message))
            found = rows.filter(pk=message.subject_id).first()
            return (url, str(found)) if found else None
        return None

    @staticmethod
    def _request(message: OutboxMessage) -> Any:
        """The request of the page that is being made; the page put it there."""
        return message.looked_at_by  # type: ignore[attr-defined]

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> OutboxMessage | None:
        """The letter, and who looks: what it leads to depends on that."""
        found = super().get_object(request, object_id, from_field)
        if found is not None:
            found.looked_at_by = request  # type: ignore[attr-defined]
        return found

    # -- sending again ------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Django's addresses, and the button of one letter."""
        own = path(
            "<uuid:object_id>/resend/",
            self.admin_site.admin_view(require_POST(self.resend_view)),
            name="portal_outboxmessage_resend",
        )
        return [own, *super().get_urls()]

    def steps_for(self, request: HttpRequest, record: OutboxMessage) -> list[dict[str, Any]]:
        """Sending again, for a letter that did not arrive."""
        user: Any = request.user
        failed = record.state in {OutboxState.FAILED, OutboxState.HELD_BACK}
        if record.why_not == WhyNot.OUTDATED:
            return []
        if not failed or not user.has_perm("portal.resend_outboxmessage", record):
            return []
        again = record.sent_again.exists()
        return [
            {
                "name": "resend",
                "label": _("Send again"),
                "url": reverse("admin:portal_outboxmessage_resend", args=[record.pk]),
                "refusal": _("This letter was sent again already.") if again else None,
                "primary": True,
                "destructive": False,
                "needs_reason": False,
                "link": False,
            }
        ]

    def resend_view(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Send one letter again and show what is on its way."""
        message = self.get_object(request, str(object_id))
        if message is None:
            raise Http404
        user: Any = request.user
        try:
            message = actions.resend_letter(message=message, by=user)
        except StepRefused as refusal:
            if refusal.permission:
                raise Http404 from refusal
            self.message_user(request, str(refusal), messages.WARNING)
        else:
            said = _("The letter is on its way to %(to)s.") % {"to": message.to_address}
            self.message_user(request, said, messages.SUCCESS)
        return redirect(reverse("admin:portal_outboxmessage_change", args=[message.pk]))

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
