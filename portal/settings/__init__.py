"""Settings, read once from the environment; `.env.example` documents each variable."""

from __future__ import annotations

import django_stubs_ext

# One module a subject; Django reads the names in capitals.
from portal.settings.base import *  # noqa: F403
from portal.settings.desk import *  # noqa: F403
from portal.settings.files import *  # noqa: F403
from portal.settings.history import *  # noqa: F403
from portal.settings.letters import *  # noqa: F403
from portal.settings.logs import *  # noqa: F403
from portal.settings.parts import *  # noqa: F403
from portal.settings.people import *  # noqa: F403
from portal.settings.rows import *  # noqa: F403
from portal.settings.wakeups import *  # noqa: F403
from portal.settings.walls import *  # noqa: F403
from portal.settings.words import *  # noqa: F403

# ModelAdmin[X] and ModelForm[X] are written for the type checker and must also run.
django_stubs_ext.monkeypatch()
