"""Suppliers for staff."""

from procurement.admin import file, requirement, statement

__all__ = ["file", "requirement", "statement"]
