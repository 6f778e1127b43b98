"""What was promised in coaching: the list for both sides, and what becomes of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import F
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from portal.http import where_next
from portal.workflow import StepRefused
from startups.actions.action_item import promise
from startups.choices import ItemState
from startups.forms.goal import MoveDayForm, PromiseForm
from startups.models import ActionItem
from startups.views.goal import place_in_sight
from startups.workflow.action_item import item_workflow, with_sides

if TYPE_CHECKING:
    from uuid import UUID

    from django.http import HttpResponse
    from django_stubs_ext import StrOrPromise

    from portal.http import PortalRequest
    from startups.models import Place

#: So many that are done or dropped are shown.
DONE_SHOWN = 50
SAID: dict[str, StrOrPromise] = {
    "finish": gettext_lazy("Done."),
    "undo": gettext_lazy("Open again."),
    "move": gettext_lazy("Moved. Reminders come before the new day."),
    "drop": gettext_lazy("Dropped. It stays in the list with the reason."),
}


def _promise_form(place: Place, data: Any = None) -> PromiseForm:
    mentorings = place.mentorings.active().select_related("mentor__user")
    return PromiseForm(
        data,
        startup=place.startup.name,
        mentors=[one.mentor for one in mentorings],
        today=timezone.localdate(),
    )


def _page(
    request: PortalRequest, place: Place, form: PromiseForm, *, status: int = 200
) -> HttpResponse:
    """Open first by day, done below."""
    user = request.user
    rows = place.action_items.select_related("mentor__user", "mentor__programme", "done_by")
    still_open = list(
        rows.filter(state=ItemState.OPEN).order_by(F("due_on").asc(nulls_last=True), "created_at")
    )
    over = list(rows.exclude(state=ItemState.OPEN).order_by("-state_changed_at")[:DONE_SHOWN])
    for item in (*still_open, *over):
        item.place = place  # with what the rules have read of it already
    lines = [_line(item, user) for item in (*still_open, *over)]
    context = {
        "place": place,
        "open_lines": lines[: len(still_open)],
        "over_lines": lines[len(still_open) :],
        "form": form if user.has_perm("startups.add_actionitem", place) else None,
        "today": timezone.localdate(),
        "is_member": place.startup.has_member(user),
    }
    return render(request, "startups/action_list.html", context, status=status)


def _line(item: ActionItem, user: Any) -> dict[str, Any]:
    return {
        "item": item,
        "may_finish": user.has_perm("startups.finish_actionitem", item),
        "may_change": user.has_perm("startups.change_actionitem", item),
        "move": MoveDayForm(initial={"due_on": item.due_on}, auto_id=f"move-{item.pk}-%s"),
    }


@require_safe
def action_list(request: PortalRequest, pk: UUID) -> HttpResponse:
    """What both sides have promised."""
    place = place_in_sight(request, pk)
    return _page(request, place, _promise_form(place))


@require_POST
def action_create(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Something more to do."""
    place = place_in_sight(request, pk)
    if not request.user.has_perm("startups.add_actionitem", place):
        raise PermissionDenied
    form = _promise_form(place, request.POST)
    if form.is_valid():
        try:
            promise(place=place, by=request.user, **form.words())
        except StepRefused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("Kept. Whoever does it is reminded before the day."))
            return redirect("startups:action-list", place.pk)
    return _page(request, place, form, status=422)


@require_POST
def action_step(request: PortalRequest, pk: UUID, name: str) -> HttpResponse:
    """Done, not done after all, another day, dropped."""
    rows = with_sides(ActionItem.objects.visible_to(request.user)).distinct()
    item = get_object_or_404(rows, pk=pk)
    if name not in SAID:
        raise Http404
    data: dict[str, Any] = {}
    if name == "move":
        form = MoveDayForm(request.POST)
        if not form.is_valid():
            messages.error(request, " ".join(map(str, form.errors["due_on"])))
            return redirect(item)
        data = form.cleaned_data
    reason = request.POST.get("reason", "")
    try:
        item_workflow.perform(item, name, actor=request.user, reason=reason, data=data)
    except StepRefused as refusal:
        if refusal.permission:
            raise PermissionDenied from refusal
        item.refresh_from_db(fields=["state"])
        # A second tap finds it done: that is what was wanted.
        if not (name == "finish" and item.state == ItemState.DONE):
            messages.error(request, str(refusal))
    else:
        messages.success(request, f"{SAID[name]} {item.what}" if name == "finish" else SAID[name])
    return redirect(where_next(request) or item)
