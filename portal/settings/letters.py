"""Letters: how they leave."""

from __future__ import annotations

import sys
from importlib.util import find_spec

from portal import env
from portal.settings.base import DEBUG, SITE_NAME

MAIL_DIR = env.text("MAIL_DIR")
_mail = env.mail("EMAIL_URL", "consolemail://" if DEBUG else "smtp://localhost:25")
EMAIL_BACKEND = "portal.mailbox.MaildirBackend" if MAIL_DIR else _mail["EMAIL_BACKEND"]
EMAIL_HOST = _mail.get("EMAIL_HOST") or "localhost"
EMAIL_PORT = _mail.get("EMAIL_PORT") or 25
EMAIL_HOST_USER = _mail.get("EMAIL_HOST_USER") or ""
EMAIL_HOST_PASSWORD = _mail.get("EMAIL_HOST_PASSWORD") or ""
EMAIL_USE_TLS = bool(_mail.get("EMAIL_USE_TLS"))
EMAIL_USE_SSL = bool(_mail.get("EMAIL_USE_SSL"))
EMAIL_TIMEOUT = 10
# In a restored database letters wait that left long ago: they stay until `release_letters`.
HOLD_AFTER_RESTORE = env.flag("HOLD_AFTER_RESTORE", default=True)
# Quiet hours on the wall clock of each reader: letters that can wait do not come in them. The same
# hour twice: none. And when the letter of the day goes to whoever wants all in one.
QUIET_FROM = env.wall_clock("QUIET_FROM", "21:00")
QUIET_UNTIL = env.wall_clock("QUIET_UNTIL", "08:00")
DIGEST_AT = env.wall_clock("DIGEST_AT", "08:00")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <portal@example.org>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# A provider's own interface instead of SMTP, through django-anymail (the extra "mail"): postmark,
# brevo, mailgun … Its settings are the variables ANYMAIL_…, handed on as they are.
MAIL_PROVIDER = env.text("MAIL_PROVIDER").strip().lower()
if MAIL_PROVIDER and not (find_spec("anymail") and find_spec(f"anymail.backends.{MAIL_PROVIDER}")):
    sys.exit(
        f"The environment variable MAIL_PROVIDER has a bad value: {MAIL_PROVIDER} needs"
        " django-anymail (requirements/production.txt) and a name that it knows."
    )
ANYMAIL = {"REQUESTS_TIMEOUT": EMAIL_TIMEOUT, **env.starting_with("ANYMAIL_")}
if MAIL_PROVIDER and not MAIL_DIR:
    EMAIL_BACKEND = f"anymail.backends.{MAIL_PROVIDER}.EmailBackend"
# The provider's news of bounces is taken only where a secret or a key proves that it is the
# provider's; without one there is no such address.
MAIL_EVENTS = bool(MAIL_PROVIDER) and any(
    "WEBHOOK" in name or "SIGNING" in name for name in ANYMAIL
)
