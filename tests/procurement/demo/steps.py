"""What the tests here do again and again."""

from __future__ import annotations

from io import StringIO

from django.core.management import call_command

INTAKE = "500-kobe-accelerator-2020"


def run(*arguments: str) -> str:
    """What ``manage.py …`` prints."""
    out = StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()
