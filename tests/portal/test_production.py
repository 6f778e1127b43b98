"""What production stands on: settings, checks, files elsewhere, images, migrations."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings as django_settings
from django.core.checks import run_checks
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import migrations, models
from django.db.migrations.loader import MigrationLoader
from django.test import override_settings

from portal import env
from tests.portal.object_store import object_store

ROOT = Path(django_settings.BASE_DIR)
PROGRAMS = Path(sys.executable).parent
APPS = ("portal", "events", "startups", "challenges", "procurement")


def run(*command, **environment):
    # The browser's tests set this for themselves; a deployment must not have it.
    inherited = {
        name: value for name, value in os.environ.items() if name != "DJANGO_ALLOW_ASYNC_UNSAFE"
    }
    return subprocess.run(
        [str(word) for word in command],
        cwd=ROOT,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


# -- settings ---------------------------------------------------------------------------------

PRODUCTION = {
    "DEBUG": "0",
    "DEMO": "0",
    "MAIL_DIR": "",
    "SECRET_KEY": "kQ3-0p4ZyW7vR1tN8uXa_5sLd2fGhJ6cBmEiO9rTqYwUzVxPnK",
    "SITE_URL": "https://portal.example.org",
    "ALLOWED_HOSTS": "portal.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://portal.example.org",
    "TRUSTED_PROXY_COUNT": "1",
    "STATIC_MANIFEST": "1",
    "EMAIL_URL": "smtp://mail.example.org:25",
    "LOG_FORMAT": "JSON",
}


def deployed(**changes):
    """What ``check --deploy`` says of an environment."""
    # Of the machine that runs the tests nothing but where its database is.
    return run(
        *(sys.executable, "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
        **{**PRODUCTION, **changes},
    )


def test_the_settings_of_production_pass_every_check():
    done = deployed()
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("wrong", "found"),
    [
        ({"SITE_URL": "http://portal.example.org"}, "portal.W001"),
        ({"SITE_URL": "https://other.example.org"}, "portal.E002"),
        ({"ALLOWED_HOSTS": ["portal.example.org", "*"]}, "portal.E003"),
        ({"ALLOWED_HOSTS": ["portal.example.org", ".example.org"]}, "portal.E003"),
        ({"CSRF_TRUSTED_ORIGINS": ["https://*.example.org"]}, "portal.E004"),
        ({"ALLAUTH_TRUSTED_PROXY_COUNT": 0}, "portal.W005"),
        ({"SECRET_KEY": "abc" * 30}, "portal.E006"),
        ({"SECRET_KEY": "kQ3-0p4ZyW7vR1tN8uXa"}, "portal.E006"),
        ({"DEMO": True, "MAIL_DIR": "/tmp/mail"}, "portal.W009"),
        ({"MAIL_DIR": "/tmp/mail"}, "portal.W010"),
        ({"ALLOWED_HOSTS": ["localhost"], "SITE_URL": "https://localhost"}, "portal.W011"),
    ],
)
def test_a_wrong_installation_is_named(wrong, found):
    good = {
        "SITE_URL": "https://portal.example.org",
        "ALLOWED_HOSTS": ["portal.example.org"],
        "CSRF_TRUSTED_ORIGINS": ["https://portal.example.org"],
        "ALLAUTH_TRUSTED_PROXY_COUNT": 1,
        "SECRET_KEY": PRODUCTION["SECRET_KEY"],
        "DEMO": False,
        "MAIL_DIR": "",
    }
    assert ours(**good) == set()
    assert ours(**{**good, **wrong}) == {found}


def ours(**values):
    with override_settings(**values):
        messages = run_checks(tags=["security"], include_deployment_checks=True)
    return {message.id for message in messages if str(message.id).startswith("portal.")}


@pytest.mark.parametrize(
    ("directive", "sources", "found"),
    [
        ("script-src", ["'self'", "'unsafe-inline'"], {"portal.E007", "portal.E008"}),
        ("img-src", ["*"], {"portal.E007"}),
        ("frame-ancestors", ["'self'"], {"portal.E008"}),
    ],
)
def test_a_policy_that_lets_in_more_is_named(directive, sources, found):
    policy = django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    changed = {"DIRECTIVES": {**policy, directive: sources}}
    assert ours(CONTENT_SECURITY_POLICY=changed) - ours() == found


def test_cookies_belong_to_this_host_under_https_and_files_are_compressed():
    code = (
        "from portal import settings as s; import json; print(json.dumps([s.SESSION_COOKIE_NAME,"
        " s.CSRF_COOKIE_NAME, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_SECURE,"
        " s.SECURE_HSTS_SECONDS, s.STORAGES['staticfiles']['BACKEND'].split('.')[-1]]))"
    )
    done = run(sys.executable, "-c", code, **PRODUCTION)
    assert json.loads(done.stdout) == [
        *("__Host-sessionid", "__Host-csrftoken", True, True, 31_536_000),
        "CompressedManifestStaticFilesStorage",
    ]
    plain = run(sys.executable, "-c", code, **{**PRODUCTION, "SITE_URL": "http://localhost"})
    assert json.loads(plain.stdout)[:5] == ["sessionid", "csrftoken", False, False, 0]


def test_every_variable_is_documented():
    """`.env.example` names each variable that the settings and the web server read."""
    code = "".join(
        path.read_text(encoding="utf-8")
        for path in [*(ROOT / "portal" / "settings").glob("*.py"), ROOT / "portal" / "gunicorn.py"]
    )
    read = set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+[A-Z])\"", code))
    read |= set(re.findall(r"environ\.get\(\"([A-Z_]+)\"", code))
    told = set(re.findall(r"^#?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert read - told == set()


# -- static files -----------------------------------------------------------------------------


def test_static_files_are_named_by_content_and_compressed_twice(settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path / "collected")
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    }
    sources = tmp_path / "sources" / "portal"
    sources.mkdir(parents=True)
    shutil.copy(ROOT / "static" / "portal" / "portal.css", sources)
    settings.STATICFILES_DIRS = [tmp_path / "sources"]
    settings.INSTALLED_APPS = ["django.contrib.staticfiles"]
    call_command("collectstatic", interactive=False, verbosity=0)
    folder = Path(settings.STATIC_ROOT)
    names = json.loads((folder / "staticfiles.json").read_text())["paths"]
    hashed = folder / names["portal/portal.css"]
    assert re.fullmatch(r"portal\.[0-9a-f]{12}\.css", hashed.name)
    for suffix in (".br", ".gz"):
        packed = hashed.with_name(hashed.name + suffix)
        assert packed.stat().st_size < hashed.stat().st_size / 2


# -- files elsewhere --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "https://bucket.example.org",
        "s3:///folder",
        "s3://bucket?acl=public-read",
        "s3://key:secret@bucket",
    ],
)
def test_a_bad_address_of_a_store_stops_with_its_name(monkeypatch, value):
    monkeypatch.setenv("FILES", value)
    with pytest.raises(SystemExit, match="FILES has a bad value"):
        env.bucket("FILES")


def test_a_missing_part_stops_with_its_name():
    with pytest.raises(SystemExit, match="METRICS_TOKEN needs the package nonesuch"):
        env.needs("nonesuch", extra="metrics", name="METRICS_TOKEN")


def configured_storage(address):
    """The storage as the settings describe it for an address of a store."""
    code = (
        "import json; from portal import settings; print(json.dumps(settings.STORAGES['default']))"
    )
    done = run(
        *(sys.executable, "-c", code),
        FILES=f"s3://portal-files/uploads?endpoint={address}&region=eu-central-1",
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore:datetime.datetime.utcnow")
def test_files_are_written_read_and_removed_in_an_object_store(settings, monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key-of-the-test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret-of-the-test")
    with object_store() as store:
        settings.STORAGES = {**settings.STORAGES, "default": configured_storage(store.address)}
        storage = storages["default"]
        content = os.urandom(300_000)
        name = storage.save("a/deck", ContentFile(content))
        assert name == "a/deck"
        assert store.objects["/portal-files/uploads/a/deck"][0] == content
        assert storage.exists(name)
        assert storage.size(name) == len(content)
        with storage.open(name) as file:
            assert file.read() == content
        # The same name again is another object: nothing is written over.
        assert storage.save("a/deck", ContentFile(b"other")) != name
        storage.delete(name)
        assert not storage.exists(name)
        assert "/portal-files/uploads/a/deck" not in store.objects
    for method, path, headers in store.asked:
        assert headers["authorization"].startswith("AWS4-HMAC-SHA256")
        assert "x-amz-acl" not in headers, "the bucket's own rule holds: private"
        assert "secret-of-the-test" not in f"{method}{path}{headers}"


# -- images -----------------------------------------------------------------------------------


def test_compose_files_are_well_formed():
    schema = ("--builtin-schema", "vendor.compose-spec")
    done = run(
        *(sys.executable, "-m", "check_jsonschema", *schema),
        *("docker-compose.yml", "docker-compose.dev.yml"),
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_dockerfile_is_clean():
    done = run(PROGRAMS / "hadolint", "Dockerfile")
    assert done.returncode == 0, done.stdout
    assert done.stdout == ""


def test_image_installs_with_hashes_and_runs_without_rights():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    assert "--require-hashes -r requirements/production.txt" in text
    assert re.search(r"^USER 10001:10001$", text, re.MULTILINE)
    last = text.rpartition("\nFROM ")[2]
    assert last.index("USER ") < last.index("CMD ")


def test_every_folder_of_the_portal_is_in_the_image():
    text = (ROOT / "Dockerfile").read_text(encoding="utf-8")
    allowed = (ROOT / ".dockerignore").read_text(encoding="utf-8")
    for folder in (*APPS, "templates", "static"):
        assert f"COPY {folder} {folder}\n" in text
        assert f"!{folder}/\n" in allowed


# -- upgrading without a pause ----------------------------------------------------------------

#: The last migrations of each app that need not expand first: nothing was in use before them.
#: Moved at a release, never in between.
BASE = {"portal": 12, "events": 0, "startups": 4, "challenges": 6, "procurement": 2}
#: Migrations that contract on purpose, each with the release that stopped using what goes.
CONTRACTS: dict[str, str] = {
    "portal.0013_calendars": "one more kind of text is a choice more, nothing stricter",
    "portal.0015_files_in_pieces": "one more state of a letter is a choice more, nothing stricter",
    "challenges.0008_applying_in_depth": "more kinds and readers of a question, nothing stricter",
}


def breaks_the_version_before(operation):
    """Why the version that still runs would fail once this was migrated; None where it goes on."""
    if isinstance(operation, migrations.SeparateDatabaseAndState):
        found = [breaks_the_version_before(one) for one in operation.database_operations]
        return next((why for why in found if why), None)
    if isinstance(
        operation,
        migrations.RemoveField
        | migrations.RenameField
        | migrations.DeleteModel
        | migrations.RenameModel
        | migrations.AlterModelTable,
    ):
        return "takes away or renames what it reads"
    if isinstance(operation, migrations.AddField) and not is_optional(operation.field):
        return "adds a column that it does not fill, without db_default"
    if isinstance(operation, migrations.AlterField) and not is_optional(operation.field):
        return "may make a column stricter or of another type: list it if it does not"
    return None


def is_optional(field):
    """Whether a row can be written by somebody who does not know the field."""
    return (
        field.null
        or field.db_default is not models.NOT_PROVIDED
        or field.many_to_many
        or isinstance(field, models.GeneratedField)
    )


@pytest.mark.parametrize(
    ("operation", "is_bad"),
    [
        (migrations.RemoveField("call", "title"), True),
        (migrations.RenameField("call", "title", "name"), True),
        (migrations.DeleteModel("Call"), True),
        (migrations.AddField("call", "x", models.TextField(default="")), True),
        (migrations.AddField("call", "x", models.TextField(db_default="")), False),
        (migrations.AddField("call", "x", models.TextField(null=True)), False),
        (migrations.AlterField("call", "x", models.TextField()), True),
        (migrations.AddIndex("call", models.Index(fields=["x"], name="x")), False),
    ],
)
def test_what_breaks_the_version_before_is_recognised(operation, is_bad):
    assert (breaks_the_version_before(operation) is not None) is is_bad


def test_migrations_expand_before_they_contract():
    found = {}
    for (app, name), migration in MigrationLoader(None).disk_migrations.items():
        if app not in APPS or int(name[:4]) <= BASE[app] or f"{app}.{name}" in CONTRACTS:
            continue
        new = {
            one.name_lower
            for one in migration.operations
            if isinstance(one, migrations.CreateModel)
        }
        for operation in migration.operations:
            if getattr(operation, "model_name_lower", "") in new:
                continue  # nobody writes into a table that was not there
            if why := breaks_the_version_before(operation):
                found[f"{app}.{name}"] = f"{operation.describe()}: {why}"
    assert found == {}


def test_the_base_exists():
    for app in APPS:
        folder = Path(apps.get_app_config(app).path) / "migrations"
        assert not BASE[app] or list(folder.glob(f"{BASE[app]:04}_*.py"))
