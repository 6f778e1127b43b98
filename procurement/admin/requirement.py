"""What UN organisations ask: advisers add rows and end them, the past stays as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.db import models
from django.utils.translation import gettext_lazy

from portal.staff import ScopedAdmin
from procurement.actions.file import ask_all_anew
from procurement.models import CodeRevision, Requirement, Threshold

if TYPE_CHECKING:
    from django.forms import ModelForm
    from django.http import HttpRequest

M = TypeVar("M", bound=models.Model)


class AskedAdmin(ScopedAdmin[M]):
    """Rows that are added and ended; what somebody was asked once does not change."""

    #: What may still be changed in a row that stands.
    still_open: tuple[str, ...] = ("valid_to",)

    def get_readonly_fields(self, request: HttpRequest, obj: M | None = None) -> Any:
        """All but the day on which it ends, once it stands."""
        if obj is None:
            return super().get_readonly_fields(request, obj)
        fields: Any = self.fields or ()
        return tuple(name for name in fields if name not in self.still_open)

    def save_model(
        self,
        request: HttpRequest,
        obj: M,
        form: ModelForm[M],
        change: bool,  # noqa: FBT001 -- Django's
    ) -> None:
        """Saved; every file is looked at anew."""
        super().save_model(request, obj, form, change)
        ask_all_anew()


@admin.register(Requirement)
class RequirementAdmin(AskedAdmin[Requirement]):
    """What is asked at a level, from when to when, with its source."""

    list_display = ["label", "organisation", "level", "kind", "valid_from", "valid_to"]
    list_filter = ["level", "kind"]
    search_fields = ["label", "organisation", "code"]
    fields = (
        *("organisation", "level", "code", "kind", "label", "help", "fact"),
        *("how_many", "years", "english", "holds_months", "optional", "sensitive"),
        *("valid_from", "valid_to", "source", "order"),
    )
    when_empty = gettext_lazy("Nothing is asked. Add what UN organisations ask, with its source.")


@admin.register(CodeRevision)
class CodeRevisionAdmin(AskedAdmin[CodeRevision]):
    """Revisions of the Code of Conduct; a newer one is to be acknowledged anew."""

    list_display = ["name", "in_force_from", "source"]
    fields = ("name", "in_force_from", "source")
    still_open = ()
    when_empty = gettext_lazy("No revision is known. Add the one that is in force.")

    def has_change_permission(self, request: HttpRequest, obj: CodeRevision | None = None) -> bool:
        """Nobody: it was acknowledged as it stands."""
        del request, obj
        return False


@admin.register(Threshold)
class ThresholdAdmin(AskedAdmin[Threshold]):
    """Up to which value of a contract an organisation is content with a level."""

    list_display = ["organisation", "level", "up_to", "currency", "valid_from", "valid_to"]
    fields = ("organisation", "level", "up_to", "currency", "valid_from", "valid_to", "source")
    when_empty = gettext_lazy("No values are known.")
