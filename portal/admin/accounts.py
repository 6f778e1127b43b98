"""Accounts in the administrator's hands: lost mailboxes, accounts closed by mistake, how long."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

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
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse
    from django.urls import URLPattern
    from django_stubs_ext import StrPromise

    from portal.models import User

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class OneStep(Generic[M]):
    """The one thing that may be done with a row: its words, what refuses it, what does it."""

    label: StrPromise
    done: StrPromise
    why_not: Callable[[M, User], str | None]
    do: Callable[[M, User, str], object]


class OneStepAdmin(ReadOnlyAdmin[M]):
    """Rows that are read, and one thing the administrator may do with a reason."""

    one_step: OneStep[M]

    def steps_for(self, request: HttpRequest, record: M) -> list[dict[str, Any]]:
        """The one button."""
        name = f"admin:{self.opts.app_label}_{self.opts.model_name}_act"
        by: Any = request.user
        return [
            {
                "name": "act",
                "label": self.one_step.label,
                "url": reverse(name, args=[record.pk]),
                "refusal": self.one_step.why_not(record, by),
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
        by: Any = request.user
        try:
            self.one_step.do(record, by, request.POST.get("reason", ""))
        except StepRefused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.message_user(request, str(self.one_step.done), messages.SUCCESS)
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
    one_step = OneStep(
        label=_("Let it count without the old address"),
        done=_("Done. The old address can still stop it until the day below."),
        why_not=why_not_count,
        do=lambda change, by, reason: let_address_count(change=change, by=by, reason=reason),
    )


@admin.register(Closing)
class ClosingAdmin(OneStepAdmin[Closing]):
    """Closed accounts; in their days of grace the administrator may open one again."""

    when_empty = _("No account is closed.")
    list_display = ("user", "created_at", "erase_from", "reopened_at", "erased_at")
    list_select_related = ("user",)
    fields = ("user", "created_at", "erase_from", "reopened_at", "erased_at")
    one_step = OneStep(
        label=_("Open the account again"),
        done=_("Open again. The person gets a letter with the way to a new password."),
        why_not=why_not_reopen,
        do=lambda closing, by, reason: reopen_account(closing=closing, by=by, reason=reason),
    )


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
