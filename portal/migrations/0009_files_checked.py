"""Files are checked thoroughly by a row that waits; those from before wait for it too."""

from django.db import migrations, models

import portal.models.base


def check_again(apps, schema_editor):
    """Files taken in before had the cheap check only: the sweep finds them and looks at each."""
    document = apps.get_model("portal", "Document")
    document.objects.exclude(state="refused").update(state="checking")
    document.objects.filter(state="refused").update(refusal="unreadable")


class Migration(migrations.Migration):
    dependencies = [("portal", "0008_field_history")]

    operations = [
        migrations.AddField(
            model_name="document",
            name="attempts",
            field=models.PositiveSmallIntegerField(default=0, editable=False),
        ),
        migrations.AddField(
            model_name="document",
            name="check_after",
            field=models.DateTimeField(db_default=portal.models.base.ClockNow(), editable=False),
        ),
        migrations.RunPython(check_again, migrations.RunPython.noop, elidable=True),
        # Checks of foreign keys that wait for the commit would bar the change of the table.
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="document",
            name="refusal",
            field=models.CharField(
                blank=True,
                max_length=20,
                verbose_name="why refused",
            ),
        ),
        migrations.AddIndex(
            model_name="document",
            index=models.Index(
                condition=models.Q(("state", "checking")),
                fields=["check_after"],
                name="document_to_check",
            ),
        ),
    ]
