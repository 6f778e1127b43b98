"""Wiring of the app; nothing else."""

from django.apps import AppConfig


class ProcurementConfig(AppConfig):
    """The app as Django knows it."""

    name = "procurement"
