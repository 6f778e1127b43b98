"""The link with which a reader stops letters of one kind, without signing in.

Its secret is made from the letter's key and ours, so that a letter can be sent again with the same
link; the row keeps a hash alone, and the link tells nobody who gets letters about what.
"""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from uuid import UUID


def _secret(letter: UUID) -> str:
    made = salted_hmac("portal.unsubscribe", str(letter), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(made).decode().rstrip("=")


def stop_url(letter: UUID) -> str:
    """The address for this letter, from the settings and never from a request's headers."""
    return f"{settings.SITE_URL}{reverse('letters-stop', args=[_secret(letter)])}"


def hash_of(secret: str) -> str:
    """What the letter's row keeps of the secret."""
    return hashlib.sha256(secret.encode()).hexdigest()


def stop_hash(letter: UUID) -> str:
    """The hash for a letter that is being written."""
    return hash_of(_secret(letter))
