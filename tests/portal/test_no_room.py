"""A full disk: said beside the field, nothing half written, what was typed is kept."""

from __future__ import annotations

import errno
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import prometheus_client
import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import FileSystemStorage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from prometheus_client import REGISTRY

from challenges.choices import QuestionKind
from challenges.models import Answer, Question
from portal import documents, metrics
from portal.documents import intake
from portal.models import Document
from tests.factories.challenges import make_application

pytestmark = pytest.mark.django_db


@pytest.fixture
def _full(monkeypatch):
    """The store writes a piece of the file and then has no more room, as a disk does."""

    def write_a_piece(self, name, content):
        path = Path(self.path(name))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.read(3))
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(FileSystemStorage, "_save", write_a_piece)


def upload():
    return SimpleUploadedFile("figures.csv", b"id,value\n1,2\n", "text/csv")


@pytest.mark.usefixtures("_full")
def test_file_that_does_not_fit_leaves_nothing_behind(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    application = make_application()
    with pytest.raises(ValidationError, match="could not be stored") as refused:
        documents.take_in(upload(), subject=application, by=application.started_by)
    assert refused.value.code == "storage"
    assert not Document.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


@pytest.mark.usefixtures("_full")
def test_text_beside_a_file_that_does_not_fit_is_saved(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    application = make_application()
    call = application.call
    call.questions.all().delete()
    words, file = (
        Question.objects.create(call=call, order=order, section="One", label=kind, kind=kind)
        for order, kind in enumerate([QuestionKind.SHORT, QuestionKind.FILE], start=1)
    )
    client = Client()
    client.force_login(application.started_by)
    page = client.post(
        reverse("challenges:application-edit", args=[application.pk, 1]),
        {words.field: "Kept all the same", file.field: upload()},
    )
    assert page.status_code == 200
    assert "could not be stored just now" in page.content.decode()
    assert Answer.objects.get(question=words).value == "Kept all the same"


def test_upload_that_cannot_be_put_aside_is_answered_503(monkeypatch):
    def no_room(self, *_words):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(intake.SizeLimit, "receive_data_chunk", no_room)
    application = make_application()
    client = Client(raise_request_exception=False)
    client.force_login(application.started_by)
    page = client.post(
        reverse("challenges:application-edit", args=[application.pk, 1]), {"q": upload()}
    )
    assert page.status_code == 503
    assert "What you saved is kept" in page.content.decode()


def test_threads_that_begin_at_once_share_the_figures(settings, monkeypatch):
    settings.METRICS_TOKEN = "a-token"
    for collector in {
        found for name, found in REGISTRY._names_to_collectors.items() if name.startswith("portal_")
    }:
        REGISTRY.unregister(collector)
    metrics._made.cache_clear()
    made = prometheus_client.Histogram

    def slowly(*words, **named):
        time.sleep(0.05)
        return made(*words, **named)

    monkeypatch.setattr(prometheus_client, "Histogram", slowly)
    begin = Barrier(8)

    def answer(_number):
        begin.wait()
        metrics.request_answered(method="GET", route="home", status=200, seconds=0.1)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(answer, range(8)))
