"""Rows on a record's page, with the rules asked about that record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from django.contrib import admin
from django.db import models

from portal.staff.voice import PlainLabels

if TYPE_CHECKING:
    from django.http import HttpRequest


M = TypeVar("M", bound=models.Model)
P = TypeVar("P", bound=models.Model)


class _ScopedInline:
    """Rows on a record's page, with the rules asked about that record."""

    def _may(self, request: HttpRequest, verb: str, obj: Any) -> bool:
        meta: Any = self.opts  # type: ignore[attr-defined]
        user: Any = request.user
        return bool(user.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}", obj))

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Labels stand above or before their fields without a colon, as in every form."""
        formset: Any = super().get_formset(request, obj, **kwargs)  # type: ignore[misc]
        formset.form = type(formset.form.__name__, (PlainLabels, formset.form), {})
        return formset

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask the rules, with the record the rows belong to."""
        return self._may(request, "view", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask the rules, with the record the rows belong to."""
        return self._may(request, "add", obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask the rules, with the record the rows belong to."""
        return self._may(request, "change", obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Ask the rules, with the record the rows belong to."""
        return self._may(request, "delete", obj)


class ScopedStackedInline(_ScopedInline, admin.StackedInline[M, P]):
    """Rows under each other."""


class ScopedTabularInline(_ScopedInline, admin.TabularInline[M, P]):
    """Rows as a table."""
