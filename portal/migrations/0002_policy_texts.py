"""The binding texts, so that every installation has a first version of each."""

from datetime import date
from pathlib import Path
from typing import Any

from django.db import migrations

TEXTS = Path(__file__).resolve().parent.parent / "texts"
KINDS = ("privacy", "terms", "accessibility")
VERSION = "2026-11"
IN_FORCE_FROM = date(2026, 11, 1)


def write(apps: Any, schema_editor: Any) -> None:
    """Put in the texts of this version; a kind that has any text already keeps it."""
    policy_text = apps.get_model("portal", "PolicyText")
    for kind in KINDS:
        rows = policy_text.objects.using(schema_editor.connection.alias)
        if not rows.filter(kind=kind).exists():
            rows.create(
                kind=kind,
                version=VERSION,
                text=(TEXTS / f"{kind}.md").read_text(encoding="utf-8").strip(),
                in_force_from=IN_FORCE_FROM,
            )


class Migration(migrations.Migration):
    dependencies = [("portal", "0001_initial")]

    operations = [migrations.RunPython(write, migrations.RunPython.noop)]
