"""The thorough check: rows are the queue, a process of its own looks, nothing ever waits for it."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from celery import current_app
from django.conf import settings
from django.core.files import File
from django.db import connection, connections, transaction
from django.db.models import F

from portal import antivirus
from portal.choices import DocumentState
from portal.inspection import NoVerdict, Pace, Rule, Starved, draw, inspect
from portal.models import ClockNow, Document, DocumentPage
from portal.models.document import document_path
from portal.models.upload import page_path
from portal.registry import registry

if TYPE_CHECKING:
    from typing import IO

logger = logging.getLogger(__name__)

#: A file that brings its inspection down so often is refused.
ATTEMPTS = 3
#: Kinds whose pages can be drawn.
DRAWN = frozenset({"pdf", "png", "jpg"})
#: Seconds until the next attempt; the load of a bad moment should have passed by then.
BACKOFF = (10, 60)
#: Seconds after which a check that was begun counts as lost with its worker, beside the time that
#: its processes may take by the clock: two of them, each once giving way and once not.
LEASE = 60
PROCESSES = 4
#: Seconds until the next look when the store or the virus scanner is away.
AWAY = 60


def check_due(*, limit: int = 20) -> int:
    """Check the files that wait and answer how many were taken up; any number may do so at once."""
    taken = 0
    while taken < limit and (document := _take_next()) is not None:
        _check(document)
        taken += 1
    return taken


@transaction.atomic
def _take_next() -> Document | None:
    """Take a file for a while: no transaction stays open while its process runs."""
    seconds = LEASE + PROCESSES * settings.INSPECTION_WALL_SECONDS
    document = (
        Document.objects.due()
        # Not stronger: an answer that begins to point at the file must not wait.
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .first()
    )
    if document is not None:
        Document.objects.filter(pk=document.pk).update(
            attempts=F("attempts") + 1, check_after=ClockNow() + timedelta(seconds=seconds)
        )
        document.attempts += 1
    return document


@dataclass(frozen=True)
class Picture:
    """The picture of one page, where it was drawn."""

    path: Path
    width: int
    height: int


@dataclass(frozen=True)
class Outcome:
    """What came of a look: a rule, or what is served and the pictures of its pages."""

    rule: Rule | None = None
    cleaned: tuple[str, ...] = ()
    #: The cleaned copy, where there is one.
    copy: Path | None = None
    pictures: tuple[Picture, ...] = ()


def _check(document: Document) -> None:
    """Look at one file and write down what came of it."""
    with tempfile.TemporaryDirectory(prefix="check-") as folder:
        try:
            try:
                outcome = _look_at(document, Path(folder))
            except NoVerdict as error:
                logger.warning("document %s, attempt %d: %s", document.pk, document.attempts, error)
                if document.attempts < ATTEMPTS:
                    _look_again(document, BACKOFF[document.attempts - 1])
                    return
                outcome = Outcome(Rule.UNREADABLE)
            conclude(document, outcome)
        except Starved as error:
            logger.warning("document %s waits: %s", document.pk, error)
            _not_counted(document)
        except Exception:
            # The store, the scanner or the inspection itself is away: never the fault of the file.
            logger.exception("document %s could not be checked and waits", document.pk)
            _not_counted(document)


def _not_counted(document: Document) -> None:
    """Another look later; this one tells nothing about the file."""
    Document.objects.filter(pk=document.pk).update(attempts=F("attempts") - 1)
    _look_again(document, AWAY)


def _look_again(document: Document, seconds: int) -> None:
    Document.objects.filter(pk=document.pk).update(
        check_after=ClockNow() + timedelta(seconds=seconds)
    )


def _look_at(document: Document, folder: Path) -> Outcome:
    path, cleaned, kind = folder / "file", folder / "cleaned", kind_of(document.name)
    with path.open("w+b") as copy:
        if _copy(document, copy) != document.sha256:
            logger.error("document %s is not what was handed in: its hash differs", document.pk)
            return Outcome(Rule.CHANGED)
        if antivirus.finds_something(copy):
            return Outcome(Rule.VIRUS)
    verdict = inspect(str(path), kind, str(cleaned), pace=_pace())
    if verdict.rule is not None:
        return Outcome(verdict.rule)
    served = cleaned if verdict.cleaned else path
    return Outcome(
        cleaned=verdict.cleaned,
        copy=cleaned if verdict.cleaned else None,
        pictures=_drawn(served, kind, folder, used=verdict.seconds),
    )


def _pace() -> Pace:
    return Pace(settings.INSPECTION_WALL_SECONDS, settings.INSPECTION_NICE)


def _drawn(path: Path, kind: str, folder: Path, *, used: float) -> tuple[Picture, ...]:
    """Pictures of the first pages; what cannot be drawn has none and is taken all the same."""
    if kind not in DRAWN or not settings.PREVIEW_PAGES:
        return ()
    sizes = draw(
        str(path),
        kind,
        str(folder),
        pages=settings.PREVIEW_PAGES,
        width=settings.PREVIEW_WIDTH,
        used=used,
        pace=_pace(),
    )
    return tuple(
        Picture(folder / f"{number}.jpg", *size) for number, size in enumerate(sizes, start=1)
    )


def _copy(document: Document, target: IO[bytes]) -> str:
    """Bring the stored bytes, from wherever they are, to where a process can read them."""
    digest = hashlib.sha256()
    with document.file.open("rb") as stored:
        for chunk in stored.chunks():
            digest.update(chunk)
            target.write(chunk)
    target.flush()
    return digest.hexdigest()


def kind_of(name: str) -> str:
    """The kind of file a name says, as the inspection calls it."""
    suffix = PurePath(name).suffix.lower().lstrip(".")
    return "jpg" if suffix == "jpeg" else suffix


def conclude(document: Document, outcome: Outcome) -> None:
    """Write the verdict with the cleaned copy and the pictures, all of it or nothing.

    They are stored before, so that nobody waits for a store behind a lock; where another check was
    sooner, or the rows could not be written, they are taken out again.
    """
    kept: list[str] = []
    try:
        columns = _columns(document, outcome, kept)
        pages = [_page(document, *one, kept) for one in enumerate(outcome.pictures, start=1)]
        if _written(document, columns, pages):
            return
    except BaseException:
        _take_out(document, kept)
        raise
    _take_out(document, kept)


def _columns(document: Document, outcome: Outcome, kept: list[str]) -> dict[str, Any]:
    if outcome.rule is not None:
        return {"state": DocumentState.REFUSED, "refusal": outcome.rule.value}
    columns: dict[str, Any] = {"state": DocumentState.CLEAN, "pictures": len(outcome.pictures)}
    if outcome.copy is None:
        return columns
    digest = _digest_of(outcome.copy)
    name = f"{document_path(document, '')}-cleaned"
    with outcome.copy.open("rb") as cleaned:
        kept.append(document.file.storage.save(name, File(cleaned)))
    # What lies in the store already is the original; nothing is moved.
    return columns | {
        "original": document.file.name,
        "original_sha256": document.sha256,
        "file": kept[-1],
        "sha256": digest,
        "size": outcome.copy.stat().st_size,
        "cleaned_of": list(outcome.cleaned),
    }


def _page(document: Document, number: int, picture: Picture, kept: list[str]) -> DocumentPage:
    page = DocumentPage(
        document=document,
        number=number,
        width=picture.width,
        height=picture.height,
        sha256=_digest_of(picture.path),
    )
    with picture.path.open("rb") as image:
        page.image.name = document.file.storage.save(page_path(page, ""), File(image))
    kept.append(str(page.image.name))
    return page


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@transaction.atomic
def _written(document: Document, columns: dict[str, Any], pages: list[DocumentPage]) -> bool:
    """Whether this check was the first; in the same transaction the owning app tells its people."""
    waiting = Document.objects.filter(pk=document.pk, state=DocumentState.CHECKING)
    if not waiting.update(**columns):
        return False
    DocumentPage.objects.bulk_create(pages)
    for name, value in columns.items():
        setattr(document, name, value)
    if document.is_refused:
        for tell in registry.refused_files:
            tell(document)
    return True


def _take_out(document: Document, names: list[str]) -> None:
    for name in names:
        with suppress(Exception):  # each store has errors of its own; what is left is nobody's
            document.file.storage.delete(name)


# -- waking up --------------------------------------------------------------------------------


def wake_up_after_commit() -> None:
    """Hint to a worker, once a transaction, that a file waits; the sweep finds it anyway."""
    if wake_up not in [entry[1] for entry in connection.run_on_commit]:
        transaction.on_commit(wake_up)


def wake_up() -> None:
    """Ask a worker to check what is due; without one, this process does it beside its work."""
    if not _ask_a_worker() and settings.DELIVER_WITHOUT_WORKER:
        check_beside()


def _ask_a_worker() -> bool:
    try:
        current_app.send_task("portal.check_documents", retry=False, task_id=str(uuid.uuid4()))
    except Exception as error:  # noqa: BLE001 -- any failure of the broker means only "later"
        logger.warning("no worker was woken (%s); the files wait", type(error).__name__)
        return False
    return True


def hand_on() -> int:
    """The sweep's part: files that wait and that nobody was told of, or whose worker died.

    A worker checks them in a task of its own, so that no letter waits behind a file.
    """
    if not Document.objects.due().exists():
        return 0
    return 0 if _ask_a_worker() else check_due(limit=5)


#: One thread of a process checks: letters need the others, and the processor is shared anyway.
_turn = threading.Lock()


def check_in_turn(*, limit: int = 20) -> None:
    """Check what waits, unless another thread of this process is at it; that one goes on then."""
    left = limit
    # Asked again after each turn: a file may have come while its hint found the turn taken.
    while left > 0 and Document.objects.due().exists() and _turn.acquire(blocking=False):
        try:
            taken = check_due(limit=left)
        finally:
            _turn.release()
        if not taken:
            break
        left -= taken
    if left <= 0 and Document.objects.due().exists():
        # Other tasks have their turn before the rest.
        _ask_a_worker()


def check_beside() -> None:
    """Check in a thread of this process, for the time when no worker can be woken."""
    if not _turn.locked():
        threading.Thread(target=_check_and_leave, daemon=True, name="check").start()


def _check_and_leave() -> None:
    try:
        check_in_turn()
    except Exception:
        logger.exception("the check beside the web failed; the sweep will see to it")
    finally:
        connections.close_all()
