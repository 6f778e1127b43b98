"""The code of conduct for mentors, so that every installation has a first version of it."""

from datetime import date
from pathlib import Path
from typing import Any

from django.db import migrations

TEXT = Path(__file__).resolve().parent.parent / "texts" / "mentors.md"


def write(apps: Any, schema_editor: Any) -> None:
    """Put in the first version; where there is any text of the kind already, that stays."""
    rows = apps.get_model("portal", "PolicyText").objects.using(schema_editor.connection.alias)
    if not rows.filter(kind="mentors").exists():
        rows.create(
            kind="mentors",
            version="2026-11",
            text=TEXT.read_text(encoding="utf-8").strip(),
            in_force_from=date(2026, 11, 1),
        )


class Migration(migrations.Migration):
    dependencies = [("portal", "0013_calendars")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
