"""Files: static ones, served hashed and compressed, and private uploads."""

from __future__ import annotations

from typing import Any

from portal import env
from portal.settings.base import BASE_DIR, DEBUG

STATIC_URL = "/static/"
STATIC_ROOT = env.text("STATIC_ROOT", str(BASE_DIR / ".local" / "static"))
#: Where the front-end packages lie: styles, scripts, and the fonts of papers.
NODE_MODULES = BASE_DIR / "node_modules"
STATICFILES_DIRS: list[Any] = [
    BASE_DIR / "static",
    *[
        (prefix, NODE_MODULES / folder)
        for prefix, folder in (
            ("bootstrap/css", "bootstrap/dist/css"),
            ("fonts/plex", "@fontsource/ibm-plex-sans"),
            ("fonts/plex-jp", "@fontsource/ibm-plex-sans-jp"),
            ("fonts/plex-arabic", "@fontsource/ibm-plex-sans-arabic"),
        )
        if (NODE_MODULES / folder).is_dir()
    ],
]
MEDIA_ROOT = env.text("MEDIA_ROOT", str(BASE_DIR / ".local" / "media"))
# Private: there is no MEDIA_URL, the owning app's view serves each file after its own check.
MEDIA_URL = "/media-is-private/"
# Elsewhere: an object store, which every copy of the portal reaches. Nothing in it is public: no
# access list is sent, so the bucket's own holds, and no address of a file is ever given out.
_bucket = env.bucket("FILES")
_files: dict[str, Any] = (
    {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": _bucket["bucket"],
            "location": _bucket["folder"],
            "endpoint_url": _bucket.get("endpoint"),
            "region_name": _bucket.get("region"),
            "addressing_style": "path" if _bucket.get("endpoint") else "auto",
            "signature_version": "s3v4",
            "default_acl": None,
            "file_overwrite": False,
            "querystring_auth": True,
            "querystring_expire": 60,
            # Larger files are kept on disk while they pass through.
            "max_memory_size": 5 * 1024 * 1024,
        },
    }
    if _bucket
    else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
)
STORAGES: dict[str, dict[str, Any]] = {
    "default": _files,
    "staticfiles": {
        "BACKEND": (
            "whitenoise.storage.CompressedManifestStaticFilesStorage"
            if env.flag("STATIC_MANIFEST", default=not DEBUG)
            else "django.contrib.staticfiles.storage.StaticFilesStorage"
        ),
    },
}
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# No other site loads anything from here.
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (
    *("jpg", "jpeg", "png", "gif", "webp", "zip", "gz", "tgz", "bz2", "tbz", "xz", "br"),
    *("swf", "flv", "woff", "woff2", "map"),
)
FILE_UPLOAD_PERMISSIONS = 0o640
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
UPLOAD_LIMIT_MB = env.number("UPLOAD_LIMIT_MB", 25, at_least=1)
# A section of a form may take several files at once. What is larger than this is refused unread.
REQUEST_LIMIT_MB = env.number("REQUEST_LIMIT_MB", 4 * UPLOAD_LIMIT_MB, at_least=1)
# What one person may have on its way in pieces, and how long a piece waits for the next.
UPLOAD_QUOTA_MB = env.number("UPLOAD_QUOTA_MB", 4 * UPLOAD_LIMIT_MB, at_least=UPLOAD_LIMIT_MB)
UPLOAD_KEPT_HOURS = env.number("UPLOAD_KEPT_HOURS", 48, at_least=1)
# How long the look into one file may take by the clock; of the processor it may have five seconds.
INSPECTION_WALL_SECONDS = env.number("INSPECTION_WALL_SECONDS", 30, at_least=5)
# How far it gives way to pages meanwhile: 19 as far as it can, 0 not at all.
INSPECTION_NICE = env.number("INSPECTION_NICE", 10)
# Of how many of its first pages a file has pictures (0: none), and how many points wide they are.
PREVIEW_PAGES = env.number("PREVIEW_PAGES", 5, at_least=0)
PREVIEW_WIDTH = env.number("PREVIEW_WIDTH", 900, at_least=100)
# How long a team has to replace a file that is refused after it was submitted.
REPLACE_HOURS = env.number("REPLACE_HOURS", 24, at_least=1)
FILE_UPLOAD_HANDLERS = [
    # First, so that a file which is too large is neither kept in memory nor written to a disk.
    "portal.documents.intake.SizeLimit",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
# ClamAV's daemon, at /path/to/socket or host:port; without one no virus scanner is asked.
CLAMAV = env.text("CLAMAV")
