"""A page of the form that was loaded before its questions changed: what is typed there goes on.

Its fields bear the keys of the questions of before. What was typed into one that is replaced goes
to the one in its place; what was typed into one that is not asked any more is told, not dropped.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import JsonResponse
from django.utils.translation import gettext as _

from challenges import answers

if TYPE_CHECKING:
    from django.http import HttpResponse

    from challenges.models import Application, Question
    from portal.http import PortalRequest

#: A field of the form: an answer or a part of it, its version, the mark of what was shown, a note.
FIELD = re.compile(r"([qvbn])_([0-9a-f]{32})(_[a-z]+)?")
#: So much of a text is repeated where it cannot be kept.
REPEATED = 2_000


def follow(
    request: PortalRequest, application: Application, asked: list[Question]
) -> dict[str, str]:
    """Rename what was sent to the questions asked now; answers the old name of each new one."""
    now = {one.pk.hex for one in asked}
    names = (*request.POST, *request.FILES)
    sent = {found[2] for name in names if (found := FIELD.fullmatch(name))}
    if sent <= now:
        return {}
    keys = heirs(application)
    renamed = {old: keys[old] for old in sent - now if keys.get(old) in now}
    say_what_is_gone(request, application, sent - now - renamed.keys())
    data: Any = request.POST.copy()
    both: tuple[Any, Any] = (data, request.FILES)
    for fields in both:
        for field in list(fields):
            if (found := FIELD.fullmatch(field)) and found[2] in renamed:
                key = f"{found[1]}_{renamed[found[2]]}{found[3] or ''}"
                fields.setlist(key, fields.pop(field))
    if touched := [f"q_{renamed.get(one[2:], one[2:])}" for one in data.getlist("touched") if one]:
        data.setlist("touched", touched)
    request.POST = data
    return {f"q_{new}": f"q_{old}" for old, new in renamed.items()}


def heirs(application: Application) -> dict[str, str]:
    """For each question of before, the one that stands in its place in the present version."""
    rows = list(application.call.questions.all())
    next_one = {row.replaces_id: row for row in rows if row.replaces_id}
    found = {}
    for row in rows:
        heir = row
        while not heir.is_in(application.form_version) and heir.pk in next_one:
            heir = next_one[heir.pk]
        found[row.pk.hex] = heir.pk.hex
    return found


def say_what_is_gone(request: PortalRequest, application: Application, keys: set[str]) -> None:
    """What was typed into a question that is not asked any more, so that it can be copied."""
    if request.headers.get("X-Autosave") == "1":
        return  # the page says it itself, and keeps the text
    for row in application.call.questions.all():
        key = row.pk.hex
        if key not in keys:
            continue
        text, note = (request.POST.get(f"{kind}_{key}", "") for kind in "qn")
        is_typed = answers.mark_of(text) != request.POST.get(f"b_{key}")
        for said in (text if is_typed else "", note):
            if said.strip():
                messages.warning(
                    request,
                    _("“%(question)s” is not asked any more. You wrote: “%(text)s”")
                    % {"question": row.shown_label, "text": said[:REPEATED]},
                )


def on_the_page(
    request: PortalRequest, inside: list[Question], asked: list[Question]
) -> list[Question]:
    """The questions of a section, and those that stood in it when the page was loaded."""
    sent = {UUID(found[2]) for name in request.POST if (found := FIELD.fullmatch(name)) is not None}
    return [*inside, *(one for one in asked if one.pk in sent and one not in inside)]


def in_old_names(response: HttpResponse, names: dict[str, str]) -> HttpResponse:
    """The answer to a save in the background, in the names that the page has."""
    if not names:
        return response
    said = json.loads(response.content)
    for part in ("fields", "newer"):
        if part in said:
            said[part] = {names.get(name, name): entry for name, entry in said[part].items()}
    for entry in said.get("conflicts", []):
        entry["field"] = names.get(entry["field"], entry["field"])
    return JsonResponse(said, status=response.status_code)
