"""Collects static files without those of the packages' files that no page asks for."""

from __future__ import annotations

from typing import Any

from django.contrib.staticfiles.management.commands import collectstatic

#: Weights 400 and 600 and the two minified builds of Bootstrap stay. Maps and .woff stay too: a
#: stylesheet names them, and the manifest refuses what it cannot find.
UNUSED = (
    *("bootstrap-*", "bootstrap.css*", "bootstrap.rtl.css*", "[12357]00*.css", "400-*.css"),
    *("600-*.css", "*[a-z]-[0-9]00*.css", "latin*.css", "cyrillic*.css", "greek*.css"),
    *("vietnamese*.css", "japanese*.css", "arabic*.css", "index*.css", "index*.ts"),
    *("*-[12357]00-normal*", "*italic*", "*.scss", "*.md", "LICENSE*", "*.json", "flags"),
)


class Command(collectstatic.Command):
    """Django's command with our list of what to leave out."""

    def set_options(self, **options: Any) -> None:
        """Add the list to what the command line says."""
        super().set_options(**options)
        self.ignore_patterns = sorted({*self.ignore_patterns, *UNUSED})
