"""Wiring of the app; nothing else."""

from django.apps import AppConfig


class StartupsConfig(AppConfig):
    """The app as Django knows it."""

    name = "startups"
