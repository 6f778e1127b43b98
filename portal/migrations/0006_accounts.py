import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

KINDS = ("closed-account", "submissions", "letters", "audit-trail")


def name_what_is_kept(apps, schema_editor):
    """One row for each sort of thing; the days are the organisation's to say."""
    retention = apps.get_model("portal", "Retention")
    for kind in KINDS:
        retention.objects.get_or_create(kind=kind)


class Migration(migrations.Migration):

    dependencies = [
        ('portal', '0004_letters_told'),
    ]

    operations = [
        migrations.CreateModel(
            name='Tries',
            fields=[
                ('key', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('at', django.contrib.postgres.fields.ArrayField(base_field=models.DateTimeField(), size=None)),
                ('expires_at', models.DateTimeField(db_index=True)),
            ],
            options={'verbose_name': 'tries', 'verbose_name_plural': 'tries'},
        ),
        migrations.CreateModel(
            name='Retention',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('kind', models.SlugField(max_length=40, unique=True, verbose_name='what is kept')),
                ('days', models.PositiveIntegerField(blank=True, help_text='Empty: as long as the programme keeps its records.', null=True, verbose_name='days')),
                ('ground', models.CharField(blank=True, help_text='The rule it follows, in one sentence.', max_length=300, verbose_name='why')),
            ],
            options={'verbose_name': 'time of keeping', 'verbose_name_plural': 'times of keeping', 'ordering': ['kind']},
        ),
        migrations.CreateModel(
            name='Closing',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('erase_from', models.DateTimeField(verbose_name='personal data is erased from')),
                ('reopened_at', models.DateTimeField(null=True, verbose_name='opened again')),
                ('erased_at', models.DateTimeField(null=True, verbose_name='erased')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='closings', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'closed account',
                'verbose_name_plural': 'closed accounts',
                'ordering': ['-created_at'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('reopened_at', None)), fields=('user',), name='account_is_closed_once'),
                    models.CheckConstraint(condition=models.Q(('reopened_at', None), ('erased_at', None), _connector='OR'), name='erased_account_stays_closed'),
                ],
            },
        ),
        migrations.CreateModel(
            name='EmailChange',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='created')),
                ('new_email', models.EmailField(max_length=254, verbose_name='new address')),
                ('new_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('old_hash', models.CharField(editable=False, max_length=64, unique=True)),
                ('new_confirmed_at', models.DateTimeField(null=True, verbose_name='new address said yes')),
                ('old_confirmed_at', models.DateTimeField(null=True, verbose_name='old address said yes')),
                ('counts_from', models.DateTimeField(null=True, verbose_name='counts without the old address from')),
                ('expires_at', models.DateTimeField(verbose_name='valid until')),
                ('done_at', models.DateTimeField(null=True, verbose_name='done')),
                ('stopped_at', models.DateTimeField(null=True, verbose_name='stopped')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='email_changes', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'change of address',
                'verbose_name_plural': 'changes of address',
                'ordering': ['-created_at'],
                'constraints': [
                    models.UniqueConstraint(condition=models.Q(('done_at', None), ('stopped_at', None)), fields=('user',), name='change_of_address_waits_once'),
                    models.CheckConstraint(condition=models.Q(('done_at', None), ('new_confirmed_at__isnull', False), _connector='OR'), name='change_of_address_was_confirmed'),
                ],
            },
        ),
        migrations.RunPython(name_what_is_kept, migrations.RunPython.noop),
    ]
