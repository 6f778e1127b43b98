"""Where a sentence such as “Saved.” waits for the next page: a cookie of this host alone."""

from __future__ import annotations

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.contrib.messages.storage.fallback import FallbackStorage
from django.contrib.messages.storage.session import SessionStorage


class HostCookieStorage(CookieStorage):
    """Django's; the cookie's name has the prefix that keeps other hosts from planting one."""

    cookie_name = settings.MESSAGE_COOKIE_NAME


class Storage(FallbackStorage):
    """The cookie, and the session for what does not fit into one."""

    storage_classes = (HostCookieStorage, SessionStorage)
