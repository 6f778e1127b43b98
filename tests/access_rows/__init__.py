"""Rows of `tests.access_table`, one module a subject."""
