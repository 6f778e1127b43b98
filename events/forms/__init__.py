"""What comes in about events, a module a subject."""
