"""Private messages between staff and the team of one application."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext_lazy as _

from challenges.models.application import Application
from challenges.rules import MESSAGE_READERS, MESSAGE_WRITERS
from portal.models import ClockNow, Record

if TYPE_CHECKING:
    from uuid import UUID

    from portal.models import User

LONGEST_MESSAGE = 10_000


class MessageQuerySet(models.QuerySet["Message"]):
    """Messages, chosen by reader."""

    def visible_to(self, user: User) -> Self:
        """Those of one's own teams, and of applications whose messages one's role reads."""
        return self.filter(
            Q(application__in=Application.objects.of_applicant(user))
            | user.within("application__call__programme", *MESSAGE_READERS)
        )

    def unread_by(self, user: User) -> Self:
        """What staff wrote to one's teams since one last looked."""
        read = MessageReading.objects.filter(
            application=OuterRef("application"), user=user, read_at__gte=OuterRef("created_at")
        )
        mine = Application.objects.of_applicant(user)
        return self.filter(~Exists(read), application__in=mine, from_staff=True)

    def unanswered(self, user: User) -> Self:
        """What teams wrote to the programmes one runs, that nobody answered or laid aside."""
        later = Message.objects.filter(
            application=OuterRef("application"),
            from_staff=True,
            created_at__gt=OuterRef("created_at"),
        )
        aside = MessageReading.objects.filter(
            application=OuterRef("application"),
            by_staff=True,
            read_at__gte=OuterRef("created_at"),
        )
        return self.filter(
            ~Exists(later),
            ~Exists(aside),
            user.within("application__call__programme", *MESSAGE_WRITERS),
            from_staff=False,
        ).exclude(application__in=Application.objects.of_applicant(user))


class Message(Record):
    """One message; it stands as it was written."""

    #: The clock at the statement: what is read, answered or laid aside is decided by order.
    created_at = models.DateTimeField(_("written"), db_default=ClockNow(), editable=False)
    application = models.ForeignKey(Application, on_delete=models.PROTECT, related_name="messages")
    author = models.ForeignKey("portal.User", on_delete=models.PROTECT, related_name="+")
    from_staff = models.BooleanField()
    text = models.TextField(_("message"), max_length=LONGEST_MESSAGE)
    by_mail = models.BooleanField(default=False)
    #: Files that hung on the mail and were not taken.
    files_left = models.PositiveSmallIntegerField(default=0)
    #: SHA-256 of the mail's own name: a provider that delivers twice adds nothing.
    mail_hash = models.CharField(  # noqa: DJ001 -- unique among mails; what was typed has none
        max_length=64, unique=True, null=True, editable=False
    )

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["created_at", "id"]
        triggers = [
            pgtrigger.Protect(
                name="message_is_never_changed", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return self.text[:60]

    @property
    def startup_key(self) -> UUID:
        """Whose journey this belongs to."""
        return self.application.startup_id

    @property
    def programme_key(self) -> UUID:
        """The programme for rules and audit."""
        return self.application.call.programme_id


class MessageReading(Record):
    """Until when a person has read a conversation, or laid it aside for all staff."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey("portal.User", on_delete=models.CASCADE, related_name="+")
    by_staff = models.BooleanField(default=False)
    read_at = models.DateTimeField(db_default=ClockNow())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["application", "user"], name="conversation_is_read_once_each"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.application_id} {self.read_at:%Y-%m-%d %H:%M}"
