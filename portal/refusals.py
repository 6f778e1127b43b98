"""What mail servers answer, in plain words: which of their codes means what to a person."""

from __future__ import annotations

import re
from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPException,
    SMTPRecipientsRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from portal.choices import WhyNot

PERMANENT_FROM = 500
#: RFC 3463: class, subject, detail.
ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.(\d{1,3})\b")
#: By subject and detail of RFC 3463; the detail is empty where each one means the same.
BY_CODE = {
    ("1", "1"): WhyNot.ADDRESS,
    ("1", "2"): WhyNot.DOMAIN,
    ("1", "3"): WhyNot.ADDRESS,
    ("1", "6"): WhyNot.CLOSED,
    ("1", "10"): WhyNot.DOMAIN,
    ("2", "1"): WhyNot.CLOSED,
    ("2", "2"): WhyNot.FULL,
    ("2", "3"): WhyNot.LARGE,
    ("3", "4"): WhyNot.LARGE,
    ("4", "4"): WhyNot.DOMAIN,
    ("7", "1"): WhyNot.SPAM,
    ("7", ""): WhyNot.REFUSED,
}
#: Where there is no such code, or it says less than the words beside it.
BY_WORDS = (
    (r"quota|mailbox (is )?full|over ?quota|insufficient storage", WhyNot.FULL),
    (r"spam|blocked|blacklist|block ?list|reputation|policy|dmarc", WhyNot.SPAM),
    (r"disabled|inactive|suspended|deactivated|no longer", WhyNot.CLOSED),
    (
        (
            r"no such|unknown|not (be )?found|does ?n.t exist|does not exist|no mailbox|unrouteable"
            r"|invalid (address|recipient|mailbox)|user unavailable"
        ),
        WhyNot.ADDRESS,
    ),
    (r"domain|host not|no mx|name or service", WhyNot.DOMAIN),
    (r"too (large|big)|size limit|exceeds", WhyNot.LARGE),
)


def said_by(error: Exception) -> list[tuple[int, str]]:
    """The code and the words of each answer of the mail server, if it answered at all."""
    if isinstance(error, SMTPRecipientsRefused):
        return [(code, _text(words)) for code, words in error.recipients.values()]
    if isinstance(error, SMTPResponseException):
        return [(error.smtp_code, _text(error.smtp_error))]
    return []


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words


def is_permanent(error: Exception) -> bool:
    """Whether the mail server said of this reader or this letter that trying again is of no use.

    Refusals of ourselves (a wrong password, our own sender) are for whoever runs the portal to
    mend: those letters wait.
    """
    if not isinstance(error, (SMTPRecipientsRefused, SMTPDataError)):
        return False
    said = said_by(error)
    return bool(said) and all(code >= PERMANENT_FROM for code, _words in said)


def is_about_the_address(error: Exception) -> bool:
    """Whether it was the reader's address that was refused, and for good."""
    return isinstance(error, SMTPRecipientsRefused) and is_permanent(error)


def is_unreachable(error: Exception) -> bool:
    """Whether it was not about this letter: our own mail server is away."""
    return not said_by(error) and isinstance(error, (SMTPException, OSError))


def reason_of(error: Exception) -> WhyNot:
    """Why it did not arrive, for a person."""
    if isinstance(error, (SMTPAuthenticationError, SMTPSenderRefused)):
        return WhyNot.SETTINGS
    if said := said_by(error):
        code, words = said[0]
        return WhyNot.BUSY if code < PERMANENT_FROM else reason_in(words)
    return WhyNot.AWAY if is_unreachable(error) else WhyNot.OTHER


def reason_in(words: str) -> WhyNot:
    """Why it did not arrive, from the words of a mail server or provider."""
    lowered = words.lower()
    if found := ENHANCED.search(words):
        subject, detail = found.groups()
        known = BY_CODE.get((subject, detail)) or BY_CODE.get((subject, ""))
        if known and known != WhyNot.REFUSED:
            return known
    for pattern, reason in BY_WORDS:
        if re.search(pattern, lowered):
            return reason
    return WhyNot.REFUSED


def words_of(error: Exception) -> str:
    """The answer word for word, for those who talk to the people who run mail servers."""
    if said := said_by(error):
        return "; ".join(f"{code} {words}" for code, words in said)
    if is_unreachable(error):
        return f"The mail server could not be reached ({type(error).__name__}: {error})"
    return f"{type(error).__name__}: {error}"
