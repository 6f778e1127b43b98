"""What the portal tells people: the inbox that counts, the outbox that mails, planned reminders."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any, Self

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from portal.choices import (
    HoldCause,
    Lane,
    OutboxState,
    ReminderState,
    Role,
    Unwritten,
    WhyNot,
)
from portal.models.base import ClockNow, Record

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from portal.models.user import User


class InboxNoticeQuerySet(models.QuerySet["InboxNotice"]):
    """Notices, each for one reader."""

    def visible_to(self, user: User) -> Self:
        """One's own and nobody else's."""
        return self.filter(recipient=user)

    def unread(self) -> Self:
        """Not opened yet."""
        return self.filter(read_at=None)


class InboxNotice(Record):
    """The notice that counts: written with the change itself, so exactly once and never late."""

    recipient = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="inbox")
    event_key = models.CharField(max_length=150, editable=False)
    notice = models.CharField(max_length=60, editable=False)
    subject = models.CharField(_("subject"), max_length=250)
    body = models.TextField(_("text"))
    url = models.CharField(max_length=300, blank=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.UUIDField(null=True)
    startup_id = models.UUIDField(null=True)
    read_at = models.DateTimeField(_("read"), null=True, blank=True)

    objects = InboxNoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["recipient", "event_key"], name="notice_stands_once"),
        ]
        indexes = [
            models.Index(
                fields=["recipient"], name="notice_unread", condition=Q(read_at__isnull=True)
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class DispatchQuerySet(models.QuerySet["Dispatch"]):
    """The one row that says whether letters leave."""

    def visible_to(self, user: User) -> Self:
        """For the administrator, who lets them go."""
        return self.all() if user.is_superuser else self.none()

    def held(self) -> Self:
        """The row, while letters are held."""
        return self.filter(held_since__isnull=False)


class Dispatch(Record):
    """Whether letters leave, and the mark of the database in which they last did.

    A restored database believes that letters wait which left long ago. The mark (the cluster's
    identifier and its line of time) is another then, and letters stay until somebody lets them go.
    """

    name = models.SlugField(max_length=20, unique=True, default="letters", editable=False)
    mark = models.CharField(max_length=60)
    held_since = models.DateTimeField(_("held since"), null=True)
    cause = models.CharField(_("why"), max_length=10, choices=HoldCause, blank=True)

    objects = DispatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("dispatch of letters")
        verbose_name_plural = _("dispatch of letters")
        constraints = [
            models.CheckConstraint(
                condition=Q(held_since=None, cause="")
                | Q(held_since__isnull=False, cause__in=HoldCause.values),
                name="hold_has_a_cause",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def programme_key(self) -> UUID | None:
        """It holds for the whole portal."""
        return None

    @property
    def startup_key(self) -> UUID | None:
        """It belongs to no startup's journey."""
        return None


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Letters, chosen by state and reader."""

    def due(self) -> Self:
        """Letters to send now, codes first; while they are held, only codes written since."""
        held = Dispatch.objects.held()
        fresh_code = Q(lane=Lane.CODE) & Exists(held.filter(held_since__lte=OuterRef("created_at")))
        return (
            self.filter(state=OutboxState.PENDING, available_at__lte=ClockNow())
            .filter(~Exists(held) | fresh_code)
            .order_by("lane", "available_at")
        )

    def about(self, record: models.Model) -> Self:
        """Letters that speak of one record."""
        return self.filter(subject_type=record._meta.label_lower, subject_id=record.pk)

    def for_digest(self) -> Self:
        """What waits for the next letter of the day of its reader, and for which it is time."""
        return self.filter(
            state=OutboxState.DIGEST, digest=None, available_at__lte=ClockNow()
        ).order_by("available_at")

    def undelivered(self) -> Self:
        """Letters that did not arrive and were not sent again since."""
        return self.filter(state=OutboxState.FAILED, sent_again__isnull=True)

    def visible_to(self, user: User) -> Self:
        """Letters of one's programmes; sign-in codes belong to none and stay unseen."""
        if user.is_superuser:
            return self.exclude(lane=Lane.CODE, programme_id=None)
        return self.filter(
            user.within("programme_id", Role.MANAGER, Role.COORDINATOR, Role.COMPLIANCE)
        )


