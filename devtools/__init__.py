"""What dev.py does, by the standard library alone: it runs before anything is installed."""
