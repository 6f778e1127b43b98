"""Admins whose rows, choices and buttons are those of the person who looks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from portal import audit
from portal.models import Programme
from portal.staff.history import history_of, page_of
from portal.staff.undelivered import undelivered
from portal.staff.voice import OurVoice, PlainLabels
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from django.db.models import QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest
    from django.urls import URLPattern
    from django_stubs_ext import StrOrPromise

    from portal.choices import Role
    from portal.workflow import Workflow


M = TypeVar("M", bound=models.Model)


#: What Django's own filters put behind a field's name.
FILTER_ENDINGS = ("exact", "isnull", "isempty", "id__exact")


class PlainText(forms.CharField):
    """Text with one character for a line's end, so that an untouched one counts as unchanged."""

    def to_python(self, value: Any) -> Any:
        """As typed, whatever the browser makes of a line's end."""
        text = super().to_python(value)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text


class OwnFieldListFilter(admin.RelatedFieldListFilter):
    """A filter that offers only what the person may see."""

    def field_choices(
        self, field: Any, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, StrOrPromise]]:
        """The rows in reach, by name."""
        rows: Any = field.remote_field.model._default_manager.all()
        if not hasattr(rows, "visible_to"):
            return super().field_choices(field, request, model_admin)
        return [(str(row.pk), str(row)) for row in rows.visible_to(request.user)]


admin.FieldListFilter.register(
    lambda field: bool(field.remote_field), OwnFieldListFilter, take_priority=True
)