class OutboxMessage(models.Model):
    """A letter as it was written, with what became of it. The row is the queue."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    created_at = models.DateTimeField(_("written"), db_default=ClockNow(), editable=False)
    dedup_key = models.CharField(max_length=200, unique=True, editable=False)
    lane = models.PositiveSmallIntegerField(_("sort"), choices=Lane)
    notice = models.CharField(_("kind"), max_length=60)
    recipient = models.ForeignKey(
        "portal.User", on_delete=models.PROTECT, null=True, blank=True, related_name="letters"
    )
    to_address = models.EmailField(_("to"))
    reply_to = models.EmailField(_("replies to"), blank=True)
    sender_name = models.CharField(_("from"), max_length=150, blank=True)
    subject = models.CharField(_("subject"), max_length=250)
    text = models.TextField(_("letter"))
    html = models.TextField()
    #: The calendar entry that comes with it (RFC 5545), where the letter names a time.
    calendar = models.TextField(blank=True, default="", db_default="", editable=False)
    programme_id = models.UUIDField(null=True)
    startup_id = models.UUIDField(null=True)
    subject_type = models.CharField(max_length=60, blank=True)
    subject_id = models.UUIDField(null=True)
    state = models.CharField(
        _("state"), max_length=10, choices=OutboxState, default=OutboxState.PENDING
    )
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    available_at = models.DateTimeField(_("next attempt"), db_default=ClockNow())
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    #: What the mail server said, word for word; `why_not` says it plainly.
    last_error = models.TextField(_("the mail server's words"), blank=True)
    why_not = models.CharField(_("why not"), max_length=10, choices=WhyNot, blank=True)
    #: After it was handed over: that the reader's server has it, or that it came back.
    delivered_at = models.DateTimeField(_("arrived"), null=True, blank=True)
    bounced_at = models.DateTimeField(_("came back"), null=True, blank=True)
    #: The hash of the secret with which the reader stops letters of this kind; empty: mandatory.
    stop_hash = models.CharField(max_length=64, blank=True, editable=False)
    #: The letter of the day in which this one was told.
    digest = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="told",
        verbose_name=_("in the digest"),
    )
    again_of = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        related_name="sent_again",
        verbose_name=_("sent again, first as"),
    )

    objects = OutboxMessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=OutboxState.values), name="letter_state_is_known"
            ),
            models.CheckConstraint(
                condition=~Q(state=OutboxState.SENT) | Q(sent_at__isnull=False),
                name="letter_sent_has_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(why_not__in=["", *WhyNot.values]), name="letter_why_not_is_known"
            ),
        ]
        indexes = [
            models.Index(
                fields=["lane", "available_at"],
                name="letter_due",
                condition=Q(state=OutboxState.PENDING),
            ),
            models.Index(fields=["subject_type", "subject_id"], name="letter_by_subject"),
            models.Index(fields=["programme_id", "-created_at"], name="letter_by_programme"),
            models.Index(
                fields=["programme_id"],
                name="letter_failed",
                condition=Q(state=OutboxState.FAILED),
            ),
            models.Index(fields=["stop_hash"], name="letter_by_stop", condition=~Q(stop_hash="")),
            models.Index(
                fields=["available_at"],
                name="letter_for_digest",
                condition=Q(state=OutboxState.DIGEST, digest=None),
            ),
        ]
        triggers = [
            # To whom and what was written never changes: another address is another letter.
            pgtrigger.ReadOnly(
                name="letter_stays_as_written",
                fields=[
                    *("dedup_key", "notice", "to_address", "reply_to", "sender_name"),
                    *("subject", "text", "html", "recipient", "created_at", "again_of"),
                    "calendar",
                ],
            ),
            pgtrigger.Protect(
                name="letter_sent_stays_sent",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__sent_at__isnull=False)
                & pgtrigger.Q(old__sent_at__df=pgtrigger.F("new__sent_at")),
            ),
            pgtrigger.Protect(
                name="letter_sent_is_kept",
                operation=pgtrigger.Delete,
                condition=pgtrigger.Q(old__sent_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def programme_key(self) -> UUID | None:
        """The programme for rules."""
        return self.programme_id


class ReminderQuerySet(models.QuerySet["Reminder"]):
    """Planned reminders."""

    def due(self) -> Self:
        """To be written now."""
        return self.filter(state=ReminderState.PLANNED, due_at__lte=ClockNow()).order_by("due_at")

    def about(self, record: models.Model) -> Self:
        """Reminders that speak of one record."""
        return self.filter(subject_type=record._meta.label_lower, subject_id=record.pk)

    def plan(
        self,
        record: Any,
        due: Iterable[tuple[str, User, datetime]],
        *,
        version: int,
        now: datetime,
    ) -> None:
        """Plan what is still ahead: ``(kind, person, instant)``; what stands already stays once."""
        self.bulk_create(
            [
                Reminder(
                    kind=kind,
                    subject_type=record._meta.label_lower,
                    subject_id=record.pk,
                    programme_id=record.programme_key,
                    recipient=person,
                    version=version,
                    due_at=at,
                )
                for kind, person, at in due
                if at > now
            ],
            ignore_conflicts=True,
        )

    def drop(self, record: models.Model, *, but: int | None = None) -> None:
        """Cancel what is planned about a record, except for the version ``but``.

        A row whose letter is being written at this moment is left alone: its writer waits for the
        record's lock, finds the version outdated and cancels it. Waiting here were a deadlock.
        """
        planned = self.about(record).filter(state=ReminderState.PLANNED)
        if but is not None:
            planned = planned.exclude(version=but)
        free = planned.order_by("pk").select_for_update(skip_locked=True)
        Reminder.objects.filter(pk__in=free.values("pk")).update(
            state=ReminderState.CANCELLED,
            why_not=Unwritten.DONE if but is None else Unwritten.MOVED,
        )
        self._hold_back(record, but)

    def _hold_back(self, record: models.Model, but: int | None) -> None:
        """Keep what is written already and has not left: it speaks of an outdated instant.

        One that is being handed over at this moment is let go.
        """
        written = self.about(record).filter(state=ReminderState.SENT)
        if but is not None:
            written = written.exclude(version=but)
        keys = {str(key) for key in written.values_list("pk", flat=True)}
        waiting = OutboxMessage.objects.about(record).filter(
            state__in=[OutboxState.PENDING, OutboxState.DIGEST], digest=None
        )
        # Their notices name the reminder in the middle of what makes a letter the same letter.
        outdated = [
            key
            for key, same in waiting.select_for_update(skip_locked=True).values_list(
                "pk", "dedup_key"
            )
            if keys & set(same.split(":"))
        ]
        OutboxMessage.objects.filter(pk__in=outdated).update(
            state=OutboxState.HELD_BACK, why_not=WhyNot.OUTDATED
        )


class Reminder(Record):
    """A letter planned from a deadline; a moved deadline has another version and plans anew."""

    kind = models.CharField(_("kind"), max_length=60)
    subject_type = models.CharField(max_length=60)
    subject_id = models.UUIDField()
    programme_id = models.UUIDField(null=True)
    recipient = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    version = models.PositiveIntegerField()
    due_at = models.DateTimeField(_("due"))
    state = models.CharField(
        _("state"), max_length=10, choices=ReminderState, default=ReminderState.PLANNED
    )
    why_not = models.CharField(
        _("why not"), max_length=10, choices=Unwritten, blank=True, default="", db_default=""
    )

    objects = ReminderQuerySet.as_manager()

    class Meta:
        verbose_name = _("reminder")
        verbose_name_plural = _("reminders")
        ordering = ["due_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "subject_type", "subject_id", "recipient", "version"],
                name="reminder_is_planned_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=ReminderState.values), name="reminder_state_is_known"
            ),
            models.CheckConstraint(
                condition=Q(why_not__in=["", *Unwritten.values]), name="reminder_why_not_is_known"
            ),
        ]
        indexes = [
            models.Index(fields=["subject_id"], name="reminder_by_subject"),
            models.Index(
                fields=["due_at"],
                name="reminder_due",
                condition=Q(state=ReminderState.PLANNED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M}"


#: Stands in a preference for every kind of letter that may be switched off.
EVERY_OPTIONAL = "*"


class NotificationPreference(Record):
    """A kind of letter a person does not want by mail; the inbox has it all the same."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="preferences")
    notice = models.CharField(max_length=60)
    by_mail = models.BooleanField(default=True)
    #: Once a day, all in one letter.
    in_digest = models.BooleanField(default=False, db_default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "notice"], name="preference_stands_once"),
        ]

    def __str__(self) -> str:
        return f"{self.notice}: {self.by_mail}"
