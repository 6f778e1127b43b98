"""The thorough check: rows are the queue, a process of its own looks, nothing ever waits for it."""

from __future__ import annotations

import hashlib
import logging
import tempfile
import threading
import uuid
from datetime import timedelta
from pathlib import PurePath
from typing import TYPE_CHECKING

from celery import current_app
from django.conf import settings
from django.db import connection, connections, transaction
from django.db.models import F

from portal import antivirus
from portal.choices import DocumentState
from portal.inspection import NoVerdict, Rule, inspect
from portal.models import ClockNow, Document
from portal.registry import registry

if TYPE_CHECKING:
    from typing import IO

logger = logging.getLogger(__name__)

#: A file that brings its inspection down so often is refused.
ATTEMPTS = 3
#: Seconds until the next attempt; the load of a bad moment should have passed by then.
BACKOFF = (10, 60)
#: Seconds after which a check that was begun counts as lost with its worker.
LEASE = 60
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
    """Take a file for a minute: no transaction stays open while its process runs."""
    document = (
        Document.objects.due()
        # Not stronger: an answer that begins to point at the file must not wait.
        .select_for_update(of=("self",), skip_locked=True, no_key=True)
        .first()
    )
    if document is not None:
        Document.objects.filter(pk=document.pk).update(
            attempts=F("attempts") + 1, check_after=ClockNow() + timedelta(seconds=LEASE)
        )
        document.attempts += 1
    return document


def _check(document: Document) -> None:
    """Look at one file and write down what came of it."""
    try:
        try:
            rule = _rule_broken_by(document)
        except NoVerdict as error:
            logger.warning("document %s, attempt %d: %s", document.pk, document.attempts, error)
            if document.attempts < ATTEMPTS:
                _look_again(document, BACKOFF[document.attempts - 1])
                return
            rule = Rule.UNREADABLE
        _conclude(document, rule)
    except Exception:
        # The store, the scanner or the inspection itself is away: never the fault of the file.
        logger.exception("document %s could not be checked and waits", document.pk)
        Document.objects.filter(pk=document.pk).update(attempts=F("attempts") - 1)
        _look_again(document, AWAY)


def _look_again(document: Document, seconds: int) -> None:
    Document.objects.filter(pk=document.pk).update(
        check_after=ClockNow() + timedelta(seconds=seconds)
    )


def _rule_broken_by(document: Document) -> Rule | None:
    with tempfile.NamedTemporaryFile(prefix="check-") as copy:
        if _copy(document, copy) != document.sha256:
            logger.error("document %s is not what was handed in: its hash differs", document.pk)
            return Rule.CHANGED
        if antivirus.finds_something(copy):
            return Rule.VIRUS
        return inspect(copy.name, kind_of(document.name))


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


@transaction.atomic
def _conclude(document: Document, rule: Rule | None) -> None:
    """Write the verdict, and in the same transaction let the owning app tell its people."""
    state = DocumentState.CLEAN if rule is None else DocumentState.REFUSED
    document.state, document.refusal = state, rule.value if rule else ""
    written = Document.objects.filter(pk=document.pk, state=DocumentState.CHECKING).update(
        state=state, refusal=document.refusal
    )
    if written and rule is not None:
        for tell in registry.refused_files:
            tell(document)


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


#: One thread of a process checks; a second would only share its processor.
_beside = threading.Lock()


def check_beside() -> None:
    """Check in a thread of this process, for the time when no worker can be woken."""
    if _beside.acquire(blocking=False):
        threading.Thread(target=_check_and_release, daemon=True, name="check").start()


def _check_and_release() -> None:
    try:
        check_due()
    except Exception:
        logger.exception("the check beside the web failed; the sweep will see to it")
    finally:
        _beside.release()
        connections.close_all()
