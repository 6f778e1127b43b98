"""Pages for what went wrong: the status, the words, and that nothing was half written."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from portal.models import Sector
from tests.database import owner
from tests.factories.portal import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.breaking")]


@pytest.fixture
def stranger():
    return Client(raise_request_exception=False)


def text(answer):
    return answer.content.decode()


# -- statuses and words -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "status", "words"),
    [
        ("/calls/?q=%00", 400, "Go back and try once more"),
        ("/range/", 400, "nothing was changed"),
        ("/denied/x/", 403, "ask the manager of the programme"),
        ("/none/", 404, "you find them in the list"),
        ("/twice/", 409, "copy what you wrote"),
        ("/too-large/", 413, "up to 25 MB"),
        ("/too-many/", 429, "then try again"),
        ("/broken/x/", 500, "try again in a few minutes"),
        ("/null/", 500, "try again in a few minutes"),
        ("/slow/", 503, "Load this page again"),
    ],
)
def test_each_error_has_a_page_that_says_what_to_do(stranger, address, status, words):
    answer = stranger.get(address)
    assert answer.status_code == status
    assert re.search(rf"Error\s+{status}", text(answer))
    assert words in text(answer)
    assert 'class="masthead"' in text(answer)


def test_too_many_and_too_slow_say_when_to_come_back(stranger):
    assert int(stranger.get("/too-many/")["Retry-After"]) >= 1
    assert int(stranger.get("/slow/")["Retry-After"]) >= 1


def test_a_broken_page_names_its_request(stranger):
    answer = stranger.get("/broken/x/")
    assert len(answer["X-Request-ID"]) == 32
    assert answer["X-Request-ID"] in text(answer)


def test_a_broken_page_needs_no_database(stranger, django_assert_num_queries):
    stranger.force_login(make_user())
    stranger.get("/none/")
    with django_assert_num_queries(2):  # the session and the person, before the view broke
        assert stranger.get("/broken/x/").status_code == 500


def test_a_body_that_is_much_too_large_is_refused_unread(stranger, settings):
    """No byte is read: the body here is one byte, whatever its header says."""
    limit = settings.REQUEST_LIMIT_MB * 1024 * 1024
    stranger.force_login(make_user())
    for length, status in ((limit + 1, 413), (1, 405)):
        answer = stranger.post("/", b"x", "text/plain", CONTENT_LENGTH=str(length))
        assert answer.status_code == status


@pytest.mark.parametrize("length", ["1e3", "-1", "abc", "٣"])
def test_a_length_that_is_no_number_is_refused(stranger, length):
    answer = stranger.post("/accounts/login/", {"login": "a@b.c"}, CONTENT_LENGTH=length)
    assert answer.status_code == 400


def test_a_form_with_too_much_text_is_refused_with_its_page(stranger):
    answer = stranger.post(reverse("account_login"), {"login": "x" * (5 * 1024 * 1024 + 1)})
    # Multipart fields count as the form's text, files do not.
    assert answer.status_code == 413


# -- the form that is out of date -----------------------------------------------------------------


def late_form(*, origin, **data):
    client = Client(enforce_csrf_checks=True)
    client.force_login(make_user())
    headers = {"origin": origin} if origin else {}
    return text(client.post(reverse("profile-edit"), data, headers=headers))


def test_what_was_typed_comes_back_from_a_form_out_of_date():
    page = late_form(
        origin="http://testserver",
        organisation_summary="A pump that runs on sunlight",
        password="never shown again",
        login_code="123 456",
        ticked="on",
    )
    assert "A pump that runs on sunlight" in page
    assert "Organisation summary" in page
    assert "never shown" not in page
    assert "123 456" not in page


@pytest.mark.parametrize("origin", ["https://evil.example", "null", None])
def test_words_of_another_site_never_stand_in_our_page(origin):
    assert "Send us your" not in late_form(origin=origin, note="Send us your key please")


# -- the database that is away or slow ------------------------------------------------------------


def test_a_change_that_was_not_served_in_time_left_nothing(stranger):
    before = Sector.objects.count()
    assert stranger.post("/half/").status_code == 503
    assert Sector.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_a_lock_that_is_held_gives_503_and_goes_on_afterwards(stranger):
    Sector.objects.create(name="Held")
    held, done = threading.Event(), threading.Event()

    def hold():
        with transaction.atomic():
            Sector.objects.select_for_update().get(name="Held")
            held.set()
            done.wait(60)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert held.wait(60)
        assert stranger.get("/lock/").status_code == 503
    finally:
        done.set()
        holder.join()
    assert stranger.get("/lock/").status_code == 200


@contextmanager
def database_elsewhere(**changed):
    """Whoever connects from now on meets another database, or none."""
    before = {key: connection.settings_dict[key] for key in changed}
    connection.close()
    connection.settings_dict.update(changed)
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict.update(before)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/", "/calls/", "/admin/", "/inbox/"])
def test_a_database_that_is_away_gives_503_on_every_page(address):
    client = Client(raise_request_exception=False)
    client.force_login(make_user())
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # and never listens: refused at once
        with database_elsewhere(HOST="127.0.0.1", PORT=str(nobody.getsockname()[1])):
            answer = client.get(address)
    assert answer.status_code == 503
    assert answer["Retry-After"]
    assert client.get("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_form_sent_while_the_database_is_away_is_carried_out_when_sent_again():
    client = Client(raise_request_exception=False)
    person = make_user()
    client.force_login(person)
    data = {"given_name": "Ngozi", "language": "en-gb", "time_zone": "Africa/Lagos"}
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        with database_elsewhere(HOST="127.0.0.1", PORT=str(nobody.getsockname()[1])):
            assert client.post(reverse("profile-edit"), data).status_code == 503
    assert client.post(reverse("profile-edit"), data).status_code == 302
    person.refresh_from_db()
    assert person.given_name == "Ngozi"


@pytest.mark.django_db(transaction=True)
def test_too_many_connections_give_503(stranger):
    name, given = connection.settings_dict["NAME"], {**connection.settings_dict, **owner()}
    session = connection.Database.connect(
        dbname=name,
        user=given["USER"],
        password=given["PASSWORD"] or None,
        port=given["PORT"] or None,
        host=given["HOST"] or given["OPTIONS"].get("host"),
    )
    session.autocommit = True
    with session.cursor() as cursor:
        # The session of the owner itself is the one that there may be.
        cursor.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT 1')
        try:
            connection.close()
            answer = stranger.get("/calls/")
        finally:
            cursor.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT -1')
    session.close()
    assert answer.status_code == 503
    assert stranger.get("/calls/").status_code == 200


def test_the_web_server_bounds_what_a_request_may_wait_for():
    """Gunicorn's file is read before the settings, and bounds the web alone."""
    code = (
        "import runpy; runpy.run_path('portal/gunicorn.py');"
        "from portal import settings; print(settings.DATABASES['default']['OPTIONS'])"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("DATABASE_")} | {
        "DATABASE_URL": os.environ["DATABASE_URL"]
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    for bound in ("statement_timeout=10s", "lock_timeout=5s", "'connect_timeout': 3"):
        assert bound in done.stdout


def test_nobody_tells_the_web_server_where_the_portal_lies():
    """Gunicorn lets a neighbour do so by default, and answers 500 to what does not fit."""
    code = r"""
import sys
from gunicorn.app.wsgiapp import WSGIApplication
from gunicorn.http import get_parser
from gunicorn.http.wsgi import create
sys.argv[1:] = ["-c", "portal/gunicorn.py", "portal.wsgi"]
cfg = WSGIApplication().cfg
sent = "GET /calls/ HTTP/1.1\r\nHost: localhost\r\nSCRIPT_NAME: /x\r\n\r\n"
here = ("127.0.0.1", 1)
request = next(get_parser(cfg, iter([sent.encode()]), here))
environ = create(request, None, here, here, cfg)[1]
print(environ["PATH_INFO"], repr(environ["SCRIPT_NAME"]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=django_settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "/calls/ ''\n", done.stderr
