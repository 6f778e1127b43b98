"""Verbs of a startup that pitches: who speaks, and which deck stands at the deadline."""

from __future__ import annotations

from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from portal import audit, clock, documents, outbox
from portal.models import ClockNow
from portal.workflow import Step, StepRefused, lock_row
from startups.choices import TAKEN
from startups.models import DemoDay, Pitch
from startups.notices.demo_day import DeckRefused

if TYPE_CHECKING:
    from datetime import datetime

    from django.core.files.uploadedfile import UploadedFile
    from django_stubs_ext import StrOrPromise

    from portal.models import Document, User

#: The kinds of file a deck may be.
DECK_KINDS = (".pdf", ".pptx")
#: How long another deck is taken where the check refused the one that was handed in.
TO_REPLACE = timedelta(hours=24)


def why_fixed(pitch: Pitch, now: datetime) -> StrOrPromise | None:
    """Why the startup cannot change its pitch now, or None."""
    if pitch.place.state not in TAKEN:
        return _("Your organisation does not take part in the cohort any more.")
    if now >= pitch.deck_until():
        until = clock.in_words(pitch.deck_until(), pitch.demo_day.event.time_zone)
        return _("The deadline passed on %(when)s. What stood there then is shown.") % {
            "when": until
        }
    return None


def lock_for_preparing(pitch: Pitch, by: User) -> tuple[Pitch, datetime]:
    """The pitch, locked, and the database's clock after that, if the person may change it now.

    The Demo Day's row is held as well: freezing the decks, or moving their deadline, waits.
    """
    lock_row(DemoDay, pitch.demo_day_id, "SHARE")
    lock_row(Pitch, pitch.pk, "NO KEY UPDATE")
    locked = Pitch.objects.select_related(
        "demo_day__event", "place__startup", "place__cohort", "deck", "frozen_deck"
    ).get(pk=pitch.pk)
    if not by.has_perm("startups.prepare_pitch", locked):
        raise StepRefused(_("Owners and editors of the organisation do this."), permission=True)
    now = clock.database_now()
    if refusal := why_fixed(locked, now):
        raise StepRefused(refusal)
    return locked, now


@transaction.atomic
def prepare_pitch(*, pitch: Pitch, presenter: str, language: str, by: User) -> Pitch:
    """Say who pitches, and in which language.

    Raises:
        StepRefused: not any more, or not this person.
    """
    locked, _now = lock_for_preparing(pitch, by)
    given = {"presenter": presenter, "language": language}
    fields = [name for name, value in given.items() if getattr(locked, name) != value]
    for name in fields:
        setattr(locked, name, given[name])
    if fields:
        locked.save(update_fields=fields)
        audit.record(locked, "prepare", actor=by, facts={"fields": fields})
    return locked


@transaction.atomic
def hand_in_deck(*, pitch: Pitch, upload: UploadedFile[Any], by: User) -> Pitch:
    """Put a deck in the place of the one before; after the freezing only where staff allowed it.

    Raises:
        StepRefused: the deadline passed by the database's clock, or not this person.
        ValidationError: the rule the file breaks, and the remedy.
    """
    locked, now = lock_for_preparing(pitch, by)
    if PurePath(upload.name or "").suffix.lower() not in DECK_KINDS:
        raise ValidationError(
            _("A deck is a PDF or a PowerPoint file (.pdf, .pptx). Save it as one of them."),
            code="kind",
        )
    document = documents.take_in(upload, subject=locked, by=by)
    late = now >= locked.demo_day.deck_due_at
    locked.deck, fields = document, ["deck"]
    if locked.demo_day.decks_frozen_at:
        locked.frozen_deck, fields = document, ["deck", "frozen_deck"]
    locked.save(update_fields=fields)
    audit.record(
        locked,
        "hand-in-deck-late" if late else "hand-in-deck",
        actor=by,
        facts={"document": str(document.pk)},
    )
    return locked


def freeze_due() -> int:
    """Freeze the decks of each Demo Day whose deadline has passed; how many were frozen."""
    due = DemoDay.objects.filter(decks_frozen_at=None, deck_due_at__lte=ClockNow())
    return sum(_freeze(demo_day) for demo_day in due.order_by("deck_due_at")[:20])


@transaction.atomic
def _freeze(demo_day: DemoDay) -> bool:
    """Keep what stands there: behind the lock nothing was taken since the deadline passed."""
    lock_row(DemoDay, demo_day.pk, "NO KEY UPDATE")
    locked = DemoDay.objects.select_related("cohort").get(pk=demo_day.pk)
    if locked.decks_frozen_at or clock.database_now() < locked.deck_due_at:
        return False
    locked.pitches.update(frozen_deck=F("deck"))
    DemoDay.objects.filter(pk=locked.pk).update(decks_frozen_at=ClockNow())
    decks = locked.pitches.exclude(deck=None).count()
    audit.record(locked, "freeze-decks", actor=None, facts={"count": decks})
    return True


def tell_of_refused_deck(document: Document) -> None:
    """Tell those who write, in the transaction that refuses the deck; a replaced one is no news.

    Where the deadline has passed meanwhile there is a day for another: the check is ours.
    """
    if document.subject_type != Pitch._meta.label_lower:
        return
    pitch = Pitch.objects.filter(pk=document.subject_id, deck=document).first()
    if pitch is None:
        return
    lock_row(DemoDay, pitch.demo_day_id, "SHARE")
    lock_row(Pitch, pitch.pk, "NO KEY UPDATE")
    pitch = Pitch.objects.select_related(
        "demo_day__event__programme", "place__startup", "place__cohort", "deck"
    ).get(pk=pitch.pk)
    if pitch.deck_id != document.pk:
        return
    now, event = clock.database_now(), pitch.demo_day.event
    if pitch.deck_until() < now + TO_REPLACE < event.starts_at:
        pitch.late_until = now + TO_REPLACE
        pitch.save(update_fields=["late_until"])
    step: Step[Any] = Step(
        record=pitch,
        actor=None,
        at=now,
        data={"document": document, "may_replace": why_fixed(pitch, now) is None},
    )
    step.entry = audit.record(
        pitch,
        "refuse-deck",
        actor=None,
        facts={"document": str(document.pk), "rule": document.refusal},
    )
    outbox.tell(DeckRefused(), step, programme=event.programme)
