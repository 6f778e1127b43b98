"""Words and time."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from portal.settings.base import BASE_DIR

LANGUAGE_CODE = "en-gb"
LANGUAGES = [("en-gb", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"
FORMAT_MODULE_PATH = ["portal.formats"]
# Any applicant may be from a country whose name the United Nations writes otherwise than ISO does.
COUNTRIES_OVERRIDE = {"TR": "Türkiye", "CZ": "Czechia", "BO": "Bolivia", "TZ": "Tanzania"}
