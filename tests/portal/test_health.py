"""What machines ask: it lives, it works, and the figures, all of it cheaply and without a word."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from contextlib import closing, suppress
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core.cache import caches
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from portal.choices import Lane, OutboxState
from portal.models import Heartbeat, OutboxMessage
from tests.portal.test_errors import database_elsewhere

pytestmark = pytest.mark.django_db

TOKEN = "a-token-for-prometheus"


@pytest.fixture(autouse=True)
def _healthy(settings):
    settings.READY_DISK_FREE_MB = 1
    Heartbeat.objects.update_or_create(name="sweep", defaults={"at": timezone.now()})
    caches["local"].delete("broker")


def ready(client):
    answer = client.get("/readyz")
    return answer.status_code, json.loads(answer.content)


def letter(*, age=timedelta(), due=timedelta(), state=OutboxState.PENDING, **rest):
    now = timezone.now()
    OutboxMessage.objects.create(
        dedup_key=f"k{OutboxMessage.objects.count()}",
        lane=Lane.NEWS,
        notice="news",
        to_address="amina@canary.example",
        subject="Result",
        text="Dear Amina",
        html="",
        state=state,
        available_at=now - due,
        sent_at=now if state == OutboxState.SENT else None,
        created_at=now - age,
        **rest,
    )


def test_the_process_answers_without_a_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")
    assert answer.status_code == 200
    assert json.loads(answer.content) == {"status": "ok"}
    assert "no-store" in answer["Cache-Control"]


def test_all_is_well_with_the_broker_down(client, django_assert_max_num_queries):
    with django_assert_max_num_queries(7):
        status, said = ready(client)
    assert status == 200
    assert said["status"] == "ok"
    assert set(said["checks"]) == {"database", "disk", "letters", "scheduler"}
    assert said["broker"] == "down"


def test_a_letter_that_nobody_takes_up_is_an_alarm(client):
    letter(due=timedelta(seconds=60))
    assert ready(client)[0] == 200
    letter(due=timedelta(seconds=121))
    status, said = ready(client)
    assert status == 503
    assert said["checks"]["letters"]["ok"] is False
    assert 121 <= said["checks"]["letters"]["oldest_due_seconds"] < 130


def test_letters_that_the_mail_server_does_not_take_are_an_alarm(client):
    letter(age=timedelta(hours=1), due=-timedelta(hours=1), attempts=5)
    status, said = ready(client)
    assert status == 503
    assert said["checks"]["letters"]["oldest_due_seconds"] == 0
    assert said["checks"]["letters"]["oldest_unsent_seconds"] >= 3600


def test_one_full_mailbox_is_no_alarm_while_other_letters_leave(client):
    letter(age=timedelta(hours=1), due=-timedelta(hours=1), attempts=5)
    letter(state=OutboxState.SENT)
    assert ready(client)[0] == 200


@pytest.mark.parametrize(("age", "status"), [(60, 200), (91, 503)])
def test_a_scheduler_that_stands_still_is_an_alarm(client, age, status):
    Heartbeat.objects.filter(name="sweep").update(at=timezone.now() - timedelta(seconds=age))
    found, said = ready(client)
    assert found == status
    assert said["checks"]["scheduler"]["ok"] is (status == 200)


def test_a_scheduler_never_seen_is_an_alarm(client):
    Heartbeat.objects.all().delete()
    assert ready(client)[0] == 503


def test_a_full_disk_is_an_alarm(client, settings):
    settings.READY_DISK_FREE_MB = 10**9
    status, said = ready(client)
    assert status == 503
    assert said["checks"]["disk"]["ok"] is False


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_away_is_an_alarm_and_no_page(client):
    with database_elsewhere(HOST="/nowhere"):
        begin = time.monotonic()
        status, said = ready(client)
        assert client.get("/healthz").status_code == 200
    assert status == 503
    assert said["checks"]["database"] == {"ok": False}
    assert time.monotonic() - begin < 20


def test_nothing_of_anybody_is_told(client):
    letter(due=timedelta(hours=1), last_error="550 amina@canary.example unknown")
    page = json.dumps(ready(client)[1]).lower()
    for secret in ("canary", "amina", "postgres", "redis", str(django_settings.BASE_DIR)):
        assert secret not in page


# -- figures --------------------------------------------------------------------------------------


def test_without_a_token_in_the_settings_there_are_no_figures(client):
    answer = client.get("/metrics", headers={"Authorization": "Bearer "})
    assert answer.status_code == 404


@pytest.mark.parametrize("given", ["", "Bearer x", TOKEN, f"bearer {TOKEN}", "Bearer töken"])
def test_figures_are_for_whoever_has_the_token(client, settings, given):
    settings.METRICS_TOKEN = TOKEN
    answer = client.get("/metrics", headers={"Authorization": given})
    assert answer.status_code == 401
    assert answer.content == b""


def figures(client):
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer["Content-Type"].startswith("text/plain")
    return answer.content.decode()


def value(text, name):
    found = re.search(rf"^{re.escape(name)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else None


def test_figures_count_rows_and_requests(client, settings):
    settings.METRICS_TOKEN = TOKEN
    letter(age=timedelta(seconds=90), due=timedelta(seconds=30))
    letter(state=OutboxState.FAILED)
    line = 'portal_request_seconds_count{method="GET",route="challenges:call-list",status="200"}'
    before = value(figures(client), line) or 0
    client.get(reverse("challenges:call-list"))
    after = figures(client)
    assert value(after, line) == before + 1
    assert value(after, "portal_database_up") == 1
    assert value(after, "portal_letters_waiting") == 1
    assert value(after, "portal_letters_failed") == 1
    assert 90 <= value(after, "portal_letters_oldest_unsent_seconds") < 95
    assert 30 <= value(after, "portal_letters_oldest_due_seconds") < 35
    assert value(after, "portal_documents_checking") == 0
    assert value(after, "portal_applications_submitted") == 0
    assert 0 <= value(after, "portal_sweep_age_seconds") < 5


def test_a_made_up_address_or_verb_makes_no_figure_of_its_own(client, settings):
    settings.METRICS_TOKEN = TOKEN
    client.get("/none/amina@canary.example/")
    client.generic("AMINA", "/calls/")
    text = figures(client)
    assert "amina" not in text.lower()
    assert 'method="OTHER"' in text


@pytest.mark.django_db(transaction=True)
def test_figures_say_that_the_database_is_away(settings):
    settings.METRICS_TOKEN = TOKEN
    client = Client(raise_request_exception=False)
    with database_elsewhere(HOST="/nowhere"):
        assert client.get("/calls/").status_code == 503
        text = figures(client)
    assert value(text, "portal_database_up") == 0
    assert value(text, 'portal_database_errors_total{kind="OperationalError"}') >= 1


def test_figures_of_all_web_processes_are_added_up(tmp_path):
    """The real server with two processes: whoever is asked knows what the other counted."""
    log = tmp_path / "log"
    with log.open("wb") as stderr:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "-c", "portal/gunicorn.py"),
                *("--bind", "127.0.0.1:0", "portal.wsgi"),
            ],
            cwd=django_settings.BASE_DIR,
            env={
                **os.environ,
                "METRICS_TOKEN": TOKEN,
                "WEB_WORKERS": "2",
                "WEB_THREADS": "1",
                "DEBUG": "0",
                "STATIC_MANIFEST": "0",
                "STATIC_ROOT": str(tmp_path),
                "LOG_FORMAT": "json",
                "SITE_URL": "http://localhost:8000",
                "ALLOWED_HOSTS": "localhost",
            },
            stderr=stderr,
        )
    try:
        port = _port_of(process, log)
        seen = []
        for _time in range(40):
            _ask(port, "/healthz")
            seen = re.findall(
                r'portal_request_seconds_count\{method="GET",route="healthz",status="200"\} (\d+)',
                _ask(port, "/metrics"),
            )
        # And the one that found the port.
        assert [int(float(count)) for count in seen] == [41]
    finally:
        process.terminate()
        process.wait(60)
    for line in log.read_text(encoding="utf-8").splitlines():
        assert json.loads(line)["logger"]


def _ask(port, path):
    headers = {"Host": "localhost", "Authorization": f"Bearer {TOKEN}"}
    with closing(HTTPConnection("127.0.0.1", port, timeout=20)) as asked:
        asked.request("GET", path, headers=headers)
        answer = asked.getresponse()
        assert answer.status == 200
        return answer.read().decode()


def _port_of(process, log):
    """The port that the process listens on: the kernel chose it."""
    end, pid = time.monotonic() + 60, process.pid
    while time.monotonic() < end and process.poll() is None:
        with suppress(OSError, HTTPException, AssertionError):
            inodes = {
                target.removeprefix("socket:[").rstrip("]")
                for entry in Path(f"/proc/{pid}/fd").iterdir()
                if (target := str(entry.readlink())).startswith("socket:[")
            }
            for line in Path(f"/proc/{pid}/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
                words = line.split()
                if words[3] == "0A" and words[9] in inodes:
                    port = int(words[1].rpartition(":")[2], 16)
                    _ask(port, "/healthz")
                    return port
        time.sleep(0.2)
    raise AssertionError(f"The web server does not answer: {log.read_text(encoding='utf-8')}")
