"""Accounts in the administrator's hands: lost mailboxes, accounts closed by mistake, how long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin, messages
from django.db.models import Model
from django.http import Http404
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from portal.actions.address import let_address_count, why_not_count
from portal.actions.closing import reopen_account, why_not_reopen
from portal.models import Closing, EmailChange, Retention
from portal.staff import ReadOnlyAdmin, ScopedAdmin
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django_stubs_ext import StrPromise

M = TypeVar("M", bound=Model)


class OneStepAdmin(ReadOnlyAdmin[M]):
    """Rows that are read, and one thing the administrator may do with a reason."""

    step_label: StrPromise
    step_done: StrPromise

    def why_not(self, request: HttpRequest, record: M) -> str | None:
        """Why it is not possible now."""
        raise NotImplementedError

    def do(self, request: HttpRequest, record: M, reason: str) -> None:
        """Do it."""
        raise NotImplementedError

    def steps_for(self, request: HttpRequest, record: M) -> list[dict[str, Any]]:
        """The one button."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_act"
        return [
            {
                "name": "act",
                "label": self.step_label,
                "url": reverse(name, args=[record.pk]),
                "refusal": self.why_not(request, record),
                "primary": False,
                "destructive": False,
                "needs_reason": True,
                "link": False,
            }
        ]

    def get_urls(self) -> list[URLPattern]:
        """Django's addresses and the one of the button."""
        name = f"{self.opts.app_label}_{self.opts.model_name}_act"
        view = self.admin_site.admin_view(require_POST(self.act))
        return [path("<path:object_id>/act/", view, name=name), *super().get_urls()]

    def act(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Do it and come back."""
        record = self.get_object(request, object_id)
        if record is None:
            raise Http404
        try:
            self.do(request, record, request.POST.get("reason", ""))
        except StepRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, str(self.step_done), messages.SUCCESS)
        return redirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[record.pk])
        )


@admin.register(EmailChange)
class EmailChangeAdmin(OneStepAdmin[EmailChange]):
    """Changes of address; where the old mailbox is lost the administrator may let one count."""

    when_empty = _("Nobody is changing their address.")
    list_display = ("user", "new_email", "created_at", "done_at", "stopped_at")
    list_select_related = ("user",)
    fields = (
        "user", "new_email", "created_at", "new_confirmed_at", "old_confirmed_at",
        "counts_from", "expires_at", "done_at", "stopped_at",
    )  # fmt: skip
    step_label = _("Let it count without the old address")
    step_done = _("Done. The old address can still stop it until the day below.")

    def why_not(self, request: HttpRequest, record: EmailChange) -> str | None:
        """The new address must have said yes, and the account be somebody else's."""
        return why_not_count(record, request.user)  # type: ignore[arg-type]

    def do(self, request: HttpRequest, record: EmailChange, reason: str) -> None:
        """Give the old address its days to say no."""
        let_address_count(change=record, by=request.user, reason=reason)  # type: ignore[arg-type]


@admin.register(Closing)
class ClosingAdmin(OneStepAdmin[Closing]):
    """Closed accounts; in their days of grace the administrator may open one again."""

    when_empty = _("No account is closed.")
    list_display = ("user", "created_at", "erase_from", "reopened_at", "erased_at")
    list_select_related = ("user",)
    fields = ("user", "created_at", "erase_from", "reopened_at", "erased_at")
    step_label = _("Open the account again")
    step_done = _("Open again. The person gets a letter with the way to a new password.")

    def why_not(self, request: HttpRequest, record: Closing) -> str | None:
        """What is erased does not come back."""
        return why_not_reopen(record, request.user)  # type: ignore[arg-type]

    def do(self, request: HttpRequest, record: Closing, reason: str) -> None:
        """Open it."""
        reopen_account(closing=record, by=request.user, reason=reason)  # type: ignore[arg-type]


@admin.register(Retention)
class RetentionAdmin(ScopedAdmin[Retention]):
    """How long things are kept, as the organisation decides it; people read it before they go."""

    list_display = ("what", "days", "ground")
    fields = ("what", "days", "ground")
    readonly_fields = ("what",)

    @admin.display(description=_("what is kept"), ordering="kind")
    def what(self, record: Retention) -> str:
        """In words."""
        return str(record)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What is kept is named by the code that keeps it."""
        del request, obj
        return False
