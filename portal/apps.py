"""Wiring of the kernel and of its admin site."""

from django.apps import AppConfig
from django.contrib.admin import apps as admin_apps


class PortalConfig(AppConfig):
    """The kernel as Django knows it."""

    name = "portal"
    default = True

    def ready(self) -> None:
        """Find what each app contributes to pages that need all apps, as Django finds admin.py."""
        from django.utils.module_loading import autodiscover_modules  # noqa: PLC0415

        from portal import checks  # noqa: F401, PLC0415 -- registers itself
        from portal.celery import app  # noqa: PLC0415 -- the current app for `send_task`

        app.set_default()
        autodiscover_modules("panels", "inventory")


class PortalAdminConfig(admin_apps.AdminConfig):
    """Django's admin with the portal's own site."""

    default = False
    default_site = "portal.staff.PortalAdminSite"