class ScopedAdmin(OurVoice[M]):
    """An admin whose rows, choices and buttons are those of the person who looks."""

    workflow: Workflow[Any] | None = None
    #: Steps that have their own page because they need more than a click.
    list_per_page = 50
    # The browser's own picker: it needs no script and speaks of no server's time.
    formfield_overrides: ClassVar[dict[Any, Any]] = {
        models.TextField: {"form_class": PlainText, "widget": forms.Textarea(attrs={"rows": 6})},
        models.DateField: {"widget": forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})},
    }
    #: What is said after a step; of the others only its name.
    said_after: ClassVar[Mapping[str, StrOrPromise]] = {}
    #: Whoever holds one of these offers their programmes in the field of that name.
    programme_roles: tuple[Role, ...] = ()
    view_on_site = False
    show_full_result_count = False
    change_form_template = "admin/record.html"
    object_history_template = "admin/record_history.html"

    # -- rows ---------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Every read starts at ``visible_to``."""
        manager: Any = self.model._default_manager
        rows: QuerySet[M] = manager.visible_to(request.user)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> M | None:
        """By its key alone: a name of another field in the address broke the page of deletion."""
        del from_field
        return super().get_object(request, object_id)

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Only the very parameters that the filters on the page send.

        Anything longer would walk along relations and answer yes or no about what no page shows:
        ``programme__staff__user__password__startswith`` read passwords letter by letter.
        """
        del value
        offered: set[str] = set()
        for entry in self.get_list_filter(request):
            if isinstance(entry, (str, tuple, list)):
                field = str(entry if isinstance(entry, str) else entry[0])
                offered |= {field} | {f"{field}__{ending}" for ending in FILTER_ENDINGS}
            else:
                offered.add(str(getattr(entry, "parameter_name", None)))
        return lookup in offered

    def formfield_for_foreignkey(
        self, db_field: models.ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer only rows the person may see; of programmes those one has the role for."""
        if db_field.name == "programme" and self.programme_roles:
            user: Any = request.user
            kwargs["queryset"] = Programme.objects.filter(user.within("pk", *self.programme_roles))
        self._offer_visible(request, db_field, kwargs)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def formfield_for_manytomany(
        self, db_field: models.ManyToManyField[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> Any:
        """Offer only rows the person may see."""
        self._offer_visible(request, db_field, kwargs)
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    @staticmethod
    def _offer_visible(request: HttpRequest, db_field: Any, kwargs: dict[str, Any]) -> None:
        """Unless something narrower is offered already."""
        manager: Any = db_field.remote_field.model._default_manager
        if "queryset" not in kwargs and hasattr(manager.all(), "visible_to"):
            kwargs["queryset"] = manager.visible_to(request.user)

    # -- permissions --------------------------------------------------------------------------

    def _may(self, request: HttpRequest, verb: str, obj: Any = None) -> bool:
        meta = self.opts
        return bool(request.user.has_perm(f"{meta.app_label}.{verb}_{meta.model_name}", obj))

    def has_view_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Ask the rules, with the record."""
        return self._may(request, "view", obj) or self._may(request, "change", obj)

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Ask the rules, with the record."""
        return self._may(request, "change", obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Ask the rules; there is no record yet."""
        return self._may(request, "add")

    def has_delete_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nothing is deleted: what was is part of somebody's journey."""
        del request, obj
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Ask the rules."""
        return self.has_view_permission(request)

    def get_actions(self, request: HttpRequest) -> Any:
        """Without deletion."""
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def _get_obj_does_not_exist_redirect(
        self, request: HttpRequest, opts: Any, object_id: str
    ) -> Any:
        """Strangers get 404, and the same 404 whether the record exists or not."""
        del request, opts, object_id
        raise Http404

    # -- what happened ------------------------------------------------------------------------

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Into the audit trail, in the transaction of the change."""
        del message
        return audit.record(obj, "add", actor=request.user)  # type: ignore[arg-type]

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Into the audit trail: which fields and rows, never what they hold."""
        facts: dict[str, list[str]] = {"fields": [], "rows": []}
        for part in message if isinstance(message, list) else []:
            for what, about in part.items():
                names = [str(name) for name in about.get("fields", [])]
                if "name" in about:
                    facts["rows"].append(f"{about['name']} {what}")
                else:
                    facts["fields"] += names
        if not any(facts.values()):
            return None
        kept = {name: found for name, found in facts.items() if found}
        return audit.record(obj, "change", actor=request.user, facts=kept)  # type: ignore[arg-type]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Django's page; what a step refuses at the last moment is said, not an error."""
        try:
            return super().changeform_view(request, object_id, form_url, extra_context)
        except StepRefused as refusal:
            if refusal.permission:
                raise Http404 from refusal
            self.message_user(request, str(refusal), messages.ERROR)
            return redirect(request.path)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; keys that are no keys are dropped from what was selected."""
        chosen = request.POST.getlist("_selected_action") if request.method == "POST" else []
        if any(not self._is_key(key) for key in chosen):
            posted = request.POST.copy()
            posted.setlist("_selected_action", [key for key in chosen if self._is_key(key)])
            request.POST = posted  # type: ignore[assignment]
        return super().changelist_view(request, extra_context)

    def _is_key(self, key: str) -> bool:
        try:
            self.opts.pk.to_python(key)
        except ValidationError:
            return False
        return True

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The record's history from the audit trail."""
        record = self.get_object(request, object_id)
        if record is None:
            raise Http404
        if not self.has_view_permission(request, record):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": _("History: %(record)s") % {"record": record},
            "history": page_of(
                record,
                request.user,  # type: ignore[arg-type]
                number=request.GET.get("page", ""),
                person=request.GET.get("person", ""),
                kind=request.GET.get("kind", ""),
            ),
            "record": record,
            "original": record,
            "opts": self.opts,
            **(extra_context or {}),
        }
        return TemplateResponse(request, "admin/record_history.html", context)

    # -- steps --------------------------------------------------------------------------------

    def get_urls(self) -> list[URLPattern]:
        """Django's addresses and one for each step."""
        meta = self.opts
        name = f"{meta.app_label}_{meta.model_name}_step"
        own = [
            path(
                "<path:object_id>/step/<slug:name>/",
                self.admin_site.admin_view(require_POST(self.step_view)),
                name=name,
            )
        ]
        return [*own, *super().get_urls()] if self.workflow else super().get_urls()

    def step_url(self, record: M, name: str) -> str:
        """Where the button of a step points."""
        meta = self.opts
        return reverse(f"admin:{meta.app_label}_{meta.model_name}_step", args=[record.pk, name])

    def step_page(self, record: M, name: str) -> str:
        """The page of a step that needs more than a click, named after it."""
        meta = self.opts
        address = f"{meta.app_label}_{meta.model_name}_{name.replace('-', '_')}"
        return reverse(f"admin:{address}", args=[record.pk])

    def steps_for(self, request: HttpRequest, record: M) -> list[dict[str, Any]]:
        """The buttons, each with the reason why it is not possible now, if so."""
        if self.workflow is None:
            return []
        user: Any = request.user
        return [
            {
                "name": offer.name,
                "label": offer.label,
                "url": self.step_page(record, offer.name)
                if offer.transition.needs_data
                else self.step_url(record, offer.name),
                "refusal": offer.refusal,
                "primary": offer.transition.primary,
                "destructive": offer.transition.destructive,
                "needs_reason": offer.transition.needs_reason,
                "link": offer.transition.needs_data,
            }
            for offer in self.workflow.offered_to(user, record)
        ]

    def step_view(self, request: HttpRequest, object_id: str, name: str) -> HttpResponse:
        """Take a step and come back."""
        record = self.get_object(request, object_id)
        if record is None or self.workflow is None or name not in self.workflow.transitions:
            raise Http404
        transition = self.workflow.transitions[name]
        if transition.internal or transition.needs_data:
            raise Http404
        self.take_step(request, record, name)
        return redirect(
            reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[record.pk])
        )

    def do_to_each(
        self, request: HttpRequest, rows: Iterable[M], verb: Callable[[M], object]
    ) -> int:
        """As far as possible, and say why not of the others; how many it was done to."""
        done = 0
        for record in rows:
            try:
                verb(record)
            except StepRefused as refusal:
                self.message_user(request, f"{record}: {refusal}", messages.WARNING)
            else:
                done += 1
        return done

    def take_step(
        self, request: HttpRequest, record: M, name: str, data: dict[str, Any] | None = None
    ) -> bool:
        """Perform the step and say what came of it; whether it was taken."""
        assert self.workflow is not None
        user: Any = request.user
        try:
            self.workflow.perform(
                record,
                name,
                actor=user,
                reason=request.POST.get("reason", ""),
                data=data,
            )
        except StepRefused as refusal:
            if refusal.permission:
                raise Http404 from refusal
            self.message_user(request, str(refusal), messages.ERROR)
            return False
        label = self.workflow.transitions[name].label
        said = self.said_after.get(name) or _("Done: %(step)s.") % {"step": label}
        self.message_user(request, str(said), messages.SUCCESS)
        return True

    def get_form(self, request: HttpRequest, obj: M | None = None, **kwargs: Any) -> Any:  # type: ignore[override]
        """Django's form; labels stand above their fields, so they end without a colon."""
        form = super().get_form(request, obj, **kwargs)
        return type(form.__name__, (PlainLabels, form), {})

    def render_change_form(
        self,
        request: HttpRequest,
        context: dict[str, Any],
        add: bool = False,  # noqa: FBT001, FBT002 -- Django's signature
        change: bool = False,  # noqa: FBT001, FBT002
        form_url: str = "",
        obj: M | None = None,
    ) -> HttpResponse:
        """The record's page with its steps and its history."""
        if obj is not None:
            context["steps"] = self.steps_for(request, obj)
            context["history"] = history_of(obj, request.user)  # type: ignore[arg-type]
            user: Any = request.user
            context["undelivered"] = undelivered(user, self.letters_about(obj))
        return super().render_change_form(request, context, add, change, form_url, obj)

    def letters_about(self, record: M) -> models.Q:
        """Which letters belong to the record: those that speak of it."""
        return models.Q(subject_type=record._meta.label_lower, subject_id=record.pk)

    def save_model(self, request: HttpRequest, obj: M, form: ModelForm[M], change: bool) -> None:  # noqa: FBT001
        """Write only the fields the form holds: a state that changed meanwhile stays changed."""
        del request
        if change:
            fields = [
                name
                for name in form.changed_data
                if name in {field.name for field in obj._meta.concrete_fields}
            ]
            if fields:
                obj.save(update_fields=fields)
        else:
            obj.save()


class ReadOnlyAdmin(ScopedAdmin[M]):
    """An admin to look up in: rows are made elsewhere, and change by steps or not at all."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody, whatever their role."""
        del request, obj
        return False

    def has_change_permission(self, request: HttpRequest, obj: M | None = None) -> bool:
        """Nobody, whatever their role."""
        del request, obj
        return False
