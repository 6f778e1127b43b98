"""The page that takes one file: in the place of one that was refused after it was submitted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from challenges.actions.files import replace_file
from challenges.choices import ReplacementState
from challenges.forms.replace import ReplaceForm
from challenges.models import Replacement
from challenges.workflow.replacement import while_it_counts, while_it_is_read, while_there_is_time
from portal import clock
from portal.workflow import Step, StepRefused

if TYPE_CHECKING:
    from uuid import UUID

    from portal.http import PortalRequest


@require_http_methods(["GET", "HEAD", "POST"])
def file_replace(request: PortalRequest, pk: UUID, replacement_id: UUID) -> HttpResponse:
    """What was refused and why, until when another may come, and the field for it."""
    replacement = own_replacement(request, pk, replacement_id)
    may_write = request.user.has_perm("challenges.replace_file_application", replacement)
    if request.method == "POST":
        if not may_write:
            raise Http404
        form = ReplaceForm(request.POST, request.FILES, kinds=replacement.question.file_kinds)
        if form.is_valid() and _put_in_place(request, replacement, form):
            return redirect(replacement)
    else:
        form = ReplaceForm(kinds=replacement.question.file_kinds)
    context = {
        "replacement": replacement,
        "application": replacement.application,
        "call": replacement.application.call,
        "form": form,
        "purpose": f"r_{replacement.pk.hex}",
        "document": replacement.document,
        "may_write": may_write,
        "why_shut": _why_shut(replacement),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "challenges/file_replace.html", context, status=status)


def own_replacement(request: PortalRequest, pk: UUID, replacement_id: UUID) -> Replacement:
    """The replacement, if the person belongs to the team; strangers get 404."""
    replacements = Replacement.objects.of_applicant(request.user).select_related(
        "application__call__programme", "application__startup", "question", "refused", "document"
    )
    return get_object_or_404(replacements, pk=replacement_id, application=pk)


def _put_in_place(request: PortalRequest, replacement: Replacement, form: ReplaceForm) -> bool:
    """Take the file; what stands against it is said beside the field."""
    try:
        replace_file(replacement=replacement, upload=form.cleaned_data["file"], by=request.user)
    except StepRefused as refusal:
        form.add_error(None, str(refusal))
        replacement.refresh_from_db(fields=["state", "document", "open_until"])
        return False
    except ValidationError as problem:
        form.add_error("file", problem)
        return False
    messages.success(request, _("The file is in its place. Nothing more to do."))
    return True


def _why_shut(replacement: Replacement) -> str:
    """Why no file is taken any more, in a sentence; empty while one is."""
    if replacement.state != ReplacementState.OPEN:
        return str(replacement.get_state_display())
    step = Step(record=replacement, actor=None, at=clock.database_now())
    for guard in (while_there_is_time, while_it_is_read, while_it_counts):
        if refusal := guard(step):
            return str(refusal)
    return ""
