"""What the portal tells people: the inbox that counts, the outbox that mails, planned reminders."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from portal.choices import Lane, OutboxState, ReminderState, Role
from portal.models.base import ClockNow, Record

if TYPE_CHECKING:
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


class OutboxMessageQuerySet(models.QuerySet["OutboxMessage"]):
    """Letters, chosen by state and reader."""

    def due(self) -> Self:
        """Letters to send now, codes first."""
        return self.filter(state=OutboxState.PENDING, available_at__lte=ClockNow()).order_by(
            "lane", "available_at"
        )

    def about(self, record: models.Model) -> Self:
        """Letters that speak of one record."""
        return self.filter(subject_type=record._meta.label_lower, subject_id=record.pk)

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
    last_error = models.TextField(_("why not"), blank=True)

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
        ]
        indexes = [
            models.Index(
                fields=["lane", "available_at"],
                name="letter_due",
                condition=Q(state=OutboxState.PENDING),
            ),
            models.Index(fields=["subject_type", "subject_id"], name="letter_by_subject"),
            models.Index(fields=["programme_id", "-created_at"], name="letter_by_programme"),
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
        ]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="reminder_due",
                condition=Q(state=ReminderState.PLANNED),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.due_at:%Y-%m-%d %H:%M}"


class NotificationPreference(Record):
    """A kind of letter a person does not want by mail; the inbox has it all the same."""

    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="preferences")
    notice = models.CharField(max_length=60)
    by_mail = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "notice"], name="preference_stands_once"),
        ]

    def __str__(self) -> str:
        return f"{self.notice}: {self.by_mail}"
