"""The development mailbox: mail is caught in a folder and read in the browser, never sent."""

from __future__ import annotations

import email
import email.policy
import mailbox
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

if TYPE_CHECKING:
    from collections.abc import Sequence
    from email.message import EmailMessage as ReadMessage

    from django.core.mail import EmailMessage


def _box() -> mailbox.Maildir:
    folder = Path(settings.MAIL_DIR)
    # The library makes these only together with the folder itself, which may be there already.
    for part in ("tmp", "new", "cur"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    return mailbox.Maildir(str(folder))


class MaildirBackend(BaseEmailBackend):
    """Writes each mail as a file, as a mail server's own mailbox would hold it."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Put the mails into the folder."""
        box = _box()
        for message in email_messages:
            box.add(message.message().as_bytes())
        return len(email_messages)


@dataclass(frozen=True)
class Caught:
    """A mail as it was caught."""

    key: str
    to: str
    sender: str
    reply_to: str
    subject: str
    at: datetime
    text: str
    html: str
    #: The calendar entry that is attached.
    calendar: str = ""


def _read(key: str, raw: bytes) -> Caught:
    message: ReadMessage = email.message_from_bytes(raw, policy=email.policy.default)
    plain, rich = message.get_body(("plain",)), message.get_body(("html",))
    date = message["Date"]
    return Caught(
        key=key,
        to=str(message["To"] or ""),
        sender=str(message["From"] or ""),
        reply_to=str(message["Reply-To"] or ""),
        subject=str(message["Subject"] or ""),
        at=parsedate_to_datetime(str(date)) if date else datetime.now(tz=UTC),
        text=plain.get_content() if plain else "",
        html=rich.get_content() if rich else "",
        calendar=next(
            (
                str(part.get_content())
                for part in message.iter_attachments()
                if part.get_content_type() == "text/calendar"
            ),
            "",
        ),
    )


def caught(*, to: str = "", limit: int = 200) -> list[Caught]:
    """The newest mails, those to one address if it is given."""
    folder = Path(settings.MAIL_DIR) / "new"
    if not folder.is_dir():
        return []
    files = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime_ns, reverse=True)
    found = (_read(file.name, file.read_bytes()) for file in files)
    wanted = (mail for mail in found if to.lower() in mail.to.lower())
    return [mail for mail, _ in zip(wanted, range(limit), strict=False)]


def one(key: str) -> Caught | None:
    """The mail with this key."""
    for file in (Path(settings.MAIL_DIR) / "new").glob("*"):
        if file.name == key:
            return _read(key, file.read_bytes())
    return None
