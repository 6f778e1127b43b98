"""What startups contribute to the pages that need all apps."""

from startups.panels import board, calendar, coaching, cohort, demo_day, goals, people

__all__ = ["board", "calendar", "coaching", "cohort", "demo_day", "goals", "people"]
