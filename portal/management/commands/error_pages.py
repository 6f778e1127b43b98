"""Writes the pages that the proxy shows while the portal cannot answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.template import loader

if TYPE_CHECKING:
    from argparse import ArgumentParser

PAGES = ("413.html", "503.html")


class Command(BaseCommand):
    """Renders error pages into a folder, from the templates of the portal's own."""

    help = "Write the error pages of the proxy into a folder."
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """The folder."""
        parser.add_argument("folder", type=Path)

    def handle(self, *_args: Any, folder: Path, **_options: Any) -> None:
        """Write them."""
        folder.mkdir(parents=True, exist_ok=True)
        for name in PAGES:
            page = loader.get_template(name).render({"limit": settings.UPLOAD_LIMIT_MB})
            (folder / name).write_text(page, encoding="utf-8")
