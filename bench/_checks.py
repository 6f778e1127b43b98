"""What must hold after a rush, read from the database and from the receipts that people see."""

from __future__ import annotations

import html
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.db import connection

from bench._clients import Browser
from challenges.choices import ApplicationState
from challenges.fingerprint import fingerprint_of
from challenges.models import Application, Revision
from portal import clock
from portal.models import AuditEntry, InboxNotice, OutboxMessage, User

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from uuid import UUID

    from bench._clients import Click, Page
    from challenges.models import Call


@dataclass
class Findings:
    """How often each promise was broken, with the first examples; all zero is the bar."""

    counts: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def note(self, what: str, example: object) -> None:
        """One more breach of a promise."""
        self.counts[what] += 1
        if self.counts[what] <= 3:
            self.examples.append(f"{what}: {example}")

    def total(self) -> int:
        """All breaches together."""
        return sum(self.counts.values())


@dataclass
class Rows:
    """What the database holds about a call after its rush."""

    applications: dict[UUID, Application]
    revisions: dict[UUID, list[Revision]]
    letters: dict[UUID, list[OutboxMessage]]
    notices: dict[UUID, list[UUID]]
    submits: Counter[UUID]

    @classmethod
    def of(cls, call: Call) -> Rows:
        """Read all of it."""
        # The session of before the rush did not survive the restarts.
        connection.close()
        applications = {one.pk: one for one in call.applications.select_related("startup", "call")}
        revisions: dict[UUID, list[Revision]] = defaultdict(list)
        for revision in Revision.objects.filter(application__call=call):
            revisions[revision.application_id].append(revision)
        letters: dict[UUID, list[OutboxMessage]] = defaultdict(list)
        for letter in OutboxMessage.objects.filter(subject_id__in=applications).defer("html"):
            assert letter.subject_id is not None
            letters[letter.subject_id].append(letter)
        notices: dict[UUID, list[UUID]] = defaultdict(list)
        for subject, recipient in InboxNotice.objects.filter(
            subject_id__in=applications
        ).values_list("subject_id", "recipient_id"):
            assert subject is not None
            notices[subject].append(recipient)
        entries = AuditEntry.objects.filter(verb="submit", subject_id__in=applications)
        submits = Counter(entries.values_list("subject_id", flat=True))
        return cls(applications, revisions, letters, notices, submits)


def late_ones(call: Call, deadline: datetime) -> list[str]:
    """Applications that were taken after the deadline, by the database's own clock."""
    connection.close()
    late = Application.objects.filter(call=call, submitted_at__gte=deadline)
    return [
        f"{one.reference} {(one.submitted_at - deadline).total_seconds():.3f} s after"
        for one in late
        if one.submitted_at
    ]


def check(clicks: Sequence[Click], call: Call, deadline: datetime, port: int) -> Findings:
    """Hold every promise against every client."""
    findings = Findings()
    rows = Rows.of(call)
    for example in late_ones(call, deadline):
        findings.note("late", example)
    for click in clicks:
        _check_click(findings, click, rows)
    people = {click.applicant.application: click.applicant.team for click in clicks}
    for key, application in rows.applications.items():
        _check_rows(findings, application, rows, people[key])
    _check_receipts(findings, clicks, rows, port)
    return findings


def _check_click(findings: Findings, click: Click, rows: Rows) -> None:
    key = click.applicant.application
    application = rows.applications[key]
    is_there = bool(rows.revisions[key]) and application.state == ApplicationState.SUBMITTED
    if click.outcome == "received" and not is_there:
        findings.note("lost", f"{application.reference} was acknowledged")
    if click.outcome == "refused":
        if is_there:
            findings.note("contradicted", f"{application.reference} was refused and is received")
        if not click.said:
            findings.note("unsaid", f"{application.reference} was refused without the sentence")
    if click.outcome in {"unanswered", "wrong"}:
        findings.note(click.outcome, f"{application.reference} {click.said} {click.answers}")
    if click.answers["500"]:
        findings.note("errors", f"{application.reference} {dict(click.answers)}")


def _check_rows(
    findings: Findings, application: Application, rows: Rows, team: frozenset[UUID]
) -> None:
    key, reference = application.pk, application.reference
    revisions = rows.revisions[key]
    letters = Counter(letter.recipient_id for letter in rows.letters[key])
    wanted = dict.fromkeys(team, 1) if revisions else {}
    if (
        len(revisions) > 1
        or application.revision_count != len(revisions)
        or rows.submits[key] != len(revisions)
        or max(letters.values(), default=0) > 1
    ):
        findings.note("twice", f"{reference} {len(revisions)} versions, letters {dict(letters)}")
    elif letters != wanted or Counter(rows.notices[key]) != wanted:
        findings.note("untold", f"{reference} {dict(letters)} instead of {wanted}")
    for revision in revisions:
        if not application.submitted_at or not application.deadline:
            findings.note("differ", f"{reference} has a version and no instant")
        elif (
            revision.submitted_at != application.submitted_at
            or application.submitted_at >= application.deadline
            or revision.fingerprint != _fingerprint_again(application, revision)
        ):
            findings.note("differ", f"{reference} instant or fingerprint of the stored version")
        for letter in rows.letters[key]:
            if reference not in letter.text or revision.short_fingerprint not in letter.text:
                findings.note("differ", f"{reference} a letter names another version")


def _fingerprint_again(application: Application, revision: Revision) -> str:
    return fingerprint_of(
        reference=application.reference,
        number=revision.number,
        answers=revision.answers,
        startup_facts=revision.startup_facts,
        terms_version=revision.terms_version,
    )


def _check_receipts(findings: Findings, clicks: Sequence[Click], rows: Rows, port: int) -> None:
    """The receipt of everybody who was acknowledged says what the database holds."""
    zones = dict(User.objects.values_list("pk", "time_zone"))
    received = [one for one in clicks if one.outcome == "received" and not one.is_second]

    def load(click: Click) -> Page:
        browser = Browser(port, {"sessionid": click.applicant.session})
        return patiently(lambda: browser.get(click.applicant.receipt_url))

    with ThreadPoolExecutor(8) as pool:
        pages = list(pool.map(load, received))
    for click, page in zip(received, pages, strict=True):
        application = rows.applications[click.applicant.application]
        revisions = rows.revisions[application.pk]
        if not revisions:
            continue  # noted as lost
        zone = zones[click.applicant.user]
        instant = clock.in_both_zones(
            revisions[0].submitted_at.astimezone(ZoneInfo("UTC")),
            application.call.time_zone,
            zone,
            seconds=True,
        )
        shown = html.unescape(page.text)
        for wanted in (application.reference, revisions[0].fingerprint, instant):
            if wanted not in shown:
                findings.note("differ", f"{application.reference} receipt without “{wanted}”")


def patiently(ask: Callable[[], Page]) -> Page:
    """The page, after a few tries if it must be."""
    for _try in range(20):
        try:
            page = ask()
        except (OSError, HTTPException):
            page = None
        if page is not None and page.status < 500:
            return page
        time.sleep(0.3)
    raise SystemExit("The web server does not come back after the rush.")


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which that share of them lies, in milliseconds."""
    ordered = sorted(values)
    return 1_000 * ordered[min(int(share * len(ordered)), len(ordered) - 1)] if ordered else 0.0
