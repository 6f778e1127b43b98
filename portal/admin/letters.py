"""Letters in the admin: what was sent to whom, what waits, what failed and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.utils.html import format_html
from django.utils.translation import gettext_lazy, ngettext

from portal import actions
from portal.models import (
    OutboxMessage,
    ProgrammeStaff,
)
from portal.registry import registry
from portal.staff import ReadOnlyAdmin

if TYPE_CHECKING:
    from django.db.models import QuerySet
    from django.http import HttpRequest


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
