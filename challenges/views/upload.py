"""Files in pieces: begun, sent piece by piece, asked after, finished or given up.

Each request is decided anew: whose application it is, who writes it, what its deadline says. The
answers are for `upload.js`; without it the form's own field sends the file as ever.
"""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, cast

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, JsonResponse
from django.http.request import UnreadablePostError
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from challenges.actions.attempts import note_refusal
from challenges.actions.upload import (
    add_piece,
    begin_upload,
    finish_upload,
    place_called,
    upload_of,
)
from challenges.choices import AttemptKind
from challenges.views.own import own_application
from challenges.workflow.form import FormMoved
from portal.choices import DocumentState
from portal.documents import pieces
from portal.workflow import StepRefused

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from django.http import HttpRequest

    from challenges.actions.upload import Place
    from challenges.models import Application
    from portal.http import PortalRequest
    from portal.models import Document, Upload

#: How the script says that it asks: it must hear in words of its own that somebody is signed out.
ASKED_BY_SCRIPT = "X-Upload"
#: No file is so long that its size has more.
FIGURES = 12


def for_script(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A view that answers a script: refusals as sentences, and 401 instead of the sign-in page."""

    @wraps(view)
    def answered(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not request.user.is_authenticated:
            if ASKED_BY_SCRIPT not in request.headers:
                return redirect_to_login(request.get_full_path())
            return JsonResponse({"signed_out": True}, status=401)
        try:
            return view(cast("PortalRequest", request), *args, **kwargs)
        except StepRefused as refusal:
            if refusal.permission:
                raise Http404 from refusal
            asked = cast("PortalRequest", request)
            tried = own_application(asked, kwargs["pk"])
            note_refusal(application=tried, by=asked.user, kind=AttemptKind.FILE)
            return JsonResponse({"refusal": str(refusal)}, status=409)
        except ValidationError as problem:
            # A store that is away is no fault of the file: it may be tried again.
            again = problem.code == "storage"
            return JsonResponse(
                {"refusal": " ".join(problem.messages)}, status=503 if again else 422
            )
        except pieces.OutOfPlace as place:
            return JsonResponse({"received": place.received}, status=409)

    return login_not_required(answered)


@for_script
@require_POST
def upload_begin(request: PortalRequest, pk: UUID) -> HttpResponse:
    """Room for a file, or the one that was begun: how much of it has come."""
    application = own_application(request, pk)
    if not request.user.has_perm("challenges.change_application", application):
        raise Http404
    place = _place(application, request.POST.get("purpose", ""))
    claim = pieces.Claim(
        name=request.POST.get("name", "")[:255],
        size=_number(request.POST.get("size", "")),
        mark=request.POST.get("mark", ""),
        kinds=place.kinds,
    )
    return _told(begin_upload(place, claim=claim, by=request.user))


@for_script
@require_http_methods(["GET", "HEAD", "POST"])
def upload_detail(request: PortalRequest, pk: UUID, upload_id: UUID) -> HttpResponse:
    """How far a file is; with POST its next piece, ``?at=`` the byte it begins at."""
    application = own_application(request, pk)
    upload = _upload(request, application, upload_id)
    if request.method != "POST":
        if upload.document is not None:
            return _taken(request, application, upload.purpose, upload.document)
        return _told(upload)
    place = _place(application, upload.purpose)
    at = request.GET.get("at", "")
    try:
        content = request.body
    except UnreadablePostError:
        return JsonResponse({"received": upload.received}, status=400)
    if str(len(content)) != request.headers.get("Content-Length") or not at:
        # The line broke in the middle of a piece: nothing of it counts.
        return JsonResponse({"received": upload.received}, status=400)
    return _told(add_piece(place, upload, at=_number(at), content=content, by=request.user))


@for_script
@require_POST
def upload_finish(request: PortalRequest, pk: UUID, upload_id: UUID) -> HttpResponse:
    """All has come: into its place, now or not at all. Asked again, the answer is the same."""
    application = own_application(request, pk)
    upload = _upload(request, application, upload_id)
    place = _place(application, upload.purpose)
    try:
        document = finish_upload(place, upload, by=request.user)
    except FormMoved:
        # While it was put together: the question may still be asked as it was, or take none.
        application = own_application(request, pk)
        place = _place(application, upload.purpose)
        document = finish_upload(place, upload, by=request.user)
    return _taken(request, application, upload.purpose, document)


@for_script
@require_POST
def upload_stop(request: PortalRequest, pk: UUID, upload_id: UUID) -> HttpResponse:
    """Give up what has come so far; what is taken in stays."""
    pieces.stop(_upload(request, own_application(request, pk), upload_id))
    return JsonResponse({"stopped": True})


def _number(text: str) -> int:
    """A count of bytes as somebody sent it; what is no number reads as nought."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= FIGURES else 0


def _place(application: Application, purpose: str) -> Place:
    place = place_called(application, purpose)
    if place is None:
        raise ValidationError(_("This question takes no file any more. Load this page again."))
    return place


def _upload(request: PortalRequest, application: Application, key: UUID) -> Upload:
    upload = upload_of(application, request.user, key)
    if upload is None:
        raise Http404
    return upload


def _told(upload: Upload) -> JsonResponse:
    return JsonResponse(
        {"id": str(upload.pk), "received": upload.received, "size": upload.size, "taken": False}
    )


def _taken(
    request: PortalRequest, application: Application, purpose: str, document: Document
) -> JsonResponse:
    """The file as the page shows it, so that it need not be loaded again."""
    html = render_to_string(
        "challenges/_upload_file.html",
        {
            "application": application,
            "document": document,
            "removes": purpose.removeprefix("q_") if purpose.startswith("q_") else "",
        },
        request,
    )
    checking = document.state == DocumentState.CHECKING
    return JsonResponse({"taken": True, "checking": checking, "html": html})
