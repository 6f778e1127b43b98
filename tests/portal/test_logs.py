"""Logs: each request one line that helps, and no word of anybody's in any of them."""

from __future__ import annotations

import io
import json
import logging
import threading
from contextlib import contextmanager

import pytest
from celery import Celery, current_app
from celery.contrib.testing.worker import start_worker
from django.test import Client
from django.urls import reverse

from portal import logs
from tests.factories.portal import make_user
from tests.portal.breaking import CANARY
from tests.portal.test_errors import database_elsewhere

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.portal.breaking")]

#: None of these may stand in any line, whatever breaks.
CANARIES = (
    CANARY,
    "amina",
    "okafor",
    "canary",
    "tok3nTok3nTok3nTok3nTok3nTok3nTok3nTok3nTok3",
    "203.0.113.77",
    "hunter22",
    "Makoko",
)
TOKEN, ADDRESS = CANARIES[4], CANARIES[5]


@contextmanager
def lines_of(logger):
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logs.JsonFormatter())
    handler.addFilter(logs.NotTwice())
    logger.addHandler(handler)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logger.removeHandler(handler)


@pytest.fixture
def written():
    """The lines that are written meanwhile, in the format of production."""
    with lines_of(logging.getLogger()) as lines:
        yield lines


@pytest.fixture
def somebody():
    client = Client(raise_request_exception=False, REMOTE_ADDR=ADDRESS)
    client.force_login(make_user(email=CANARY, given_name="Amina", family_name="Okafor"))
    return client


def clean(lines):
    everything = json.dumps(lines).lower()
    return [canary for canary in CANARIES if canary.lower() in everything]


@pytest.mark.parametrize(
    ("ask", "status"),
    [
        (lambda c: c.get(f"/none/{CANARY}/?name=Amina"), 404),
        (lambda c: c.get(f"/broken/{TOKEN}/?name=Amina"), 500),
        (lambda c: c.post(f"/broken/{TOKEN}/", {"city": "Makoko"}), 500),
        (lambda c: c.get(f"/denied/{TOKEN}/"), 403),
        (lambda c: c.get("/null/"), 500),
        (lambda c: c.get("/twice/"), 409),
        (lambda c: c.get("/range/"), 400),
        (lambda c: c.get("/slow/"), 503),
        (lambda c: c.get("/too-large/"), 413),
        (lambda c: c.get("/calls/?q=%00Makoko"), 400),
        (lambda c: c.get("/", headers={"host": "amina.canary.example"}), 400),
        (lambda c: c.generic("AMINA", "/calls/"), 405),
        (lambda c: c.get(f"/accounts/role/{TOKEN}/"), 200),
    ],
)
def test_no_line_holds_anything_of_anybody(written, somebody, ask, status):
    assert ask(somebody).status_code == status
    lines = written()
    assert clean(lines) == []
    mine = [line for line in lines if line["logger"] == "portal.gate"]
    assert [line["status"] for line in mine] == [status]
    assert {line["request_id"] for line in lines} == {mine[0]["request_id"]}


def test_a_wrong_password_and_a_form_out_of_date_tell_nothing(written):
    make_user(email=CANARY)
    data = {"login": CANARY, "password": "hunter22"}
    address = reverse("account_login")
    Client(REMOTE_ADDR=ADDRESS).post(address, data)
    assert Client(enforce_csrf_checks=True).post(address, data).status_code == 403
    assert clean(written()) == []


def test_the_line_names_what_helps(written, somebody):
    somebody.get(reverse("inbox-list"), {"page": "1"})
    (line,) = [line for line in written() if line["logger"] == "portal.gate"]
    assert line["method"] == "GET"
    assert line["route"] == "inbox-list"
    assert line["status"] == 200
    assert 0 < line["db_ms"] <= line["ms"]
    assert line["db_queries"] >= 2
    assert len(line["user"]) == 36
    assert set(line) == {
        *("at", "level", "logger", "message", "request_id", "method", "route", "status", "ms"),
        *("db_ms", "db_queries", "user"),
    }


