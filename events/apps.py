"""Wiring of the app; nothing else."""

from django.apps import AppConfig


class EventsConfig(AppConfig):
    """The app as Django knows it."""

    name = "events"
