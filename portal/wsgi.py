"""The web door: what gunicorn serves."""

import gc
import logging
import os
from contextlib import suppress
from pathlib import Path

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
# What is loaded here stays: to look through it again and again for rubbish is a third of the start.
gc.disable()
application = get_wsgi_application()


def warm_up() -> None:
    """Load addresses and templates now, before gunicorn forks.

    A worker that replaces a killed one then answers its first request as fast as any other.
    """
    from celery import current_app  # noqa: PLC0415
    from django.conf import settings  # noqa: PLC0415 -- nothing of this before Django is set up
    from django.template import TemplateDoesNotExist, TemplateSyntaxError, loader  # noqa: PLC0415
    from django.urls import reverse  # noqa: PLC0415

    # What wakes a worker brings a library of its own: not in the first submission of each process.
    current_app.connection_for_write().get_transport_cls()
    reverse("home")
    templates = Path(settings.BASE_DIR) / "templates"
    for path in templates.rglob("*.html"):
        with suppress(TemplateDoesNotExist, TemplateSyntaxError):
            loader.get_template(str(path.relative_to(templates)))
    # The one page that needs no database; it brings the names of the static files with it.
    loader.get_template("503.html").render()


try:
    warm_up()
except Exception:  # pages that work must not suffer from one that does not
    logging.getLogger(__name__).exception("The warm-up failed; workers warm up by themselves.")
finally:
    gc.enable()