def test_asking_who_it_is_costs_no_query(written, client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/static/none.css")
        client.get("/healthz")


def test_a_bug_is_one_record_with_its_place_and_its_kind(written, somebody):
    somebody.get("/broken/x/")
    told = [line for line in written() if "errors" in line]
    assert [line["errors"] for line in told] == [["RuntimeError", "ValueError"]]
    assert any("breaking.py" in frame and "broken" in frame for frame in told[0]["frames"])


def test_a_broken_row_is_told_without_its_values(written, somebody):
    somebody.get("/null/")
    (told,) = [line for line in written() if "errors" in line]
    assert told["sqlstate"] == "23502"
    assert told["column_name"] == "number"


def test_a_database_that_is_slow_is_one_line_without_a_traceback(written, somebody):
    somebody.get("/slow/")
    (line,) = written()
    assert line["level"] == "WARNING"
    assert line["cause"] == "OperationalError 57014"
    assert "frames" not in line


# -- the name of a request --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("proxies", "given", "is_taken"),
    [
        (1, "0af7651916cd43dd8448eb211c80319c", True),
        (1, "0af76519-16cd-43dd-8448-eb211c80319c", True),
        (0, "0af7651916cd43dd8448eb211c80319c", False),
        (1, CANARY, False),
        (1, "short", False),
        (1, "x" * 65, False),
        (1, "0af7651916cd43dd\r\nSet-Cookie: a=b", False),
    ],
)
def test_a_name_is_taken_from_a_trusted_proxy_alone(client, settings, proxies, given, is_taken):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    answered = client.get("/healthz", headers={"X-Request-ID": given})["X-Request-ID"]
    assert (answered == given) is is_taken
    assert logs.WELL_FORMED.fullmatch(answered)


@pytest.fixture
def own_app_afterwards():
    """A worker in a thread makes its app everybody's: the tests after it want the portal's."""
    ours = current_app._get_current_object()
    yield
    ours.set_default()
    ours.set_current()


@pytest.mark.usefixtures("own_app_afterwards")
def test_a_task_goes_on_under_the_name_of_its_request():
    """Through a real worker: the name travels in the message."""
    app = Celery("elsewhere", broker="memory://", set_as_current=False)
    app.conf.broker_transport_options = {"polling_interval": 0.05}
    logger, done = logging.getLogger("portal.elsewhere"), threading.Event()

    @app.task(name="elsewhere.speak")
    def speak():
        logger.info("spoken")
        done.set()

    logs.current.set("0af7651916cd43dd8448eb211c80319c")
    # Not at the root: a worker sets Django up once more, and its logs with it.
    with (
        lines_of(logger) as written,
        start_worker(app, pool="solo", perform_ping_check=False, loglevel="INFO"),
    ):
        speak.delay()
        assert done.wait(60)
        (line,) = written()
    assert line["request_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert line["task"] == "elsewhere.speak"


# -- what libraries say ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ("cannot connect to %s", ("redis://user:hunter22@203.0.113.77:6379",)),
        ("cannot connect to redis://user:hunter22@203.0.113.77:6379", ()),
        ("Error handling request %s", (f"/accounts/role/{TOKEN}/",)),
        (f"GET /accounts/role/{TOKEN}/ failed", ()),
        ("%(who)s wrote", ({"who": "Amina"},)),
        ("sent to %s of %d", ("Amina Okafor", 3)),
        (f"DETAIL:  Key (email)=({CANARY}) already exists.\nMakoko", ()),
        ("GET /calls/?q=Makoko 200", ()),
    ],
)
def test_a_library_cannot_tell_on_anybody(written, words, arguments):
    logging.getLogger("kombu.connection").error(words, *arguments)
    assert len(written()) == 1
    assert clean(written()) == []


def test_a_record_that_does_not_fit_its_words_is_written_all_the_same():
    record = logging.LogRecord("kombu", 20, "", 0, "not enough %s %s", ("Makoko",), None)
    assert json.loads(logs.JsonFormatter().format(record))["message"] == "not enough … …"


def test_numbers_of_a_library_stay(written):
    logging.getLogger("kombu").warning("Trying again in %0.2f seconds after %s", 2, "hunter22")
    assert written()[0]["message"] == "Trying again in 2.00 seconds after …"


def test_our_own_keys_stay(written):
    key = "6d0c1f3e-9a4b-4c55-8a6e-0f1e2d3c4b5a"
    logging.getLogger("portal.delivery").warning("letter %s was not delivered: %s", key, "OSError")
    assert key in written()[0]["message"]


def test_a_line_of_words_is_one_line(written, somebody):
    record = logging.LogRecord("portal.x", 20, "", 0, "one\ntwo %s", (CANARY,), None)
    line = logs.LineFormatter().format(record)
    assert "portal.x one two …@…" in line
    assert "\n" not in line


def test_a_developer_sees_all():
    record = logging.LogRecord("kombu", 20, "", 0, "to %s", (CANARY,), None)
    assert CANARY in logs.JsonFormatter(plain=True).format(record)


@pytest.mark.django_db(transaction=True)
def test_why_there_is_no_database_is_told_without_its_address(written):
    with database_elsewhere(HOST="203.0.113.77", OPTIONS={"connect_timeout": 2}, PORT="1"):
        assert Client(raise_request_exception=False).get("/calls/").status_code == 503
    (line,) = written()
    assert line["cause"].startswith("OperationalError connection to server at")
    assert clean([line]) == []
