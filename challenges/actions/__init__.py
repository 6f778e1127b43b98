"""Verbs of calls, applications, reviews and results."""
