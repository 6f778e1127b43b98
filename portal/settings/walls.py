"""Walls: headers, cookies and the Content-Security-Policy."""

from __future__ import annotations

from portal import env
from portal.settings.base import HTTPS
from portal.settings.people import ALLAUTH_TRUSTED_PROXY_COUNT, OIDC_ORIGINS

SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = HTTPS and env.flag("SSL_REDIRECT", default=True)
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if ALLAUTH_TRUSTED_PROXY_COUNT else None
)
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_HSTS_PRELOAD = HTTPS
# The machines that ask whether this copy lives come without a proxy.
# A mail provider is refused over http instead of sent on: else its secret would go on travelling
# in the open, and nobody would notice.
SECURE_REDIRECT_EXEMPT = [r"^(healthz|readyz|metrics)$", r"^mail/(events|inbound)/$"]
# Whom to tell of a weakness, at /.well-known/security.txt: without somebody there is no such file.
SECURITY_CONTACT = [
    contact if ":" in contact else f"mailto:{contact}"
    for contact in env.words("SECURITY_CONTACT", [])
]
SECURITY_POLICY = env.text("SECURITY_POLICY")
# What no page here asks a browser for. Passkeys are asked for by our own pages.
PERMISSIONS_POLICY = ", ".join(
    [
        *(
            f"{feature}=()"
            for feature in (
                *("accelerometer", "autoplay", "browsing-topics", "camera", "display-capture"),
                *("geolocation", "gyroscope", "magnetometer", "microphone", "midi", "payment"),
                *("serial", "usb", "xr-spatial-tracking"),
            )
        ),
        "publickey-credentials-create=(self)",
        "publickey-credentials-get=(self)",
    ]
)
# A name that starts so is taken by browsers from this host alone, over https, for all paths: no
# other host of the same domain can plant one.
_HOST = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_HOST}sessionid"
CSRF_COOKIE_NAME = f"{_HOST}csrftoken"
MESSAGE_COOKIE_NAME = f"{_HOST}messages"
MESSAGE_STORAGE = "portal.flash.Storage"
SESSION_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "portal.views.errors.form_expired"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        # Chromium asks this of where a form's answer leads as well: the other sign-in's own page.
        "form-action": ["'self'", *OIDC_ORIGINS],
        "frame-ancestors": ["'none'"],
    },
}
