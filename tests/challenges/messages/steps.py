"""What the tests here do again and again."""

from __future__ import annotations

from challenges.models import Application

SECRET = "Zanzibar is the word"


def fresh(application: Application) -> Application:
    return Application.objects.select_related("call__programme", "startup").get(pk=application.pk)
