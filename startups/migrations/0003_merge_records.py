# Written from `makemigrations` on 2026-11-21; only what merging needs.

import uuid

import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('startups', '0002_organisation_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='startup',
            name='merged_into',
            field=models.ForeignKey(editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged_from', to='startups.startup'),
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('reason', models.TextField(verbose_name='reason')),
                ('moved', models.JSONField(default=dict)),
                ('removed', models.JSONField(default=list)),
                ('before', models.JSONField(default=dict)),
                ('version', models.PositiveIntegerField()),
                ('entry', models.BigIntegerField()),
                ('undo_until', models.DateTimeField(verbose_name='can be undone until')),
                ('undone_at', models.DateTimeField(null=True, verbose_name='undone')),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('gone', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='startups.startup')),
                ('kept', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='startups.startup')),
                ('undone_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'merge of two records',
                'verbose_name_plural': 'merges of records',
                'ordering': ['-created_at'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('gone',), name='record_is_merged_away_once'),
                    models.CheckConstraint(condition=models.Q(('kept', models.F('gone')), _negated=True), name='record_is_not_merged_with_itself'),
                ],
            },
        ),
    ]
