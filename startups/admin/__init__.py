"""Organisations for staff: the record, its hand-over, and duplicates that become one record."""

from startups.admin import history, startup

__all__ = ["history", "startup"]
