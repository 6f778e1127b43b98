"""Organisations for staff: the record, its hand-over, and duplicates that become one record."""

from startups.admin import coaching, cohort, demo_day, goal, history, mentor, startup

__all__ = ["coaching", "cohort", "demo_day", "goal", "history", "mentor", "startup"]
