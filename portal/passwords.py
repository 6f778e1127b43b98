"""Which passwords are not taken besides short and common ones: our own words, and leaked ones."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

if TYPE_CHECKING:
    from typing import IO

#: Words that come to mind on the pages of a portal like this one; the installation adds its own.
WORDS = frozenset(
    {
        *("admin", "administrator", "applicant", "application", "call", "challenge", "compliance"),
        *("coordinator", "founder", "innovation", "juror", "login", "manager", "partnership"),
        *("passphrase", "password", "portal", "procurement", "programme", "reviewer", "secret"),
        *("staff", "startup", "startups", "team", "welcome"),
    }
)
#: Letters that people write as figures and signs.
_AS_WRITTEN = str.maketrans("013457@$!", "oieastasi")
#: With fewer letters of one's own beside our words a password is guessed.
_OWN_LETTERS = 5
#: How many characters of a line are the hash: SHA-1 in hexadecimal.
_HASH = 40


def words_of_ours() -> list[str]:
    """The words, the longest first, as they look among letters alone."""
    named = f"{settings.SITE_NAME} {settings.SITE_TAGLINE} {urlsplit(settings.SITE_URL).hostname}"
    found = {*WORDS, *re.findall(r"\w{4,}", named), *settings.PASSWORD_WORDS}
    letters = {re.sub(r"[\W\d_]", "", word.casefold()) for word in found}
    return sorted(letters - {""}, key=len, reverse=True)


class NotOurWords:
    """Refuses a password that is made of words everybody reads here."""

    def validate(self, password: str, user: Any = None) -> None:
        """Take our words out; what is left must be worth something."""
        del user
        plain = password.casefold()
        for written in (plain, plain.translate(_AS_WRITTEN)):
            left = re.sub(r"[\W\d_]", "", written)
            for word in words_of_ours():
                left = left.replace(word, "")
            if len(left) < _OWN_LETTERS <= len(re.sub(r"[\W\d_]", "", written)):
                raise ValidationError(
                    _("This password is made of words of this site. Choose words of your own."),
                    code="password_of_our_words",
                )

    def get_help_text(self) -> str:
        """What the form says."""
        return _("Words of this site alone are not taken.")


class NotTwoCommonOnes:
    """Refuses two common passwords put together: of those that are long enough, the most common.

    Django's list has few that are as long as ours must be.
    """

    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:
        """Look at each place where the first could end."""
        del user
        plain = password.casefold().strip()
        for end in range(1, len(plain)):
            if plain[:end] in self.common and plain[end:] in self.common:
                raise ValidationError(
                    _("This password is two common ones put together. Choose words of your own."),
                    code="password_of_two",
                )

    def get_help_text(self) -> str:
        """Nothing beside what is said about common ones."""
        return ""


class NotLeaked:
    """Refuses a password that stands in the installation's list of leaked ones.

    The list is a file of sorted SHA-1 hashes, one a line, as Have I Been Pwned publishes it: nobody
    outside is asked about anybody's password.
    """

    def validate(self, password: str, user: Any = None) -> None:
        """Look the hash up, where there is a list."""
        del user
        if not settings.LEAKED_PASSWORDS:
            return
        # The list's own format; nothing is kept or proved with this hash.
        digest = hashlib.sha1(password.encode(), usedforsecurity=False).hexdigest().upper()
        with Path(settings.LEAKED_PASSWORDS).open("rb") as lines:
            if _holds(lines, digest.encode()):
                raise ValidationError(
                    _(
                        "This password was among those stolen somewhere, so others try it first."
                        " Choose another, and change it wherever you use it."
                    ),
                    code="password_leaked",
                )

    def get_help_text(self) -> str:
        """Nothing: it is no rule that anybody could heed beforehand."""
        return ""


def _holds(lines: IO[bytes], digest: bytes) -> bool:
    """Whether one of the sorted lines begins with the hash, by halving."""
    low, high = 0, lines.seek(0, 2)
    while low < high:
        middle = (low + high) // 2
        lines.seek(max(middle - 1, 0))
        if middle:
            lines.readline()
        found = lines.readline()[:_HASH].upper()
        if found == digest:
            return True
        if not found or found > digest:
            high = middle
        else:
            low = lines.tell()
    return False
