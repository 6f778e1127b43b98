"""What UN organisations ask of suppliers, as shipped in ``data/requirements.toml``."""

import tomllib
from pathlib import Path

from django.db import migrations

DATA = Path(__file__).parent.parent / "data" / "requirements.toml"


def load(apps, schema_editor):
    """Put the rows in; whoever installs the portal anew starts with them."""
    del schema_editor
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    requirement = apps.get_model("procurement", "Requirement")
    threshold = apps.get_model("procurement", "Threshold")
    revision = apps.get_model("procurement", "CodeRevision")
    for order, row in enumerate(data["requirement"], start=1):
        requirement.objects.create(order=order, **row)
    for row in data["threshold"]:
        threshold.objects.create(**row)
    for row in data["revision"]:
        revision.objects.create(**row)


class Migration(migrations.Migration):
    dependencies = [
        ("procurement", "0003_supplier_files"),
    ]

    operations = [
        migrations.RunPython(load, migrations.RunPython.noop),
    ]
