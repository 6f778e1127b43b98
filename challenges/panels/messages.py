"""Private messages that wait: for a team to read, for staff to answer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db.models import Max
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _, gettext_lazy

from challenges.models import Message
from challenges.rules import MESSAGE_WRITERS
from portal.registry import Sentence, Waiting, registry
from startups.journey import SENTENCES

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from portal.models import User

SHOWN = 10


def _by_application(messages: Any) -> Any:
    rows = messages.order_by().values(
        "application_id",
        "application__reference",
        "application__call__title",
        "application__startup__legal_name",
        "application__startup__trading_name",
    )
    return rows.annotate(latest=Max("created_at")).order_by("latest")[:SHOWN]


def messages_to_read(user: User) -> Iterable[Waiting]:
    """What staff wrote to my teams since I looked."""
    for row in _by_application(Message.objects.unread_by(user)):
        address = reverse("challenges:application-detail", args=[row["application_id"]])
        yield Waiting(
            verb=_("Read"),
            object=_("Message about %(reference)s, %(call)s")
            % {
                "reference": row["application__reference"],
                "call": row["application__call__title"],
            },
            url=f"{address}#messages",
            when=date_format(timezone.localtime(row["latest"]), "D j M, H:i"),
            tone="amber",
        )


def messages_to_answer(user: User) -> Iterable[Waiting]:
    """What teams wrote to the calls I run, oldest first."""
    if not user.programmes_as(*MESSAGE_WRITERS) and not user.is_superuser:
        return
    for row in _by_application(Message.objects.unanswered(user)):
        address = reverse("admin:challenges_application_change", args=[row["application_id"]])
        name = row["application__startup__trading_name"] or row["application__startup__legal_name"]
        yield Waiting(
            verb=_("Answer"),
            object=_("%(startup)s, %(reference)s, %(call)s")
            % {
                "startup": name,
                "reference": row["application__reference"],
                "call": row["application__call__title"],
            },
            url=f"{address}#messages",
            when=_("since %(day)s")
            % {"day": date_format(timezone.localtime(row["latest"]), "D j M, H:i")},
            tone="amber",
        )


registry.sentences |= {
    "challenges.message:write": Sentence(gettext_lazy("{who} wrote a message")),
    "challenges.application:lay-message-aside": Sentence(
        gettext_lazy("{who} laid the team’s last message aside")
    ),
}
SENTENCES["challenges.message:write"] = gettext_lazy("A message was written")
registry.waiting.append(messages_to_read)
registry.staff_waiting.append(messages_to_answer)
