"""What the admin says after something was done, in the portal's words instead of Django's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.utils.translation import gettext as _, gettext_lazy

from portal.forms import kindly

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse
    from django_stubs_ext import StrOrPromise

M = TypeVar("M", bound=models.Model)


class PlainLabels:
    """A form whose labels end without a colon, and whose errors say what to do."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("label_suffix", "")
        super().__init__(*args, **kwargs)
        kindly(cast("forms.BaseForm", self))


class OurVoice(admin.ModelAdmin[M]):
    """An admin that says what happened in our words: the next sentence Django says is replaced."""

    #: What an empty list says, and where one goes from there unless one may add: words, address.
    when_empty: StrOrPromise = gettext_lazy("There is nothing here yet.")
    when_empty_go: tuple[StrOrPromise, str] | None = None

    def message_user(
        self,
        request: HttpRequest,
        message: Any,
        level: int | str = messages.INFO,
        extra_tags: str = "",
        fail_silently: bool = False,  # noqa: FBT001, FBT002 -- Django's signature
    ) -> None:
        """Ours if something of ours waits to be said."""
        ours = request.__dict__.pop("_our_words", None)
        super().message_user(request, ours or message, level, extra_tags, fail_silently)

    @admin.display(description="")
    def action_checkbox(self, obj: M) -> Any:
        """The box before a row."""
        attrs = {"class": "action-select", "aria-label": _("Tick %(record)s") % {"record": obj}}
        box = forms.CheckboxInput(attrs, lambda _value: False)
        return box.render(ACTION_CHECKBOX_NAME, str(obj.pk))

    def response_add(
        self, request: HttpRequest, obj: M, post_url_continue: str | None = None
    ) -> HttpResponse:
        """Added, and what can be done next."""
        if "_addanother" in request.POST:
            words = _("“%(record)s” is added. Here is an empty form for the next.")
        elif "_continue" in request.POST:
            words = _("“%(record)s” is added. You can go on here.")
        else:
            words = _("“%(record)s” is added.")
        request.__dict__["_our_words"] = words % {"record": obj}
        return super().response_add(request, obj, post_url_continue)

    def response_change(self, request: HttpRequest, obj: M) -> HttpResponse:
        """Saved, and what can be done next."""
        if "_addanother" in request.POST:
            words = _("“%(record)s” is saved. Here is an empty form for the next.")
        elif "_continue" in request.POST:
            words = _("“%(record)s” is saved. You can go on here.")
        else:
            words = _("“%(record)s” is saved.")
        request.__dict__["_our_words"] = words % {"record": obj}
        return super().response_change(request, obj)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The list; who pressed the button too early reads what comes first."""
        if request.method == "POST" and "_save" not in request.POST:
            everything = request.POST.get("select_across") == "1"
            if not (everything or request.POST.getlist(ACTION_CHECKBOX_NAME)):
                request.__dict__["_our_words"] = _(
                    "Nothing was done: tick the rows first, then choose what to do with them."
                )
            elif not request.POST.get("action"):
                request.__dict__["_our_words"] = _(
                    "Nothing was done: choose what to do with the rows, then press the button."
                )
        return super().changelist_view(request, extra_context)
