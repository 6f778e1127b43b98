"""Settings, read once from the environment; `.env.example` documents each variable."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from portal import env

# ModelAdmin[X] and ModelForm[X] are written for the type checker and must also run.
django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parents[2]

# -- What this copy is ----------------------------------------------------------------------------
DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
SITE_NAME = env.text("SITE_NAME", "Minato")
SITE_TAGLINE = env.text("SITE_TAGLINE", "Innovation Partnership Portal")
SITE_URL = env.text("SITE_URL", "http://localhost:8000").rstrip("/")
HTTPS = SITE_URL.startswith("https://")
SECRET_KEY = env.secret("SECRET_KEY")
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [SITE_URL])

# -- Parts ----------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "procurement",
    "challenges",
    "startups",
    "portal",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.postgres",
    "allauth",
    "allauth.account",
    "crispy_forms",
    "crispy_bootstrap5",
    "csp",
    "django_countries",
    "pgtrigger",
    "rules",
]
MIDDLEWARE = [
    "portal.middleware.plain_text_only",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.middleware.SignInFirst",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "portal.middleware.in_the_readers_zone",
    "portal.middleware.a_page_for_every_verb",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.site",
            ],
        },
    },
]
# An address typed without a scheme is meant as https; the setting goes with Django 6.
FORMS_URLFIELD_ASSUME_HTTPS = True
FORM_RENDERER = "django.forms.renderers.DjangoTemplates"
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False

# -- Rows: everything that must survive, sessions and throttle counters included ------------------
_database = env.database("DATABASE_URL")
_PGBOUNCER = env.flag("PGBOUNCER")
# How long one statement, one lock and an idle transaction may take. `portal/gunicorn.py` bounds the
# web server, so that a person gets an answer; jobs and migrations take their time.
_bounds = {
    "statement_timeout": env.number("DATABASE_STATEMENT_SECONDS", 0),
    "lock_timeout": env.number("DATABASE_LOCK_SECONDS", 0),
    "idle_in_transaction_session_timeout": env.number("DATABASE_IDLE_SECONDS", 0),
}
_options = {"connect_timeout": 10, **_database.get("OPTIONS", {})}
# PgBouncer refuses connections that bring options: there the role has them (ALTER ROLE … SET …).
if any(_bounds.values()) and not _PGBOUNCER:
    _options["options"] = " ".join(
        [
            *([str(_options["options"])] if "options" in _options else []),
            *(f"-c {name}={seconds}s" for name, seconds in _bounds.items() if seconds),
        ]
    )
DATABASES = {
    "default": {
        **_database,
        "OPTIONS": _options,
        "CONN_MAX_AGE": env.number("DATABASE_CONN_MAX_AGE", 60),
        "CONN_HEALTH_CHECKS": True,
        "DISABLE_SERVER_SIDE_CURSORS": _PGBOUNCER,
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SESSION_ENGINE = "django.contrib.sessions.backends.db"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
    },
    "local": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "local"},
}

# -- People ---------------------------------------------------------------------------------------
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = [
    "rules.permissions.ObjectPermissionBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_SIGNUP_FORM_CLASS = "portal.forms.SignupForm"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_USER_DISPLAY = "portal.models.shown_name"
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
# Changing the address at this step is not offered: allauth offers it to new accounts only, and so
# would tell whoever asks which addresses have an account.
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 900
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if HTTPS else "http"
# Hundreds of founders share a hub's or a carrier's address, so limits by account come first.
ACCOUNT_RATE_LIMITS = {
    "login": "300/m/ip",
    "login_failed": "10/15m/key,300/m/ip",
    "signup": "100/m/ip",
    "reset_password": "60/m/ip,5/h/key",
    "confirm_email": "1/10s/key",
    "request_login_code": "60/m/ip,5/10m/key",
}
ALLAUTH_TRUSTED_PROXY_COUNT = env.number("TRUSTED_PROXY_COUNT", 0)

# -- Words and time -------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["portal.formats"]
# Any applicant may be from a country whose name the United Nations writes otherwise than ISO does.
COUNTRIES_OVERRIDE = {"TR": "Türkiye", "CZ": "Czechia", "BO": "Bolivia", "TZ": "Tanzania"}

# -- Files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / ".local" / "static"))
_NODE = BASE_DIR / "node_modules"
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    *[
        (prefix, _NODE / folder)
        for prefix, folder in (
            ("bootstrap/css", "bootstrap/dist/css"),
            ("fonts/plex", "@fontsource/ibm-plex-sans"),
            ("fonts/plex-jp", "@fontsource/ibm-plex-sans-jp"),
            ("fonts/plex-arabic", "@fontsource/ibm-plex-sans-arabic"),
        )
        if (_NODE / folder).is_dir()
    ],
]
MEDIA_ROOT = env.text("MEDIA_ROOT", str(BASE_DIR / ".local" / "media"))
# Private: there is no MEDIA_URL, the owning app's view serves each file after its own check.
MEDIA_URL = "/media-is-private/"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if env.flag("STATIC_MANIFEST", default=not DEBUG)
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        ),
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    *("jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "tgz", "bz2", "tbz", "xz", "br"),
    *("swf", "flv", "woff", "woff2", "map"),
)
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
UPLOAD_LIMIT_MB = env.number("UPLOAD_LIMIT_MB", 25, at_least=1)

# -- Letters --------------------------------------------------------------------------------------
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
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"{SITE_NAME} <portal@example.org>")
SERVER_EMAIL = DEFAULT_FROM_EMAIL

# -- Wake-ups -------------------------------------------------------------------------------------
# While the broker is down, the web processes deliver letters themselves, in one thread each.
DELIVER_WITHOUT_WORKER = env.flag("DELIVER_WITHOUT_WORKER", default=True)
CELERY_BROKER_URL = env.text("REDIS_URL", "redis://localhost:6379/0")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Publishing must fail at once when the broker is down: it happens inside a person's request.
    "max_retries": 0,
    "retry_on_timeout": False,
    "socket_connect_timeout": 1,
    "visibility_timeout": 600,
}
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULE = {
    "sweep": {
        "task": "portal.sweep",
        "schedule": 10.0,
        # A sweep that waited in the queue longer than this has been overtaken by a later one.
        "options": {"expires": 20},
    },
}

# -- Walls ----------------------------------------------------------------------------------------
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
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# -- Logs -----------------------------------------------------------------------------------------
LOG_LEVEL = env.one_of("LOG_LEVEL", ("DEBUG", "INFO", "WARNING", "ERROR"), "INFO")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOG_LEVEL},
    "loggers": {
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "celery.beat": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
    },
}
SILENCED_SYSTEM_CHECKS: list[str] = []
