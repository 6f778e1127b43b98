"""What this copy of the portal is: its name, its address, its secret."""

from __future__ import annotations

from pathlib import Path

from portal import env

BASE_DIR = Path(__file__).resolve().parents[2]

DEBUG = env.flag("DEBUG")
DEMO = env.flag("DEMO")
SITE_NAME = env.text("SITE_NAME", "Minato")
SITE_TAGLINE = env.text("SITE_TAGLINE", "Innovation Partnership Portal")
SITE_URL = env.text("SITE_URL", "http://localhost:8000").rstrip("/")
HTTPS = SITE_URL.startswith("https://")
SECRET_KEY = env.secret("SECRET_KEY")
# Keys of before that still open what they signed, while one is replaced by another.
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [SITE_URL])
