"""Wiring of the app; nothing else."""

from django.apps import AppConfig


class ChallengesConfig(AppConfig):
    """The app as Django knows it."""

    name = "challenges"
